/** Apps. */
import { createRoute, z } from '@hono/zod-openapi'
import { appBody, createAppBody } from '../../shared/contract/app.ts'
import { appParam } from '../../shared/contract/shapes.ts'
import { createApp } from '../../shared/domain/commands/app.ts'
import { findApp } from '../../shared/domain/state.ts'
import { requirePermission } from '../access/credentials.ts'
import { may } from '../middleware/authenticate.ts'
import type { Registry } from '../registry.ts'
import { appBodyOf } from './channel-bodies.ts'
import { answers, body, routes, writeQuery, writing } from './route.ts'

const listApps = createRoute({
  method: 'get',
  path: '/apps',
  tags: ['apps'],
  summary: 'List the apps with their channels, those that the credential reaches',
  responses: answers(z.object({ apps: z.array(appBody) }), 'The apps'),
})

const showApp = createRoute({
  method: 'get',
  path: '/apps/{app}',
  tags: ['apps'],
  summary: 'Show an app',
  middleware: [may('read')] as const,
  request: { params: appParam },
  responses: answers(appBody, 'The app'),
})

const postApp = createRoute({
  method: 'post',
  path: '/apps',
  tags: ['apps'],
  summary: 'Create an app with the channels unstable and stable',
  middleware: [may('createApp')] as const,
  request: { query: writeQuery, body: body(createAppBody) },
  responses: answers(appBody, 'The app'),
})

export function appRoutes(registry: Registry) {
  const { ledger } = registry
  return routes()
    .openapi(listApps, (c) => {
      const { app: only } = c.get('credential')
      requirePermission(c.get('credential'), 'read', { app: only })
      const apps = [...ledger.state.apps.values()].filter((app) => only === undefined || app.name === only)
      return c.json({ apps: apps.map((app) => appBodyOf(registry, ledger.state, app)) }, 200)
    })
    .openapi(showApp, (c) => {
      const app = findApp(ledger.state, c.req.valid('param').app)
      return c.json(appBodyOf(registry, ledger.state, app), 200)
    })
    .openapi(postApp, async (c) => {
      const input = c.req.valid('json')
      const answer = await ledger.record({
        ...writing(c, input),
        decide: (state, context) => createApp(state, input, context),
        answer: (after) => appBodyOf(registry, after, findApp(after, input.app)),
      })
      return c.json(answer, 200)
    })
}
