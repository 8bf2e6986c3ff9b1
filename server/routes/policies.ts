/** A channel's policy as one document: set under the policy in force, tried on what was, and its nomination. */
import { createRoute } from '@hono/zod-openapi'
import {
  endNominationBody,
  type NominationEndedBody,
  nominateBody,
  nominationBody,
  nominationEndedBody,
  type PolicyChangeBody,
  policyBody,
  policyChangeBody,
  policyTestBody,
  setPolicyBody,
} from '../../shared/contract/gates.ts'
import { channelParam } from '../../shared/contract/shapes.ts'
import { endNomination, nominateRelease } from '../../shared/domain/commands/nominate.ts'
import { setPolicy } from '../../shared/domain/commands/policy.ts'
import { type ChannelPolicy, checkPolicy } from '../../shared/domain/policy.ts'
import { sameProposal } from '../../shared/domain/proposal.ts'
import { type AppState, findApp, findChannel, type State } from '../../shared/domain/state.ts'
import { may } from '../middleware/authenticate.ts'
import type { Registry } from '../registry.ts'
import { nominationBodyOf } from './gate-bodies.ts'
import { changeBy, waitingOn } from './policy-change.ts'
import { tryPolicy } from './policy-trial.ts'
import { answers, body, routes, writeQuery, writing } from './route.ts'

const putPolicy = createRoute({
  method: 'put',
  path: '/apps/{app}/channels/{channel}/policy',
  tags: ['channels'],
  summary: "Set a channel's policy: at once, or as a proposal when the policy in force asks for approvals",
  middleware: [may('setPolicy')] as const,
  request: { params: channelParam, query: writeQuery, body: body(setPolicyBody) },
  responses: answers(policyChangeBody, 'The policy, and what it changes for what waits'),
})

const testPolicy = createRoute({
  method: 'post',
  path: '/apps/{app}/channels/{channel}/policy/test',
  tags: ['channels'],
  summary: 'Try a policy on the releases that the channel took in the past',
  middleware: [may('read')] as const,
  request: { params: channelParam, body: body(policyBody) },
  responses: answers(policyTestBody, 'What would have waited, and for what'),
})

const postNomination = createRoute({
  method: 'post',
  path: '/apps/{app}/channels/{channel}/nomination',
  tags: ['channels'],
  summary: 'Nominate a release for this channel: the racks of its feeder stay on it until it has soaked',
  middleware: [may('nominate')] as const,
  request: { params: channelParam, query: writeQuery, body: body(nominateBody) },
  responses: answers(nominationBody, 'The nomination'),
})

const postNominationEnd = createRoute({
  method: 'post',
  path: '/apps/{app}/channels/{channel}/nomination/end',
  tags: ['channels'],
  summary: 'End the nomination for this channel',
  middleware: [may('nominate')] as const,
  request: { params: channelParam, query: writeQuery, body: body(endNominationBody) },
  responses: answers(nominationEndedBody, 'What was nominated'),
})

export function policyRoutes(registry: Registry) {
  const { ledger } = registry

  function nominationOf(state: State, app: string, channel: string, isDryRun: boolean) {
    const found = findApp(state, app)
    const { from } = findChannel(found, channel)
    return from === undefined ? null : nominationBodyOf(findChannel(found, from), isDryRun)
  }

  return routes()
    .openapi(putPolicy, async (c) => {
      const { app: name, channel } = c.req.valid('param')
      const { policy, reason } = c.req.valid('json')
      const input = { app: name, channel, policy, reason }
      const write = writing(c, input)
      const waiting = await waitingOn(registry, findApp(ledger.state, name), channel)
      const answer = await ledger.record({
        ...write,
        decide: (state, context) => setPolicy(state, input, context),
        answer: (after, events): PolicyChangeBody => {
          const opened = events.find((event) => event.type === 'proposal.opened')
          return {
            app: name,
            channel,
            policy,
            policyRevision: findChannel(findApp(after, name), channel).policyRevision,
            proposal: opened?.proposal ?? waitingPolicy(findApp(after, name), channel, policy) ?? null,
            dryRun: write.isDryRun,
            ...changeBy(registry, input, waiting),
          }
        },
      })
      return c.json(answer, 200)
    })
    .openapi(testPolicy, async (c) => {
      const { app: name, channel: channelName } = c.req.valid('param')
      const policy: ChannelPolicy = c.req.valid('json')
      const app = findApp(ledger.state, name)
      const channel = findChannel(app, channelName)
      checkPolicy(policy, { channel: channelName, from: channel.from })
      return c.json(await tryPolicy(registry, app, channel, policy), 200)
    })
    .openapi(postNomination, async (c) => {
      const { app, channel: to } = c.req.valid('param')
      const { version, reason } = c.req.valid('json')
      const input = { app, to, version, ...(reason !== undefined && { reason }) }
      const write = writing(c, input)
      const answer = await ledger.record({
        ...write,
        decide: (state, context) => nominateRelease(state, input, context),
        answer: (after) => {
          const nomination = nominationOf(after, app, to, write.isDryRun)
          if (!nomination) throw new Error(`${version} was nominated for ${to}, and is not.`)
          return nomination
        },
      })
      return c.json(answer, 200)
    })
    .openapi(postNominationEnd, async (c) => {
      const { app, channel: to } = c.req.valid('param')
      const { reason } = c.req.valid('json')
      const input = { app, to, ...(reason !== undefined && { reason }) }
      const write = writing(c, input)
      const answer = await ledger.record({
        ...write,
        decide: (state, context) => endNomination(state, { ...input, outcome: 'withdrawn' }, context),
        answer: (_after, events): NominationEndedBody => ({
          app,
          channel: to,
          ended: events.length > 0 ? nominationOf(ledger.state, app, to, write.isDryRun) : null,
          dryRun: write.isDryRun,
        }),
      })
      return c.json(answer, 200)
    })
}

/** The same wish as one that waits already is that one. */
function waitingPolicy(app: AppState, channel: string, policy: ChannelPolicy): string | undefined {
  return sameProposal(app, { kind: 'policy', channel, policy })?.id
}
