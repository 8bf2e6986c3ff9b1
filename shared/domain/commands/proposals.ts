/**
 * Proposals after they were made: judged, approved, rejected, carried out. What they wish is enacted by the same events
 * as when a person does it at once; only the last gate was opened later.
 */
import type { LedgerEvent } from '../events.ts'
import type { FleetEvidence } from '../fleet-evidence.ts'
import { foldEvents } from '../fold.ts'
import { freezeOn, freezeOnAny } from '../freeze.ts'
import { approvalVerdict, lapseOf } from '../gates/people-gates.ts'
import type { Verdict } from '../gates/verdict.ts'
import { judgePromotion } from '../gates.ts'
import type { ApprovalPolicy } from '../policy.ts'
import { Problem } from '../problem.ts'
import { type Proposal, standingOf } from '../proposal.ts'
import { contains } from '../range.ts'
import { type AppState, findApp, findChannel, findRelease, forkState, type State } from '../state.ts'
import { type CommandContext, eventOf } from './command.ts'
import { planPromotion, promoted } from './promote.ts'

export interface ProposalNamed {
  readonly app: string
  readonly proposal: string
}

export function findProposal(app: AppState, id: string): Proposal {
  const proposal = app.proposals.get(id)
  if (proposal) return proposal
  throw new Problem('proposal_not_found', `The app ${app.name} has no proposal ${id}.`, {
    hint: `headgate proposal list --app ${app.name}`,
  })
}

function findOpen(app: AppState, id: string): Proposal {
  const proposal = findProposal(app, id)
  const { standing, detail } = standingOf(app, proposal)
  if (standing === 'open') return proposal
  throw new Problem('proposal_closed', `The proposal ${id} is ${standing}: ${detail}.`, {
    hint: `headgate proposal show ${id} --app ${app.name}`,
    numbers: { standing },
  })
}

/** Every gate that the policy in force asks of it. */
export function judgeProposal(
  app: AppState,
  proposal: Proposal,
  now: number,
  fleet?: FleetEvidence,
): readonly Verdict[] {
  const { proposed } = proposal
  if (proposed.kind === 'promote') {
    const channel = findChannel(app, proposed.channel)
    const release = findRelease(app, proposed.version)
    return judgePromotion({ app, channel, release, now, fleet, proposer: proposal.actor, proposal })
  }
  const policy =
    proposed.kind === 'policy'
      ? findChannel(app, proposed.channel).policy.gates.approvals
      : approvalsToLift(app, proposed.advisory)
  if (!policy || policy.count === 0) return []
  const { approvals: given, id, actor } = proposal
  return [approvalVerdict({ app: app.name, given, others: [], excluded: [actor], policy, proposal: id })]
}

/**
 * Going on is gated where it goes on: by what the channels ask that served what the yank withdrew, all together; where one
 * asks for two maintainers and another for an admin, two admins satisfy both.
 */
export function approvalsToLift(app: AppState, advisory: string): ApprovalPolicy | undefined {
  const policies = channelsServing(app, advisory).flatMap(
    (name) => app.channels.get(name)?.policy.gates.approvals ?? [],
  )
  const asking = policies.filter(({ count }) => count > 0)
  if (asking.length === 0) return undefined
  const role = asking.some((policy) => policy.role === 'admin') ? 'admin' : 'maintainer'
  return { count: Math.max(...asking.map(({ count }) => count)), role }
}

/** The channels that ever served what a yank withdrew: where lifting it lets something go on. */
export function channelsServing(app: AppState, advisory: string): readonly string[] {
  const yank = app.yanks.get(advisory)
  if (!yank) return []
  const served = new Set<string>()
  for (const release of app.releases.values())
    if (contains(yank.range, release.key)) for (const name of Object.keys(release.servedOn)) served.add(name)
  return [...served]
}

export interface ApproveProposal extends ProposalNamed {
  /** The approver's. */
  readonly role: string
  readonly note?: string
}

/** An approval is of the gates as they stand now. A proposal that carries itself out does so with its last approval. */
export function approveProposal(
  state: State,
  input: ApproveProposal,
  context: CommandContext,
  fleet?: FleetEvidence,
): LedgerEvent[] {
  const app = findApp(state, input.app)
  const proposal = findOpen(app, input.proposal)
  refuseOwn(app, proposal, context.actor)
  const { role, note } = input
  const before = proposal.approvals.find((one) => one.actor === context.actor && !one.lapsed)
  const verdicts = judgeProposal(app, proposal, context.now, fleet)
  if (before && !lapseOf(before, verdicts)) return []
  const snapshot = verdicts
    .filter(({ gate }) => gate !== 'approvals')
    .map(({ gate, outcome }) => ({ gate, outcome }))
  const { id } = proposal
  const approved = eventOf('proposal.approved', context, {
    app: app.name,
    proposal: id,
    role,
    snapshot,
    ...(note !== undefined && { note }),
  })
  const after = foldEvents(forkState(state), [approved])
  return [approved, ...(proposal.whenReady ? enactProposal(after, input, context, fleet) : [])]
}

/** Who made it or wished it has looked at it already. */
function refuseOwn(app: AppState, { id, actor, proposed }: Proposal, approver: string): void {
  const publisher = proposed.kind === 'promote' ? app.releases.get(proposed.version)?.recordedBy : undefined
  const part = approver === actor ? 'proposed it' : approver === publisher ? 'published it' : undefined
  if (part === undefined) return
  throw new Problem('self_approval', `${approver} ${part}, and so cannot approve ${id}.`, {
    hint: `headgate proposal approve ${id} --app ${app.name}   # by somebody else`,
  })
}

export interface RejectProposal extends ProposalNamed {
  readonly reason: string
}

export function rejectProposal(state: State, input: RejectProposal, context: CommandContext): LedgerEvent[] {
  const app = findApp(state, input.app)
  const { id } = findOpen(app, input.proposal)
  return [
    eventOf('proposal.closed', context, { app: app.name, proposal: id, outcome: 'rejected' }, input.reason),
  ]
}

/** Its wish, if every gate passes and nothing is frozen; otherwise nothing. */
export function enactProposal(
  state: State,
  input: ProposalNamed,
  context: CommandContext,
  fleet?: FleetEvidence,
): LedgerEvent[] {
  const app = findApp(state, input.app)
  const proposal = findProposal(app, input.proposal)
  if (standingOf(app, proposal).standing !== 'open') return []
  const { proposed, id, reason } = proposal
  if (proposed.kind !== 'promote') {
    const isOpen = judgeProposal(app, proposal, context.now, fleet).every(({ outcome }) => outcome === 'pass')
    if (!isOpen) return []
    if (proposed.kind === 'policy') {
      const { channel, policy } = proposed
      return [eventOf('policy.changed', context, { app: app.name, channel, policy, proposal: id }, reason)]
    }
    if (freezeOnAny(state, app, channelsServing(app, proposed.advisory), context.now)) return []
    return [eventOf('yank.lifted', context, { app: app.name, yank: proposed.advisory, proposal: id }, reason)]
  }
  if (freezeOn(state, app, proposed.channel, context.now)) return []
  const wish = { app: app.name, to: proposed.channel, version: proposed.version, acknowledge: [] }
  const asProposer = { ...context, actor: proposal.actor }
  const promotion = planPromotion(state, wish, asProposer, fleet)
  return promotion.isReady && promotion.isMove ? [promoted(promotion, 'proposal', context, reason)] : []
}

/**
 * What time has done to a proposal: it is stale, approvals have lapsed, or it is ready. Whoever keeps the clock records
 * it, so that a gate that got worse for a moment takes the approvals with it for good.
 */
export function reviewProposal(
  state: State,
  input: ProposalNamed,
  context: CommandContext,
  fleet?: FleetEvidence,
): LedgerEvent[] {
  const app = findApp(state, input.app)
  const proposal = findProposal(app, input.proposal)
  if (proposal.closed) return []
  const { standing, detail } = standingOf(app, proposal)
  const { id, approvals } = proposal
  if (standing === 'stale') {
    return [eventOf('proposal.closed', context, { app: app.name, proposal: id, outcome: 'stale' }, detail)]
  }
  const verdicts = judgeProposal(app, proposal, context.now, fleet)
  const lapsed = approvals.flatMap((approval) => {
    const worse = approval.lapsed ? undefined : lapseOf(approval, verdicts)
    if (!worse) return []
    const { gate, detail: why } = worse
    const { actor: approver } = approval
    return [eventOf('approval.lapsed', context, { app: app.name, proposal: id, approver, gate, detail: why })]
  })
  if (lapsed.length > 0) return lapsed
  return proposal.whenReady ? enactProposal(state, input, context, fleet) : []
}
