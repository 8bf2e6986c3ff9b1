/** `headgate agent update`: one round of the agent's own app. The supervisor runs it now and then; a person may, too. */
import type { Command } from 'commander'
import { problemOf } from '../../agent/outcome.ts'
import { agentDirectory } from '../../agent/self-update/agent-directory.ts'
import { type AgentRound, updateAgent, updateAgentDryRun } from '../../agent/self-update/update-agent.ts'
import { drawDecision } from '../../decision-page.ts'
import type { Deps } from '../../deps.ts'
import { showEnd } from '../../end-page.ts'
import type { Report } from '../../output.ts'
import { openRackSession, type RackOptions, rackVerb } from '../../rack-session.ts'

interface Options extends RackOptions {
  readonly dryRun?: boolean
}

export function agentUpdateCommand(deps: Deps): Command {
  return rackVerb({
    example: 'headgate agent update --dir /var/lib/headgate --dry-run',
    problems: [
      'registry_unreachable',
      'stale_answer',
      'decision_moved',
      'attempt_pending',
      'update_failed',
      'returned',
      'stuck',
    ],
  })
    .option('--dry-run', 'show what would be done now, and change nothing')
    .action(async (options: Options) => {
      const { place, report, dir } = openRackSession(deps, options)
      const round = options.dryRun ? await updateAgentDryRun(place) : await updateAgent(place)
      const { attempt, recovered } = round
      if (attempt) return showEnd(report, 'Update', attempt, agentDirectory(dir))
      if (recovered?.state === 'returned') throw problemOf(recovered, agentDirectory(dir))
      if (!options.quiet || options.json) show(report, round)
      if (options.dryRun) report.say('A dry run: nothing was changed.')
    })
}

function show(report: Report, { asked, plan, rests }: AgentRound): void {
  const { decision } = asked
  const planned = plan ? { id: plan.id, ...plan.input, steps: plan.steps } : null
  report.show('Update', { outcome: null, plan: planned, rests: rests ?? null, decision }, (page) => {
    drawDecision(page, decision)
    if (rests !== undefined) page.mark('waiting', `not now: ${rests}`)
    for (const [index, step] of (plan?.steps ?? []).entries()) page.line(`  ${index + 1}. ${step}`)
  })
}
