/** Rollouts: listed, looked at, and stopped by one person. Going on after failures asks for somebody who has seen them. */
import { createRoute, z } from '@hono/zod-openapi'
import {
  type RolloutDetailBody,
  resumeRolloutBody,
  rolloutBody,
  rolloutDetailBody,
  stopRolloutBody,
} from '../../shared/contract/rollout.ts'
import { appParam, pageQuery } from '../../shared/contract/shapes.ts'
import type { Permission } from '../../shared/domain/access.ts'
import type { CommandContext } from '../../shared/domain/commands/command.ts'
import {
  haltRollout,
  openAllWaves,
  pauseRollout,
  resumeRollout,
  retryRollout,
  type StopRollout,
} from '../../shared/domain/commands/rollout.ts'
import type { LedgerEvent } from '../../shared/domain/events.ts'
import type { Rollout } from '../../shared/domain/rollout.ts'
import { rolloutStates } from '../../shared/domain/rollout.ts'
import type { RolloutCounts } from '../../shared/domain/rollout-gates.ts'
import { findApp, findRollout, type State } from '../../shared/domain/state.ts'
import { requirePermission } from '../access/credentials.ts'
import { may } from '../middleware/authenticate.ts'
import type { Registry } from '../registry.ts'
import { findAttempt } from '../store/attempts.ts'
import { mostFailuresShown, rolloutBodyOf, rolloutDetailOf } from './rollout-bodies.ts'
import { answers, body, pageOf, routes, writeQuery, writing } from './route.ts'

const rolloutParam = appParam.extend({ rollout: z.string().min(1).max(64) })

const listRollouts = createRoute({
  method: 'get',
  path: '/apps/{app}/rollouts',
  tags: ['rollouts'],
  summary: 'List the rollouts of an app, newest first',
  middleware: [may('read')] as const,
  request: {
    params: appParam,
    query: pageQuery
      .extend({ channel: z.string().max(64).optional(), state: z.enum(rolloutStates).optional() })
      .strict(),
  },
  responses: answers(
    z.object({ rollouts: z.array(rolloutBody), next: z.string().nullable() }),
    'A page of rollouts',
  ),
})

const showRollout = createRoute({
  method: 'get',
  path: '/apps/{app}/rollouts/{rollout}',
  tags: ['rollouts'],
  summary: 'Show a rollout, with what its racks have shown by now',
  middleware: [may('read')] as const,
  request: { params: rolloutParam },
  responses: answers(rolloutDetailBody, 'The rollout'),
})

const pause = actOn('pause', 'Pause a rollout: no further rack begins', stopRolloutBody)
const halt = actOn(
  'halt',
  'Halt a rollout: no further rack begins, and who has not applied yet stops',
  stopRolloutBody,
)
const resume = actOn('resume', 'Let a rollout go on, with the failures that were seen', resumeRolloutBody)
const retry = actOn('retry', 'Let the racks that failed try again at once', stopRolloutBody)
const open = actOn('open', 'Let a remedy or a recall go to every rack, as a second person', stopRolloutBody)

function actOn<Verb extends string, Body extends z.ZodType>(verb: Verb, summary: string, schema: Body) {
  return createRoute({
    method: 'post',
    path: `/apps/{app}/rollouts/{rollout}/${verb}` as const,
    tags: ['rollouts'],
    summary,
    middleware: [may('read')] as const,
    request: { params: rolloutParam, query: writeQuery, body: body(schema) },
    responses: answers(rolloutDetailBody, 'The rollout'),
  })
}

type Command = (
  state: State,
  input: StopRollout,
  context: CommandContext,
  counts: RolloutCounts | undefined,
) => LedgerEvent[]

interface Named {
  readonly app: string
  readonly rollout: string
}

export function rolloutRoutes(registry: Registry) {
  const { ledger, rollouts, rolloutAttempts, store, clock } = registry

  /** The last lines of what failed, read before anything is decided: a log does not change. */
  async function logsOf(rollout: Rollout, counts: RolloutCounts | undefined) {
    const logs = new Map<string, readonly string[]>()
    const shown = counts?.waves.flatMap(({ failures }) => failures) ?? []
    for (const { attempt } of [...shown.slice(0, mostFailuresShown), ...(rollout.evidence?.failures ?? [])])
      if (attempt !== null && !logs.has(attempt))
        logs.set(attempt, (await findAttempt(store.read, attempt))?.log ?? [])
    return (attempt: string): readonly string[] => logs.get(attempt) ?? []
  }

  async function lookedAt(named: Named, isStop = false) {
    const rollout = findRollout(findApp(ledger.state, named.app), named.rollout)
    const counts = await (isStop ? rollouts.countForStop(rollout) : rollouts.count(ledger.state, rollout))
    return { counts, logOf: await logsOf(rollout, counts) }
  }

  function detail(
    state: State,
    { app: name, rollout: id }: Named,
    { counts, logOf }: Awaited<ReturnType<typeof lookedAt>>,
    isDryRun: boolean,
  ): RolloutDetailBody {
    const rollout = findRollout(findApp(state, name), id)
    const underWay = rolloutAttempts.underWay(name, id)
    const complaint = rollout.plan ? undefined : rollouts.complaintOf(name, id)
    return rolloutDetailOf({
      ...{ state, now: clock(), rollout, counts, underWay, complaint, isDryRun, logOf },
    })
  }

  async function enact(
    { c, named, act }: { c: Parameters<typeof writing>[0]; named: Named; act: Permission },
    input: StopRollout,
    command: Command,
  ): Promise<RolloutDetailBody> {
    const { channel } = findRollout(findApp(ledger.state, named.app), named.rollout)
    requirePermission(c.get('credential'), act, { app: named.app, channel })
    const looked = await lookedAt(named, act === 'haltRollout')
    const write = writing(c, input)
    return ledger.record({
      ...write,
      decide: (state, context) => command(state, input, context, looked.counts),
      answer: (after) => detail(after, named, looked, write.isDryRun),
    })
  }

  return routes()
    .openapi(listRollouts, (c) => {
      const app = findApp(ledger.state, c.req.valid('param').app)
      const { channel, state, ...page } = c.req.valid('query')
      const found = [...app.rollouts.values()]
        .filter((one) => channel === undefined || one.channel === channel)
        .filter((one) => state === undefined || one.state === state)
        .toReversed()
      const { items, next } = pageOf(found, ({ id }) => id, page)
      const sight = { state: ledger.state, now: clock(), logOf: () => [] }
      return c.json({ rollouts: items.map((one) => rolloutBodyOf(one, sight)), next }, 200)
    })
    .openapi(showRollout, async (c) => {
      const named = c.req.valid('param')
      return c.json(detail(ledger.state, named, await lookedAt(named), false), 200)
    })
    .openapi(pause, async (c) => {
      const named = c.req.valid('param')
      const input = { ...named, ...c.req.valid('json') }
      return c.json(await enact({ c, named, act: 'haltRollout' }, input, pauseRollout), 200)
    })
    .openapi(halt, async (c) => {
      const named = c.req.valid('param')
      const input = { ...named, ...c.req.valid('json') }
      return c.json(await enact({ c, named, act: 'haltRollout' }, input, haltRollout), 200)
    })
    .openapi(resume, async (c) => {
      const named = c.req.valid('param')
      const input = { ...named, ...c.req.valid('json') }
      const command: Command = (state, _input, context, counts) =>
        resumeRollout(state, input, counts, context)
      return c.json(await enact({ c, named, act: 'resumeRollout' }, input, command), 200)
    })
    .openapi(retry, async (c) => {
      const named = c.req.valid('param')
      const input = { ...named, ...c.req.valid('json') }
      return c.json(await enact({ c, named, act: 'resumeRollout' }, input, retryRollout), 200)
    })
    .openapi(open, async (c) => {
      const named = c.req.valid('param')
      const input = { ...named, ...c.req.valid('json') }
      return c.json(await enact({ c, named, act: 'resumeRollout' }, input, openAllWaves), 200)
    })
}
