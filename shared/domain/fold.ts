/**
 * The fold: what each event does to the state. Applying one costs O(1) in the state's size (a yank costs one step
 * for each release it covers), and nothing here decides: an event that was recorded is a fact.
 */
import { type ChannelState, entryUnder, type HistoryEntry, type Recall, servedEntry } from './channel.ts'
import type { EventOf, EventType, LedgerEvent } from './events.ts'
import { ForkableMap } from './forkable-map.ts'
import { type Freeze, freezeKey } from './freeze.ts'
import { contains, parseRange } from './range.ts'
import type { ReleaseState, RoutingFacts } from './release.ts'
import { type AppState, findChannel, findRelease, type State, writableApp } from './state.ts'
import { compareKeys, orderKey } from './version.ts'
import { isWorse, type Yank } from './yank.ts'

export function applyEvent(state: State, event: LedgerEvent): void {
  applyAs(event.type, state, event)
}

export function foldEvents(state: State, events: Iterable<LedgerEvent>): State {
  for (const event of events) applyEvent(state, event)
  return state
}

function applyAs<T extends EventType>(type: T, state: State, event: EventOf<T> | LedgerEvent): void {
  const handler: (state: State, event: EventOf<T>) => void = handlers[type]
  if (isOfType(event, type)) handler(state, event)
}

function isOfType<T extends EventType>(event: EventOf<T> | LedgerEvent, type: T): event is EventOf<T> {
  return event.type === type
}

const handlers: { readonly [T in EventType]: (state: State, event: EventOf<T>) => void } = {
  'registry.initialized': (state, event) => {
    state.registryId = event.registryId
  },
  'app.created': (state, event) => {
    state.apps.set(event.app, {
      owner: state,
      name: event.app,
      scheme: event.scheme,
      createdAt: event.at,
      releases: new ForkableMap(),
      versionOfKey: new ForkableMap(),
      contracts: new ForkableMap(),
      channels: new ForkableMap(),
      yanks: new ForkableMap(),
      stones: [],
      floors: [],
    })
  },
  'channel.created': (state, event) => {
    writableApp(state, event.app).channels.set(event.channel, {
      name: event.channel,
      app: event.app,
      from: event.from,
      policy: event.policy,
      revision: 0,
      createdAt: event.at,
      top: undefined,
      head: undefined,
      base: undefined,
    })
  },
  'contract.declared': (state, event) => {
    writableApp(state, event.app).contracts.set(event.digest, event.parameters)
  },
  'release.published': (state, event) => {
    const app = writableApp(state, event.app)
    const key = orderKey(app.scheme, event.version)
    app.versionOfKey.set(key, event.version)
    app.releases.set(event.version, {
      version: event.version,
      key,
      content: event.content,
      recordedAt: event.at,
      recordedBy: event.actor,
      routing: {},
      requires: [],
      headOn: {},
      servedOn: {},
      awaitedOn: [],
      ...(event.yank !== undefined && { yank: event.yank }),
      ...(event.fixes !== undefined && { fixes: event.fixes }),
    })
  },
  'release.routed': (state, event) => {
    const app = writableApp(state, event.app)
    const release = findRelease(app, event.version)
    const servedOn = { ...release.servedOn }
    for (const channel of event.admittedOn) servedOn[channel] ??= event.at
    replaceRelease(
      app,
      withRouting(state, app, { ...release, servedOn, awaitedOn: event.awaitedOn }, event.routing),
    )
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
    }
    app.yanks.set(yank.id, yank)
    for (const release of releasesIn(app, yank)) replaceRelease(app, { ...release, yank: yank.id })
    for (const channel of app.channels.values()) app.channels.set(channel.name, derived(app, channel))
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
    const isPastRecall = channel.recall !== undefined && release.key > channel.recall.upToKey
    const entry = {
      movement: 'promoted',
      via: event.via,
      version: event.version,
      older: channel.top,
    } as const
    pushEntry(app, isPastRecall ? withoutRecall(channel) : channel, entry, event)
  },
  'channel.reverted': (state, event) => {
    const app = writableApp(state, event.app)
    const channel = findChannel(app, event.channel)
    const left = channel.head === undefined ? undefined : app.releases.get(channel.head)
    const to = findRelease(app, event.version)
    const recall = event.recall && left ? recallOf(channel.recall, to, left, event.reason) : undefined
    const older = entryUnder(app, channel.top, to.key)
    const entry = { movement: 'reverted', version: event.version, older } as const
    pushEntry(app, recall ? { ...channel, recall } : channel, entry, event)
  },
  'channel.fell_back': (state, event) => {
    const app = writableApp(state, event.app)
    const channel = findChannel(app, event.channel)
    const older = servedEntry(app, channel.top)?.older
    pushEntry(app, channel, { movement: 'fell_back', version: event.version, older }, event)
  },
  'freeze.set': (state, event) => {
    const freeze: Freeze = {
      scope: event.scope,
      all: event.all,
      reason: event.reason ?? '',
      actor: event.actor,
      at: event.at,
      ...(event.app !== undefined && { app: event.app }),
      ...(event.channel !== undefined && { channel: event.channel }),
      ...(event.until !== undefined && { until: event.until }),
    }
    state.freezes.set(freezeKey(freeze), freeze)
  },
  'freeze.lifted': (state, event) => {
    state.freezes.set(freezeKey(event), 'lifted')
  },
  'token.created': (state, event) => {
    state.tokens.set(event.token, {
      id: event.token,
      name: event.name,
      role: event.role,
      scopes: event.scopes,
      sha256: event.sha256,
      createdAt: event.at,
      createdBy: event.actor,
      expiresAt: event.expiresAt,
      labels: event.labels,
      ...(event.app !== undefined && { app: event.app }),
      ...(event.channel !== undefined && { channel: event.channel }),
    })
    state.tokenOfSha256.set(event.sha256, event.token)
  },
  'token.revoked': (state, event) => {
    const token = state.tokens.get(event.token)
    if (token) state.tokens.set(event.token, { ...token, revokedAt: event.at })
  },
  'alarm.raised': (state, { alarm: id, kind, app, subject, count, since, detail, racks, at, actor }) => {
    const alarm = { id, kind, subject, count, since, detail, raisedAt: at, raisedBy: actor }
    state.alarms.set(id, { ...alarm, ...(app !== undefined && { app }), ...(racks && { racks }) })
  },
  'alarm.closed': (state, { alarm: id, at, actor, note }) => {
    const alarm = state.alarms.get(id)
    if (alarm) state.alarms.set(id, { ...alarm, closed: { at, by: actor, note } })
  },
}

/** Routing facts with their ranges parsed, so that a decision never parses. */
function withRouting(
  state: State,
  app: AppState,
  release: ReleaseState,
  routing: RoutingFacts,
): ReleaseState {
  const { reachableFrom: _from, floorKey: _floor, ...rest } = release
  return {
    ...rest,
    routing,
    requires: Object.entries(routing.requires ?? {}).map(([other, range]) => ({
      app: other,
      range: parseRange(state.apps.get(other)?.scheme ?? app.scheme, range),
    })),
    ...(routing.requiresFrom !== undefined && {
      reachableFrom: parseRange(app.scheme, routing.requiresFrom),
    }),
    ...(routing.floor !== undefined && { floorKey: orderKey(app.scheme, routing.floor) }),
  }
}

function pushEntry(
  app: AppState,
  channel: ChannelState,
  entry: Pick<HistoryEntry, 'movement' | 'version' | 'older' | 'via'>,
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

/**
 * Head and base as the history and the yanks give them. Until rollouts exist, a new head has reached everybody at
 * once and is its own base.
 */
function derived(app: AppState, channel: ChannelState): ChannelState {
  const head = servedEntry(app, channel.top)?.version
  return { ...channel, head, base: head }
}

/** Racks that an earlier recall has not reached yet stay called. */
function recallOf(
  earlier: Recall | undefined,
  to: ReleaseState,
  left: ReleaseState,
  reason: string | undefined,
): Recall {
  return {
    aboveKey: earlier && earlier.aboveKey < to.key ? earlier.aboveKey : to.key,
    upToKey: earlier && earlier.upToKey > left.key ? earlier.upToKey : left.key,
    reason: reason ?? '',
  }
}

function withoutRecall({ recall: _lapsed, ...channel }: ChannelState): ChannelState {
  return channel
}

function releasesIn(app: AppState, yank: Yank): ReleaseState[] {
  const isCovered = (release: ReleaseState): boolean => {
    const present = release.yank === undefined ? undefined : app.yanks.get(release.yank)
    return contains(yank.range, release.key) && isWorse(yank, present)
  }
  return [...app.releases.values()].filter(isCovered)
}

function replaceRelease(app: AppState, release: ReleaseState): void {
  const before = app.releases.get(release.version)
  app.releases.set(release.version, release)
  const isListed = before?.routing.required || before?.floorKey !== undefined
  if (isListed || release.routing.required || release.floorKey !== undefined) {
    app.stones = placed(app.stones, release, release.routing.required === true)
    app.floors = placed(app.floors, release, release.floorKey !== undefined)
  }
}

function placed(
  list: readonly ReleaseState[],
  release: ReleaseState,
  belongs: boolean,
): readonly ReleaseState[] {
  const others = list.filter((one) => one.version !== release.version)
  return belongs ? [...others, release].sort((a, b) => compareKeys(a.key, b.key)) : others
}
