/** The fleet: how many racks stand how, which they are, what failed, how versions spread, and racks known from elsewhere. */
import { createRoute } from '@hono/zod-openapi'
import {
  adoptionBody,
  adoptionQuery,
  failuresBody,
  failuresQuery,
  fleetBody,
  fleetQuery,
  fleetRacksBody,
  fleetRacksQuery,
  importRacksBody,
  importRacksReport,
} from '../../shared/contract/fleet.ts'
import { appParam } from '../../shared/contract/shapes.ts'
import { checkPast, day } from '../../shared/domain/instants.ts'
import { findApp, findChannel } from '../../shared/domain/state.ts'
import { requirePermission } from '../access/credentials.ts'
import { failuresOf } from '../fleet/fleet-failures.ts'
import { may } from '../middleware/authenticate.ts'
import type { Registry } from '../registry.ts'
import { answers, body, routes, writeQuery, writing } from './route.ts'

const showFleet = createRoute({
  method: 'get',
  path: '/apps/{app}/fleet',
  tags: ['fleet'],
  summary: 'How many racks stand how, and which versions they run on which channels',
  middleware: [may('read')] as const,
  request: { params: appParam, query: fleetQuery },
  responses: answers(fleetBody, 'The fleet'),
})

const listFleet = createRoute({
  method: 'get',
  path: '/apps/{app}/fleet/racks',
  tags: ['fleet'],
  summary: 'The racks behind a number, by name: by standing, version, channel, label or a part of the name',
  middleware: [may('read')] as const,
  request: { params: appParam, query: fleetRacksQuery },
  responses: answers(fleetRacksBody, 'A page of racks'),
})

const listFailures = createRoute({
  method: 'get',
  path: '/apps/{app}/fleet/failures',
  tags: ['fleet'],
  summary: 'What failed, by cause',
  middleware: [may('read')] as const,
  request: { params: appParam, query: failuresQuery },
  responses: answers(failuresBody, 'The causes, that of the most racks first'),
})

const showAdoption = createRoute({
  method: 'get',
  path: '/apps/{app}/fleet/adoption',
  tags: ['fleet'],
  summary: 'How many racks ran which version, over time',
  middleware: [may('read')] as const,
  request: { params: appParam, query: adoptionQuery },
  responses: answers(adoptionBody, 'Counts of racks, oldest first'),
})

const importRacks = createRoute({
  method: 'post',
  path: '/apps/{app}/fleet/import',
  tags: ['fleet'],
  summary: 'Make racks that are known from elsewhere: all of them, or none when a line is bad',
  middleware: [may('importRacks')] as const,
  request: { params: appParam, query: writeQuery, body: body(importRacksBody) },
  responses: answers(importRacksReport, 'What was made, or every bad line'),
})

const failuresDays = 30
const adoptionDays = 30

export function fleetRoutes(registry: Registry) {
  const { ledger, store, fleetSummary, adoption, rackImports, clock } = registry

  function sinceOf(given: string | undefined, days: number): number {
    const now = clock()
    return given === undefined ? now - days * day : checkPast('The time since when', Date.parse(given), now)
  }

  return routes()
    .openapi(showFleet, async (c) => {
      const { app } = c.req.valid('param')
      const { channel, label } = c.req.valid('query')
      return c.json(await fleetSummary.summary({ app, channel, labels: listOf(label) }), 200)
    })
    .openapi(listFleet, async (c) => {
      const { app } = c.req.valid('param')
      const { label, q: part, ...asked } = c.req.valid('query')
      return c.json(await fleetSummary.racks({ app, part, labels: listOf(label), ...asked }), 200)
    })
    .openapi(listFailures, async (c) => {
      const app = findApp(ledger.state, c.req.valid('param').app)
      const { version, since } = c.req.valid('query')
      return c.json(await failuresOf(store, app, { version, since: sinceOf(since, failuresDays) }), 200)
    })
    .openapi(showAdoption, async (c) => {
      const app = findApp(ledger.state, c.req.valid('param').app)
      const { channel, since } = c.req.valid('query')
      if (channel !== undefined) findChannel(app, channel)
      return c.json(await adoption.over(app, channel, sinceOf(since, adoptionDays)), 200)
    })
    .openapi(importRacks, async (c) => {
      const { app } = c.req.valid('param')
      const { racks: lines, reason } = c.req.valid('json')
      const credential = c.get('credential')
      const report = await rackImports.take(
        { app, lines, reason, ...writing(c, { lines, reason }) },
        (channel) => requirePermission(credential, 'importRacks', { app, channel }),
      )
      return c.json(report, 200)
    })
}

function listOf(label: string | readonly string[] | undefined): readonly string[] {
  return label === undefined ? [] : typeof label === 'string' ? [label] : label
}
