/** The ledger as it grows, as server-sent events (HTML living standard, 9.2): a reader who was cut off goes on where it was. */
import { z } from '@hono/zod-openapi'
import { Hono } from 'hono'
import { Problem } from '../../shared/domain/problem.ts'
import { requirePermission } from '../access/credentials.ts'
import type { Env } from '../middleware/environment.ts'
import type { Registry } from '../registry.ts'
import { entryQuery, requireKnownType, sequenceText } from './audit.ts'
import { queryOf } from './route.ts'

/** `after` is for the first request of a reader that has no last event yet. */
export const eventsQuery = z.strictObject({ ...entryQuery, after: sequenceText.optional() })

export function eventRoutes({ ledger, credentials, eventStreams }: Registry) {
  return new Hono<Env>().get('/events', (c) => {
    const { after, ...filter } = queryOf(eventsQuery, c)
    const { id } = c.get('credential')
    const header = c.req.header('Authorization')
    requirePermission(c.get('credential'), 'read', { app: filter.app })
    requireKnownType(filter.type)
    const stream = eventStreams.open({
      who: id,
      filter,
      after: placeOf(c.req.header('Last-Event-ID'), after, ledger.head.sequence),
      drop: () => c.env.outgoing?.destroy(),
      stillMay: () => requirePermission(credentials.authenticate(header), 'read', { app: filter.app }),
    })
    return c.body(stream, 200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store',
      // A proxy that collects an answer before it passes it on would never pass this one on.
      'X-Accel-Buffering': 'no',
    })
  })
}

/** Without a place it begins with what comes next. */
function placeOf(lastEventId: string | undefined, after: string | undefined, head: number): number {
  const given = lastEventId || after
  if (given === undefined) return head
  const read = sequenceText.safeParse(given)
  if (!read.success)
    throw new Problem('invalid_input', `Last-Event-ID "${given.slice(0, 40)}" is not a sequence.`)
  const place = Number(given)
  if (place <= head) return place
  // To wait in silence until the ledger has grown past it would leave out what came meanwhile.
  throw new Problem(
    'invalid_input',
    `Event ${place} was seen before, and the ledger ends with event ${head}: it is another one, or was put back.`,
    { hint: 'headgate audit verify --head HASH', numbers: { lastEventId: place, head } },
  )
}
