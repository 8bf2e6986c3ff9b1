/**
 * The fold: what each event does to the state. Applying one costs O(1) in the state's size (a yank costs one step
 * for each release it covers), and nothing here decides: an event that was recorded is a fact.
 */
import type { EventOf, EventType, LedgerEvent } from './events.ts'
import { channelHandlers } from './fold-channels.ts'
import { recordHandlers, waitingHandlers } from './fold-record.ts'
import { replaceRelease } from './fold-releases.ts'
import { rolloutHandlers } from './fold-rollouts.ts'
import { syntheticHandlers } from './fold-synthetic.ts'
import { ForkableMap } from './forkable-map.ts'
import { type Freeze, freezeKey } from './freeze.ts'
import { parseRange } from './range.ts'
import type { ReleaseState, RoutingFacts } from './release.ts'
import { emptyRecord } from './release-record.ts'
import { type AppState, findRelease, type State, writableApp } from './state.ts'
import { orderKey } from './version.ts'

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
      proposals: new ForkableMap(),
      rollouts: new ForkableMap(),
      objections: new ForkableMap(),
      stones: [],
      floors: [],
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
      record: emptyRecord,
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
    const key = freezeKey(event)
    const present = state.freezes.get(key)
    if (present) state.freezes.set(key, { ...present, until: Math.min(present.until ?? event.at, event.at) })
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
  // What stands for the erased event is folded in that event's own place.
  'event.redacted': () => undefined,
  ...channelHandlers,
  ...recordHandlers,
  ...waitingHandlers,
  ...syntheticHandlers,
  ...rolloutHandlers,
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
