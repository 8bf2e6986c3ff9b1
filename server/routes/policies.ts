/** A channel's policy as one document: set under the policy in force, tried on what was, and its nomination. */
import { createRoute } from '@hono/zod-openapi'
import {
  nominateBody,
  nominationBody,
  type PolicyChangeBody,
  policyBody,
  policyChangeBody,
  policyTestBody,
  setPolicyBody,
} from '../../shared/contract/gates.ts'
import { channelParam } from '../../shared/contract/shapes.ts'
import { historyOf } from '../../shared/domain/channel.ts'
import { endNomination, nominateRelease } from '../../shared/domain/commands/nominate.ts'
import { setPolicy } from '../../shared/domain/commands/policy.ts'
import { judgeProposal } from '../../shared/domain/commands/proposals.ts'
import type { FleetEvidence } from '../../shared/domain/fleet-evidence.ts'
import type { Verdict } from '../../shared/domain/gates/verdict.ts'
import { judgePromotion } from '../../shared/domain/gates.ts'
import { toIso } from '../../shared/domain/instants.ts'
import { type ChannelPolicy, checkPolicy } from '../../shared/domain/policy.ts'
import { openProposals, type Proposal } from '../../shared/domain/proposal.ts'
import { type AppState, findApp, findChannel, type State } from '../../shared/domain/state.ts'
import { may } from '../middleware/authenticate.ts'
import type { Registry } from '../registry.ts'
import { nominationBodyOf, verdictBodyOf } from './gate-bodies.ts'
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

const deleteNomination = createRoute({
  method: 'delete',
  path: '/apps/{app}/channels/{channel}/nomination',
  tags: ['channels'],
  summary: 'End the nomination for this channel',
  middleware: [may('nominate')] as const,
  request: { params: channelParam, query: writeQuery },
  responses: answers(nominationBody.nullable(), 'What is nominated now'),
})

/** What a policy is tried on: as far back as a person looks. */
const mostTried = 100

export function policyRoutes(registry: Registry) {
  const { ledger, clock } = registry

  /** The open promotions to the channel with the numbers of the racks, read before anything is decided. */
  async function waitingOn(app: AppState, channel: string) {
    const found = findChannel(app, channel)
    const waiting: { proposal: Proposal; fleet: FleetEvidence }[] = []
    for (const proposal of openProposals(app)) {
      const { proposed } = proposal
      if (proposed.kind !== 'promote' || proposed.channel !== channel) continue
      waiting.push({ proposal, fleet: await registry.gather(found, proposed.version) })
    }
    return waiting
  }

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
      const waiting = await waitingOn(findApp(ledger.state, name), channel)
      const answer = await ledger.record({
        ...write,
        decide: (state, context) => setPolicy(state, input, context),
        answer: (after, events): PolicyChangeBody => {
          const [before, app] = [findApp(ledger.state, name), findApp(after, name)]
          const now = clock()
          const opened = events.find((event) => event.type === 'proposal.opened')
          return {
            app: name,
            channel,
            policy,
            policyRevision: findChannel(app, channel).policyRevision,
            proposal: opened?.proposal ?? null,
            dryRun: write.isDryRun,
            proposals: waiting.map(({ proposal, fleet }) => ({
              id: proposal.id,
              before: judgeProposal(before, proposal, now, fleet).map(verdictBodyOf),
              after: judgeProposal(app, proposal, now, fleet).map(verdictBodyOf),
            })),
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
      const promotions = []
      for (const { movement, version, at, previous } of historyOf(channel)) {
        const release = version === undefined ? undefined : app.releases.get(version)
        if (movement !== 'promoted' || !release || promotions.length === mostTried) continue
        const asked = {
          app,
          channel: { ...channel, policy, head: previous?.version },
          release,
          now: at,
          fleet: await registry.gather(channel, release.version),
        }
        const open = judgePromotion(asked).filter(({ outcome }) => outcome !== 'pass')
        promotions.push({
          version: release.version,
          at: toIso(at),
          outcome: worstOf(open),
          open: open.map(verdictBodyOf),
        })
      }
      return c.json({ app: name, channel: channelName, policy, promotions }, 200)
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
    .openapi(deleteNomination, async (c) => {
      const { app, channel: to } = c.req.valid('param')
      const write = writing(c, { app, to })
      const answer = await ledger.record({
        ...write,
        decide: (state, context) => endNomination(state, { app, to, outcome: 'withdrawn' }, context),
        answer: (after) => nominationOf(after, app, to, write.isDryRun),
      })
      return c.json(answer, 200)
    })
}

function worstOf(open: readonly Verdict[]): Verdict['outcome'] {
  if (open.some(({ outcome }) => outcome === 'fail')) return 'fail'
  return open.length > 0 ? 'waiting' : 'pass'
}
