/** The fold of what is said about releases and of what waits: records, nominations, proposals, reviews. */
import type { ChannelState } from './channel.ts'
import type { EventOf, EventType } from './events.ts'
import type { Proposal } from './proposal.ts'
import {
  type ReleaseRecord,
  type Said,
  withAcknowledged,
  withAnswer,
  withEvidence,
  withTick,
} from './release-record.ts'
import { nextReviewId, reviewTime } from './review.ts'
import { type AppState, findChannel, findRelease, type State, writableApp } from './state.ts'
import { openYankCovering } from './yank.ts'

type Handlers<T extends EventType> = { readonly [K in T]: (state: State, event: EventOf<K>) => void }

type RecordEvent =
  | 'evidence.added'
  | 'checklist.ticked'
  | 'change.acknowledged'
  | 'objection.raised'
  | 'objection.answered'
  | 'issue.known'

export const recordHandlers: Handlers<RecordEvent> = {
  'evidence.added': (state, event) => {
    const { name, outcome, from, url, file, note } = event
    const one = {
      ...said(event),
      name,
      outcome,
      ...(from !== undefined && { from }),
      ...(url !== undefined && { url }),
      ...(file !== undefined && { file }),
      ...(note !== undefined && { note }),
    }
    changeRecord(state, event, (record) => withEvidence(record, one))
  },
  'checklist.ticked': (state, event) => {
    const { channel, item, note } = event
    changeRecord(state, event, (record) => withTick(record, { ...said(event), channel, item, note }))
  },
  'change.acknowledged': (state, event) => {
    const { channel, parameter, change, note } = event
    const one = { ...said(event), channel, parameter, change, note }
    changeRecord(state, event, (record) => withAcknowledged(record, one))
  },
  'objection.raised': (state, event) => {
    const one = { ...said(event), id: event.objection, reason: event.reason ?? '' }
    writableApp(state, event.app).objections.set(event.objection, event.version)
    changeRecord(state, event, (record) => ({ ...record, objections: [...record.objections, one] }))
  },
  'objection.answered': (state, event) => {
    const answer = { ...said(event), note: event.note }
    changeRecord(state, event, (record) => withAnswer(record, event.objection, answer))
  },
  'issue.known': (state, event) => {
    const { cause, note } = event
    changeRecord(state, event, (record) => ({
      ...record,
      knownIssues: [
        ...record.knownIssues.filter((one) => one.cause !== cause),
        { ...said(event), cause, note },
      ],
    }))
  },
}

function said({ actor, at }: Said): Said {
  return { actor, at }
}

function changeRecord(
  state: State,
  { app: name, version }: { app: string; version: string },
  change: (record: ReleaseRecord) => ReleaseRecord,
): void {
  const app = writableApp(state, name)
  const release = findRelease(app, version)
  app.releases.set(version, { ...release, record: change(release.record) })
}

type WaitingEvent =
  | 'release.nominated'
  | 'nomination.ended'
  | 'policy.changed'
  | 'proposal.opened'
  | 'proposal.armed'
  | 'proposal.approved'
  | 'approval.lapsed'
  | 'proposal.closed'
  | 'break_glass.opened'
  | 'break_glass.used'
  | 'break_glass.closed'
  | 'review.signed'

export const waitingHandlers: Handlers<WaitingEvent> = {
  'release.nominated': (state, event) => {
    const app = writableApp(state, event.app)
    const channel = findChannel(app, event.channel)
    const { version, to, soakMinutes, until } = event
    const { key } = findRelease(app, version)
    const nomination = { ...said(event), version, key, to, soakMinutes, until }
    app.channels.set(channel.name, { ...channel, nomination })
  },
  'nomination.ended': (state, event) => {
    const app = writableApp(state, event.app)
    app.channels.set(event.channel, withoutNomination(findChannel(app, event.channel)))
  },
  'policy.changed': (state, event) => {
    const app = writableApp(state, event.app)
    const channel = findChannel(app, event.channel)
    const policyRevision = channel.policyRevision + 1
    app.channels.set(channel.name, { ...channel, policy: event.policy, policyRevision })
    closeEnacted(app, event.proposal, event)
  },
  'proposal.opened': (state, event) => {
    const { app: name, proposal: id, proposed, revision, whenReady, reason } = event
    writableApp(state, name).proposals.set(id, {
      ...said(event),
      id,
      app: name,
      proposed,
      revision,
      whenReady,
      approvals: [],
      ...(reason !== undefined && { reason }),
    })
  },
  'proposal.armed': (state, event) => {
    changeProposal(state, event, (one) => ({ ...one, whenReady: event.whenReady }))
  },
  'proposal.approved': (state, event) => {
    const { role, snapshot, note } = event
    const approval = { ...said(event), role, snapshot, ...(note !== undefined && { note }) }
    // Who approves again approves what they see now.
    changeProposal(state, event, (one) => ({
      ...one,
      approvals: [...one.approvals.filter(({ actor }) => actor !== event.actor), approval],
    }))
  },
  'approval.lapsed': (state, event) => {
    const { gate, detail, at } = event
    changeProposal(state, event, (one) => ({
      ...one,
      approvals: one.approvals.map((approval) =>
        approval.actor === event.approver ? { ...approval, lapsed: { gate, at, detail } } : approval,
      ),
    }))
  },
  'proposal.closed': (state, event) => {
    const { outcome, reason } = event
    const closed = { ...said(event), outcome, ...(reason !== undefined && { reason }) }
    changeProposal(state, event, (one) => ({ ...one, closed }))
  },
  'break_glass.opened': (state, event) => {
    const { breakGlass: id, sha256, by, openedAt, expiresAt, isRehearsal, reason = '' } = event
    state.breakGlass.set(id, { id, sha256, by, reason, openedAt, expiresAt, isRehearsal })
    if (isRehearsal) return
    const subject = `break-glass ${id} was opened by ${by}`
    const review = {
      id: nextReviewId(state),
      kind: 'break_glass',
      subject,
      reason,
      actor: `break-glass:${id}`,
    } as const
    state.reviews.set(review.id, { ...review, at: openedAt, dueAt: openedAt + reviewTime })
  },
  'break_glass.used': (state, event) => {
    const glass = state.breakGlass.get(event.breakGlass)
    if (glass) state.breakGlass.set(glass.id, { ...glass, usedAt: event.at })
  },
  'break_glass.closed': (state, event) => {
    const glass = state.breakGlass.get(event.breakGlass)
    if (glass) state.breakGlass.set(glass.id, { ...glass, closed: said(event) })
  },
  'review.signed': (state, event) => {
    const review = state.reviews.get(event.review)
    const signed = { ...said(event), note: event.note }
    if (review) state.reviews.set(event.review, { ...review, signed })
  },
}

function changeProposal(
  state: State,
  { app: name, proposal: id }: { app: string; proposal: string },
  change: (proposal: Proposal) => Proposal,
): void {
  const app = writableApp(state, name)
  const present = app.proposals.get(id)
  if (present) app.proposals.set(id, change(present))
}

/** What a proposal wished has been recorded in its name. */
export function closeEnacted(app: AppState, id: string | undefined, event: Said): void {
  const present = id === undefined ? undefined : app.proposals.get(id)
  if (!present) return
  app.proposals.set(present.id, { ...present, closed: { ...said(event), outcome: 'enacted' } })
}

export function withoutNomination({ nomination: _ended, ...channel }: ChannelState): ChannelState {
  return channel
}

/** Releases that the lifted yank held, each under the worst of those that are still open, or free. */
export function releasesFreedBy(app: AppState, yank: string) {
  return [...app.releases.values()]
    .filter((release) => release.yank === yank)
    .map(({ yank: _lifted, ...release }) => {
      const other = openYankCovering(app, release.key)
      return other && release.fixes !== other.id ? { ...release, yank: other.id } : release
    })
}
