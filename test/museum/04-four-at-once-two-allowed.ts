// Two upgrades at a time were allowed; when many nodes became eligible together, four ran.
// When: February and May 2020.
// Source: rancher/system-upgrade-controller#38 and #77; flatcar/nebraska, read in its source.
import { rolloutPresets } from '../../shared/domain/rollout-policy.ts'
import { aRegistry, type RegistryStory } from '../support/builders.ts'
import { aFleet } from '../support/fleet-story.ts'
import { type Exhibit, happened } from './exhibit.ts'

const racks = 200

/** `20` is on its way to everybody at once, but for so many at a time. */
function underWayAtMost(maxInFlight: number): RegistryStory {
  const rollout = { ...rolloutPresets['at-once'], maxInFlight }
  return aRegistry().withApp('node').serves('10').publishes('20').promotes('20', { rollout })
}

export const fourAtOnceTwoAllowed: Exhibit = {
  id: '04-four-at-once-two-allowed',
  title: 'SUC and Nebraska: four at once, two allowed',
  when: '2020-02; 2020-05',
  sources: ['rancher/system-upgrade-controller#38', '#77', 'flatcar/nebraska'],
  happened:
    'Upgrade jobs exceeded the concurrency of their plan when many nodes became eligible together: with two allowed, four ran. Its maintainer saw that in about 30 % of the runs.',
  mechanism: 'who counts and who grants are two steps, and others count in between',
  uncertain:
    'that Nebraska overshoots as well is inferred from its source: it counts first and grants in another statement',
  peer: {
    name: 'a controller that counts and then grants',
    rule: 'if (count(inProgress) < max) { await tick(); grant() }',
    incident() {
      const max = 2
      let inProgress = 0
      const granting = Array.from({ length: 4 }, () => inProgress < max)
      for (const mayGo of granting) if (mayGo) inProgress += 1
      return happened(inProgress > max, `${inProgress} ran, and ${max} were allowed`)
    },
  },
  answer:
    'A check only answers. The grant decides anew in one transaction, one after the other, and takes a lease in it: who comes second is told that all slots are taken. A lease ends by report, by expiry, or when the rack is seen on its target.',
  heldBy: ['shared/domain/movement.ts', 'shared/domain/rollout-standing.ts', 'server/fleet/attempts.ts'],
  missing:
    'A second replica of the registry: there is one, so the lock that grants are taken under is its own.',
  processes: {
    file: 'test/museum/processes/04-four-at-once-two-allowed.test.ts',
    test: 'two hundred racks ask one registry for one slot, all at once: one has it, and when it lets go one other',
  },
  holds(witness) {
    const registry = underWayAtMost(1)
    const fleet = aFleet(registry, { count: racks, current: '10' }).isPlanned('R-1').shows('R-1', {})
    const names = fleet.racks.map(({ facts }) => facts.name)
    // All of them ask before anybody begins, and all are told that they may.
    for (const name of names) witness.told(fleet.asks(name), 'update 20: offered')
    const begun = names.filter((name) => fleet.begins(name).action === 'update')
    witness.is(`one has begun: ${begun.length}`, begun.length === 1)
    const [winner = ''] = begun
    const others = names.filter((name) => name !== winner)
    for (const name of others) witness.told(fleet.asks(name), 'wait 20: slots_full')
    witness.is(
      'the arithmetic is said',
      fleet.asks(others[0] ?? '').detail === '1 of 1 racks of R-1 are under way',
    )

    // It is killed, and its lease expires: exactly one other begins.
    fleet.letsGo(winner)
    const next = others.filter((name) => fleet.begins(name).action === 'update')
    witness.is(`one other has begun: ${next.length}`, next.length === 1)
    // That one is seen on its target: its slot is free although nobody has heard its report.
    fleet.runs(next[0] ?? '', '20')
    witness.is('and one more', others.filter((name) => fleet.begins(name).action === 'update').length === 1)

    const two = aFleet(underWayAtMost(2), { count: 4, current: '10' }).isPlanned('R-1').shows('R-1', {})
    const words = two.racks.map(({ facts }) => two.begins(facts.name).reason)
    witness.is('of four at once two', words.join(' ') === 'offered offered slots_full slots_full')
  },
}
