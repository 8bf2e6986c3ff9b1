/** `headgate agent once`: one round, for a timer; it asks nobody and says nothing while nothing happens. */
import type { Command } from 'commander'
import { lookAtLifetimes } from '../../agent/lifetimes/look.ts'
import { monitorOnce } from '../../agent/monitor.ts'
import { problemOf } from '../../agent/outcome.ts'
import { withRack } from '../../agent/rack.ts'
import { runAgentRound } from '../../agent/round.ts'
import type { Deps } from '../../deps.ts'
import { showEnd } from '../../end-page.ts'
import { openRackSession, type RackOptions, rackVerb } from '../../rack-session.ts'

export function agentOnceCommand(deps: Deps): Command {
  return rackVerb({
    example: 'headgate agent once --dir /var/lib/headgate',
    problems: [
      'registry_unreachable',
      'stale_answer',
      'artifact_unreachable',
      'artifact_unavailable',
      'digest_mismatch',
      'decision_moved',
      'drifted',
      'interrupted',
      'update_failed',
      'returned',
      'stuck',
    ],
  }).action(async (options: RackOptions) => {
    const { place, report, dir } = openRackSession(deps, options)
    await withRack(place, 'agent once', async (rack, recovered) => {
      // First, so that the question carries what they find.
      await monitorOnce(rack)
      await lookAtLifetimes(rack)
      const { asked, attempt } = await runAgentRound(rack)
      if (attempt) return showEnd(report, 'Update', attempt, dir)
      if (recovered?.state === 'returned') throw problemOf(recovered, dir)
      if (report.isJson)
        report.show('Update', { outcome: null, plan: null, decision: asked.decision }, () => undefined)
    })
  })
}
