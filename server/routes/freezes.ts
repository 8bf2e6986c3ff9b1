/** Freezes of the registry, an app or a channel. */
import { createRoute, z } from '@hono/zod-openapi'
import { freezeBody, frozenBody, liftFreezeBody, setFreezeBody } from '../../shared/contract/registry.ts'
import { type FreezeScope, liftFreeze, setFreeze } from '../../shared/domain/commands/freeze.ts'
import { type Freeze, freezeKey, inForce } from '../../shared/domain/freeze.ts'
import type { State } from '../../shared/domain/state.ts'
import { requirePermission } from '../access/credentials.ts'
import type { Registry } from '../registry.ts'
import { concernedIn, racksIn } from './concerned.ts'
import { withoutUndefined } from './content.ts'
import { freezeBodyOf } from './freeze-body.ts'
import { answers, body, routes, writeQuery, writing } from './route.ts'

const listFreezes = createRoute({
  method: 'get',
  path: '/freezes',
  tags: ['freezes'],
  summary: 'List the freezes that are in force',
  responses: answers(z.object({ freezes: z.array(freezeBody) }), 'The freezes'),
})

const postFreeze = createRoute({
  method: 'post',
  path: '/freezes',
  tags: ['freezes'],
  summary: 'Freeze the registry, an app or a channel',
  request: { query: writeQuery, body: body(setFreezeBody) },
  responses: answers(frozenBody, 'The freeze'),
})

const postLift = createRoute({
  method: 'post',
  path: '/freezes/lift',
  tags: ['freezes'],
  summary: 'Lift a freeze',
  request: { query: writeQuery, body: body(liftFreezeBody) },
  responses: answers(frozenBody, 'The freeze that was lifted'),
})

export function freezeRoutes(registry: Registry) {
  const { ledger, clock } = registry

  return routes()
    .openapi(listFreezes, (c) => {
      const credential = c.get('credential')
      requirePermission(credential, 'readApp', { app: credential.app })
      const freezes = [...ledger.state.freezes.values()].flatMap((freeze) => inForce(freeze, clock()) ?? [])
      const visible = freezes.filter(
        (freeze) => credential.app === undefined || freeze.app === undefined || freeze.app === credential.app,
      )
      return c.json({ freezes: visible.map((freeze) => ({ ...freezeBodyOf(freeze), dryRun: false })) }, 200)
    })
    .openapi(postFreeze, async (c) => {
      const { app, channel, all, reason, until } = c.req.valid('json')
      const scope = withoutUndefined({ app, channel })
      requirePermission(c.get('credential'), 'freeze', scope)
      const input = {
        ...scope,
        all,
        reason,
        ...withoutUndefined({ until: until === undefined ? undefined : Date.parse(until) }),
      }
      const write = writing(c, input)
      const answer = await ledger.record({
        ...write,
        decide: (state, context) => setFreeze(state, input, context),
        answer: (after) => ({
          ...freezeBodyOf(freezeAt(after, scope)),
          dryRun: write.isDryRun,
          concerned: concernedIn(registry, after, racksIn(registry, scope)),
        }),
      })
      return c.json(answer, 200)
    })
    .openapi(postLift, async (c) => {
      const { app, channel, reason } = c.req.valid('json')
      const scope = withoutUndefined({ app, channel })
      requirePermission(c.get('credential'), 'unfreeze', scope)
      const write = writing(c, { scope, reason })
      let lifted: Freeze | undefined
      const answer = await ledger.record({
        ...write,
        decide: (state, context) => {
          const events = liftFreeze(state, { ...scope, ...withoutUndefined({ reason }) }, context)
          lifted = freezeAt(state, scope)
          return events
        },
        answer: (after) => ({
          ...freezeBodyOf(lifted ?? freezeAt(after, scope)),
          dryRun: write.isDryRun,
          concerned: concernedIn(registry, after, racksIn(registry, scope)),
        }),
      })
      return c.json(answer, 200)
    })
}

function freezeAt(state: State, scope: FreezeScope): Freeze {
  const freeze = state.freezes.get(freezeKey(scope))
  if (freeze === undefined) throw new Error('There is no freeze where one was just set.')
  return freeze
}
