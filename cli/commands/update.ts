/** `headgate update`: brings the rack to what the decision says, forward or back, proves it, or returns. */
import type { Command } from 'commander'
import { type Asked, askRegistry } from '../agent/ask.ts'
import { problemOf } from '../agent/outcome.ts'
import { type Plan, planBody, planOf, requireSamePlan } from '../agent/plan.ts'
import { withRack, withRackDryRun } from '../agent/rack.ts'
import { runRound } from '../agent/round.ts'
import { drawDecision } from '../decision-page.ts'
import type { Deps } from '../deps.ts'
import { showEnd } from '../end-page.ts'
import { notPinned, requireNamed } from '../named-target.ts'
import type { Report } from '../output.ts'
import { confirmYes } from '../prompt.ts'
import { openRackSession, type RackOptions, rackVerb } from '../rack-session.ts'
import { collect } from '../verb.ts'

interface Options extends RackOptions {
  readonly yes?: boolean
  readonly plan?: string
  readonly acceptDrift?: readonly string[]
  readonly dryRun?: boolean
}

export function updateCommand(deps: Deps): Command {
  return rackVerb({
    example: 'headgate update --dir ./prod-1 --yes --quiet   # fit for cron',
    problems: [
      'registry_unreachable',
      'stale_answer',
      'artifact_unreachable',
      'artifact_unavailable',
      'digest_mismatch',
      'plan_moved',
      'decision_moved',
      'not_offered',
      'drifted',
      'declined',
      'attempt_pending',
      'update_failed',
      'interrupted',
      'returned',
      'stuck',
    ],
  })
    .argument('[version]', 'only if this is where it would go; it pins nothing')
    .option('--yes', 'do not ask')
    .option('--plan <id>', 'only if it is still this plan')
    .option(
      '--accept-drift <name>',
      'update although this parameter was changed by hand (repeatable)',
      collect,
    )
    .option('--dry-run', 'show the plan and change nothing')
    .action(async (named: string | undefined, options: Options) => {
      const { place, report, dir } = openRackSession(deps, options)
      if (options.dryRun) {
        await withRackDryRun(place, async (rack) => {
          const asked = await askRegistry(rack)
          requireNamed(named, asked, dir)
          const plan = await planOf(rack, asked, options.acceptDrift)
          requireSamePlan(options.plan, plan, dir)
          showOnly(report, asked, plan)
        })
        return report.say('A dry run: nothing was changed.')
      }
      await withRack(place, 'update', async (rack, recovered) => {
        let loses: readonly string[] = []
        const { asked, attempt } = await runRound(
          rack,
          async (answer, plan) => {
            requireNamed(named, answer, dir)
            requireSamePlan(options.plan, plan, dir)
            if (!plan) return
            loses = plan.loses
            const { from, to, action } = plan.input
            await confirmYes(deps, `${action}: ${from ?? 'nothing'} → ${to}. Go on?`, options.yes)
          },
          options.acceptDrift,
        )
        if (attempt) {
          showEnd(report, 'Update', attempt, dir, { loses })
          return named === undefined ? undefined : report.say(notPinned(named, dir))
        }
        if (recovered?.state === 'returned') throw problemOf(recovered, dir)
        // Cron sends mail for every line: a round without a move has none to send.
        if (!options.quiet || options.json) showOnly(report, asked, undefined)
      })
    })
}

function showOnly(report: Report, { decision }: Asked, plan: Plan | undefined): void {
  report.show('Update', { outcome: null, plan: plan ? planBody(plan) : null, decision }, (page) => {
    drawDecision(page, decision)
    for (const [index, step] of (plan?.steps ?? []).entries()) page.line(`  ${index + 1}. ${step}`)
  })
}
