/**
 * Channels: a named pointer with an append-only history. The history is two chains through the same entries:
 * `previous` is what happened before, in time; `older` is what to fall back to, which skips what a revert left.
 */
import type { GateName } from './gates/verdict.ts'
import { minute } from './instants.ts'
import type { ChannelPolicy } from './policy.ts'
import type { RackFacts } from './rack.ts'
import type { AppState } from './state.ts'

export type Movement = 'promoted' | 'reverted' | 'fell_back'

/** By a person, by a proposal that was ready, on publication, or taken over from elsewhere. */
export type PromotedVia = 'promote' | 'proposal' | 'publish' | 'import'

export interface HistoryEntry {
  /** The channel's revision that this entry made; grows by one with each. */
  readonly revision: number
  readonly movement: Movement
  /** For a promotion. */
  readonly via?: PromotedVia
  /** For a promotion past gates that did not pass: for ever, whatever else a review says of it. */
  readonly overrides?: readonly GateName[]
  /** Undefined when the channel fell back to nothing. */
  readonly version: string | undefined
  /** Which brings it to the racks; undefined: it reached everybody at once. */
  readonly rollout?: string
  readonly at: number
  readonly actor: string
  readonly reason?: string
  readonly previous: HistoryEntry | undefined
  readonly older: HistoryEntry | undefined
}

/** Racks that run what a revert left, and are to go back to the head after it. */
export interface Recall {
  readonly aboveKey: string
  readonly upToKey: string
  readonly reason: string
  /** Which moves them; undefined in ledgers from before there were rollouts. */
  readonly rollout?: string
}

/** A halted head is taken back from racks that were not past their soak when it was halted. */
export interface TakenBack {
  readonly rollout: string
  readonly key: string
  /** The rollout that was halted, whose waves say how long each rack had to soak. */
  readonly halted: string
  readonly haltedAt: number
  readonly reason: string
}

/**
 * Whether a rack had proved what it runs, and soaked as long as its wave of the halted rollout asks, when that was halted. A
 * rack that soaks while it waits for its turn is not; nor is one that had no wave.
 */
export function isPastSoak(
  { current, proved }: Pick<RackFacts, 'current' | 'proved'>,
  { haltedAt }: TakenBack,
  soakMinutes: number | undefined,
): boolean {
  const here = proved.find(({ version }) => version === current)
  return here !== undefined && soakMinutes !== undefined && here.at <= haltedAt - soakMinutes * minute
}

/** A release that is to soak: the racks of its feeder stay on it until it has, or until the nomination ends. */
export interface Nomination {
  readonly version: string
  readonly key: string
  /** The channel that it is nominated for. */
  readonly to: string
  readonly at: number
  readonly actor: string
  /** Rack-time after which a rack has finished it. */
  readonly soakMinutes: number
  readonly until: number
}

export interface ChannelState {
  readonly name: string
  readonly app: string
  readonly from: string | undefined
  readonly policy: ChannelPolicy
  /** Of the policy; grows by one with each change of it. */
  readonly policyRevision: number
  /** The release that racks of this channel finish before they take a newer one, for a channel that it feeds. */
  readonly nomination?: Nomination
  readonly revision: number
  readonly createdAt: number
  readonly top: HistoryEntry | undefined
  /** Derived from the history and the yanks when either moves, so that a check reads and never walks. */
  readonly head: string | undefined
  readonly base: string | undefined
  /** The newest rollout of a head. */
  readonly rollout?: string
  readonly recall?: Recall
  readonly takenBack?: TakenBack
}

/**
 * The entry that may still be served: the top, or when that was yanked what reached everybody under it. A head that was
 * halted or overtaken on its way is nothing to fall back to.
 */
export function servedEntry(app: AppState, top: HistoryEntry | undefined): HistoryEntry | undefined {
  return top && isGood(app, top) ? top : completedEntry(app, top?.older)
}

/** The newest entry from there on that is not yanked and whose rollout is through: what racks outside of open waves run. */
export function completedEntry(app: AppState, from: HistoryEntry | undefined): HistoryEntry | undefined {
  let entry = from
  while (entry && !(isGood(app, entry) && hasReachedEverybody(app, entry))) entry = entry.older
  return entry
}

function isGood(app: AppState, { version }: HistoryEntry): boolean {
  return version !== undefined && app.releases.get(version)?.yank === undefined
}

export function hasReachedEverybody(app: AppState, { rollout }: HistoryEntry): boolean {
  return rollout === undefined || app.rollouts.get(rollout)?.state === 'completed'
}

/**
 * What a channel falls back to from a version: the newest older one under its top. What an earlier revert left is
 * not under the top, so it stays left even if the version itself was.
 */
export function entryUnder(
  app: AppState,
  top: HistoryEntry | undefined,
  key: string,
): HistoryEntry | undefined {
  let entry = top
  while (entry && (entry.version === undefined || (app.releases.get(entry.version)?.key ?? '') >= key))
    entry = entry.older
  return entry
}

/** Newest first, everything that ever happened. */
export function* historyOf(channel: ChannelState): Generator<HistoryEntry> {
  for (let entry = channel.top; entry; entry = entry.previous) yield entry
}

/** The newest entry with that version that a revert can go back to. */
export function entryServing(channel: ChannelState, version: string): HistoryEntry | undefined {
  for (const entry of historyOf(channel)) if (entry.version === version) return entry
  return undefined
}

/** The channel with the head and base that its history, its rollouts and the yanks give. */
export function derived(app: AppState, channel: ChannelState): ChannelState {
  const served = servedEntry(app, channel.top)
  return { ...channel, head: served?.version, base: completedEntry(app, served)?.version }
}
