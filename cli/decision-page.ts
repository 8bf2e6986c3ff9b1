/** A decision for a person: what to do, why, until when, and the rules in the order in which they were asked. */
import type { DecisionBody } from '../shared/contract/rack.ts'
import type { Reason } from '../shared/domain/reasons.ts'
import { orderedFields } from './order-fields.ts'
import type { Mark, Page } from './output.ts'
import { oneLine } from './plain-text.ts'

const markOf: Readonly<Record<DecisionBody['action'], Mark>> = {
  none: 'ok',
  update: 'ok',
  rollback: 'warning',
  abort: 'warning',
  wait: 'waiting',
}

export function drawDecision(page: Page, decision: DecisionBody): void {
  const { app, channel, rack, current, action, reason, motive, target, destination, until, detail } = decision
  page.fields([
    ['rack', `${rack ?? 'anybody'} of ${app}, on ${channel}`],
    ['runs', current ?? 'nothing'],
    ['decision', `${action}${target === null ? '' : ` to ${target.version}`}`],
    ['reason', `${reason} (${motive})`],
    ...(destination === null || destination === target?.version
      ? []
      : [['on the way to', destination] as const]),
    ...(until === null ? [] : [['not before', page.when(until)] as const]),
    ...orderedFields(page, decision.orders ?? {}),
    ['asks again in', `${decision.askAgainSeconds} s`],
  ])
  page.mark(markOf[action], oneLine(detail))
  for (const { id, severity, remedy, range, reason: why } of decision.advisories) {
    page.mark('warning', `${id} (${severity}, ${remedy}) withdraws ${range}: ${oneLine(why)}`)
  }
  const { trace = [] } = decision
  if (trace.length === 0) return
  // A rack's own token does not read rollouts; whoever asks why, does.
  const where = rolloutsThatHoldIt(decision)
  if (where !== undefined) page.line(`    to see how far it is: ${where}`)
  page.line()
  page.table(
    ['rule', 'outcome', 'detail'],
    trace.map((step) => [step.rule, step.outcome, oneLine(step.detail)]),
  )
}

const waitsForRollout: readonly string[] = [
  'wave_not_open',
  'rollout_paused',
  'rollout_halted',
  'remedy_wave_not_open',
  'remedy_halted',
  'slots_full',
] satisfies readonly Reason[]

/** A remedy goes wherever the racks are, and is no channel's. */
function rolloutsThatHoldIt({ app, channel, reason, motive }: DecisionBody): string | undefined {
  if (!waitsForRollout.includes(reason)) return undefined
  const list = `headgate rollout list --app ${app}`
  return motive.startsWith('remedy') ? list : `${list} --channel ${channel}`
}
