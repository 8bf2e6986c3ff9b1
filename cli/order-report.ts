/** After an order on the rack: what it is now, and whether the registry has heard of it. */
import type { Rack } from './agent/rack.ts'
import { ordersOf } from './agent/rack-report.ts'
import { tellRegistry } from './agent/tell-registry.ts'
import { orderedFields } from './order-fields.ts'
import type { Report } from './output.ts'

export async function reportOrder(rack: Rack, report: Report, done: string, changed: object): Promise<void> {
  const isTold = await tellRegistry(rack)
  const { lastDecision } = rack.state
  const decision = isTold ? (lastDecision?.body ?? null) : null
  report.show('Orders', { ...changed, ...ordersOf(rack.state), decision, isTold }, (page) => {
    page.mark('ok', done)
    const fields = orderedFields(page, ordersOf(rack.state).ordered)
    if (fields.length > 0) page.fields(fields)
    if (decision) page.line(`The registry says: ${decision.action}, ${decision.reason}: ${decision.detail}`)
  })
  if (!isTold) report.warn('The registry does not answer; it is told with the next check.')
}
