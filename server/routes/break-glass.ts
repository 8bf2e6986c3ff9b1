/** Break-glass as the API sees it: what was opened on the disk, when it was last rehearsed, and its end. */
import { createRoute, z } from '@hono/zod-openapi'
import {
  type BreakGlassBody,
  breakGlassBody,
  closeBreakGlassBody,
} from '../../shared/contract/break-glass.ts'
import { instant } from '../../shared/contract/shapes.ts'
import { type BreakGlass, lastRehearsedAt, standingOfBreakGlass } from '../../shared/domain/break-glass.ts'
import { closeBreakGlass } from '../../shared/domain/commands/break-glass.ts'
import { toIso } from '../../shared/domain/instants.ts'
import { may } from '../middleware/authenticate.ts'
import type { Registry } from '../registry.ts'
import { answers, body, routes, writeQuery, writing } from './route.ts'

const listBreakGlass = createRoute({
  method: 'get',
  path: '/break-glass',
  tags: ['break-glass'],
  summary: 'List every break-glass, newest first, and when it was last rehearsed',
  middleware: [may('read')] as const,
  responses: answers(
    z.object({ breakGlass: z.array(breakGlassBody), lastRehearsedAt: instant.nullable() }),
    'Every break-glass',
  ),
})

const close = createRoute({
  method: 'post',
  path: '/break-glass/{breakGlass}/close',
  tags: ['break-glass'],
  summary: 'Close a break-glass: its token ends at once',
  middleware: [may('closeBreakGlass')] as const,
  request: {
    params: z.object({ breakGlass: z.string().min(1).max(64) }),
    query: writeQuery,
    body: body(closeBreakGlassBody),
  },
  responses: answers(breakGlassBody, 'The break-glass'),
})

export function breakGlassRoutes({ ledger, clock }: Registry) {
  return routes()
    .openapi(listBreakGlass, (c) => {
      const all = [...ledger.state.breakGlass.values()].toReversed()
      const rehearsedAt = lastRehearsedAt(ledger.state)
      return c.json(
        {
          breakGlass: all.map((glass) => bodyOf(glass, clock(), false)),
          lastRehearsedAt: rehearsedAt === undefined ? null : toIso(rehearsedAt),
        },
        200,
      )
    })
    .openapi(close, async (c) => {
      const { breakGlass: id } = c.req.valid('param')
      const { reason } = c.req.valid('json')
      const write = writing(c, { id, reason })
      const answer = await ledger.record({
        ...write,
        decide: (state, context) => closeBreakGlass(state, id, context, reason),
        answer: (after) => {
          const glass = after.breakGlass.get(id)
          if (!glass) throw new Error(`Break-glass ${id} was closed, and is not there.`)
          return bodyOf(glass, clock(), write.isDryRun)
        },
      })
      return c.json(answer, 200)
    })
}

function bodyOf(glass: BreakGlass, now: number, isDryRun: boolean): BreakGlassBody {
  const { id, by, reason, openedAt, expiresAt, isRehearsal, usedAt, closed } = glass
  return {
    id,
    by,
    reason,
    openedAt: toIso(openedAt),
    expiresAt: toIso(expiresAt),
    isRehearsal,
    standing: standingOfBreakGlass(glass, now),
    usedAt: usedAt === undefined ? null : toIso(usedAt),
    closedAt: closed ? toIso(closed.at) : null,
    closedBy: closed?.actor ?? null,
    dryRun: isDryRun,
  }
}
