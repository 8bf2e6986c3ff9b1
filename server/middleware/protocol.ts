/** The protocol of an agent's request, by its header: one that is not served is refused whatever it asks. */
import { createMiddleware } from 'hono/factory'
import { protocolHeader } from '../../shared/contract/protocol.ts'
import { requireServed } from '../fleet/parse-report.ts'
import type { Env } from './environment.ts'

/** A request without the header is a person's, or an agent's of protocol 1: it is judged by what it says. */
export function requireServedHeader(value: string | undefined): void {
  if (value !== undefined) requireServed(Number(value))
}

export function protocol() {
  return createMiddleware<Env>(async (c, next) => {
    requireServedHeader(c.req.header(protocolHeader))
    return next()
  })
}
