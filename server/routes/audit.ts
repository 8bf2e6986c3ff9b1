/** The ledger, read: who changed what and why, page by page, and whether the chain holds. */
import { createRoute, z } from '@hono/zod-openapi'
import { type AuditEntryBody, auditEntryBody, chainBody } from '../../shared/contract/registry.ts'
import { toIso } from '../../shared/domain/instants.ts'
import { requirePermission } from '../access/credentials.ts'
import { verifyStoredChain } from '../ledger/verify.ts'
import type { Registry } from '../registry.ts'
import type { LedgerRow } from '../store/ledger.ts'
import { listRows } from '../store/ledger-pages.ts'
import { withoutUndefined } from './content.ts'
import { answers, listQuery, routes } from './route.ts'

const listAudit = createRoute({
  method: 'get',
  path: '/audit',
  tags: ['audit'],
  summary: 'Read the ledger',
  request: {
    query: listQuery.extend({
      after: z
        .string()
        .regex(/^\d{1,15}$/, 'expected a sequence')
        .optional(),
      app: z.string().max(64).optional(),
      type: z.string().max(64).optional(),
      order: z.enum(['newest', 'oldest']).default('newest'),
    }),
  },
  responses: answers(
    z.object({ entries: z.array(auditEntryBody), next: z.string().nullable() }),
    'A page of the ledger',
  ),
})

const verify = createRoute({
  method: 'get',
  path: '/audit/verify',
  tags: ['audit'],
  summary: 'Verify the chain',
  responses: answers(chainBody, 'Whether it holds, and where it does not'),
})

export function auditRoutes({ store }: Registry) {
  return routes()
    .openapi(listAudit, async (c) => {
      const { after, limit, app, type, order } = c.req.valid('query')
      requirePermission(c.get('credential'), 'read', withoutUndefined({ app }))
      const from = after === undefined ? undefined : Number(after)
      const rows = await listRows(store.read, { limit, order, ...withoutUndefined({ from, app, type }) })
      const next = rows.length === limit ? String(rows.at(-1)?.sequence) : null
      return c.json({ entries: rows.map(entryOf), next }, 200)
    })
    .openapi(verify, async (c) => {
      requirePermission(c.get('credential'), 'read')
      return c.json(await verifyStoredChain(store.read), 200)
    })
}

function entryOf(row: LedgerRow): AuditEntryBody {
  const event: Record<string, unknown> | null = row.body === null ? null : JSON.parse(row.body)
  const { actor, reason } = event ?? {}
  return {
    sequence: row.sequence,
    at: toIso(row.at),
    type: row.type,
    actor: typeof actor === 'string' ? actor : 'redacted',
    app: row.app,
    reason: typeof reason === 'string' ? reason : null,
    hash: row.hash,
    event,
  }
}
