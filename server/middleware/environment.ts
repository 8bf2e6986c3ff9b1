/** What every request carries through the routes. */
import type { HttpBindings } from '@hono/node-server'
import type { Credential } from '../access/credentials.ts'

export interface Env {
  /** Over node:http; a test that asks without a socket has none. */
  Bindings: Partial<Pick<HttpBindings, 'outgoing'>>
  Variables: {
    requestId: string
    credential: Credential
  }
}
