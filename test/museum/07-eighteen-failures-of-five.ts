// Eighteen checks had failed where five were too many, and the deployment went on waiting for a person.
// When: 16 April 2025.
// Source: fluxcd/flagger#1801; related: #1248, #1468.
import { judgeProposal } from '../../shared/domain/commands/proposals.ts'
import type { FleetEvidence, RackFailure } from '../../shared/domain/fleet-evidence.ts'
import type { GateName, Verdict } from '../../shared/domain/gates/verdict.ts'
import { rolloutPresets } from '../../shared/domain/rollout-policy.ts'
import { aRegistry, type RegistryStory } from '../support/builders.ts'
import { aFleet } from '../support/fleet-story.ts'
import { type Exhibit, happened } from './exhibit.ts'

const limit = 5

/** Twenty racks of the feeder have tried it, and so many failed. */
function failed(count: number): FleetEvidence {
  const failures = Array.from(
    { length: count },
    (_, index): RackFailure => ({
      rack: `staging-${index}`,
      at: 0,
      cause: 'settling: status #',
      message: 'status 502',
      isDataLoss: false,
    }),
  )
  const shown = { racks: 20, running: 20 - count, provedPlatforms: [], soakedMinutes: [], failures }
  return {
    at: 0,
    targetPlatforms: [],
    feeder: { channel: 'unstable', ...shown },
    isArtifactMissing: () => false,
  }
}

function verdictOf(registry: RegistryStory, gate: GateName, fleet: FleetEvidence): Verdict | undefined {
  const proposal = registry.app.proposals.get('P-1')
  const verdicts = proposal && judgeProposal(registry.app, proposal, registry.now, fleet)
  return verdicts?.find((one) => one.gate === gate)
}

export const eighteenFailuresOfFive: Exhibit = {
  id: '07-eighteen-failures-of-five',
  title: 'Flagger: 18 failures of 5, still waiting',
  when: '2025-04-16',
  sources: ['fluxcd/flagger#1801', '#1248', '#1468'],
  happened:
    'While a person is awaited before the next step of traffic, the metrics of a deployment go on being looked at, but too many failures neither roll it back nor stop it: 18 checks had failed where 5 are the most, and all that came of it were events.',
  mechanism: 'a gate is looked at and not enforced while somebody is awaited',
  peer: {
    name: 'an analysis with a gate for people',
    rule: 'if (!isMade(check)) failed += 1; if (awaits(person)) return; if (failed >= limit) rollBack()',
    incident() {
      const run = { failed: 0, isRolledBack: false, awaitsAPerson: true }
      for (let check = 0; check < 18; check += 1) {
        run.failed += 1
        if (run.awaitsAPerson) continue
        if (run.failed >= limit) run.isRolledBack = true
      }
      return happened(
        run.failed > limit && !run.isRolledBack,
        `${run.failed} checks had failed, ${limit} are the most, and it stood where it was`,
      )
    },
  },
  answer:
    'Gates are judged whenever anybody or the clock looks, also while a person is awaited. An approval is of the gates as its giver saw them: when one gets worse the approval lapses, on the record, and has to be given again. A wave that has failed halts its rollout, paused or not.',
  heldBy: [
    'shared/domain/commands/proposals.ts',
    'shared/domain/gates/people-gates.ts',
    'shared/domain/commands/rollout.ts',
  ],
  missing: 'The console, which is to show the approver the gate in place of the button.',
  holds(witness) {
    const registry = aRegistry()
      .withApp('podinfo')
      .serves('10')
      .withPolicy('stable', {
        failures: { maxFailed: limit, percent: 0 },
        approvals: { count: 2, role: 'maintainer' },
      })
      .as('token:ci')
      .publishes('20')
      .as('token:ada')
      .promotes('20', { whenReady: true }, failed(0))
      .as('token:bo')
      .approves('P-1', failed(0))
    witness.judged(verdictOf(registry, 'failures', failed(0)), 'failures: pass')
    witness.is('one of two', verdictOf(registry, 'approvals', failed(0))?.numbers?.approvals === 1)

    // While the second person is awaited, eighteen racks fail.
    const many = failed(18)
    witness.judged(verdictOf(registry, 'failures', many), 'failures: fail')
    registry.looksAt('P-1', many)
    witness.answered(registry.events.at(-1)?.type ?? '', 'approval.lapsed')
    registry.as('token:cem').approves('P-1', many)
    witness.judged(verdictOf(registry, 'failures', many), 'failures: fail')
    registry.looksAt('P-1', many)
    witness.is('the second approval carries nothing out', registry.channel().head === '10')

    // It is mended. The first person has looked at other gates than these, and is asked again.
    registry.looksAt('P-1', failed(0))
    witness.judged(verdictOf(registry, 'approvals', failed(0)), 'approvals: waiting')
    witness.is('it still stands', registry.channel().head === '10')
    registry.as('token:bo').approves('P-1', failed(0))
    witness.is('now it goes', registry.channel().head === '20')

    // A rollout that somebody has paused, to look at something: its failures stop it all the same.
    const waves = [{ share: 'rest', soakMinutes: 60, failures: { maxFailed: limit, percent: 0 } }] as const
    const paused = aRegistry()
      .withApp('podinfo')
      .serves('10')
      .publishes('20')
      .promotes('20', { rollout: { ...rolloutPresets.canary, waves } })
    const fleet = aFleet(paused, { count: 20, current: '10' }).isPlanned('R-1').shows('R-1', {})
    const names = fleet.racks.map(({ facts }) => facts.name)
    paused.pauses('R-1', 'the second pair of eyes is at lunch')
    witness.told(fleet.asks(names[19] ?? ''), 'wait 20: rollout_paused')
    const returned = { attempt: { outcome: 'returned', step: 'settling', message: 'status 502' } }
    fleet.shows('R-1', Object.fromEntries(names.slice(0, 18).map((name) => [name, returned])))
    witness.answered(paused.rollout('R-1').state, 'halted')
    witness.told(fleet.asks(names[19] ?? ''), 'wait 20: rollout_halted')
  },
}
