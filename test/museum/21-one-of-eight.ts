// One of eight servers did not get the new code, and nobody looked; taking it off the other seven made it worse.
// When: 1 August 2012.
// Source: SEC, order 3-15570 on Knight Capital.
import {
  type ListedHost,
  type Marks,
  nextBatch,
  standsAt,
  untouched,
} from '../../cli/agent/drivers/rolling-plan.ts'
import { versionOf } from '../../cli/agent/drivers/rolling-rows.ts'
import { aRegistry } from '../support/builders.ts'
import { aFleet } from '../support/fleet-story.ts'
import { type Exhibit, happened } from './exhibit.ts'

const names = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'h7', 'h8']

function hosts(versions: readonly string[]): readonly ListedHost[] {
  return names.map((host, index) => ({ host, version: versions[index] ?? null, attached: true }))
}

export const oneOfEight: Exhibit = {
  id: '21-one-of-eight',
  title: 'Knight Capital: one of eight',
  when: '2012-08-01',
  sources: ['SEC order 3-15570, paragraph 15'],
  happened:
    'New code was copied to eight servers by hand; one was missed, and no second person looked. The old code on it was woken by the new requests; it is reported that taking the new code off the other seven made all eight do the same.',
  mechanism:
    'that it was copied is taken for what runs, and the way back is another unchecked change of everything',
  uncertain: 'paragraph 15 was read as it is quoted; that the way back made it worse is from reports',
  peer: {
    name: 'a deployment that copies',
    rule: 'for (const host of hosts) copy(code, host); done',
    incident() {
      const servers = names.map(() => ({ code: 'old' }))
      const isReachable = (index: number) => index !== 7
      for (const [index, server] of servers.entries()) if (isReachable(index)) server.code = 'new'
      const wrong = servers.filter(({ code }) => code === 'old').length
      // The way back, by the same rule: now all of them run what the new requests wake.
      for (const server of servers) server.code = 'old'
      const worse = servers.filter(({ code }) => code === 'old').length
      return happened(
        wrong === 1 && worse === 8,
        `done, with ${wrong} of 8 on the old code; after the way back ${worse} of 8`,
      )
    },
  },
  answer:
    'What counts is what every host says that it runs, whatever the commands answered: one that reports the old version is brought there again, once, and then fails by name; a group of two versions has no version and is proved by nobody. The way back goes host by host with the same checks, and over a fleet rack by rack first.',
  heldBy: [
    'cli/agent/drivers/rolling-plan.ts',
    'cli/agent/drivers/rolling-rows.ts',
    'shared/domain/rollout-policy.ts',
  ],
  processes: {
    file: 'test/journeys/rolling.test.ts',
    test: 'a host that cannot be brought back makes the rack stuck by name, until somebody has mended it',
  },
  holds(witness) {
    const goal = { to: '20', isReturn: false }
    // Every command of host 8 said OK; `list` says 10.
    const mixed = hosts(['20', '20', '20', '20', '20', '20', '20', '10'])
    const moved = {
      ...untouched,
      state: 'moved',
      begun: 1,
      served: true,
      given: { version: '20', isWhole: true },
    } as const
    const marks: Marks = Object.fromEntries(names.map((name) => [name, moved]))
    const [h1, h8] = [mixed[0], mixed[7]]
    witness.is('all are listed', h1 !== undefined && h8 !== undefined)
    if (!h1 || !h8) return
    witness.answered(standsAt(h1, moved, goal), 'moved')
    witness.answered(standsAt(h8, moved, goal), 'draining')
    const limits = { batch: { count: 1 }, maxUnhealthy: { count: 0 }, minAttached: { count: 6 } }
    const again = nextBatch({ hosts: mixed, marks, goal, limits })
    witness.is('it is brought there again, alone', again.kind === 'batch' && String(again.hosts) === 'h8')
    // And when it does not stay there, the move has not gone well, with its name.
    const failed: Marks = { ...marks, h8: { ...moved, state: 'out', detail: 'does not stay on 20' } }
    const end = nextBatch({ hosts: mixed, marks: failed, goal, limits })
    witness.answered(end.kind, 'halted')
    witness.is('by name', end.kind === 'halted' && String(end.out) === 'h8')

    // A group that is neither one nor the other has no version that anything could be decided on.
    witness.refused(() => versionOf(mixed, null, '/srv/rack'), 'preflight_failed')

    // The way back over a fleet of such racks: one, and no other before that one has shown that it is well.
    const registry = aRegistry().withApp('router').serves('10', '20')
    const fleet = aFleet(registry, { count: 8, current: '20' })
    registry.yanks('20', { severity: 'critical', to: '10' })
    fleet.isPlanned('R-1').shows('R-1', {})
    const told = fleet.racks.map(({ facts }) => fleet.asks(facts.name))
    witness.is('one goes back', told.filter(({ action }) => action === 'rollback').length === 1)
    const waiting = told.find(({ action }) => action === 'wait')
    witness.is('seven wait', waiting !== undefined)
    if (waiting) witness.told(waiting, 'wait 10: remedy_wave_not_open')
  },
}
