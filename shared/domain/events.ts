/**
 * The ledger's events: what is remembered of every governed change. An event is written once and never altered, so
 * a new shape is a new `v` with an upcast from the one before; the golden file of old events folds for ever.
 */
import type { Role, Scope } from './access.ts'
import type { Alarm } from './alarm.ts'
import type { BreakGlass } from './break-glass.ts'
import type { Nomination, PromotedVia } from './channel.ts'
import type { Freeze } from './freeze.ts'
import type { GateName, VerdictOutcome } from './gates/verdict.ts'
import type { ParameterContract } from './parameters.ts'
import type { ChannelPolicy } from './policy.ts'
import type { Approval, Proposed } from './proposal.ts'
import type { ReleaseContent, RoutingFacts } from './release.ts'
import type { AcknowledgedChange, Evidence, KnownIssue, Tick } from './release-record.ts'
import type { RolloutOrder } from './rollout.ts'
import type { RolloutEventData } from './rollout-events.ts'
import type { Lever, RunOutcome, StepResult } from './synthetic.ts'
import type { StoredEvent } from './upcast.ts'
import type { VersionScheme } from './version.ts'
import type { Remedy, Severity } from './yank.ts'

/** A gate's verdict as it stood when it was acted on. */
export interface RecordedVerdict {
  readonly gate: string
  readonly outcome: VerdictOutcome
  readonly detail: string
  readonly numbers?: Readonly<Record<string, string | number | boolean | null>>
}

/** A gate that was passed over on the record, as it stood then. */
export interface Override {
  readonly gate: GateName
  readonly outcome: VerdictOutcome
  readonly detail: string
}

type Unsaid<T> = Omit<T, 'actor' | 'at'>

export interface EventData extends RolloutEventData {
  'registry.initialized': { readonly registryId: string }
  'app.created': { readonly app: string; readonly scheme: VersionScheme }
  'channel.created': {
    readonly app: string
    readonly channel: string
    readonly from?: string
    readonly policy: ChannelPolicy
  }
  'contract.declared': {
    readonly app: string
    readonly digest: string
    readonly parameters: ParameterContract
  }
  'release.published': {
    readonly app: string
    readonly version: string
    readonly content: ReleaseContent
    readonly via: 'publish' | 'import'
    /** Accepted although it lies in this open yank's range. */
    readonly yank?: string
    /** Lies in this advisory's range and mends it. */
    readonly fixes?: string
  }
  'release.routed': {
    readonly app: string
    readonly version: string
    readonly routing: RoutingFacts
    /** Channels that take it as a stone without serving it as head, and those whose gates do not admit it yet. */
    readonly admittedOn: readonly string[]
    readonly awaitedOn: readonly string[]
  }
  'release.yanked': {
    readonly app: string
    readonly yank: string
    readonly range: string
    readonly severity: Severity
    readonly remedy: Remedy
    readonly to?: string
    readonly rollout?: RolloutOrder
  }
  'channel.promoted': {
    readonly app: string
    readonly channel: string
    readonly version: string
    readonly via: PromotedVia
    readonly verdicts: readonly RecordedVerdict[]
    readonly overrides: readonly Override[]
    readonly proposal?: string
    /** Undefined: it reaches everybody at once. */
    readonly rollout?: RolloutOrder
  }
  'channel.reverted': {
    readonly app: string
    readonly channel: string
    readonly version: string
    readonly recall: boolean
    readonly rollout?: RolloutOrder
  }
  /** The head was yanked; the channel serves what lay under it, or nothing. */
  'channel.fell_back': {
    readonly app: string
    readonly channel: string
    readonly version?: string
    readonly yank: string
  }
  'yank.lifted': { readonly app: string; readonly yank: string; readonly proposal?: string }
  'policy.changed': {
    readonly app: string
    readonly channel: string
    readonly policy: ChannelPolicy
    readonly proposal?: string
  }
  'evidence.added': { readonly app: string; readonly version: string } & Unsaid<Evidence>
  'checklist.ticked': { readonly app: string; readonly version: string } & Unsaid<Tick>
  'change.acknowledged': { readonly app: string; readonly version: string } & Unsaid<AcknowledgedChange>
  'objection.raised': { readonly app: string; readonly version: string; readonly objection: string }
  'objection.answered': {
    readonly app: string
    readonly version: string
    readonly objection: string
    readonly note: string
  }
  'issue.known': { readonly app: string; readonly version: string } & Unsaid<KnownIssue>
  /** On the channel that feeds the one it is nominated for. */
  'release.nominated': { readonly app: string; readonly channel: string } & Unsaid<Omit<Nomination, 'key'>>
  'nomination.ended': {
    readonly app: string
    readonly channel: string
    readonly version: string
    readonly outcome: 'soaked' | 'expired' | 'withdrawn'
  }
  'proposal.opened': {
    readonly app: string
    readonly proposal: string
    readonly proposed: Proposed
    readonly revision: number
    readonly whenReady: boolean
  }
  /** The proposer wants it carried out by itself, or no longer. */
  'proposal.armed': { readonly app: string; readonly proposal: string; readonly whenReady: boolean }
  'proposal.approved': { readonly app: string; readonly proposal: string } & Omit<
    Approval,
    'actor' | 'at' | 'lapsed'
  >
  /** A gate that stood when it was given has got worse: it is asked again. */
  'approval.lapsed': {
    readonly app: string
    readonly proposal: string
    readonly approver: string
    readonly gate: string
    readonly detail: string
  }
  'proposal.closed': {
    readonly app: string
    readonly proposal: string
    readonly outcome: 'rejected' | 'stale'
  }
  /** By the server's own disk; `reason` and who was there stand in it. */
  'break_glass.opened': { readonly breakGlass: string } & Omit<
    BreakGlass,
    'id' | 'reason' | 'usedAt' | 'closed'
  >
  'break_glass.used': { readonly breakGlass: string }
  'break_glass.closed': { readonly breakGlass: string }
  'review.signed': { readonly review: string; readonly note: string }
  'freeze.set': Pick<Freeze, 'scope' | 'app' | 'channel' | 'all' | 'until'>
  'freeze.lifted': Pick<Freeze, 'scope' | 'app' | 'channel'>
  'token.created': {
    readonly token: string
    readonly name: string
    readonly role: Role | 'join'
    readonly scopes: readonly Scope[]
    readonly app?: string
    readonly channel?: string
    readonly labels: Readonly<Record<string, string>>
    /** Of the whole token, which is 256 random bits: nothing can be learned from it. */
    readonly sha256: string
    readonly expiresAt: number
  }
  'token.revoked': { readonly token: string }
  'alarm.raised': Pick<Alarm, 'kind' | 'app' | 'subject' | 'count' | 'since' | 'detail' | 'racks'> & {
    readonly alarm: string
  }
  'alarm.closed': { readonly alarm: string; readonly app?: string; readonly note: string }
  /** The app was created by a rehearsal, for rehearsals. */
  'synthetic.prepared': { readonly app: string }
  'synthetic.begun': {
    readonly app: string
    readonly run: string
    readonly levers: readonly Lever[]
    readonly until: number
    readonly nextWithinMilliseconds?: number
  }
  'synthetic.ended': {
    readonly app: string
    readonly run: string
    readonly outcome: RunOutcome
    readonly steps: readonly StepResult[]
    readonly left: readonly string[]
  }
  /** What the event `sequence` said is erased; what stands for it is said here, with the words at `fields` blanked. */
  'event.redacted': {
    readonly app?: string
    readonly sequence: number
    readonly replacement: StoredEvent
    /** JSON pointers into the event. */
    readonly fields: readonly string[]
    /** Earlier redactions of it, erased with it: they still said what this one erases. */
    readonly supersedes: readonly number[]
  }
}

export type EventType = keyof EventData

interface Envelope<T extends EventType> {
  readonly type: T
  readonly v: number
  readonly at: number
  readonly actor: string
  readonly reason?: string
}

export type EventOf<T extends EventType> = Envelope<T> & EventData[T]
export type LedgerEvent = { [T in EventType]: EventOf<T> }[EventType]

/** The newest version of every type: what is written today. */
export const currentVersions: { readonly [T in EventType]: number } = {
  'registry.initialized': 1,
  'app.created': 1,
  'channel.created': 2,
  'contract.declared': 1,
  'release.published': 1,
  'release.routed': 1,
  'release.yanked': 1,
  'channel.promoted': 2,
  'channel.reverted': 1,
  'channel.fell_back': 1,
  'yank.lifted': 1,
  'policy.changed': 1,
  'evidence.added': 1,
  'checklist.ticked': 1,
  'change.acknowledged': 1,
  'objection.raised': 1,
  'objection.answered': 1,
  'issue.known': 1,
  'release.nominated': 1,
  'nomination.ended': 1,
  'proposal.opened': 1,
  'proposal.armed': 1,
  'proposal.approved': 1,
  'approval.lapsed': 1,
  'proposal.closed': 1,
  'rollout.planned': 1,
  'rollout.wave_opened': 1,
  'rollout.paused': 1,
  'rollout.halted': 1,
  'rollout.resumed': 1,
  'rollout.retried': 1,
  'rollout.completed': 1,
  'break_glass.opened': 1,
  'break_glass.used': 1,
  'break_glass.closed': 1,
  'review.signed': 1,
  'freeze.set': 1,
  'freeze.lifted': 1,
  'token.created': 1,
  'token.revoked': 1,
  'alarm.raised': 1,
  'alarm.closed': 1,
  'synthetic.prepared': 1,
  'synthetic.begun': 1,
  'synthetic.ended': 1,
  'event.redacted': 1,
}
