/** Moving a channel's head: promote and revert. Both answer with everything that a person wants to see before. */
import { createRoute } from '@hono/zod-openapi'
import {
  type PromotionBody,
  type ProvedBody,
  promoteBody,
  promotionBody,
  reversionBody,
  revertBody,
} from '../../shared/contract/app.ts'
import { channelParam } from '../../shared/contract/shapes.ts'
import { mayOverride } from '../../shared/domain/access.ts'
import {
  type PromoteRelease,
  type Promotion,
  planPromotion,
  promoteRelease,
} from '../../shared/domain/commands/promote.ts'
import { revertChannel } from '../../shared/domain/commands/revert.ts'
import type { LedgerEvent } from '../../shared/domain/events.ts'
import type { FleetEvidence } from '../../shared/domain/fleet-evidence.ts'
import { Problem } from '../../shared/domain/problem.ts'
import type { RolloutOrder } from '../../shared/domain/rollout.ts'
import { type AppState, findApp, findChannel, type State } from '../../shared/domain/state.ts'
import type { Credential } from '../access/credentials.ts'
import { keyOfCurrent } from '../fleet/current-key.ts'
import { may } from '../middleware/authenticate.ts'
import type { Registry } from '../registry.ts'
import { changeBodiesOf, racksOf } from './channel-bodies.ts'
import { concernedIn, racksIn } from './concerned.ts'
import { withoutUndefined } from './content.ts'
import { type Decide, withFollowUps, withPromptFollowUps } from './follow-ups.ts'
import { verdictBodyOf } from './gate-bodies.ts'
import { provedOn } from './proved.ts'
import { planBodyOf } from './rollout-bodies.ts'
import { answers, body, revisionAsked, routes, writeQuery, writing } from './route.ts'

const promote = createRoute({
  method: 'post',
  path: '/apps/{app}/channels/{channel}/promote',
  tags: ['channels'],
  summary: 'Move the head forward to a release that the gates admit',
  middleware: [may('promote')] as const,
  request: { params: channelParam, query: writeQuery, body: body(promoteBody) },
  responses: answers(promotionBody, 'The promotion'),
})

const revert = createRoute({
  method: 'post',
  path: '/apps/{app}/channels/{channel}/revert',
  tags: ['channels'],
  summary: 'Move the head back, on the record',
  middleware: [may('revert')] as const,
  request: { params: channelParam, query: writeQuery, body: body(revertBody) },
  responses: answers(reversionBody, 'The reversion'),
})

export function moveRoutes(registry: Registry) {
  const { ledger, fleet, store, clock } = registry

  /**
   * What the racks have shown, read before anything is decided, for a command cannot wait for the database. Whatever is
   * wrong with the request is told by the command: it may also be one that was answered before.
   */
  async function shownFor(input: PromoteRelease, actor: string): Promise<Shown> {
    try {
      const { channel, release } = planPromotion(ledger.state, plainly(input), { now: clock(), actor })
      const { version } = release
      const fleetEvidence = await registry.gather(channel, version)
      const { from } = channel
      const proved = from === undefined ? null : await provedOn(store, fleet, input.app, from, version)
      return { version, fleet: fleetEvidence, proved }
    } catch (error) {
      if (error instanceof Problem && error.code !== 'store_unavailable') return { proved: null }
      throw error
    }
  }

  function promotionBodyOf(
    plan: Promotion | undefined,
    { after, events, isDryRun, proved, complaint }: Answering,
  ): PromotionBody {
    if (!plan) throw new Error('A promotion was answered that was not planned.')
    const { channel, release, isMove, isReady, verdicts, changes, overrides, rollout } = plan
    const { app, name, head } = channel
    const opened = events.find((event) => event.type === 'proposal.opened')
    return {
      app,
      channel: name,
      version: release.version,
      previous: head ?? null,
      isMove,
      outcome: isMove ? (isReady ? 'promoted' : 'proposed') : 'served_already',
      proposal: opened?.proposal ?? plan.proposal?.id ?? null,
      overrides: overrides.map(({ gate }) => gate),
      nominated: events.some((event) => event.type === 'release.nominated'),
      dryRun: isDryRun,
      revision: findChannel(findApp(after, app), name).revision,
      verdicts: verdicts.map(verdictBodyOf),
      changes: changeBodiesOf(head ?? release.version, release.version, changes),
      proved,
      racks: fleet.index.countOf(app, name),
      rollout: isReady && rollout ? rolloutOf(findApp(after, app), rollout, complaint) : null,
    }
  }

  return routes()
    .openapi(promote, async (c) => {
      const { app: appName, channel: to } = c.req.valid('param')
      const { ifRevision, ...asked } = c.req.valid('json')
      const { rollout, notBefore, ...given } = asked
      const input: PromoteRelease = {
        app: appName,
        to,
        ...withoutUndefined(given),
        acknowledge: asked.acknowledge,
        ...(rollout && { rollout }),
        ...(notBefore !== undefined && { notBefore: Date.parse(notBefore) }),
      }
      if (asked.override.length > 0) requireOverride(c.get('credential'))
      const revision = revisionAsked(c, ifRevision)
      const write = writing(c, { ...input, revision }, { isConditional: true })
      const { version, fleet: shown, proved } = await shownFor(input, write.actor)
      let plan: Promotion | undefined
      const move: Decide = (state, context) => {
        requireRevision(state, appName, to, revision)
        const named = { ...input, ...withoutUndefined({ version }) }
        plan = planPromotion(state, named, context, shown)
        return promoteRelease(state, named, context, shown)
      }
      const { decide, complaint } = await withFollowUps(registry, write.actor, move)
      const answer = await ledger
        .record({
          ...write,
          decide,
          answer: (after, events) =>
            promotionBodyOf(plan, { after, events, isDryRun: write.isDryRun, proved, complaint }),
        })
        .catch((error: unknown) => {
          throw withEvidence(error, proved)
        })
      return c.json(answer, 200)
    })
    .openapi(revert, async (c) => {
      const { app: appName, channel } = c.req.valid('param')
      const { to, recall, reason, ifRevision } = c.req.valid('json')
      const input = { app: appName, channel, recall, reason, ...(to !== undefined && { to }) }
      const revision = revisionAsked(c, ifRevision)
      const write = writing(c, { ...input, revision }, { isConditional: true })
      const back: Decide = (state, context) => {
        requireRevision(state, appName, channel, revision)
        return revertChannel(state, input, context)
      }
      const answer = await ledger.record({
        ...write,
        decide: await withPromptFollowUps(registry, write, back),
        answer: (after) => {
          const app = findApp(after, appName)
          const { revision: reached, head } = findChannel(app, channel)
          const headKey = head === undefined ? '' : (app.releases.get(head)?.key ?? '')
          return {
            app: appName,
            channel,
            version: head ?? '',
            previous: findChannel(findApp(ledger.state, appName), channel).head ?? '',
            recall,
            rollout: recall ? (findChannel(app, channel).recall?.rollout ?? null) : null,
            dryRun: write.isDryRun,
            revision: reached,
            racksAhead: racksOf(fleet.index.ofApp(appName), channel)
              .filter((rack) => (keyOfCurrent(app, rack.facts) ?? '') > headKey)
              .map((rack) => rack.row.name),
            concerned: concernedIn(registry, after, racksIn(registry, { app: appName, channel })),
          }
        },
      })
      return c.json(answer, 200)
    })
}

/** With the plan, if it could be made with the promotion. */
function rolloutOf(
  app: AppState,
  { rollout: id, policy }: RolloutOrder,
  complaint: string | undefined,
): PromotionBody['rollout'] {
  const plan = app.rollouts.get(id)?.plan
  return { id, policy, plan: plan ? planBodyOf(plan) : null, complaint: plan ? null : (complaint ?? null) }
}

interface Shown {
  readonly version?: string
  readonly fleet?: FleetEvidence
  readonly proved: ProvedBody | null
}

interface Answering {
  /** Why its rollout is not planned with it. */
  readonly complaint: string | undefined
  readonly after: State
  readonly events: readonly LedgerEvent[]
  readonly isDryRun: boolean
  readonly proved: ProvedBody | null
}

/** Without what only counts once the gates are judged on the racks' own numbers. */
function plainly({ override: _passed, ...input }: PromoteRelease): PromoteRelease {
  return input
}

/** Raises `not_allowed`: the role that promotes does not pass over gates. */
function requireOverride(credential: Credential): void {
  if (mayOverride(credential)) return
  throw new Problem(
    'not_allowed',
    `${credential.actor} may promote, and may not pass over a gate: its token does not have the scope override.`,
    { hint: 'headgate token create NAME --role maintainer --scope override   # by an admin' },
  )
}

/** Refuses when the channel moved since the caller looked. */
function requireRevision(state: State, app: string, name: string, expected: number | undefined): void {
  if (expected === undefined) return
  const { revision } = findChannel(findApp(state, app), name)
  if (revision === expected) return
  throw new Problem(
    'revision_conflict',
    `${name} is at revision ${revision}, not ${expected}: it moved since you looked.`,
    {
      hint: `headgate channel show ${name} --app ${app}`,
      numbers: { expected, revision },
    },
  )
}

/** A refused promotion shows what the feeder's racks proved, as an enacted one does. */
function withEvidence(error: unknown, proved: ProvedBody | null): unknown {
  if (!(error instanceof Problem) || proved === null) return error
  return new Problem(error.code, error.message, {
    ...(error.hint !== undefined && { hint: error.hint }),
    numbers: { ...error.numbers, proved },
  })
}
