/** Yanks and the advisories that they are: who runs what was withdrawn, what each is told, and who has gone. */
import { createRoute, z } from '@hono/zod-openapi'
import { liftYankBody } from '../../shared/contract/gates.ts'
import {
  type AdvisoryBody,
  advisoryBody,
  type LiftedBody,
  liftedBody,
  yankBody,
  yankedBody,
} from '../../shared/contract/release.ts'
import { appParam } from '../../shared/contract/shapes.ts'
import { judgeProposal } from '../../shared/domain/commands/proposals.ts'
import { findYank, liftYank } from '../../shared/domain/commands/unyank.ts'
import { type YankReleases, yankReleases } from '../../shared/domain/commands/yank.ts'
import type { LedgerEvent } from '../../shared/domain/events.ts'
import { sameProposal } from '../../shared/domain/proposal.ts'
import { type AppState, findApp, type State } from '../../shared/domain/state.ts'
import type { Yank } from '../../shared/domain/yank.ts'
import { requirePermission } from '../access/credentials.ts'
import type { KnownRack } from '../fleet/fleet-index.ts'
import { mayGoAtOnce } from '../fleet/yank-at-once.ts'
import { may } from '../middleware/authenticate.ts'
import type { Registry } from '../registry.ts'
import { listDepartures } from '../store/attempts-by.ts'
import { concernedIn } from './concerned.ts'
import { withoutUndefined } from './content.ts'
import { type Decide, withPromptFollowUps } from './follow-ups.ts'
import { proposalBodyOf } from './gate-bodies.ts'
import { advisoryBodyOf, racksOnYank, versionsOf } from './release-bodies.ts'
import { answers, body, routes, writeQuery, writing } from './route.ts'
import { toldIn } from './told.ts'

const postYank = createRoute({
  method: 'post',
  path: '/apps/{app}/yanks',
  tags: ['advisories'],
  summary: 'Withdraw a release or a range of releases',
  middleware: [may('yank')] as const,
  request: { params: appParam, query: writeQuery, body: body(yankBody) },
  responses: answers(yankedBody, 'The advisory'),
})

const listAdvisories = createRoute({
  method: 'get',
  path: '/apps/{app}/advisories',
  tags: ['advisories'],
  summary: 'List the advisories, newest first',
  middleware: [may('read')] as const,
  request: { params: appParam },
  responses: answers(z.object({ advisories: z.array(advisoryBody) }), 'The advisories'),
})

const advisoryParam = appParam.extend({ advisory: z.string().max(64) })

const showAdvisory = createRoute({
  method: 'get',
  path: '/apps/{app}/advisories/{advisory}',
  tags: ['advisories'],
  summary: 'Show an advisory, the racks on it and those that have gone',
  middleware: [may('read')] as const,
  request: { params: advisoryParam },
  responses: answers(advisoryBody, 'The advisory'),
})

const postLift = createRoute({
  method: 'post',
  path: '/apps/{app}/advisories/{advisory}/lift',
  tags: ['advisories'],
  summary: 'Lift a yank: at once, or as a proposal when a channel that served it asks for approvals',
  middleware: [may('unyank')] as const,
  request: { params: advisoryParam, query: writeQuery, body: body(liftYankBody) },
  responses: answers(liftedBody, 'The advisory as it stands, and the proposal that waits'),
})

export function advisoryRoutes(registry: Registry) {
  const { ledger, fleet, store, clock } = registry

  function told(state: State, rack: KnownRack): AdvisoryBody['racksOn'][number] {
    const { row, facts } = rack
    return {
      rack: row.name,
      channel: row.channel,
      current: facts.current ?? '',
      ...toldIn(registry, state, rack),
    }
  }

  function describe(
    state: State,
    yank: Yank,
    appName: string,
    fallbacks: AdvisoryBody['fallbacks'],
    isDryRun: boolean,
    racksGone: AdvisoryBody['racksGone'] = [],
  ) {
    const app = findApp(state, appName)
    const racksOn = racksOnYank(app, yank, fleet.index.ofApp(appName)).map((rack) => told(state, rack))
    return advisoryBodyOf({ app, yank, fallbacks, racksOn, racksGone, isDryRun })
  }

  /** By the state as it is before the act. */
  function heldBy({ id }: Yank, app: string): KnownRack[] {
    const before = findApp(ledger.state, app)
    return racksOnYank(before, findYank(before, id), fleet.index.ofApp(app))
  }

  async function show(app: AppState, yank: Yank): Promise<AdvisoryBody> {
    const departures = await listDepartures(store.read, {
      app: app.name,
      versions: versionsOf(app, yank),
      since: yank.at,
    })
    const gone = new Map<string, AdvisoryBody['racksGone'][number]>()
    for (const { rack, fromVersion } of departures) {
      const current = fleet.index.byName(app.name, rack)?.facts.current ?? null
      if (!gone.has(rack)) gone.set(rack, { rack, from: fromVersion, current })
    }
    const body = describe(ledger.state, yank, app.name, fallbacksOf(app, yank), false, [...gone.values()])
    const stillOn = new Set(body.racksOn.map(({ rack }) => rack))
    return { ...body, racksGone: body.racksGone.filter(({ rack }) => !stillOn.has(rack)) }
  }

  return routes()
    .openapi(postYank, async (c) => {
      const { app } = c.req.valid('param')
      const { to, ...given } = c.req.valid('json')
      if (to !== undefined || given.remedy === 'forward')
        requirePermission(c.get('credential'), 'yankForward', { app })
      const input = { app, ...given, ...withoutUndefined({ to }) }
      const write = writing(c, input)
      const yank: Decide = (state, context) =>
        yankReleases(
          state,
          { ...input, allAtOnce: mayGoAtOnce(findApp(state, app), given, fleet.index) },
          context,
        )
      const answer = await ledger.record({
        ...write,
        decide: await withPromptFollowUps(registry, write, yank),
        answer: (after, events) => {
          const yank = yankMade(findApp(after, app), events, input)
          const advisory = describe(after, yank, app, fallbacksOf(findApp(after, app), yank), write.isDryRun)
          const racks = racksOnYank(findApp(after, app), yank, fleet.index.ofApp(app))
          return { ...advisory, concerned: concernedIn(registry, after, racks) }
        },
      })
      return c.json(answer, 200)
    })
    .openapi(listAdvisories, async (c) => {
      const app = findApp(ledger.state, c.req.valid('param').app)
      const advisories = await Promise.all([...app.yanks.values()].reverse().map((yank) => show(app, yank)))
      return c.json({ advisories }, 200)
    })
    .openapi(showAdvisory, async (c) => {
      const { app: name, advisory } = c.req.valid('param')
      const app = findApp(ledger.state, name)
      return c.json(await show(app, findYank(app, advisory)), 200)
    })
    .openapi(postLift, async (c) => {
      const { app: name, advisory } = c.req.valid('param')
      const { reason } = c.req.valid('json')
      const input = { app: name, advisory, reason }
      const write = writing(c, input)
      const answer = await ledger.record({
        ...write,
        decide: (state, context) => liftYank(state, input, context),
        answer: (after): LiftedBody => {
          const { isDryRun } = write
          const app = findApp(after, name)
          const yank = findYank(app, advisory)
          const waiting = sameProposal(app, { kind: 'unyank', advisory: yank.id })
          return {
            app: name,
            advisory: describe(after, yank, name, fallbacksOf(app, yank), isDryRun),
            concerned: concernedIn(registry, after, heldBy(yank, name)),
            proposal: waiting
              ? proposalBodyOf(app, waiting, { verdicts: judgeProposal(app, waiting, clock()), isDryRun })
              : null,
            dryRun: isDryRun,
          }
        },
      })
      return c.json(answer, 200)
    })
}

/** The yank that was just made, or the same one that was made before. */
function yankMade(app: AppState, events: readonly LedgerEvent[], asked: YankReleases): Yank {
  const event = events.find((one) => one.type === 'release.yanked')
  const made = event?.type === 'release.yanked' ? app.yanks.get(event.yank) : undefined
  const { range, severity, remedy, to, reason } = asked
  const yank =
    made ??
    [...app.yanks.values()].find(
      (one) =>
        !one.lifted &&
        one.range.text === range &&
        one.severity === severity &&
        one.remedy === remedy &&
        one.to === to &&
        one.reason === reason,
    )
  if (!yank) throw new Error(`The yank of ${range} is not in the state that it was recorded in.`)
  return yank
}

/** The channels whose history says that they fell back when this was withdrawn. */
function fallbacksOf(app: AppState, yank: Yank): AdvisoryBody['fallbacks'] {
  return [...app.channels.values()].flatMap((channel) => {
    for (let entry = channel.top; entry; entry = entry.previous) {
      if (entry.movement === 'fell_back' && entry.at === yank.at)
        return [{ channel: channel.name, version: entry.version ?? null }]
    }
    return []
  })
}
