/** What every request carries through the routes. */
import type { Credential } from '../access/credentials.ts'

export interface Env {
  Variables: {
    requestId: string
    credential: Credential
  }
}
