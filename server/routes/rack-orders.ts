/** Orders to a rack from the registry: pin, hold, labels. Each answers with what the rack was told before and is told now. */
import { createRoute } from '@hono/zod-openapi'
import { holdRackBody, labelRackBody, liftOrderBody, pinRackBody } from '../../shared/contract/orders.ts'
import { type OrderedBody, orderedBody } from '../../shared/contract/rack.ts'
import { rackParam } from '../../shared/contract/shapes.ts'
import { type Credential, requirePermission } from '../access/credentials.ts'
import { decisionBodyOf } from '../fleet/decision-body.ts'
import type { KnownRack } from '../fleet/fleet-index.ts'
import type { RackName } from '../fleet/rack-changes.ts'
import { may } from '../middleware/authenticate.ts'
import type { Registry } from '../registry.ts'
import { rackBodyOf } from './rack-bodies.ts'
import { answers, body, routes, type Writing, writeQuery, writing } from './route.ts'

const ordering = {
  method: 'post' as const,
  tags: ['racks'],
  middleware: may('read'),
  responses: answers(orderedBody, 'The rack, and what it is told before and after'),
}

const pin = createRoute({
  ...ordering,
  path: '/apps/{app}/racks/{rack}/pin',
  summary: 'Let the rack stay on a version, or go to one and stay there',
  request: { params: rackParam, query: writeQuery, body: body(pinRackBody) },
})

const unpin = createRoute({
  ...ordering,
  path: '/apps/{app}/racks/{rack}/unpin',
  summary: 'Lift the pin that was ordered from the registry',
  request: { params: rackParam, query: writeQuery, body: body(liftOrderBody) },
})

const hold = createRoute({
  ...ordering,
  path: '/apps/{app}/racks/{rack}/hold',
  summary: 'Let the rack take nothing until a time',
  request: { params: rackParam, query: writeQuery, body: body(holdRackBody) },
})

const unhold = createRoute({
  ...ordering,
  path: '/apps/{app}/racks/{rack}/unhold',
  summary: 'Lift the hold that was ordered from the registry',
  request: { params: rackParam, query: writeQuery, body: body(liftOrderBody) },
})

const label = createRoute({
  ...ordering,
  path: '/apps/{app}/racks/{rack}/labels',
  summary: 'Set and remove labels of the rack; those that are not named stay',
  request: { params: rackParam, query: writeQuery, body: body(labelRackBody) },
})

export function rackOrderRoutes({ ledger, fleet, orders, rackChanges }: Registry) {
  /** One channel's credential orders that channel's racks only. */
  function requireOn(credential: Credential, { app, rack }: RackName): void {
    requirePermission(credential, 'orderRack', { app, channel: fleet.index.byName(app, rack)?.row.channel })
  }

  function changeOf(name: RackName, write: Writing, reason: string | undefined) {
    const told = (rack: KnownRack) => decisionBodyOf(fleet.decideFor(rack))
    return {
      ...write,
      reason,
      answer: (rack: KnownRack): OrderedBody => ({
        rack: rackBodyOf(ledger.state, rack),
        before: told(rackChanges.find(name)),
        after: told(rack),
        dryRun: write.isDryRun,
      }),
    }
  }

  return routes()
    .openapi(pin, async (c) => {
      const name = c.req.valid('param')
      const { version, reason, until, acceptedAdvisory } = c.req.valid('json')
      requireOn(c.get('credential'), name)
      const asked = {
        version,
        reason,
        until: until === undefined ? undefined : Date.parse(until),
        acceptedAdvisory,
      }
      return c.json(await orders.pin(name, asked, changeOf(name, writing(c, asked), reason)), 200)
    })
    .openapi(unpin, async (c) => {
      const name = c.req.valid('param')
      const { reason } = c.req.valid('json')
      requireOn(c.get('credential'), name)
      return c.json(await orders.unpin(name, changeOf(name, writing(c, { reason }), reason)), 200)
    })
    .openapi(hold, async (c) => {
      const name = c.req.valid('param')
      const { until, reason } = c.req.valid('json')
      requireOn(c.get('credential'), name)
      const asked = { until: Date.parse(until), reason }
      return c.json(await orders.hold(name, asked, changeOf(name, writing(c, asked), reason)), 200)
    })
    .openapi(unhold, async (c) => {
      const name = c.req.valid('param')
      const { reason } = c.req.valid('json')
      requireOn(c.get('credential'), name)
      return c.json(await orders.unhold(name, changeOf(name, writing(c, { reason }), reason)), 200)
    })
    .openapi(label, async (c) => {
      const name = c.req.valid('param')
      const { labels, reason } = c.req.valid('json')
      requireOn(c.get('credential'), name)
      const change = changeOf(name, writing(c, { labels, reason }), reason)
      return c.json(await orders.label(name, labels, change), 200)
    })
}
