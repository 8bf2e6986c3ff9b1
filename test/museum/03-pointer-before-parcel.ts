// A channel named a release whose image could not be pulled yet, or not for the machine's architecture.
// When: November and December 2023; February 2024; September 2025.
// Source: k3s-io/k3s#8990, #9392 and #12972; werf/actions#41.

import { judgeProposal } from '../../shared/domain/commands/proposals.ts'
import type { FleetEvidence } from '../../shared/domain/fleet-evidence.ts'
import type { Verdict } from '../../shared/domain/gates/verdict.ts'
import { anArtifact, aRack, aRegistry, type RegistryStory } from '../support/builders.ts'
import { type Exhibit, happened } from './exhibit.ts'

const [amd, arm] = ['linux/amd64', 'linux/arm64']
const ofArm = 'b'.repeat(64)
const both = [anArtifact({ platform: amd }), anArtifact({ platform: arm, sha256: ofArm })]

/** Racks of both platforms follow `stable`; of the bytes, these are not there. */
function seen(told: { missing?: readonly string[]; proved?: readonly string[] } = {}): FleetEvidence {
  const { missing = [], proved = [] } = told
  const shown = { racks: 2, running: proved.length, provedPlatforms: proved, soakedMinutes: [], failures: [] }
  return {
    at: 0,
    targetPlatforms: [amd, arm],
    feeder: { channel: 'unstable', ...shown },
    isArtifactMissing: (sha256) => missing.includes(sha256),
  }
}

export const pointerBeforeParcel: Exhibit = {
  id: '03-pointer-before-parcel',
  title: 'k3s: pointer before parcel',
  when: '2023-11 to 2024-02; 2025-09',
  sources: ['k3s-io/k3s#9392', '#12972', '#8990', 'werf/actions#41'],
  happened:
    'The channel `latest` named a release while its upgrade image could not be pulled, and went back to an older one; later a channel named one whose image existed as a candidate only, and images had nothing for some architectures. Clusters tried to pull for ever, with their nodes out of service.',
  mechanism: 'the pointer and the bytes are published by two pipelines, and the pointer asks nobody',
  peer: {
    name: 'a channel that names the newest tag',
    rule: 'latest = newest(tags); node.cordon(); node.pull(latest, node.arch)',
    incident() {
      const tags = ['1.29.0', '1.29.1']
      const images = new Set([`1.29.0 ${amd}`, `1.29.0 ${arm}`, `1.29.1 ${amd}`])
      const latest = tags.at(-1)
      const nodes = [amd, amd, arm, arm].map((arch) => ({
        isCordoned: true,
        hasPulled: images.has(`${latest} ${arch}`),
      }))
      const lost = nodes.filter(({ isCordoned, hasPulled }) => isCordoned && !hasPulled).length
      return happened(
        lost > 0,
        `${lost} of ${nodes.length} nodes stood out of service, pulling what was not there`,
      )
    },
  },
  answer:
    'The gate `artifacts` asks for every platform that racks of the channel have: bytes that the registry hosts are there, and what lies elsewhere was fetched and proved by a rack of the feeder. When bytes vanish afterwards, only racks that would need them wait; a rack is never touched before it has its artifact whole and verified.',
  heldBy: ['shared/domain/gates/release-gates.ts', 'shared/domain/admission.ts'],
  missing:
    'Mirrors: the address that racks use is the registry’s own or the one in the release. Nobody is alarmed when bytes vanish after a promotion: racks that need them wait, with the reason.',
  processes: {
    file: 'test/museum/processes/03-pointer-before-parcel.test.ts',
    test: 'an artifact disappears after its promotion: nobody is offered it, and no rack is touched',
  },
  holds(witness) {
    const registry = aRegistry()
      .withApp('k3s', 'semver')
      .serves('1.29.0')
      .withPolicy('stable', { artifacts: true })
      .as('token:ci')
      .publishes('1.29.1', { artifacts: both })
      .as('token:ada')
    const [x86, pi] = [amd, arm].map((platform) => aRack({ current: '1.29.0', platform }))
    if (!x86 || !pi) throw new Error('two racks')

    registry.promotes('1.29.1', { whenReady: true }, seen({ missing: [ofArm] }))
    const verdict = artifactsOf(registry, 'P-1', seen({ missing: [ofArm] }))
    witness.judged(verdict, 'artifacts: fail')
    witness.is(`it says for whom: ${verdict?.detail}`, verdict?.detail.includes(arm) === true)
    registry.looksAt('P-1', seen({ missing: [ofArm] }))
    witness.is('the head stays', registry.channel().head === '1.29.0')
    for (const rack of [x86, pi]) witness.told(rack.asks(registry), 'none: up_to_date')

    registry.looksAt('P-1', seen())
    witness.is('with the bytes it goes by itself', registry.channel().head === '1.29.1')

    // They vanish after the promotion: only who needs them waits.
    const conditions = { isArtifactMissing: (sha256: string) => sha256 === ofArm }
    witness.told(x86.asks(registry, { conditions }), 'update 1.29.1: offered')
    witness.told(pi.asks(registry, { conditions }), 'wait: artifact_unavailable')
    witness.told(pi.asks(registry), 'update 1.29.1: offered')

    // Nothing is built for one platform, and somebody passes over the gate: its racks are not touched all the same.
    registry
      .as('token:ci')
      .publishes('1.29.2', { artifacts: both.slice(0, 1) })
      .as('token:ada')
    registry.promotes('1.29.2', {}, seen())
    witness.judged(artifactsOf(registry, 'P-2', seen()), 'artifacts: fail')
    registry.promotes('1.29.2', { override: ['artifacts'], reason: 'only these matter' }, seen())
    witness.told(aRack({ ...x86.facts, current: '1.29.1' }).asks(registry), 'update 1.29.2: offered')
    witness.told(aRack({ ...pi.facts, current: '1.29.1' }).asks(registry), 'wait: unsupported_platform')

    // At an address of its own it is known to be there when a rack has fetched it.
    const url = 'https://releases.example/1.29.3'
    const elsewhere = both.map((artifact) => ({ ...artifact, url }))
    registry.as('token:ci').publishes('1.29.3', { artifacts: elsewhere }).as('token:ada')
    registry.promotes('1.29.3', { whenReady: true }, seen({ proved: [amd] }))
    witness.judged(artifactsOf(registry, 'P-3', seen({ proved: [amd] })), 'artifacts: waiting')
    registry.looksAt('P-3', seen({ proved: [amd, arm] }))
    witness.is('once it was fetched for both', registry.channel().head === '1.29.3')
  },
}

function artifactsOf(registry: RegistryStory, id: string, fleet: FleetEvidence): Verdict | undefined {
  const proposal = registry.app.proposals.get(id)
  const verdicts = proposal && judgeProposal(registry.app, proposal, registry.now, fleet)
  return verdicts?.find(({ gate }) => gate === 'artifacts')
}
