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
import { appParam, rackParam } from '../../shared/contract/shapes.ts'
import type { Trace } from '../../shared/domain/decide.ts'
import { toIso } from '../../shared/domain/instants.ts'
import { Problem } from '../../shared/domain/problem.ts'
import { findApp } from '../../shared/domain/state.ts'
import { type Credential, requirePermission } from '../access/credentials.ts'
import { decisionBodyOf } from '../fleet/decision-body.ts'
import type { KnownRack } from '../fleet/fleet-index.ts'
import type { RackName } from '../fleet/rack-changes.ts'
import { may, mayOrSelf } from '../middleware/authenticate.ts'
import type { Registry } from '../registry.ts'
import { listAttemptsOfRack } from '../store/attempt-lists.ts'
import { findAttempt } from '../store/attempts.ts'
import { pastDecision } from './past-answers.ts'
import { attemptBodyOf, rackBodyOf } from './rack-bodies.ts'
import { answers, atQuery, body, listQuery, pageOf, routes, writeQuery, writing } from './route.ts'

const listRacks = createRoute({
  method: 'get',
  path: '/apps/{app}/racks',
  tags: ['racks'],
  summary: 'List the racks of an app, by name',
  middleware: [may('read')] as const,
  request: { params: appParam, query: listQuery },
  responses: answers(z.object({ racks: z.array(rackBody), next: z.string().nullable() }), 'A page of racks'),
})

const enroll = createRoute({
  method: 'post',
  path: '/apps/{app}/racks',
  tags: ['racks'],
  summary: 'Enrol a rack with a token that it made',
  middleware: [may('enroll')] as const,
  request: { params: appParam, query: writeQuery, body: body(enrollBody) },
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
  summary: 'What the rack would be told if it asked now, or at an earlier time, rule by rule',
  middleware: [mayOrSelf('read')] as const,
  request: { params: rackParam, query: atQuery },
  responses: answers(decisionBody, 'The decision with its trace'),
})

const listAttempts = createRoute({
  method: 'get',
  path: '/apps/{app}/racks/{rack}/attempts',
  tags: ['racks'],
  summary: "List a rack's attempts, newest first",
  middleware: [mayOrSelf('read')] as const,
  request: { params: rackParam, query: listQuery },
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
  middleware: [mayOrSelf('read')] as const,
  request: { params: rackParam, query: writeQuery, body: body(switchBody) },
  responses: answers(rackBody, 'The rack'),
})

const forget = createRoute({
  method: 'post',
  path: '/apps/{app}/racks/{rack}/forget',
  tags: ['racks'],
  summary: 'Forget a rack: its token ends, its record stays',
  middleware: [may('read')] as const,
  request: { params: rackParam, query: writeQuery, body: body(forgetBody) },
  responses: answers(rackBody, 'The rack as it was'),
})

export function rackRoutes(registry: Registry) {
  const { ledger, fleet, store, enrolments } = registry
  const findRack = registry.rackChanges.find

  /** One channel's credential moves and forgets that channel's racks only. */
  function requireOn(credential: Credential, { app, rack }: RackName, ...others: readonly string[]): void {
    if (credential.rack) return
    const present = fleet.index.byName(app, rack)?.row.channel
    for (const channel of [present, ...others]) requirePermission(credential, 'forgetRack', { app, channel })
  }

  const bodyOf = (rack: KnownRack) => rackBodyOf(ledger.state, rack)

  return routes()
    .openapi(listRacks, (c) => {
      const app = findApp(ledger.state, c.req.valid('param').app)
      const { items, next } = pageOf(
        fleet.index.ofApp(app.name),
        (rack) => rack.row.name,
        c.req.valid('query'),
      )
      return c.json({ racks: items.map(bodyOf), next }, 200)
    })
    .openapi(enroll, async (c) => {
      const { app } = c.req.valid('param')
      const input = c.req.valid('json')
      const credential = c.get('credential')
      for (const channel of [input.channel, ...input.switchChannels])
        requirePermission(credential, 'enroll', { app, channel })
      const labels = { ...input.labels, ...credential.labels }
      const answer = await enrolments.enroll(
        { ...input, app, labels },
        {
          ...writing(c, input),
          answer: ({ row, facts: { bar } }) => ({
            app,
            rack: row.name,
            rackKey: row.rackKey,
            channel: row.channel,
            expiresAt: toIso(row.tokenExpiresAt),
            ...(bar && { bar }),
          }),
        },
      )
      return c.json(answer, 200)
    })
    .openapi(showRack, (c) => c.json(bodyOf(findRack(c.req.valid('param'))), 200))
    .openapi(explain, async (c) => {
      const { at } = c.req.valid('query')
      if (at !== undefined)
        return c.json(await pastDecision(registry, c.req.valid('param'), Date.parse(at)), 200)
      const trace: Trace = []
      return c.json(decisionBodyOf(fleet.decideFor(findRack(c.req.valid('param')), trace)), 200)
    })
    .openapi(listAttempts, async (c) => {
      const { row } = findRack(c.req.valid('param'))
      const { after, limit } = c.req.valid('query')
      const last = after === undefined ? undefined : await findAttempt(store.read, after)
      if (after !== undefined && (last?.app !== row.app || last.rack !== row.name))
        throw new Problem('invalid_input', `The rack ${row.name} made no attempt "${after}" to go on after.`)
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
      const name = c.req.valid('param')
      const { channel } = c.req.valid('json')
      const credential = c.get('credential')
      requireOn(credential, name, channel)
      const to = { channel, isItself: credential.rack !== undefined }
      const change = { ...writing(c, { channel }), answer: bodyOf }
      return c.json(await enrolments.switchChannel(name, to, change), 200)
    })
    .openapi(forget, async (c) => {
      const name = c.req.valid('param')
      const { reason } = c.req.valid('json')
      requireOn(c.get('credential'), name)
      const change = { ...writing(c, { reason }), reason, answer: bodyOf }
      return c.json(await enrolments.forget(name, change), 200)
    })
}
