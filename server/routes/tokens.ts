/** Who is asking, and the credentials' metadata. A token is made by whoever will use it; only its digest comes here. */
import { createRoute, z } from '@hono/zod-openapi'
import { createTokenBody, type TokenBody, tokenBody, whoBody } from '../../shared/contract/registry.ts'
import { reasonText } from '../../shared/contract/shapes.ts'
import { effectiveEndOf, type Grant, type TokenState } from '../../shared/domain/access.ts'
import { createToken, revokeToken } from '../../shared/domain/commands/token.ts'
import type { LedgerEvent } from '../../shared/domain/events.ts'
import { toIso } from '../../shared/domain/instants.ts'
import { Problem } from '../../shared/domain/problem.ts'
import type { State } from '../../shared/domain/state.ts'
import { requirePermission } from '../access/credentials.ts'
import { may } from '../middleware/authenticate.ts'
import type { Registry } from '../registry.ts'
import { withoutUndefined } from './content.ts'
import { answers, body, routes, writeQuery, writing } from './route.ts'

const me = createRoute({
  method: 'get',
  path: '/me',
  tags: ['tokens'],
  summary: 'What the token in use is good for',
  responses: answers(whoBody, 'The credential'),
})

const listTokens = createRoute({
  method: 'get',
  path: '/tokens',
  tags: ['tokens'],
  summary: 'List the tokens',
  middleware: [may('manageTokens')] as const,
  responses: answers(z.object({ tokens: z.array(tokenBody) }), 'The tokens'),
})

const postToken = createRoute({
  method: 'post',
  path: '/tokens',
  tags: ['tokens'],
  summary: 'Register a token that the caller made',
  request: { query: writeQuery, body: body(createTokenBody) },
  responses: answers(tokenBody, 'The token'),
})

const postRevoke = createRoute({
  method: 'post',
  path: '/tokens/{token}/revoke',
  tags: ['tokens'],
  summary: 'Revoke a token, by id or name',
  middleware: [may('manageTokens')] as const,
  request: {
    params: z.object({ token: z.string().max(64) }),
    query: writeQuery,
    body: body(z.object({ reason: reasonText.optional() }).strict()),
  },
  responses: answers(tokenBody, 'The token'),
})

export function tokenRoutes(registry: Registry) {
  const { ledger, credentials, clock, random } = registry

  function tokenBodyOf(token: TokenState): TokenBody {
    const { id, name, role, scopes, app, channel, createdAt, createdBy, expiresAt, revokedAt } = token
    const lastUsedAt = credentials.lastUsedAt(id)
    const { at, setBy } = effectiveEndOf(token)
    return {
      id,
      name,
      role,
      scopes: [...scopes],
      app: app ?? null,
      channel: channel ?? null,
      createdAt: toIso(createdAt),
      createdBy,
      expiresAt: toIso(expiresAt),
      revokedAt: revokedAt === undefined ? null : toIso(revokedAt),
      lastUsedAt: lastUsedAt === undefined ? null : toIso(lastUsedAt),
      state: revokedAt !== undefined ? 'revoked' : clock() >= expiresAt ? 'expired' : 'in use',
      effective: { endsAt: toIso(at), setBy },
    }
  }

  return routes()
    .openapi(me, (c) => {
      const { actor, role, scopes, app, channel, expiresAt } = c.get('credential')
      const { registryId } = ledger.state
      const who = { name: actor, role, scopes: [...scopes], app: app ?? null, channel: channel ?? null }
      return c.json({ ...who, expiresAt: toIso(expiresAt), registryId }, 200)
    })
    .openapi(listTokens, (c) => c.json({ tokens: [...ledger.state.tokens.values()].map(tokenBodyOf) }, 200))
    .openapi(postToken, async (c) => {
      const { app, channel, expiresAt, sha256, ...given } = c.req.valid('json')
      const place = withoutUndefined({ app, channel })
      requirePermission(
        c.get('credential'),
        given.role === 'join' ? 'createJoinToken' : 'manageTokens',
        place,
      )
      const id = `tok-${random(8).toString('hex')}`
      const input = { ...given, ...place, sha256, token: id, expiresAt: Date.parse(expiresAt) }
      const answer = await ledger.record({
        ...writing(c, { ...given, ...place, sha256, expiresAt }),
        decide: (state, context) => {
          if (isRegistered(state, { ...given, ...place, sha256 })) return []
          refuseDigestOfRack(registry, sha256)
          return createToken(state, input, context)
        },
        answer: (after) => tokenBodyOf(tokenWith(after, sha256)),
      })
      return c.json(answer, 200)
    })
    .openapi(postRevoke, async (c) => {
      const { token } = c.req.valid('param')
      const { reason } = c.req.valid('json')
      const input = { token, ...withoutUndefined({ reason }) }
      const answer = await ledger.record({
        ...writing(c, input),
        decide: (state, context) => revokeToken(state, input, context),
        answer: (after, events) => tokenBodyOf(tokenRevoked(after, events, token)),
      })
      return c.json(answer, 200)
    })
}

/** The same again is the same token, as long as it is good for what is asked. */
function isRegistered(state: State, asked: Grant & { name: string; sha256: string }): boolean {
  const token = state.tokens.get(state.tokenOfSha256.get(asked.sha256) ?? '')
  if (!token || token.revokedAt !== undefined) return false
  const { name, role, scopes, app, channel } = asked
  return (
    token.name === name &&
    token.role === role &&
    token.app === app &&
    token.channel === channel &&
    [...token.scopes].sort().join() === [...scopes].sort().join()
  )
}

/** Whoever knows a rack's digest, which is no secret, could otherwise speak in its place. */
function refuseDigestOfRack({ fleet }: Registry, sha256: string): void {
  const rack = fleet.index.byToken(sha256)
  if (!rack) return
  throw new Problem('name_taken', `That digest belongs to the token of the rack ${rack.row.name} already.`, {
    hint: 'Make a new token and send its digest.',
  })
}

function tokenWith(state: State, sha256: string): TokenState {
  const token = state.tokens.get(state.tokenOfSha256.get(sha256) ?? '')
  if (!token) throw new Error('The token that was just registered is not there.')
  return token
}

/** The one that was revoked now, or that was revoked before. */
function tokenRevoked(state: State, events: readonly LedgerEvent[], text: string): TokenState {
  const event = events.find((one) => one.type === 'token.revoked')
  const token =
    (event?.type === 'token.revoked' ? state.tokens.get(event.token) : undefined) ??
    state.tokens.get(text) ??
    [...state.tokens.values()].findLast((one) => one.name === text)
  if (!token) throw new Error(`The token ${text} that was just revoked is not there.`)
  return token
}
