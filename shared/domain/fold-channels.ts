/** The fold of what moves heads: promotions, reverts, yanks and what falls back with them, yanks that are lifted. */
import {
  type ChannelState,
  derived,
  entryUnder,
  type HistoryEntry,
  type Recall,
  servedEntry,
} from './channel.ts'
import type { EventOf, EventType } from './events.ts'
import { closeEnacted, releasesFreedBy, withoutNomination } from './fold-record.ts'
import { replaceRelease } from './fold-releases.ts'
import { closeRollout, orderRollout } from './fold-rollouts.ts'
import { contains, parseRange } from './range.ts'
import type { ReleaseState } from './release.ts'
import { nextReviewId, reviewTime } from './review.ts'
import { type AppState, findChannel, findRelease, type State, writableApp } from './state.ts'
import { isWorse, type Yank } from './yank.ts'

type MovingEvent =
  | 'channel.created'
  | 'channel.promoted'
  | 'channel.reverted'
  | 'channel.fell_back'
  | 'release.yanked'
  | 'yank.lifted'

type Handlers<T extends EventType> = { readonly [K in T]: (state: State, event: EventOf<K>) => void }

export const channelHandlers: Handlers<MovingEvent> = {
  'channel.created': (state, event) => {
    writableApp(state, event.app).channels.set(event.channel, {
      name: event.channel,
      app: event.app,
      from: event.from,
      policy: event.policy,
      policyRevision: 1,
      revision: 0,
      createdAt: event.at,
      top: undefined,
      head: undefined,
      base: undefined,
    })
  },
  'release.yanked': (state, event) => {
    const app = writableApp(state, event.app)
    const yank: Yank = {
      id: event.yank,
      range: parseRange(app.scheme, event.range),
      severity: event.severity,
      remedy: event.remedy,
      reason: event.reason ?? '',
      at: event.at,
      actor: event.actor,
      ...(event.to !== undefined && { to: event.to }),
      ...(event.rollout && { rollout: event.rollout.rollout }),
    }
    app.yanks.set(yank.id, yank)
    for (const release of releasesIn(app, yank)) replaceRelease(app, { ...release, yank: yank.id })
    for (const channel of app.channels.values()) {
      if (isHeadYanked(app, channel)) closeRollout(app, channel.rollout, 'supersede', event)
      app.channels.set(channel.name, derived(app, channel))
    }
    const { rollout } = event
    const remedy = { purpose: 'remedy', channel: undefined, version: undefined, yank: yank.id } as const
    if (rollout) orderRollout(app, rollout, remedy, event)
  },
  'channel.promoted': (state, event) => {
    const app = writableApp(state, event.app)
    const release = findRelease(app, event.version)
    const firstAt = (on: Readonly<Record<string, number>>) => ({
      ...on,
      [event.channel]: on[event.channel] ?? event.at,
    })
    const awaitedOn = release.awaitedOn.filter((channel) => channel !== event.channel)
    const [headOn, servedOn] = [firstAt(release.headOn), firstAt(release.servedOn)]
    replaceRelease(app, { ...release, headOn, servedOn, awaitedOn })
    const channel = findChannel(app, event.channel)
    const { rollout } = event
    const entry = {
      movement: 'promoted',
      via: event.via,
      version: event.version,
      older: channel.top,
      ...(event.overrides.length > 0 && { overrides: event.overrides.map(({ gate }) => gate) }),
      ...(rollout && { rollout: rollout.rollout }),
    } as const
    const free = withoutTakenBack(app, withoutPastRecall(app, channel, release, event), event)
    closeRollout(app, free.rollout, 'supersede', event)
    const purpose = { purpose: 'head', channel: channel.name, version: event.version } as const
    if (rollout) orderRollout(app, rollout, purpose, event)
    pushEntry(app, rollout ? { ...free, rollout: rollout.rollout } : free, entry, event)
    closeEnacted(app, event.proposal, event)
    endNominationFor(app, event)
    if (event.overrides.length > 0) askForReview(state, event)
  },
  'yank.lifted': (state, event) => {
    const app = writableApp(state, event.app)
    const yank = app.yanks.get(event.yank)
    if (!yank) return
    const { actor, at, reason = '' } = event
    app.yanks.set(yank.id, { ...yank, lifted: { actor, at, reason } })
    closeRollout(app, yank.rollout, 'supersede', event)
    for (const release of releasesFreedBy(app, yank.id)) replaceRelease(app, release)
    // The head stays where it fell to; what may be the base again is under it.
    for (const channel of app.channels.values()) app.channels.set(channel.name, derived(app, channel))
    closeEnacted(app, event.proposal, event)
  },
  'channel.reverted': (state, event) => {
    const app = writableApp(state, event.app)
    const channel = findChannel(app, event.channel)
    const left = channel.head === undefined ? undefined : app.releases.get(channel.head)
    const to = findRelease(app, event.version)
    const recall = event.recall && left ? recallOf(channel.recall, to, left, event) : undefined
    const older = entryUnder(app, channel.top, to.key)
    const entry = { movement: 'reverted', version: event.version, older } as const
    closeRollout(app, channel.rollout, 'revert', event)
    // Without a recall, racks that are being taken back still are.
    const free = recall ? withoutTakenBack(app, channel, event) : channel
    if (recall && event.rollout) {
      closeRollout(app, channel.recall?.rollout, 'supersede', event)
      const purpose = { purpose: 'recall', channel: channel.name, version: left?.version } as const
      orderRollout(app, event.rollout, purpose, event)
    }
    pushEntry(app, recall ? { ...free, recall } : free, entry, event)
  },
  'channel.fell_back': (state, event) => {
    const app = writableApp(state, event.app)
    const channel = findChannel(app, event.channel)
    const older = servedEntry(app, channel.top)?.older
    const why = app.yanks.get(event.yank)?.reason
    const told = why === undefined ? event : { ...event, reason: `${event.yank}: ${why}` }
    pushEntry(app, channel, { movement: 'fell_back', version: event.version, older }, told)
  },
}

/** It has gone where it was nominated for. */
function endNominationFor(app: AppState, event: EventOf<'channel.promoted'>): void {
  const from = findChannel(app, event.channel).from
  const feeder = from === undefined ? undefined : app.channels.get(from)
  if (feeder?.nomination?.to !== event.channel || feeder.nomination.version !== event.version) return
  app.channels.set(feeder.name, withoutNomination(feeder))
}

function askForReview(state: State, event: EventOf<'channel.promoted'>): void {
  const { app, channel, version, overrides, actor, at, reason = '' } = event
  const id = nextReviewId(state)
  const gates = overrides.map(({ gate }) => gate).join(', ')
  const past = overrides.length === 1 ? 'the gate' : 'the gates'
  const subject = `${version} was promoted to ${channel} of ${app} past ${past} ${gates}`
  state.reviews.set(id, {
    id,
    kind: 'override',
    app,
    channel,
    subject,
    reason,
    actor,
    at,
    dueAt: at + reviewTime,
  })
}

function pushEntry(
  app: AppState,
  channel: ChannelState,
  entry: Pick<HistoryEntry, 'movement' | 'version' | 'older' | 'via' | 'overrides' | 'rollout'>,
  event: { at: number; actor: string; reason?: string },
): void {
  const revision = channel.revision + 1
  const top: HistoryEntry = {
    ...entry,
    revision,
    at: event.at,
    actor: event.actor,
    previous: channel.top,
    ...(event.reason !== undefined && { reason: event.reason }),
  }
  app.channels.set(channel.name, derived(app, { ...channel, revision, top }))
}

/** Racks that an earlier recall has not reached yet stay called. */
function recallOf(
  earlier: Recall | undefined,
  to: ReleaseState,
  left: ReleaseState,
  { reason, rollout }: EventOf<'channel.reverted'>,
): Recall {
  return {
    aboveKey: earlier && earlier.aboveKey < to.key ? earlier.aboveKey : to.key,
    upToKey: earlier && earlier.upToKey > left.key ? earlier.upToKey : left.key,
    reason: reason ?? '',
    ...(rollout && { rollout: rollout.rollout }),
  }
}

type Said = Parameters<typeof closeRollout>[3]

/** A newer head ends the call back. */
function withoutPastRecall(
  app: AppState,
  channel: ChannelState,
  release: ReleaseState,
  said: Said,
): ChannelState {
  const { recall, ...rest } = channel
  if (!recall || release.key <= recall.upToKey) return channel
  closeRollout(app, recall.rollout, 'supersede', said)
  return rest
}

function withoutTakenBack(app: AppState, channel: ChannelState, said: Said): ChannelState {
  const { takenBack, ...rest } = channel
  if (!takenBack) return channel
  closeRollout(app, takenBack.rollout, 'supersede', said)
  return rest
}

function isHeadYanked(app: AppState, { top }: ChannelState): boolean {
  return top?.version !== undefined && app.releases.get(top.version)?.yank !== undefined
}

function releasesIn(app: AppState, yank: Yank): ReleaseState[] {
  const isCovered = (release: ReleaseState): boolean => {
    const present = release.yank === undefined ? undefined : app.yanks.get(release.yank)
    return contains(yank.range, release.key) && isWorse(yank, present)
  }
  return [...app.releases.values()].filter(isCovered)
}
