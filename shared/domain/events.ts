/**
 * The ledger's events: what is remembered of every governed change. An event is written once and never altered, so
 * a new shape is a new `v` with an upcast from the one before; the golden file of old events folds for ever.
 */
import type { Role, Scope } from './access.ts'
import type { Alarm } from './alarm.ts'
import type { ChannelPolicy } from './channel.ts'
import type { Freeze } from './freeze.ts'
import type { ParameterChangeKind, ParameterContract } from './parameters.ts'
import type { ReleaseContent, RoutingFacts } from './release.ts'
import type { VersionScheme } from './version.ts'
import type { Remedy, Severity } from './yank.ts'

export interface Acknowledgement {
  readonly parameter: string
  readonly change: ParameterChangeKind
  readonly note: string
}

/** A gate's verdict as it stood when it was acted on. */
export interface RecordedVerdict {
  readonly gate: string
  readonly outcome: 'pass' | 'fail' | 'waiting'
  readonly detail: string
}

export interface EventData {
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
  }
  'channel.promoted': {
    readonly app: string
    readonly channel: string
    readonly version: string
    readonly via: 'promote' | 'publish' | 'import'
    readonly verdicts: readonly RecordedVerdict[]
    readonly acknowledgements: readonly Acknowledgement[]
  }
  'channel.reverted': {
    readonly app: string
    readonly channel: string
    readonly version: string
    readonly recall: boolean
  }
  /** The head was yanked; the channel serves what lay under it, or nothing. */
  'channel.fell_back': {
    readonly app: string
    readonly channel: string
    readonly version?: string
    readonly yank: string
  }
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
}

export type EventType = keyof EventData

interface Envelope<T extends EventType> {
  readonly type: T
  readonly v: 1
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
  'channel.created': 1,
  'contract.declared': 1,
  'release.published': 1,
  'release.routed': 1,
  'release.yanked': 1,
  'channel.promoted': 1,
  'channel.reverted': 1,
  'channel.fell_back': 1,
  'freeze.set': 1,
  'freeze.lifted': 1,
  'token.created': 1,
  'token.revoked': 1,
  'alarm.raised': 1,
  'alarm.closed': 1,
}

export interface StoredEvent {
  readonly type: string
  readonly v: number
}

/** From one version of an event's shape to the next. */
export type Upcast = (event: StoredEvent) => StoredEvent

/** `type@v` → what makes it v + 1. */
const upcasts: Readonly<Record<string, Upcast>> = {}

/** Raises an Error (a bug, or a ledger from a newer registry) for an event that this code does not know. */
export function upcast(
  event: StoredEvent,
  steps: Readonly<Record<string, Upcast>> = upcasts,
  newest: Readonly<Record<string, number>> = currentVersions,
): StoredEvent {
  const target = newest[event.type]
  if (target === undefined || event.v > target) {
    throw new Error(
      `The ledger has an event ${event.type} v${event.v} that this version of Headgate does not know.`,
    )
  }
  let present = event
  while (present.v < target) {
    const step = steps[`${present.type}@${present.v}`]
    if (!step) throw new Error(`There is no way from ${present.type} v${present.v} to v${target}.`)
    present = step(present)
  }
  return present
}
