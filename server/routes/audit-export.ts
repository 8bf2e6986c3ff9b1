/** The whole ledger as a stream of lines, to be kept elsewhere and verified without this registry. */
import { z } from '@hono/zod-openapi'
import { Hono } from 'hono'
import { requirePermission } from '../access/credentials.ts'
import { exportedText } from '../ledger/export.ts'
import type { Env } from '../middleware/environment.ts'
import type { Registry } from '../registry.ts'
import { queryOf } from './route.ts'

export function auditExportRoutes({ store }: Registry) {
  return new Hono<Env>().get('/audit/export', (c) => {
    // The chain goes through every app: a part of it could not be verified.
    requirePermission(c.get('credential'), 'read')
    queryOf(z.strictObject({}), c)
    const headers = { 'Content-Type': 'application/x-ndjson', 'Cache-Control': 'no-store' }
    return c.body(bytesOf(exportedText(store.read)), 200, headers)
  })
}

/** As fast as it is taken: what nobody reads is not read from the disk. */
function bytesOf(text: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await text.next()
      if (done) controller.close()
      else controller.enqueue(encoder.encode(value))
    },
    async cancel() {
      await text.return(undefined)
    },
  })
}
