/** Proposals: what waits, why, and the words of the people it waits for. */
import { createRoute, z } from '@hono/zod-openapi'
import { approveBody, proposalBody, rejectBody } from '../../shared/contract/gates.ts'
import { appParam } from '../../shared/contract/shapes.ts'
import { approveProposal, findProposal, rejectProposal } from '../../shared/domain/commands/proposals.ts'
import { type Proposal, standingOf } from '../../shared/domain/proposal.ts'
import { type AppState, findApp } from '../../shared/domain/state.ts'
import { type Credential, requirePermission } from '../access/credentials.ts'
import { may } from '../middleware/authenticate.ts'
import type { Registry } from '../registry.ts'
import { evidenceFor, proposalIn, proposalNow } from './judged-proposal.ts'
import { answers, body, listQuery, pageOf, routes, writeQuery, writing } from './route.ts'

const proposalParam = appParam.extend({ proposal: z.string().min(1).max(64) })

const listProposals = createRoute({
  method: 'get',
  path: '/apps/{app}/proposals',
  tags: ['proposals'],
  summary: 'List the proposals, newest first',
  middleware: [may('read')] as const,
  request: {
    params: appParam,
    query: listQuery.extend({ standing: z.enum(['open', 'enacted', 'rejected', 'stale']).optional() }),
  },
  responses: answers(
    z.object({ proposals: z.array(proposalBody), next: z.string().nullable() }),
    'A page of the proposals',
  ),
})

const showProposal = createRoute({
  method: 'get',
  path: '/apps/{app}/proposals/{proposal}',
  tags: ['proposals'],
  summary: 'Show a proposal with its gates as they stand now',
  middleware: [may('read')] as const,
  request: { params: proposalParam },
  responses: answers(proposalBody, 'The proposal'),
})

const approve = createRoute({
  method: 'post',
  path: '/apps/{app}/proposals/{proposal}/approve',
  tags: ['proposals'],
  summary: 'Approve a proposal as its gates stand now',
  middleware: [may('read')] as const,
  request: { params: proposalParam, query: writeQuery, body: body(approveBody) },
  responses: answers(proposalBody, 'The proposal'),
})

const reject = createRoute({
  method: 'post',
  path: '/apps/{app}/proposals/{proposal}/reject',
  tags: ['proposals'],
  summary: 'Reject a proposal',
  middleware: [may('read')] as const,
  request: { params: proposalParam, query: writeQuery, body: body(rejectBody) },
  responses: answers(proposalBody, 'The proposal'),
})

export function proposalRoutes(registry: Registry) {
  const { ledger } = registry

  /** A proposal is its channel's, and one to lift a yank everybody's: a credential of another channel has no word in it. */
  function requireWord(credential: Credential, app: AppState, { proposed }: Proposal): void {
    const channel = proposed.kind === 'unyank' ? undefined : proposed.channel
    requirePermission(credential, 'attest', { app: app.name, channel })
  }

  return routes()
    .openapi(listProposals, async (c) => {
      const app = findApp(ledger.state, c.req.valid('param').app)
      const { standing, ...page } = c.req.valid('query')
      const all = [...app.proposals.values()].toReversed()
      const wanted = all.filter((one) => standing === undefined || standingOf(app, one).standing === standing)
      const { items, next } = pageOf(wanted, ({ id }) => id, page)
      const proposals = await Promise.all(items.map((one) => proposalNow(registry, app, one)))
      return c.json({ proposals, next }, 200)
    })
    .openapi(showProposal, async (c) => {
      const { app: name, proposal: id } = c.req.valid('param')
      const app = findApp(ledger.state, name)
      return c.json(await proposalNow(registry, app, findProposal(app, id)), 200)
    })
    .openapi(approve, async (c) => {
      const { app: name, proposal: id } = c.req.valid('param')
      const { note } = c.req.valid('json')
      const credential = c.get('credential')
      const { role } = credential
      const app = findApp(ledger.state, name)
      const proposal = findProposal(app, id)
      requireWord(credential, app, proposal)
      const fleet = await evidenceFor(registry, app, proposal)
      const input = { app: name, proposal: id, role, ...(note !== undefined && { note }) }
      const write = writing(c, input)
      const answer = await ledger.record({
        ...write,
        decide: (state, context) => approveProposal(state, input, context, fleet),
        answer: (after) => proposalIn(registry, after, input, { fleet, isDryRun: write.isDryRun }),
      })
      return c.json(answer, 200)
    })
    .openapi(reject, async (c) => {
      const { app: name, proposal: id } = c.req.valid('param')
      const { reason } = c.req.valid('json')
      const app = findApp(ledger.state, name)
      requireWord(c.get('credential'), app, findProposal(app, id))
      const input = { app: name, proposal: id, reason }
      const write = writing(c, input)
      const answer = await ledger.record({
        ...write,
        decide: (state, context) => rejectProposal(state, input, context),
        answer: (after) => proposalIn(registry, after, input, { isDryRun: write.isDryRun }),
      })
      return c.json(answer, 200)
    })
}
