/** One log line for each answer, with the request's id; never a header, a body or a query. */
import { createMiddleware } from 'hono/factory'
import type { Logger } from 'pino'
import type { Env } from './environment.ts'

export interface RequestLogDeps {
  readonly log: Logger
  readonly requestId: () => string
  readonly monotonic: () => number
  /** Told the route's pattern, so that no name of a rack becomes a label. */
  readonly observe: (answer: { method: string; route: string; status: number; seconds: number }) => void
}

export function requestLog({ log, requestId, monotonic, observe }: RequestLogDeps) {
  return createMiddleware<Env>(async (c, next) => {
    const id = requestId()
    const startedAt = monotonic()
    c.set('requestId', id)
    await next()
    const seconds = (monotonic() - startedAt) / 1000
    c.res.headers.set('X-Request-Id', id)
    observe({ method: c.req.method, route: c.req.routePath, status: c.res.status, seconds })
    log.info({
      requestId: id,
      method: c.req.method,
      path: c.req.path,
      status: c.res.status,
      ms: Math.round(seconds * 1000),
    })
  })
}
