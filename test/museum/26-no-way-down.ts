// An upgrade without a supported way down, and a written procedure to restore that was older than what it was for.
// When: 14 March 2023.
// Source: r/RedditEng, "You broke Reddit: the Pi-day outage".
import { day, minute } from '../../shared/domain/instants.ts'
import { aRegistry } from '../support/builders.ts'
import { verdictOn } from '../support/gate-story.ts'
import { type Exhibit, happened } from './exhibit.ts'

export const noWayDown: Exhibit = {
  id: '26-no-way-down',
  title: 'Reddit, Pi-day: no way down',
  when: '2023-03-14',
  sources: ['r/RedditEng, the Pi-day outage'],
  happened:
    'A cluster’s upgrade failed, and there was no supported downgrade. The backup was restored by a procedure that had been written for another environment.',
  mechanism: 'that there is a way back is a page that nobody has walked since what it describes has changed',
  uncertain: 'read in excerpts',
  peer: {
    name: 'a runbook',
    rule: "hasWayBack = exists('restore.md')",
    incident() {
      const runbook = { exists: true, writtenFor: 'the environment of then' }
      const cluster = 'another one'
      const hasWayBack = runbook.exists
      const worksToday = runbook.writtenFor === cluster
      return happened(
        hasWayBack && !worksToday,
        `the page was there, for ${runbook.writtenFor}, and what had to be restored was ${cluster}`,
      )
    },
  },
  answer:
    'Where the channel asks for it, a promotion waits until somebody has gone from its present head to the candidate and back, both proved, and not too long ago: a rehearsal of another pair, one that failed and one that is too old do not count. `headgate rehearse` walks it on a rack and records it.',
  heldBy: ['shared/domain/gates/people-gates.ts', 'cli/agent/rehearse.ts'],
  processes: {
    file: 'test/cli/agent/rehearse.test.ts',
    test: 'goes there and back, each proved, and the rack runs what it ran and remembers the pair',
  },
  holds(witness) {
    const registry = aRegistry().withApp('cluster').serves('122', '123').publishes('124')
    const rehearsal = { name: 'rollback-rehearsal', maxAgeHours: 30 * 24 }
    registry.withPolicy('stable', { evidence: [rehearsal] })
    const asks = (version: string) => verdictOn(registry, version, 'evidence')
    witness.judged(asks('124'), 'evidence: waiting')
    registry.promotes('124')
    witness.is('it waits', registry.channel().head === '123')
    // Of another pair; of this one, and it failed; of this one, and long ago.
    registry.shows('124', rehearsal.name, { from: '122' })
    witness.judged(asks('124'), 'evidence: waiting')
    registry.shows('124', rehearsal.name, { from: '123', outcome: 'fail' })
    witness.judged(asks('124'), 'evidence: fail')
    registry.shows('124', rehearsal.name, { from: '123' })
    witness.judged(asks('124'), 'evidence: pass')
    registry.later((31 * day) / minute)
    witness.judged(asks('124'), 'evidence: waiting')
    witness.is('with its age', /31d old, and 30d is the most/.test(asks('124')?.detail ?? ''))
    // Walked again, it is promoted; the next one has a pair of its own.
    registry.shows('124', rehearsal.name, { from: '123' }).promotes('124').publishes('125')
    witness.is('it moved', registry.channel().head === '124')
    registry.shows('125', rehearsal.name, { from: '123' })
    witness.judged(asks('125'), 'evidence: waiting')
  },
}
