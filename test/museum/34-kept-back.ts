// Packages were "kept back" and nothing said why, until a page of documentation had to explain it.
// When: since 2022.
// Source: Ubuntu discourse 33649, phased updates.
import type { Decision } from '../../shared/domain/decide.ts'
import { day, hour } from '../../shared/domain/instants.ts'
import { rolloutPresets } from '../../shared/domain/rollout-policy.ts'
import { roomInWindow } from '../../shared/domain/window.ts'
import { anArtifact, aRack, aRegistry, type RegistryStory } from '../support/builders.ts'
import { aFleet } from '../support/fleet-story.ts'
import { type Exhibit, happened } from './exhibit.ts'

/** The word, and what its sentence has to name: who, which rule, which number. */
type Withheld = readonly [
  told: string,
  names: RegExp,
  ask: (registry: RegistryStory) => Decision,
  hasEnd: boolean,
]

const until = (registry: RegistryStory): number => registry.now + 4 * hour

const withheld: readonly Withheld[] = [
  [
    'wait 30: frozen',
    /app apt is frozen by token:ada until .*: an audit/,
    (registry) =>
      aRack({ current: '10' }).asks(
        registry.freezes({ app: 'apt', until: until(registry), reason: 'an audit' }),
      ),
    true,
  ],
  [
    'wait 30: held',
    /held by ops until .*: a demonstration/,
    (registry) =>
      aRack({
        current: '10',
        holds: [{ until: until(registry), owner: 'ops', reason: 'a demonstration', origin: 'rack' }],
      }).asks(registry),
    true,
  ],
  [
    'wait 30: outside_window',
    /0 2 \* \* \* for 60 minutes, UTC.*opens in 9h 59m/,
    (registry) =>
      aRack({ current: '10' }).asks(registry, {
        conditions: { window: roomInWindow({ start: '0 2 * * *', minutes: 60, zone: 'UTC' }, registry.now) },
      }),
    true,
  ],
  [
    'wait: too_young',
    /30 is 0s old on stable and has to be 7d/,
    (registry) => aRack({ current: '10', minAgeMinutes: 7 * 24 * 60 }).asks(registry),
    true,
  ],
  [
    'wait: outside_constraint',
    /30 is outside of <30/,
    (registry) => aRack({ current: '10', within: '<30' }).asks(registry),
    false,
  ],
  [
    'wait: rolled_back_here',
    /a person went back from 30 to 10/,
    (registry) => aRack({ current: '10', bar: { above: '10', upTo: '30' } }).asks(registry),
    false,
  ],
  [
    'wait: unsupported_platform',
    /30 is built for linux\/amd64, not for linux\/riscv64/,
    (registry) => aRack({ current: '10', platform: 'linux/riscv64' }).asks(registry),
    false,
  ],
  [
    'wait: requires',
    /30 requires kernel >=6.0.0; the rack runs none/,
    (registry) => aRack({ current: '10' }).asks(registry.routes('30', { requires: { kernel: '>=6.0.0' } })),
    false,
  ],
  [
    'wait 30: failed_here',
    /30 failed on this rack 2 times; again in 12h/,
    (registry) =>
      aRack({ current: '10', failures: [{ target: '30', count: 2, lastAt: registry.now }] }).asks(registry),
    true,
  ],
  [
    'wait: no_path',
    /20/,
    (registry) =>
      aRack({ current: '10' }).asks(
        registry.routes('20', { required: true }).yanks('20', { remedy: 'stay' }),
      ),
    false,
  ],
]

export const keptBack: Exhibit = {
  id: '34-kept-back',
  title: 'APT: kept back',
  when: 'since 2022',
  sources: ['Ubuntu discourse 33649'],
  happened:
    'Updates that are phased are held back on machines whose turn has not come, and the tool said no more than "kept back". What it means became a page of documentation.',
  mechanism: 'one word for every reason, without the rule, the number and the end',
  peer: {
    name: 'a tool that keeps back',
    rule: "print('The following packages have been kept back:', names)",
    incident() {
      const reasons = ['phasing', 'a new dependency', 'a hold']
      const printed = new Set(reasons.map(() => 'kept back'))
      return happened(
        printed.size === 1,
        `${reasons.length} reasons, and ${printed.size} word for them: ${[...printed]}`,
      )
    },
  },
  answer:
    'Every no is one of a closed list of words with a sentence that names the rule, whoever gave it, the numbers, and, where there is one, the time when it may change; `explain` shows each rule that was asked. There is no bare "held".',
  heldBy: [
    'shared/domain/decide.ts',
    'shared/domain/movement.ts',
    'shared/domain/admission.ts',
    'shared/domain/reasons.ts',
  ],
  holds(witness) {
    for (const [told, names, ask, hasEnd] of withheld) {
      const registry = aRegistry().withApp('kernel', 'semver').withApp('apt').serves('10', '20')
      registry.publishes('30', { artifacts: [anArtifact()] }).promotes('30')
      const decision = ask(registry)
      witness.told(decision, told)
      witness.is(`${told} says why: ${decision.detail}`, names.test(decision.detail))
      witness.is(`${told} says until when`, (decision.until !== undefined) === hasEnd)
      witness.is(
        `${told} says when to ask again`,
        decision.askAgainSeconds > 0 && decision.askAgainSeconds <= day,
      )
    }
    // Phased: which wave of which, and what is open.
    const registry = aRegistry()
      .withApp('apt')
      .serves('10')
      .publishes('20')
      .promotes('20', { rollout: rolloutPresets.staged })
    const fleet = aFleet(registry, { count: 40, current: '10' }).isPlanned('R-1').shows('R-1', {})
    const [late = ''] = fleet.inWave('R-1', 3)
    const decision = fleet.asks(late)
    witness.told(decision, 'wait 20: wave_not_open')
    witness.is(decision.detail, /wave 4 of 4 \(rest\) of R-1; wave 1 is open/.test(decision.detail))
  },
}
