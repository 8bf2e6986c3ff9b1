/** What machines ask about the registry itself: is it alive, can it serve, what does it count. */
import { Hono } from 'hono'
import { requirePermission } from '../access/credentials.ts'
import type { Env } from '../middleware/environment.ts'
import type { Registry } from '../registry.ts'

export function systemRoutes({ ledger, checkIns, credentials, metrics }: Registry, version: string) {
  return new Hono<Env>()
    .get('/healthz', (c) => c.json({ status: 'ok', version }, 200))
    .get('/readyz', (c) => {
      const { sequence } = ledger.head
      const body = {
        status: checkIns.canWrite ? 'ready' : 'store_unavailable',
        answersChecks: true,
        ledgerSequence: sequence,
      }
      return c.json(body, checkIns.canWrite ? 200 : 503)
    })
    .get('/metrics', async (c) => {
      requirePermission(credentials.authenticate(c.req.header('Authorization')), 'read')
      return c.body(await metrics.render(), 200, { 'Content-Type': metrics.contentType })
    })
}
