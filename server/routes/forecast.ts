/** The forecast: what ends until when, what would stop then, and for which racks. */
import { createRoute, z } from '@hono/zod-openapi'
import { type EndingBody, forecastBody } from '../../shared/contract/forecast.ts'
import { instant } from '../../shared/contract/shapes.ts'
import type { Thing } from '../../shared/domain/ending.ts'
import { checkUntil, day, toIso } from '../../shared/domain/instants.ts'
import { findApp } from '../../shared/domain/state.ts'
import { requirePermission } from '../access/credentials.ts'
import type { Registry } from '../registry.ts'
import { answers, routes } from './route.ts'

const usualDays = 90
const mostDays = 3660

const getForecast = createRoute({
  method: 'get',
  path: '/forecast',
  tags: ['forecast'],
  summary: 'What ends until a date (without one, in the next 90 days), unknown ends first',
  request: {
    query: z.strictObject({ until: instant.optional(), app: z.string().min(1).max(64).optional() }),
  },
  responses: answers(forecastBody, 'The forecast'),
})

export function forecastRoutes({ ledger, lifetimes, clock }: Registry) {
  return routes().openapi(getForecast, async (c) => {
    const credential = c.get('credential')
    const { until, app = credential.app } = c.req.valid('query')
    requirePermission(credential, 'read', { app })
    if (app !== undefined) findApp(ledger.state, app)
    const from = clock()
    const to =
      until === undefined
        ? from + usualDays * day
        : checkUntil('The end of the forecast', Date.parse(until), from, mostDays)
    const { ends, leftOut } = await lifetimes.forecast({ to, app })
    const body = {
      from: toIso(from),
      until: toIso(to),
      app: app ?? null,
      ends: ends.map(endingBodyOf),
      leftOut,
    }
    return c.json(body, 200)
  })
}

function endingBodyOf({ kind, app, channel, what, stops, expiry, racks }: Thing): EndingBody {
  const { at, noLaterThan, setBy, declaredAt, seenAt, chain } = expiry
  return {
    kind,
    app: app ?? null,
    channel: channel ?? null,
    what,
    endsAt: isoOrNull(at),
    noLaterThan: isoOrNull(noLaterThan),
    setBy: { link: setBy, declaredEndsAt: isoOrNull(declaredAt), seenEndsAt: isoOrNull(seenAt) },
    chain: [...chain],
    stops,
    racks: { count: racks.count, names: [...racks.names] },
  }
}

function isoOrNull(at: number | undefined): string | null {
  return at === undefined ? null : toIso(at)
}
