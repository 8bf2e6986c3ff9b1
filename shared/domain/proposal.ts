/**
 * Proposals: governed changes that wait for what their policy asks. A proposal is closed by being carried out, rejected
 * or withdrawn; it is stale when the world that it was made for has moved on.
 */
import type { ChannelPolicy } from './policy.ts'
import type { AppState } from './state.ts'

export interface Approval {
  readonly actor: string
  readonly role: string
  readonly at: number
  readonly note?: string
  /** The other gates as they stood: an approval is of what the approver saw. */
  readonly snapshot: readonly { readonly gate: string; readonly outcome: 'pass' | 'fail' | 'waiting' }[]
  /** The gate that got worse afterwards; the approval no longer counts. */
  readonly lapsed?: { readonly gate: string; readonly at: number; readonly detail: string }
}

/** What a proposal would do. */
export type Proposed =
  | { readonly kind: 'promote'; readonly channel: string; readonly version: string }
  | { readonly kind: 'policy'; readonly channel: string; readonly policy: ChannelPolicy }
  | { readonly kind: 'unyank'; readonly advisory: string }

export type ProposalOutcome = 'enacted' | 'rejected' | 'stale'

export interface Proposal {
  readonly id: string
  readonly app: string
  readonly proposed: Proposed
  /** Of the channel when it was opened: for a promotion the head's, for a policy the policy's. */
  readonly revision: number
  readonly at: number
  readonly actor: string
  readonly reason?: string
  /** It carries itself out as soon as every gate passes. */
  readonly whenReady: boolean
  readonly approvals: readonly Approval[]
  readonly closed?: {
    readonly outcome: ProposalOutcome
    readonly at: number
    readonly actor: string
    readonly reason?: string
  }
}

export type ProposalStanding = 'open' | ProposalOutcome

/** Where it stands, and why it is stale. */
export function standingOf(
  app: AppState,
  proposal: Proposal,
): { readonly standing: ProposalStanding; readonly detail: string } {
  if (proposal.closed) {
    const { outcome, actor, reason } = proposal.closed
    return { standing: outcome, detail: `${outcome} by ${actor}${reason === undefined ? '' : `: ${reason}`}` }
  }
  const why = staleness(app, proposal)
  return why === undefined ? { standing: 'open', detail: 'open' } : { standing: 'stale', detail: why }
}

export function isOpen(app: AppState, proposal: Proposal): boolean {
  return standingOf(app, proposal).standing === 'open'
}

function staleness(app: AppState, { proposed, revision }: Proposal): string | undefined {
  if (proposed.kind === 'unyank') {
    return app.yanks.get(proposed.advisory)?.lifted ? `${proposed.advisory} is lifted already` : undefined
  }
  const channel = app.channels.get(proposed.channel)
  if (!channel) return `there is no channel ${proposed.channel} any more`
  if (proposed.kind === 'policy') {
    return channel.policyRevision === revision
      ? undefined
      : `the policy of ${channel.name} changed to revision ${channel.policyRevision} since it was proposed on ${revision}`
  }
  if (channel.revision !== revision) {
    return `${channel.name} moved to ${channel.head ?? 'nothing'} (revision ${channel.revision}) since it was proposed on ${revision}`
  }
  const yank = app.releases.get(proposed.version)?.yank
  return yank === undefined ? undefined : `${proposed.version} was withdrawn by ${yank}`
}

/** The newest first. */
export function openProposals(app: AppState): Proposal[] {
  return [...app.proposals.values()].filter((one) => isOpen(app, one)).toReversed()
}

/** The open proposal of the same change, if there is one: the same wish twice is one proposal. */
export function sameProposal(app: AppState, wanted: Proposed): Proposal | undefined {
  const text = JSON.stringify(wanted)
  for (const proposal of app.proposals.values()) {
    if (proposal.closed || proposal.proposed.kind !== wanted.kind) continue
    if (JSON.stringify(proposal.proposed) === text && isOpen(app, proposal)) return proposal
  }
  return undefined
}
