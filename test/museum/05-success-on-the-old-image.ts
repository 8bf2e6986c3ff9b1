// A rollout could finish although no device had booted the new software; one that died while updating stayed in progress.
// When: 3 July 2026; June 2018.
// Source: eclipse-hawkbit/hawkbit#3185 and #693; rauc/rauc-hawkbit-updater#161.
import { rolloutPresets } from '../../shared/domain/rollout-policy.ts'
import { aRegistry } from '../support/builders.ts'
import { aFleet } from '../support/fleet-story.ts'
import { type Exhibit, happened } from './exhibit.ts'

export const successOnTheOldImage: Exhibit = {
  id: '05-success-on-the-old-image',
  title: 'hawkBit: success, on the old image',
  when: '2026-07-03; 2018-06',
  sources: ['eclipse-hawkbit/hawkbit#3185', '#693', 'rauc/rauc-hawkbit-updater#161'],
  happened:
    'The agent reports success when the image is on the disk, before any restart, and the server moves on to the next group; a device that falls back to its old slot stays recorded as updated. A device that dies in the update stays in progress for ever.',
  mechanism: 'what was reported is taken for what runs, and silence is taken for progress',
  peer: {
    name: "a rollout that believes its devices' word",
    rule: "isDone = report.finished === 'success'; there is no time-out",
    incident() {
      const devices = [
        { reported: 'success', runs: 'new' },
        { reported: 'success', runs: 'old' },
        { reported: 'success', runs: 'old' },
      ]
      const isDone = devices.every(({ reported }) => reported === 'success')
      const onOld = devices.filter(({ runs }) => runs === 'old').length
      return happened(
        isDone && onOld > 0,
        `the group was done, with ${onOld} of ${devices.length} on the old image`,
      )
    },
  },
  answer:
    'A wave counts what is observed: a rack that reported success and runs the old version has failed, so has one that went back after it had proved the new one, and so has one that fell silent after its grant. A rack that was silent before it was granted anything only leaves the count.',
  heldBy: ['shared/domain/rollout-progress.ts', 'shared/domain/rollout-gates.ts'],
  holds(witness) {
    const waves = [
      { name: 'first', share: 5, soakMinutes: 60 },
      { name: 'rest', share: 'rest', soakMinutes: 60 },
    ] as const
    const rollout = { ...rolloutPresets.canary, waves }
    const registry = aRegistry().withApp('device').serves('10').publishes('11').promotes('11', { rollout })
    const fleet = aFleet(registry, { count: 20, current: '10' }).isPlanned('R-1').shows('R-1', {})
    const [a = '', b = '', c = '', d = '', e = ''] = fleet.inWave('R-1', 0)
    fleet.runs(a, '11')
    const showing = {
      [a]: { soakedMinutes: 90, attempt: { outcome: 'proved' } },
      [b]: { attempt: { outcome: 'proved' } },
      [c]: { soakedMinutes: 0, attempt: { outcome: 'proved' } },
      [d]: { silentMinutes: 61, attempt: { outcome: null } },
      [e]: { silentMinutes: 61 },
    }
    registry.later(90)
    const [first] = fleet.count('R-1', showing).waves
    witness.is(`three have failed: ${first?.failures.map(({ rack }) => rack)}`, first?.failures.length === 3)
    witness.is('who was silent before its grant only left', first?.leftOut.silent === 1)
    fleet.shows('R-1', showing)
    witness.answered(registry.rollout('R-1').state, 'halted')
    const [outside = ''] = fleet.inWave('R-1', 1)
    witness.told(fleet.asks(outside), 'wait 11: rollout_halted')
  },
}
