/** Racks as people and CI see them: enrolled, listed, explained, switched, forgotten. */
import { createRoute, z } from '@hono/zod-openapi'
import {
  attemptBody,
  decisionBody,
  enrollBody,
  enrolledBody,
  forgetBody,
  rackBody,
  switchBody,
} from '../../shared/contract/rack.ts'
import { appParam, dryRunQuery, pageQuery, rackParam } from '../../shared/contract/shapes.ts'
import type { Trace } from '../../shared/domain/decide.ts'
import { toIso } from '../../shared/domain/instants.ts'
import { Problem } from '../../shared/domain/problem.ts'
import { findApp } from '../../shared/domain/state.ts'
import { requirePermission } from '../access/credentials.ts'
import { decisionBodyOf } from '../fleet/decision-body.ts'
import type { KnownRack } from '../fleet/fleet-index.ts'
import { may, mayOrSelf } from '../middleware/authenticate.ts'
import type { Registry } from '../registry.ts'
import { listAttemptsOfRack } from '../store/attempt-lists.ts'
import { findAttempt } from '../store/attempts.ts'
import { attemptBodyOf, rackBodyOf } from './rack-bodies.ts'
import { answers, body, pageOf, routes, writing } from './route.ts'

const listRacks = createRoute({
  method: 'get',
  path: '/apps/{app}/racks',
  tags: ['racks'],
  summary: 'List the racks of an app, by name',
  middleware: [may('read')] as const,
  request: { params: appParam, query: pageQuery },
  responses: answers(z.object({ racks: z.array(rackBody), next: z.string().nullable() }), 'A page of racks'),
})

const enroll = createRoute({
  method: 'post',
  path: '/apps/{app}/racks',
  tags: ['racks'],
  summary: 'Enrol a rack with a token that it made',
  middleware: [may('enroll')] as const,
  request: { params: appParam, query: dryRunQuery, body: body(enrollBody) },
  responses: answers(enrolledBody, 'The enrolment'),
})

const showRack = createRoute({
  method: 'get',
  path: '/apps/{app}/racks/{rack}',
  tags: ['racks'],
  summary: 'Show a rack',
  middleware: [mayOrSelf('read')] as const,
  request: { params: rackParam },
  responses: answers(rackBody, 'The rack'),
})

const explain = createRoute({
  method: 'get',
  path: '/apps/{app}/racks/{rack}/decision',
  tags: ['racks'],
  summary: 'What the rack would be told if it asked now, rule by rule',
  middleware: [mayOrSelf('read')] as const,
  request: { params: rackParam },
  responses: answers(decisionBody, 'The decision with its trace'),
})

const listAttempts = createRoute({
  method: 'get',
  path: '/apps/{app}/racks/{rack}/attempts',
  tags: ['racks'],
  summary: "List a rack's attempts, newest first",
  middleware: [mayOrSelf('read')] as const,
  request: { params: rackParam, query: pageQuery },
  responses: answers(
    z.object({ attempts: z.array(attemptBody), next: z.string().nullable() }),
    'A page of attempts',
  ),
})

const switchChannel = createRoute({
  method: 'post',
  path: '/apps/{app}/racks/{rack}/channel',
  tags: ['racks'],
  summary: 'Let the rack follow another channel',
  middleware: [mayOrSelf('forgetRack')] as const,
  request: { params: rackParam, query: dryRunQuery, body: body(switchBody) },
  responses: answers(rackBody, 'The rack'),
})

const forget = createRoute({
  method: 'post',
  path: '/apps/{app}/racks/{rack}/forget',
  tags: ['racks'],
  summary: 'Forget a rack: its token ends, its record stays',
  middleware: [may('forgetRack')] as const,
  request: { params: rackParam, query: dryRunQuery, body: body(forgetBody) },
  responses: answers(rackBody, 'The rack as it was'),
})

export function rackRoutes(registry: Registry) {
  const { ledger, fleet, store, enrolments } = registry

  function findRack({ app: name, rack }: { app: string; rack: string }): KnownRack {
    const app = findApp(ledger.state, name)
    const known = fleet.index.byName(app.name, rack)
    if (known && known.row.forgottenAt === null) return known
    throw new Problem('rack_not_found', `The app ${app.name} has no rack "${rack}".`, {
      hint: `headgate rack list --app ${app.name}`,
    })
  }

  return routes()
    .openapi(listRacks, (c) => {
      const app = findApp(ledger.state, c.req.valid('param').app)
      const { items, next } = pageOf(
        fleet.index.ofApp(app.name),
        (rack) => rack.row.name,
        c.req.valid('query'),
      )
      return c.json({ racks: items.map((rack) => rackBodyOf(ledger.state, rack)), next }, 200)
    })
    .openapi(enroll, async (c) => {
      const { app } = c.req.valid('param')
      const input = c.req.valid('json')
      const credential = c.get('credential')
      for (const channel of [input.channel, ...input.switchChannels])
        requirePermission(credential, 'enroll', { app, channel })
      const labels = { ...input.labels, ...credential.labels }
      const write = writing(c, input)
      const rack = await enrolments.enroll({ ...input, app, labels }, write)
      const { rackKey, name, channel, tokenExpiresAt } = rack.row
      return c.json({ app, rack: name, rackKey, channel, expiresAt: toIso(tokenExpiresAt) }, 200)
    })
    .openapi(showRack, (c) => c.json(rackBodyOf(ledger.state, findRack(c.req.valid('param'))), 200))
    .openapi(explain, (c) => {
      const trace: Trace = []
      return c.json(decisionBodyOf(fleet.decideFor(findRack(c.req.valid('param')), trace)), 200)
    })
    .openapi(listAttempts, async (c) => {
      const { row } = findRack(c.req.valid('param'))
      const { after, limit } = c.req.valid('query')
      const last = after === undefined ? undefined : await findAttempt(store.read, after)
      const attempts = await listAttemptsOfRack(store.read, {
        app: row.app,
        rack: row.name,
        limit,
        ...(last && { after: last }),
      })
      const next = attempts.length === limit ? (attempts.at(-1)?.id ?? null) : null
      return c.json({ attempts: attempts.map(attemptBodyOf), next }, 200)
    })
    .openapi(switchChannel, async (c) => {
      const rack = findRack(c.req.valid('param'))
      const { channel } = c.req.valid('json')
      if (c.get('credential').rack) requireListed(rack, channel)
      const switched = await enrolments.switchChannel(rack, channel, writing(c, { channel }))
      return c.json(rackBodyOf(ledger.state, switched), 200)
    })
    .openapi(forget, async (c) => {
      const { reason } = c.req.valid('json')
      const forgotten = await enrolments.forget(findRack(c.req.valid('param')), {
        ...writing(c, { reason }),
        reason,
      })
      return c.json(rackBodyOf(ledger.state, forgotten), 200)
    })
}

/** A rack's own token switches only to the channels that were listed when it enrolled. */
function requireListed({ row }: KnownRack, channel: string): void {
  if (channel === row.channel || row.switchChannels.includes(channel)) return
  const listed = row.switchChannels.join(', ') || 'none'
  throw new Problem(
    'not_allowed',
    `The rack ${row.name} may not switch to ${channel} by itself; listed when it enrolled: ${listed}.`,
    {
      hint: 'Switch it with a maintainer token, or enrol it with --switch-to CHANNEL.',
    },
  )
}
