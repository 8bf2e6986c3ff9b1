// An update by the operating system's own channel changed every host within an hour and dropped their routes.
// When: 8 March 2023.
// Source: Datadog, platform deep dive into the incident of March 8, 2023.
import { afterRound, calm } from '../../cli/agent/rhythm.ts'
import { changedTogether, type RackChange } from '../../shared/domain/alarm.ts'
import { hour, minute } from '../../shared/domain/instants.ts'
import { explains } from '../../shared/domain/outside.ts'
import { roomInWindow } from '../../shared/domain/window.ts'
import { aRack, aRegistry } from '../support/builders.ts'
import { type Exhibit, happened } from './exhibit.ts'

const from6 = Date.UTC(2023, 2, 8, 6)

export const nobodyUpdatedIt: Exhibit = {
  id: '23-nobody-updated-it',
  title: 'Datadog: nobody updated it',
  when: '2023-03-08',
  sources: ['Datadog platform deep dive, 2023-03-08'],
  happened:
    'Regions were updated one by one by their owners; but an automatic security channel of the operating system updated hosts of all of them between six and seven in the morning, and a service that restarted with it dropped the routes of their containers.',
  mechanism: 'a second updater with one window for all of the world, which nobody’s stages apply to',
  peer: {
    name: 'unattended updates beside a careful rollout',
    rule: 'each host: at 06:00 UTC + random(60 min), take what is newest',
    incident() {
      const regions = ['us1', 'us3', 'us5', 'eu1', 'ap1']
      const hosts = regions.flatMap((region) =>
        Array.from({ length: 20 }, (_, n) => ({ region, at: from6 + n * 3 * minute })),
      )
      const hit = new Set(hosts.filter(({ at }) => at < from6 + hour).map(({ region }) => region)).size
      return happened(
        hit === regions.length,
        `all ${hit} regions were changed within the hour, by nobody’s rollout`,
      )
    },
  },
  answer:
    'A rack says when what it runs changed and no attempt of its own did it; many of an app within an hour are one alarm with count, versions and racks, however slowly each was heard. Nothing is undone by itself: who went back is not sent forward again until a person has looked. A window has its own zone, and the racks that wait for it come in over its first tenth.',
  heldBy: [
    'shared/domain/outside.ts',
    'shared/domain/alarm.ts',
    'cli/agent/rhythm.ts',
    'shared/domain/window.ts',
  ],
  missing:
    'Changes beside the version, such as drifted parameters, are shown for each rack and alarm nobody.',
  processes: {
    file: 'test/journeys/changed-outside.test.ts',
    test: 'four of five racks are changed by hand: one alarm, over a restart',
  },
  holds(witness) {
    const changed = (index: number, at: number): RackChange => ({
      rack: `rack-${index + 1}`,
      change: { from: '10', to: '11', at, heardAt: at + 5 * minute, saidBy: 'rack', isSure: true },
    })
    const fifty = Array.from({ length: 50 }, (_, index) => changed(index, from6 + index * minute))
    const alarm = changedTogether('agent', 1_000, fifty, undefined)
    witness.answered(alarm?.kind ?? 'nothing', 'changed_outside')
    witness.is(
      `it says what: ${alarm?.detail}`,
      /^50 of 1000 racks changed within 49m by no attempt: 50 to 11$/.test(alarm?.detail ?? ''),
    )
    witness.is('one alarm, since six', alarm?.count === 50 && alarm.since === from6)
    // As many over two days are people at work, and an attempt that led there explains it.
    const slow = fifty.map(({ change }, index) => changed(index, change.at + index * hour))
    witness.is(
      'spread over days it is nothing',
      changedTogether('agent', 1_000, slow, undefined) === undefined,
    )
    const [first] = fifty
    const attempt = { from: '10', target: '11', outcome: 'proved' }
    witness.is('an attempt explains it', first !== undefined && explains(attempt, first.change))

    // Whoever was put back is not sent there again by the next check.
    const registry = aRegistry().withApp('agent').serves('9', '10', '11')
    witness.told(
      aRack({ current: '9', bar: { above: '9', upTo: '11' } }).asks(registry),
      'wait: rolled_back_here',
    )

    // Windows: each in its zone, and its racks not in one moment.
    const window = (zone: string) => ({ start: '0 6 * * *', minutes: 60, zone })
    const opens = ['America/New_York', 'Europe/Paris', 'Asia/Tokyo'].map(
      (zone) => roomInWindow(window(zone), from6 - hour + 1).until,
    )
    witness.is('six is not six everywhere', new Set(opens).size === 3)
    const room = roomInWindow(window('UTC'), from6 - hour)
    witness.told(
      aRack({ current: '10' }).asks(registry, { conditions: { window: room } }),
      'wait 11: outside_window',
    )
    const answered = { kind: 'answered', askAgainSeconds: 3_600, windowMinutes: 60 } as const
    const seconds = [0, 0.5, 0.999].map((chance) => afterRound(calm, answered, chance).seconds)
    witness.is(`they come in over six minutes: ${seconds}`, (seconds[2] ?? 0) - (seconds[0] ?? 0) > 350)
  },
}
