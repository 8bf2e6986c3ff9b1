/** `headgate update`: brings the rack to what the decision says, forward or back, proves it, or returns. */
import type { Command } from 'commander'
import { Problem } from '../../shared/domain/problem.ts'
import { type Asked, askRegistry } from '../agent/ask.ts'
import type { Attempt } from '../agent/attempt.ts'
import { problemOf } from '../agent/outcome.ts'
import { type Plan, planOf, requireSamePlan } from '../agent/plan.ts'
import { type Rack, refuseStuck, withRack } from '../agent/rack.ts'
import { beginAttempt } from '../agent/run-attempt.ts'
import { sendOutcomes, tellRegistry } from '../agent/tell-registry.ts'
import { tidy } from '../agent/tidy.ts'
import { drawDecision } from '../decision-page.ts'
import type { Deps } from '../deps.ts'
import type { Report } from '../output.ts'
import { confirmYes } from '../prompt.ts'
import { openRackSession, type RackOptions, rackVerb } from '../rack-session.ts'

interface Options extends RackOptions {
  readonly yes?: boolean
  readonly plan?: string
  readonly dryRun?: boolean
}

export function updateCommand(deps: Deps): Command {
  return rackVerb({
    example: 'headgate update --dir ./prod-1 --yes --quiet   # fit for cron',
    problems: [
      'registry_unreachable',
      'stale_answer',
      'plan_moved',
      'decision_moved',
      'declined',
      'update_failed',
      'returned',
      'stuck',
    ],
  })
    .option('--yes', 'do not ask')
    .option('--plan <id>', 'only if it is still this plan')
    .option('--dry-run', 'show the plan and change nothing')
    .action(async (options: Options) => {
      const { place, report, dir } = openRackSession(deps, options)
      await withRack(place, 'update', async (rack) => {
        await sendOutcomesQuietly(rack)
        const asked = await askRegistry(rack)
        const plan = await planOf(rack, asked)
        requireSamePlan(options.plan, plan, dir)
        if (!plan || options.dryRun) return showOnly(report, asked, plan)
        refuseStuck(rack)
        const { from, to, action } = plan.input
        await confirmYes(deps, `${action}: ${from ?? 'nothing'} → ${to}. Go on?`, options.yes)
        const attempt = await beginAttempt(rack, plan.input)
        await tellRegistry(rack)
        await tidy(rack)
        finish(report, attempt, dir)
      })
    })
}

async function sendOutcomesQuietly(rack: Rack): Promise<void> {
  await sendOutcomes(rack).catch((error: unknown) => {
    if (!(error instanceof Problem)) throw error
  })
}

function showOnly(report: Report, { decision }: Asked, plan: Plan | undefined): void {
  report.show(
    'Update',
    { outcome: null, plan: plan ? { id: plan.id, ...plan.input, steps: plan.steps } : null, decision },
    (page) => {
      drawDecision(page, decision)
      for (const [index, step] of (plan?.steps ?? []).entries()) page.line(`  ${index + 1}. ${step}`)
    },
  )
  if (plan) report.say('A dry run: nothing was changed.')
}

/** Raises the Problem of an attempt that did not end well, so that its exit code is the run's. */
export function finish(report: Report, attempt: Attempt, dir: string): void {
  const problem = problemOf(attempt, dir)
  if (problem) throw problem
  const { id, input, state } = attempt
  report.show(
    'Update',
    { outcome: state, attempt: id, from: input.from, version: input.to, action: input.action },
    (page) => {
      page.mark(
        'ok',
        `${input.to} runs and is proved${input.from === null ? '' : ` (before: ${input.from})`}`,
      )
    },
  )
}
