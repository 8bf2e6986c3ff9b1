/** After an order from the registry: the rack's orders, and what it was told before and is told now. */
import type { DecisionBody, OrderedBody } from '../shared/contract/rack.ts'
import { orderedFields, ownFields } from './order-fields.ts'
import { oneLine } from './plain-text.ts'
import type { Session } from './session.ts'

export function reportOrdered({ report }: Session, ordered: OrderedBody, done: string): void {
  const { rack, before, after, dryRun } = ordered
  report.show('OrderedRack', ordered, (page) => {
    page.fields([
      ['rack', `${rack.rack} of ${rack.app}, on ${rack.channel}`],
      ['runs', rack.current ?? 'nothing known'],
      ...orderedFields(page, rack.orders),
      ...ownFields(page, rack),
      ['told before', wordsOf(before)],
      [dryRun ? 'would be told' : 'told now', wordsOf(after)],
    ])
  })
  if (dryRun) report.say('A dry run: nothing was changed.')
  else report.done(done)
  report.next(`headgate rack show ${rack.rack} --app ${rack.app}`)
}

function wordsOf({ action, target, reason, detail }: DecisionBody): string {
  const to = target === null ? '' : ` to ${target.version}`
  return `${action}${to}, ${reason}: ${oneLine(detail)}`
}
