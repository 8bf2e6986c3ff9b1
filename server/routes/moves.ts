/** Moving a channel's head: promote and revert. Both answer with everything that a person wants to see before. */
import { createRoute } from '@hono/zod-openapi'
import { promoteBody, promotionBody, reversionBody, revertBody } from '../../shared/contract/app.ts'
import { channelParam, dryRunQuery } from '../../shared/contract/shapes.ts'
import { type PromoteRelease, planPromotion, promoteRelease } from '../../shared/domain/commands/promote.ts'
import { revertChannel } from '../../shared/domain/commands/revert.ts'
import { Problem } from '../../shared/domain/problem.ts'
import { findApp, findChannel, type State } from '../../shared/domain/state.ts'
import { may } from '../middleware/authenticate.ts'
import type { Registry } from '../registry.ts'
import { changeBodiesOf, racksOf } from './channel-bodies.ts'
import { provedOn } from './proved.ts'
import { answers, body, routes, writing } from './route.ts'

const promote = createRoute({
  method: 'post',
  path: '/apps/{app}/channels/{channel}/promote',
  tags: ['channels'],
  summary: 'Move the head forward to a release that the gates admit',
  middleware: [may('promote')] as const,
  request: { params: channelParam, query: dryRunQuery, body: body(promoteBody) },
  responses: answers(promotionBody, 'The promotion'),
})

const revert = createRoute({
  method: 'post',
  path: '/apps/{app}/channels/{channel}/revert',
  tags: ['channels'],
  summary: 'Move the head back, on the record',
  middleware: [may('revert')] as const,
  request: { params: channelParam, query: dryRunQuery, body: body(revertBody) },
  responses: answers(reversionBody, 'The reversion'),
})

export function moveRoutes(registry: Registry) {
  const { ledger, fleet, store, clock } = registry
  return routes()
    .openapi(promote, async (c) => {
      const { app: appName, channel: to } = c.req.valid('param')
      const { version, acknowledge, note, reason, ifRevision } = c.req.valid('json')
      const input: PromoteRelease = {
        app: appName,
        to,
        acknowledge,
        ...(version !== undefined && { version }),
        ...(note !== undefined && { note }),
        ...(reason !== undefined && { reason }),
      }
      const write = writing(c, input)
      const plan = planPromotion(ledger.state, input, clock())
      const { from } = plan.channel
      const proved =
        from === undefined ? null : await provedOn(store, fleet, appName, from, plan.release.version)
      const answer = await ledger
        .record({
          ...write,
          decide: (state, context) => {
            requireRevision(state, appName, to, ifRevision)
            return promoteRelease(state, { ...input, version: plan.release.version }, context)
          },
          answer: (after) => ({
            app: appName,
            channel: to,
            version: plan.release.version,
            previous: plan.channel.head ?? null,
            isMove: plan.isMove,
            dryRun: write.isDryRun,
            revision: findChannel(findApp(after, appName), to).revision,
            verdicts: [...plan.verdicts],
            changes: changeBodiesOf(
              plan.channel.head ?? plan.release.version,
              plan.release.version,
              plan.changes,
            ),
            proved,
            racks: racksOf(fleet.index.ofApp(appName), to).length,
          }),
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
      const write = writing(c, input)
      const answer = await ledger.record({
        ...write,
        decide: (state, context) => {
          requireRevision(state, appName, channel, ifRevision)
          return revertChannel(state, input, context)
        },
        answer: (after) => {
          const app = findApp(after, appName)
          const { revision, head } = findChannel(app, channel)
          const headKey = head === undefined ? '' : (app.releases.get(head)?.key ?? '')
          const isAhead = (current: string | undefined): boolean =>
            (app.releases.get(current ?? '')?.key ?? '') > headKey
          return {
            app: appName,
            channel,
            version: head ?? '',
            previous: findChannel(findApp(ledger.state, appName), channel).head ?? '',
            recall,
            dryRun: write.isDryRun,
            revision,
            racksAhead: racksOf(fleet.index.ofApp(appName), channel)
              .filter((rack) => isAhead(rack.facts.current))
              .map((rack) => rack.row.name),
          }
        },
      })
      return c.json(answer, 200)
    })
}

/** `ifRevision`: refuses when the channel moved since the caller looked. */
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
function withEvidence(error: unknown, proved: unknown): unknown {
  if (!(error instanceof Problem)) return error
  return new Problem(error.code, error.message, {
    ...(error.hint !== undefined && { hint: error.hint }),
    numbers: { ...error.numbers, proved },
  })
}
