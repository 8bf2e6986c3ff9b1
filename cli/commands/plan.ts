/** `headgate plan`: what `update` would do now, step by step, under an id that `update --plan` holds it to. */
import type { Command } from 'commander'
import { askRegistry } from '../agent/ask.ts'
import { driftCommands } from '../agent/parameters/refuse-drifted.ts'
import { planBody, planOf } from '../agent/plan.ts'
import { withRack } from '../agent/rack.ts'
import { drawDecision } from '../decision-page.ts'
import type { Deps } from '../deps.ts'
import { openRackSession, type RackOptions, rackVerb } from '../rack-session.ts'

export function planCommand(deps: Deps): Command {
  return rackVerb({
    example: 'headgate plan --dir ./prod-1',
    problems: ['registry_unreachable', 'bad_answer', 'stale_answer', 'not_signed_in'],
  }).action(async (options: RackOptions) => {
    const { place, report, dir } = openRackSession(deps, options)
    const { decision, plan } = await withRack(place, 'plan', async (rack) => {
      const asked = await askRegistry(rack)
      return { decision: asked.decision, plan: await planOf(rack, asked) }
    })
    if (!plan) return report.show('Plan', { plan: null, decision }, (page) => drawDecision(page, decision))
    const { id, input, steps, drifted } = plan
    report.show('Plan', { plan: planBody(plan), decision }, (page) => {
      page.line(`${input.action}: ${input.from ?? 'nothing'} → ${input.to}  (${input.reason})`)
      for (const [index, step] of steps.entries()) page.line(`  ${index + 1}. ${step}`)
      page.line(`Plan ${id}`)
    })
    const update = `headgate update --dir ${options.dir ?? dir} --plan ${id}`
    report.next(drifted.length > 0 ? driftCommands(options.dir ?? dir, drifted) : update)
  })
}
