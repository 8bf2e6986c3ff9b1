/** Rehearsals: a run is recorded before it acts and when it ended, and everybody can see when each lever last worked. */
import { createRoute, z } from '@hono/zod-openapi'
import { appParam } from '../../shared/contract/shapes.ts'
import {
  beginRunBody,
  begunRunBody,
  endedRunBody,
  endRunBody,
  type LeverBody,
  syntheticBody,
} from '../../shared/contract/synthetic.ts'
import { beginRun, endRun, findSynthetic } from '../../shared/domain/commands/synthetic.ts'
import { toIso } from '../../shared/domain/instants.ts'
import { findApp, type State } from '../../shared/domain/state.ts'
import {
  isTooLongAgo,
  type LeverStanding,
  leverStandings,
  type SyntheticApp,
  usualMilliseconds,
} from '../../shared/domain/synthetic.ts'
import { requirePermission } from '../access/credentials.ts'
import type { Registry } from '../registry.ts'
import { alarmBodyOf } from './alarms.ts'
import { withoutUndefined } from './content.ts'
import { answers, body, routes, writeQuery, writing } from './route.ts'

const getSynthetic = createRoute({
  method: 'get',
  path: '/synthetic',
  tags: ['synthetic'],
  summary: 'When each lever was last rehearsed: never first, then the one that was longest ago',
  request: { query: z.strictObject({ app: z.string().min(1).max(64).optional() }) },
  responses: answers(syntheticBody, 'The levers, and the apps in which they are rehearsed'),
})

const postBegin = createRoute({
  method: 'post',
  path: '/apps/{app}/synthetic/runs',
  tags: ['synthetic'],
  summary: 'Begin a rehearsal; the first one creates the app, which no other may have created',
  request: { params: appParam, query: writeQuery, body: body(beginRunBody) },
  responses: answers(begunRunBody, 'The run'),
})

const postEnd = createRoute({
  method: 'post',
  path: '/apps/{app}/synthetic/runs/{run}/end',
  tags: ['synthetic'],
  summary: 'Record what came of a rehearsal; what failed or was slow raises an alarm',
  request: {
    params: appParam.extend({ run: z.string().min(1).max(64) }),
    query: writeQuery,
    body: body(endRunBody),
  },
  responses: answers(endedRunBody, 'The run, and the alarms that were raised or closed with it'),
})

export function syntheticRoutes({ ledger, clock }: Registry) {
  return routes()
    .openapi(getSynthetic, (c) => {
      const credential = c.get('credential')
      const { app = credential.app } = c.req.valid('query')
      requirePermission(credential, 'read', { app })
      const { state } = ledger
      if (app !== undefined && !state.synthetic.has(app)) findApp(state, app)
      const apps = [...state.synthetic.values()].filter((one) => app === undefined || one.app === app)
      const now = clock()
      const levers = leverStandings(state, apps).map((standing) => leverBodyOf(standing, apps, now))
      return c.json({ levers, apps: apps.map(appBodyOf) }, 200)
    })
    .openapi(postBegin, async (c) => {
      const { app } = c.req.valid('param')
      const { levers, limitSeconds, nextWithinSeconds, takesOver } = c.req.valid('json')
      const isNewApp = !ledger.state.apps.has(app)
      requirePermission(c.get('credential'), 'rehearse', { app })
      if (isNewApp) requirePermission(c.get('credential'), 'createApp', { app })
      const input = {
        app,
        levers,
        limitMilliseconds: limitSeconds * 1000,
        ...withoutUndefined({
          takesOver,
          nextWithinMilliseconds: nextWithinSeconds === undefined ? undefined : nextWithinSeconds * 1000,
        }),
      }
      const write = writing(c, input)
      const answer = await ledger.record({
        ...write,
        decide: (state, context) => beginRun(state, input, context),
        answer: (after) => ({ ...begunOf(after, app), isNewApp, dryRun: write.isDryRun }),
      })
      return c.json(answer, 200)
    })
    .openapi(postEnd, async (c) => {
      const { app, run } = c.req.valid('param')
      const { outcome, steps, left } = c.req.valid('json')
      requirePermission(c.get('credential'), 'rehearse', { app })
      const input = { app, run, outcome, left, steps: steps.map((step) => withoutUndefinedStep(step)) }
      const write = writing(c, input)
      const answer = await ledger.record({
        ...write,
        decide: (state, context) => endRun(state, input, context),
        answer: (after, events) => {
          const concerned = events.flatMap((event) =>
            event.type === 'alarm.raised' || event.type === 'alarm.closed'
              ? (after.alarms.get(event.alarm) ?? [])
              : [],
          )
          const alarms = concerned.map(alarmBodyOf)
          return { app, run, ...endedOf(after, app, run), alarms, dryRun: write.isDryRun }
        },
      })
      return c.json(answer, 200)
    })
}

type Step = z.infer<typeof endRunBody>['steps'][number]

function withoutUndefinedStep({ code, detail, ...step }: Step) {
  return { ...step, ...withoutUndefined({ code, detail }) }
}

function begunOf(state: State, app: string) {
  const run = findSynthetic(state, app).underWay
  if (!run) throw new Error(`A run was begun in ${app}, and none is under way.`)
  return { app, run: run.id, beganAt: toIso(run.beganAt), until: toIso(run.until) }
}

function endedOf(state: State, app: string, run: string) {
  const ended = findSynthetic(state, app).runs.find(({ id }) => id === run)
  if (!ended) throw new Error(`The run ${run} was ended in ${app}, and is not there.`)
  const { outcome, steps, left } = ended
  return { outcome, steps: [...steps], left: [...left] }
}

function leverBodyOf(standing: LeverStanding, apps: readonly SyntheticApp[], now: number): LeverBody {
  const { lever, rehearsedAt, limitDays, lastTried } = standing
  const usual = usualMilliseconds(
    lever,
    apps.flatMap(({ runs }) => runs),
  )
  return {
    lever,
    rehearsedAt: rehearsedAt === undefined ? null : toIso(rehearsedAt),
    limitDays,
    isTooLongAgo: isTooLongAgo(standing, now),
    lastTried: lastTried ? { ...lastTried, at: toIso(lastTried.at) } : null,
    usualMilliseconds: usual ?? null,
  }
}

function appBodyOf({ app, underWay, runs, promise }: SyntheticApp) {
  const last = runs.at(-1)
  return {
    app,
    underWay: underWay
      ? {
          run: underWay.id,
          beganAt: toIso(underWay.beganAt),
          beganBy: underWay.beganBy,
          until: toIso(underWay.until),
        }
      : null,
    lastRun: last
      ? {
          run: last.id,
          outcome: last.outcome,
          endedAt: toIso(last.endedAt),
          milliseconds: last.endedAt - last.beganAt,
        }
      : null,
    nextDueAt: promise ? toIso(promise.dueAt) : null,
  }
}
