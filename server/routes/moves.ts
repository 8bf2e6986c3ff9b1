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
import {
  type PromoteRelease,
  type Promotion,
  planPromotion,
  promoteRelease,
} from '../../shared/domain/commands/promote.ts'
import { revertChannel } from '../../shared/domain/commands/revert.ts'
import { Problem } from '../../shared/domain/problem.ts'
import { findApp, findChannel, type State } from '../../shared/domain/state.ts'
import { keyOfCurrent } from '../fleet/current-key.ts'
import { may } from '../middleware/authenticate.ts'
import type { Registry } from '../registry.ts'
import { changeBodiesOf, racksOf } from './channel-bodies.ts'
import { withoutUndefined } from './content.ts'
import { provedOn } from './proved.ts'
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
   * What the feeder's racks proved, read before anything is decided, for a command cannot wait for the database. Whatever
   * is wrong with the request is told by the command: it may also be one that was answered before.
   */
  async function evidenceFor(
    input: PromoteRelease,
  ): Promise<{ version?: string; proved: ProvedBody | null }> {
    try {
      const { channel, release } = planPromotion(ledger.state, input, clock())
      const { version } = release
      if (channel.from === undefined) return { version, proved: null }
      return { version, proved: await provedOn(store, fleet, input.app, channel.from, version) }
    } catch (error) {
      if (error instanceof Problem && error.code !== 'store_unavailable') return { proved: null }
      throw error
    }
  }

  function promotionBodyOf(
    plan: Promotion | undefined,
    { after, isDryRun, proved }: { after: State; isDryRun: boolean; proved: ProvedBody | null },
  ): PromotionBody {
    if (!plan) throw new Error('A promotion was answered that was not planned.')
    const { channel, release, isMove, verdicts, changes } = plan
    const { app, name, head } = channel
    return {
      app,
      channel: name,
      version: release.version,
      previous: head ?? null,
      isMove,
      dryRun: isDryRun,
      revision: findChannel(findApp(after, app), name).revision,
      verdicts: [...verdicts],
      changes: changeBodiesOf(head ?? release.version, release.version, changes),
      proved,
      racks: racksOf(fleet.index.ofApp(app), name).length,
    }
  }

  return routes()
    .openapi(promote, async (c) => {
      const { app: appName, channel: to } = c.req.valid('param')
      const { ifRevision, ...asked } = c.req.valid('json')
      const input: PromoteRelease = {
        app: appName,
        to,
        ...withoutUndefined(asked),
        acknowledge: asked.acknowledge,
      }
      const revision = revisionAsked(c, ifRevision)
      const write = writing(c, { ...input, revision }, { isConditional: true })
      const { version, proved } = await evidenceFor(input)
      let plan: Promotion | undefined
      const answer = await ledger
        .record({
          ...write,
          decide: (state, context) => {
            requireRevision(state, appName, to, revision)
            const named = { ...input, ...withoutUndefined({ version }) }
            plan = planPromotion(state, named, context.now)
            return promoteRelease(state, named, context)
          },
          answer: (after) => promotionBodyOf(plan, { after, isDryRun: write.isDryRun, proved }),
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
      const answer = await ledger.record({
        ...write,
        decide: (state, context) => {
          requireRevision(state, appName, channel, revision)
          return revertChannel(state, input, context)
        },
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
            dryRun: write.isDryRun,
            revision: reached,
            racksAhead: racksOf(fleet.index.ofApp(appName), channel)
              .filter((rack) => (keyOfCurrent(app, rack.facts) ?? '') > headKey)
              .map((rack) => rack.row.name),
          }
        },
      })
      return c.json(answer, 200)
    })
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
