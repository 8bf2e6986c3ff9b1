/** Verdicts, proposals, records and reviews as bodies. */
import type {
  EvidenceBody,
  NominationBody,
  ProposalBody,
  ReleaseRecordBody,
  ReviewBody,
  VerdictBody,
} from '../../shared/contract/gates.ts'
import type { ChannelState } from '../../shared/domain/channel.ts'
import type { Verdict } from '../../shared/domain/gates/verdict.ts'
import { toIso } from '../../shared/domain/instants.ts'
import { type Approval, type Proposal, standingOf } from '../../shared/domain/proposal.ts'
import type { ReleaseState } from '../../shared/domain/release.ts'
import type { Evidence } from '../../shared/domain/release-record.ts'
import { isOverdue, type Review } from '../../shared/domain/review.ts'
import type { AppState } from '../../shared/domain/state.ts'

export function verdictBodyOf({ since, until, numbers, ...verdict }: Verdict): VerdictBody {
  return {
    ...verdict,
    ...(numbers && { numbers: { ...numbers } }),
    ...(since !== undefined && { since: toIso(since) }),
    ...(until !== undefined && { until: toIso(until) }),
  }
}

export function proposalBodyOf(
  app: AppState,
  proposal: Proposal,
  { verdicts, isDryRun }: { readonly verdicts: readonly Verdict[]; readonly isDryRun: boolean },
): ProposalBody {
  const { id, proposed, at, actor, reason, whenReady, approvals, closed } = proposal
  return {
    app: app.name,
    id,
    wish: proposed.kind,
    channel: proposed.kind === 'unyank' ? null : proposed.channel,
    version: proposed.kind === 'promote' ? proposed.version : null,
    advisory: proposed.kind === 'unyank' ? proposed.advisory : null,
    policy: proposed.kind === 'policy' ? structuredClone(proposed.policy) : null,
    ...standingOf(app, proposal),
    at: toIso(at),
    actor,
    reason: reason ?? null,
    whenReady,
    approvals: approvals.map(approvalBodyOf),
    closedAt: closed ? toIso(closed.at) : null,
    verdicts: verdicts.map(verdictBodyOf),
    dryRun: isDryRun,
  }
}

function approvalBodyOf({ actor, role, at, note, lapsed }: Approval): ProposalBody['approvals'][number] {
  return {
    actor,
    role,
    at: toIso(at),
    note: note ?? null,
    lapsed: lapsed ? { ...lapsed, at: toIso(lapsed.at) } : null,
  }
}

function evidenceBodyOf(
  app: string,
  version: string,
  { name, outcome, from, url, file, note, actor, at }: Evidence,
  now: number,
): EvidenceBody {
  return {
    app,
    version,
    name,
    outcome,
    from: from ?? null,
    url: url ?? null,
    file: file ?? null,
    note: note ?? null,
    actor,
    at: toIso(at),
    ageSeconds: Math.floor((now - at) / 1000),
  }
}

export function recordBodyOf(
  app: string,
  { version, record }: ReleaseState,
  { now, isDryRun }: { readonly now: number; readonly isDryRun: boolean },
): ReleaseRecordBody {
  return {
    app,
    version,
    evidence: record.evidence.map((one) => evidenceBodyOf(app, version, one, now)),
    ticks: record.ticks.map((one) => ({ ...one, at: toIso(one.at) })),
    acknowledged: record.acknowledged.map((one) => ({ ...one, at: toIso(one.at) })),
    objections: record.objections.map(({ id, reason, actor, at, answer }) => ({
      id,
      reason,
      actor,
      at: toIso(at),
      answer: answer ? { ...answer, at: toIso(answer.at) } : null,
    })),
    knownIssues: record.knownIssues.map((one) => ({ ...one, at: toIso(one.at) })),
    dryRun: isDryRun,
  }
}

/** Null when nothing is nominated on the channel. */
export function nominationBodyOf(
  { app, name, nomination }: ChannelState,
  isDryRun: boolean,
): NominationBody | null {
  if (!nomination) return null
  const { version, to, at, actor, soakMinutes, until } = nomination
  return {
    app,
    channel: name,
    version,
    to,
    at: toIso(at),
    actor,
    soakMinutes,
    until: toIso(until),
    dryRun: isDryRun,
  }
}

export function reviewBodyOf(review: Review, now: number, isDryRun: boolean): ReviewBody {
  const { id, kind: about, app, channel, subject, reason, actor, at, dueAt, signed } = review
  return {
    id,
    about,
    app: app ?? null,
    channel: channel ?? null,
    subject,
    reason,
    actor,
    at: toIso(at),
    dueAt: toIso(dueAt),
    isOverdue: isOverdue(review, now),
    signedBy: signed?.actor ?? null,
    signedAt: signed ? toIso(signed.at) : null,
    note: signed?.note ?? null,
    dryRun: isDryRun,
  }
}
