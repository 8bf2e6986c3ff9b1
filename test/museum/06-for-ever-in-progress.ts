// Machines that had long finished stayed "updating", and whoever is updating may not be updated.
// When: October 2021 (Elastic); November 2021 (Helm); October 2024 (Flatcar).
// Source: flatcar/nebraska#853; elastic/fleet-server#828, elastic/elastic-agent#760; helm/helm#10323, #4558, #8987.
import { explains, outsideAfter, type Standing } from '../../shared/domain/outside.ts'
import { rolloutPresets } from '../../shared/domain/rollout-policy.ts'
import { aRack, aRegistry } from '../support/builders.ts'
import { aFleet } from '../support/fleet-story.ts'
import { type Exhibit, happened } from './exhibit.ts'

export const forEverInProgress: Exhibit = {
  id: '06-for-ever-in-progress',
  title: 'Nebraska, Elastic, Helm: for ever in progress',
  when: '2021-10; 2021-11; 2024-10',
  sources: ['flatcar/nebraska#853', 'elastic/fleet-server#828', 'helm/helm#10323', 'elastic/kibana#194460'],
  happened:
    'Machines whose restart was put off for days stayed "waiting" and were answered with an error; agents that finished while their server could not be reached kept the mark "updating", and the console offers such agents no upgrade. A `helm upgrade` that was killed leaves its release pending, and every later command is refused.',
  mechanism: 'a state is set by the party that then goes away, and nobody else clears it',
  peer: {
    name: 'a server that waits for the report',
    rule: 'on start: isUpdating = true; on report: isUpdating = false; offers(agent) = !isUpdating',
    incident() {
      const agent = { runs: '1.0', isUpdating: false }
      const isServerThere = (hour: number) => hour < 1 || hour >= 5
      agent.isUpdating = true
      agent.runs = '1.1'
      // It reports once, when it is through; nobody is there to hear it.
      if (isServerThere(2)) agent.isUpdating = false
      const isOfferedAtHour = (hour: number) => isServerThere(hour) && !agent.isUpdating
      return happened(
        agent.runs === '1.1' && !isOfferedAtHour(6) && !isOfferedAtHour(10_000),
        'it ran 1.1, and after 10,000 hours it was still updating to it',
      )
    },
  },
  answer:
    'What a rack runs is what it says that it runs, whatever the record of its attempt says. A lease ends by itself, and at once when the rack is seen on its target; a report that comes late is taken, never refused; on the rack a journal goes on where a killed process stopped, and a lock ends with whoever holds it.',
  heldBy: [
    'shared/domain/rollout-progress.ts',
    'shared/domain/outside.ts',
    'server/fleet/rollout-attempts.ts',
    'cli/agent/recover.ts',
    'cli/agent/lock.ts',
  ],
  missing: 'The console, which is to tell a rack that waits for its window from an attempt that went stale.',
  processes: {
    file: 'test/museum/processes/06-for-ever-in-progress.test.ts',
    test: 'the registry goes while a rack is at it, the agent is killed twice: what it proved counts when it is back',
  },
  holds(witness) {
    const rollout = { ...rolloutPresets['at-once'], maxInFlight: 1 }
    const registry = aRegistry().withApp('agent').serves('10').publishes('11').promotes('11', { rollout })
    const fleet = aFleet(registry, { count: 3, current: '10' }).isPlanned('R-1').shows('R-1', {})
    const [lost = '', other = '', third = ''] = fleet.racks.map(({ facts }) => facts.name)
    witness.told(fleet.begins(lost), 'update 11: offered')
    witness.told(fleet.begins(other), 'wait 11: slots_full')

    // Its lease expires while it is cut off, and the others use the slot.
    registry.later(61)
    fleet.letsGo(lost)
    for (const name of [other, third]) {
      witness.told(fleet.begins(name), 'update 11: offered')
      fleet.runs(name, '11')
    }

    // After five hours it is back, on 11, and its attempt is still open on the record.
    registry.later(240)
    fleet.runs(lost, '11')
    witness.told(fleet.asks(lost), 'none: up_to_date')
    const open = { [lost]: { attempt: { outcome: null } } }
    const [wave] = fleet.count('R-1', open).waves
    witness.is('it is under way no longer', wave?.underWay === 0 && wave.failures.length === 0)
    fleet.shows('R-1', open)
    witness.answered(registry.rollout('R-1').state, 'completed')
    registry.publishes('12').promotes('12')
    witness.told(fleet.asks(lost), 'update 12: offered')

    // The registry saw only two check-ins with different versions; the attempt that it took for abandoned explains them.
    const before: Standing = { current: '10', proved: [], isInAttempt: false }
    const change = outsideAfter(undefined, before, { ...before, current: '11' }, registry.now)
    const abandoned = { from: '10', target: '11', outcome: 'abandoned' }
    witness.is('nobody is accused of it', change !== undefined && explains(abandoned, change))

    // Who waits for a time that was agreed is told just that.
    const window = { isFree: false, detail: 'Saturday, 02:00', until: registry.now + 1 }
    const waiting = aRack({ current: '11' }).asks(registry, { conditions: { window } })
    witness.told(waiting, 'wait 12: outside_window')
  },
}
