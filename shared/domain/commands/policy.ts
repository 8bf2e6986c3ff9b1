/** A channel's policy changes as one document, judged by the policy that is in force. */
import type { LedgerEvent } from '../events.ts'
import { type ChannelPolicy, checkPolicy } from '../policy.ts'
import { type Proposed, sameProposal } from '../proposal.ts'
import { findApp, findChannel, type State } from '../state.ts'
import { type CommandContext, eventOf } from './command.ts'
import { nextProposalId } from './promote.ts'

export interface SetPolicy {
  readonly app: string
  readonly channel: string
  readonly policy: ChannelPolicy
  readonly reason: string
}

/** At once where the policy in force asks nobody's approval; otherwise a proposal that its last approval carries out. */
export function setPolicy(state: State, input: SetPolicy, context: CommandContext): LedgerEvent[] {
  const app = findApp(state, input.app)
  const channel = findChannel(app, input.channel)
  const { policy, reason } = input
  checkPolicy(policy, { channel: channel.name, from: channel.from })
  if (isSamePolicy(channel.policy, policy)) return []
  const asked = channel.policy.gates.approvals?.count ?? 0
  if (asked === 0)
    return [eventOf('policy.changed', context, { app: app.name, channel: channel.name, policy }, reason)]
  const proposed: Proposed = { kind: 'policy', channel: channel.name, policy }
  if (sameProposal(app, proposed)) return []
  return [
    eventOf(
      'proposal.opened',
      context,
      {
        app: app.name,
        proposal: nextProposalId(app),
        proposed,
        revision: channel.policyRevision,
        whenReady: true,
      },
      reason,
    ),
  ]
}

/** Whatever the order of its keys. */
function isSamePolicy(a: ChannelPolicy, b: ChannelPolicy): boolean {
  return JSON.stringify(inOrder(a)) === JSON.stringify(inOrder(b))
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined && inner !== false)
  return Object.fromEntries(
    entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [key, inOrder(one)]),
  )
}
