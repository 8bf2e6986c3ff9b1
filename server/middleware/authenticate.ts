/** Who asks, and whether they may: the only place where a route's act meets a credential. */
import { createMiddleware } from 'hono/factory'
import type { Permission, Place } from '../../shared/domain/access.ts'
import { mayDo } from '../../shared/domain/access.ts'
import { type Credential, type Credentials, requirePermission } from '../access/credentials.ts'
import type { Env } from './environment.ts'

/** Answers 401 without a valid token, and leaves the credential for the routes behind it. */
export function authenticate(credentials: Credentials) {
  return createMiddleware<Env>(async (c, next) => {
    c.set('credential', credentials.authenticate(c.req.header('Authorization')))
    await next()
  })
}

/** Answers 403 unless the credential allows the act on the app and channel that the path names. */
export function may(act: Permission) {
  return createMiddleware<Env>(async (c, next) => {
    requirePermission(c.get('credential'), act, placeOf(c.req.param()))
    await next()
  })
}

/** As `may`, or the rack that the path names asks for itself. */
export function mayOrSelf(act: Permission) {
  return createMiddleware<Env>(async (c, next) => {
    const credential = c.get('credential')
    const params: Record<string, string | undefined> = c.req.param()
    if (!isRackItself(credential, params.app, params.rack))
      requirePermission(credential, act, placeOf(params))
    await next()
  })
}

export function isRackItself(
  credential: Credential,
  app: string | undefined,
  rack: string | undefined,
): boolean {
  const own = credential.rack?.row
  return (
    own !== undefined && own.app === app && own.name === rack && mayDo(credential, 'checkAsRack', { app })
  )
}

function placeOf(params: Record<string, string | undefined>): Place {
  return { app: params.app, channel: params.channel }
}
