// An update server drew a number at every question and told whoever lost that it was up to date.
// When: February 2020 to January 2021.
// Source: nextcloud/client_updater_server#36 and #49, nextcloud/desktop#2609; mozilla-releng/balrog AUS.py.
import { rolloutPresets } from '../../shared/domain/rollout-policy.ts'
import { aRegistry } from '../support/builders.ts'
import { aFleet } from '../support/fleet-story.ts'
import { type Exhibit, happened } from './exhibit.ts'

const racks = 1_000
const polls = 30

export const diceAtEveryPoll: Exhibit = {
  id: '10-dice-at-every-poll',
  title: 'Nextcloud and Balrog: dice at every poll',
  when: '2020-02 to 2021-01',
  sources: ['nextcloud/client_updater_server#36', '#49', 'nextcloud/desktop#2609', 'mozilla balrog AUS.py'],
  happened:
    'The server drew a random number with every question; clients that lost were told that they were up to date. The reviewer had warned of alternating answers, and a year later it was taken out for wrongly claiming just that.',
  mechanism: 'who is first is drawn again at every question, and a refusal has no word of its own',
  peer: {
    name: 'a throttle that rolls dice',
    rule: "random(0, 99) < rate ? 'update' : 'up to date'",
    incident() {
      let seed = 20200201
      const draw = () => {
        seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
        return Math.floor((seed / 2_147_483_648) * 100)
      }
      const offered = Array.from({ length: racks }, () =>
        Array.from({ length: polls }, draw).some((n) => n < 10),
      )
      const reached = offered.filter(Boolean).length
      return happened(
        reached > racks * 0.9,
        `a tenth was meant; ${reached} of ${racks} were offered it within ${polls} questions`,
      )
    },
  },
  answer:
    'A rack has one place in a rollout, a hash of both their keys, so a tenth is the same tenth at every question and after every restart. The others are told `wave_not_open`, with their wave, and never that they are up to date.',
  heldBy: ['shared/domain/cohort.ts', 'shared/domain/rollout-standing.ts'],
  holds(witness) {
    const tenth = { name: 'tenth', share: '10%', soakMinutes: 60 } as const
    const rollout = { ...rolloutPresets.staged, waves: [tenth, ...rolloutPresets.staged.waves.slice(-1)] }
    const registry = aRegistry().withApp('desktop').serves('10').publishes('20').promotes('20', { rollout })
    const fleet = aFleet(registry, { count: racks, current: '10' }).isPlanned('R-1').shows('R-1', {})
    const offered = new Set<string>()
    for (let poll = 0; poll < polls; poll += 1)
      for (const { facts } of fleet.racks)
        if (fleet.asks(facts.name).action === 'update') offered.add(facts.name)
    witness.is(`exactly a tenth was ever offered it: ${offered.size}`, offered.size === racks / 10)
    const [lucky = ''] = offered
    const [other = ''] = fleet.inWave('R-1', 1)
    witness.told(fleet.asks(lucky), 'update 20: offered')
    witness.told(fleet.asks(other), 'wait 20: wave_not_open')
    witness.is('it is told its wave', /wave 2 of 2/.test(fleet.asks(other).detail))
  },
}
