// Rollouts that went by the clock were stopped by people who edited a file after they had read reports.
// When: 2019 to 2026; 7 November 2023 and 30 April 2025 among many.
// Source: coreos/fedora-coreos-streams#813, #1065, #239, #240.
import { hour, minute } from '../../shared/domain/instants.ts'
import { rolloutPresets } from '../../shared/domain/rollout-policy.ts'
import { aRegistry } from '../support/builders.ts'
import { aFleet, type Showing } from '../support/fleet-story.ts'
import { type Exhibit, happened } from './exhibit.ts'

const racks = 240
/** A person reads the reports, asks around and edits the file; so long at the least. */
const untilSomebodyHours = 8
const step = 15

/** What each pause was for: what a rack that took the release would have shown. */
const pauses = [
  { pull: '#813', broken: { outcome: 'proved' }, health: 'updates appear to break' },
  { pull: '#1065', broken: { outcome: 'returned', step: 'settling', message: 'docker has no network' } },
] as const

export const pausedByHand: Exhibit = {
  id: '33-paused-by-hand',
  title: 'Fedora CoreOS: paused by hand',
  when: '2019 to 2026',
  sources: ['coreos/fedora-coreos-streams#813', '#1065', '#239', '#240'],
  happened:
    'More than fifteen commits pause or stop a rollout: a ramp by the clock goes on until a person has read reports, asked, and edited a file. One of them was taken back the same day, for the fault was a known one and not of that release.',
  mechanism: 'the clock opens, and only people close',
  uncertain: 'when the first report came is not recorded with the commits; eight hours are supposed here',
  peer: {
    name: 'a ramp by the clock, and a person',
    rule: 'percent = (now - start) / 48 h; paused when somebody edits the file',
    incident() {
      const open = Math.floor((untilSomebodyHours / 48) * racks)
      return happened(open > racks / 10, `${open} of ${racks} machines were open to it when it was paused`)
    },
  },
  answer:
    'A wave opens by what the wave before has shown, and a failure of it halts within one look of the registry’s clock, with racks and causes as evidence; the first wave is one rack. A pause by hand is one command; a fault that is known and not of this release is acknowledged by its cause, and the rollout goes on.',
  heldBy: [
    'shared/domain/commands/rollout.ts',
    'shared/domain/rollout-gates.ts',
    'shared/domain/rollout-progress.ts',
  ],
  missing:
    'A fault that shows in none of a rack’s checks is found by people here as well, and they pause by one command.',
  processes: {
    file: 'test/server/rollouts/waves.test.ts',
    test: 'of the canary halts: the evidence is on the record, and nobody is offered it any more',
  },
  holds(witness) {
    for (const pause of pauses) {
      const registry = aRegistry()
        .withApp('fcos')
        .serves('10')
        .publishes('20')
        .promotes('20', { rollout: rolloutPresets.staged })
      const began = registry.now
      const fleet = aFleet(registry, { count: racks, current: '10' }).isPlanned('R-1').shows('R-1', {})
      const taken = new Map<string, number>()
      // Whoever is offered it takes it at the next look, and is broken by it half an hour later.
      while (registry.rollout('R-1').state === 'running' && registry.now < began + 48 * hour) {
        for (const { facts } of fleet.racks)
          if (!taken.has(facts.name) && fleet.asks(facts.name).action === 'update') {
            taken.set(facts.name, registry.now)
            if (pause.broken.outcome === 'proved') fleet.runs(facts.name, '20')
          }
        registry.later(step)
        fleet.shows(
          'R-1',
          Object.fromEntries([...taken].map(([name, at]) => [name, shownBy(pause, at, registry.now)])),
        )
      }
      witness.answered(registry.rollout('R-1').state, 'halted')
      const minutes = (registry.now - began) / minute
      witness.is(
        `${pause.pull}: after ${minutes} minutes`,
        minutes <= 60 && minutes < untilSomebodyHours * 60,
      )
      witness.is(`${pause.pull}: ${taken.size} had it`, taken.size === 1)
      const outside = fleet.racks.find(({ facts }) => !taken.has(facts.name))
      if (outside) witness.told(fleet.asks(outside.facts.name), 'wait 20: rollout_halted')
    }

    // #239 and #240: paused at a report, and on again when it was known to be none of this release.
    const registry = aRegistry()
      .withApp('fcos')
      .serves('10')
      .publishes('20')
      .promotes('20', { rollout: rolloutPresets.staged })
    const fleet = aFleet(registry, { count: racks, current: '10' }).isPlanned('R-1').shows('R-1', {})
    const [canary = ''] = fleet.inWave('R-1', 0)
    registry.pauses('R-1', 'looking into tracker#700')
    witness.told(fleet.asks(canary), 'wait 20: rollout_paused')
    registry.resumes('R-1')
    witness.told(fleet.asks(canary), 'update 20: offered')
  },
}

function shownBy(pause: (typeof pauses)[number], takenAt: number, now: number): Showing {
  const minutes = (now - takenAt) / minute
  if (minutes < 30) return { soakedMinutes: 0, attempt: { outcome: null } }
  if (!('health' in pause)) return { attempt: pause.broken }
  const check = {
    name: 'updates',
    kind: 'command',
    severity: 'fail',
    state: 'unhealthy',
    numbers: {},
  } as const
  const checks = [{ ...check, detail: pause.health }]
  return {
    soakedMinutes: minutes - 30,
    attempt: pause.broken,
    health: { state: 'unhealthy', since: now, checks },
  }
}
