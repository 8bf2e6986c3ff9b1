// A file of content went to every machine at once, past the versions that customers had chosen, and crashed them.
// When: 19 July 2024.
// Source: CrowdStrike, Preliminary Post Incident Review and Root Cause Analysis of Channel File 291.
import { day } from '../../shared/domain/instants.ts'
import { rolloutPresets } from '../../shared/domain/rollout-policy.ts'
import { aRack, aRegistry } from '../support/builders.ts'
import { aFleet } from '../support/fleet-story.ts'
import { type Exhibit, happened } from './exhibit.ts'

const racks = 1_000
/** Every tenth rack's operator waits for others: that is the customer's choice. */
const isCautious = (index: number): boolean => index % 10 === 0

export const contentIsNotCode: Exhibit = {
  id: '16-content-is-not-code',
  title: 'CrowdStrike: content is not code, they said',
  when: '2024-07-19',
  sources: ['CrowdStrike Preliminary PIR', 'Channel File 291 RCA', 'psfalcon Set-FalconContentControl'],
  happened:
    'Within 78 minutes a content file went to all hosts of a sensor version that were online; about 8.5 million crashed, many again at every start. Customers could stay one or two versions behind with the sensor, but not with its content, and content had no stages.',
  mechanism: 'a second stream of changes, which neither the stages nor the customer’s choice applied to',
  uncertain: 'the figures are from excerpts of the review',
  peer: {
    name: 'an agent with two streams',
    rule: 'code: version <= newest - customer.lag; content: newest, for whoever is online',
    incident() {
      const crashes = (content: string, sensor: number) => content === 'C-291' && sensor >= 7.11
      const hosts = Array.from({ length: racks }, (_, index) => {
        const lag = isCautious(index) ? 1 : 0
        const sensor = [7.11, 7.15][1 - lag] ?? 0
        return { lag, sensor, content: 'C-291' }
      })
      const crashed = hosts.filter(({ content, sensor }) => crashes(content, sensor))
      const cautious = crashed.filter(({ lag }) => lag > 0).length
      return happened(
        crashed.length === racks && cautious === racks / 10,
        `${crashed.length} of ${racks} hosts crashed, ${cautious} of which had chosen to stay a version behind`,
      )
    },
  },
  answer:
    'There is one kind of stream: content is an app with waves, and a rack’s own minimum age and range hold for it as for any. Racks that fall silent after their grant fail their wave after the minutes that the policy says, and it halts; who asks for older content was never offered it. The next start of a rack on content that it has not proved goes back.',
  heldBy: [
    'shared/domain/rollout-progress.ts',
    'shared/domain/admission.ts',
    'shared/domain/decide.ts',
    'cli/agent/recover.ts',
  ],
  missing:
    'The agent judges a version when the host has started again; an agent that cannot start is the host’s own boot order.',
  processes: {
    file: 'test/journeys/killed.test.ts',
    test: 'a rack of the %s driver, killed at random instants and calls, always recovers',
  },
  holds(witness) {
    const registry = aRegistry().withApp('sensor').serves('710', '711').withApp('sensor-content')
    registry
      .serves('10')
      .publishes('20')
      .routes('20', { requires: { sensor: '>=711' } })
    const first = { name: 'first', share: 5, soakMinutes: 60 } as const
    const waves = [first, { name: 'rest', share: 'rest', soakMinutes: 60 }] as const
    registry.promotes('20', { rollout: { ...rolloutPresets.canary, waves, silentMinutes: 5 } })
    const fleet = aFleet(registry, {
      count: racks,
      current: '10',
      factsOf: (index) => ({
        apps: { sensor: '711' },
        ...(isCautious(index) && { minAgeMinutes: 24 * 60 }),
      }),
    })
    fleet.isPlanned('R-1').shows('R-1', {})
    witness.is(
      'who waits a day was counted on by nobody',
      registry.rollout('R-1').plan?.leftOut.too_young === 100,
    )
    witness.told(fleet.asks('rack-1'), 'wait: too_young')
    witness.told(aRack({ current: '10', apps: { sensor: '710' } }).asks(registry), 'wait: requires')
    witness.told(
      aRack({ current: '10', within: '<20', apps: { sensor: '711' } }).asks(registry),
      'wait: outside_constraint',
    )

    // The five are granted, apply it, and are heard no more.
    const five = fleet.inWave('R-1', 0).filter((name) => !isCautious(Number(name.slice(5)) - 1))
    witness.is(`five go first: ${five.length}`, five.length === 5)
    const [one = '', other = ''] = five
    witness.told(fleet.asks(one), 'update 20: offered')
    registry.later(6)
    const silent = { silentMinutes: 6, attempt: { outcome: null } }
    fleet.shows('R-1', Object.fromEntries(five.map((name) => [name, silent])))
    witness.answered(registry.rollout('R-1').state, 'halted')
    const outside = fleet.inWave('R-1', 1).filter((name) => !isCautious(Number(name.slice(5)) - 1))
    witness.is('the others are where they were', outside.length === racks - racks / 10 - 5)
    for (const name of outside) witness.told(fleet.asks(name), 'wait 20: rollout_halted')
    witness.is('the content of before is what everybody is served', registry.channel().base === '10')

    // Withdrawn: whoever asks again, on the way or with it on its disk, is told to go back; the cautious ask for nothing.
    registry.yanks('20', { severity: 'critical' })
    const attempt = { id: 'A-1', from: '10', target: '20', motive: 'rollout', isConfirmed: false } as const
    witness.told(aRack({ ...fleet.rack(one).facts, attempt }).asks(registry), 'abort: yanked')
    fleet.rack(other).facts = { ...fleet.rack(other).facts, current: '20' }
    fleet.isPlanned('R-2').shows('R-2', {})
    witness.told(fleet.asks(other), 'rollback 10: yanked')
    registry.later(day / 60_000)
    witness.told(fleet.asks('rack-1'), 'none: up_to_date')
  },
}
