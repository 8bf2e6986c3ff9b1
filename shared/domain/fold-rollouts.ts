/** The fold of rollouts: ordered with the event that moves, then along the table of transitions; what a state change does to its channel. */
import { derived } from './channel.ts'
import type { EventOf, EventType } from './events.ts'
import { withoutNomination } from './fold-record.ts'
import {
  type AcknowledgedFailure,
  type Rollout,
  type RolloutAct,
  type RolloutOrder,
  stateAfter,
} from './rollout.ts'
import { type AppState, type State, writableApp } from './state.ts'

type RolloutEvent = Extract<EventType, `rollout.${string}`>
type Handlers<T extends EventType> = { readonly [K in T]: (state: State, event: EventOf<K>) => void }

interface Said {
  readonly at: number
  readonly actor: string
  readonly reason?: string
}

export const rolloutHandlers: Handlers<RolloutEvent> = {
  'rollout.planned': (state, { app: name, rollout, plan }) => {
    const app = writableApp(state, name)
    const present = app.rollouts.get(rollout)
    if (present) app.rollouts.set(rollout, { ...present, plan })
  },
  'rollout.wave_opened': (state, event) => {
    act(writableApp(state, event.app), event.rollout, 'open', event, () => ({
      wave: event.wave,
      waveOpenedAt: event.at,
      // Waves that the registry opens have no reason but their numbers.
      ...(event.reason !== undefined && { isAllAtOnce: true as const }),
    }))
  },
  'rollout.paused': (state, event) => {
    act(writableApp(state, event.app), event.rollout, 'pause', event)
  },
  'rollout.halted': (state, event) => {
    const app = writableApp(state, event.app)
    const { at, actor, evidence, takeBack } = event
    act(app, event.rollout, 'halt', event, () => ({ evidence: { ...evidence, at, actor } }))
    const halted = app.rollouts.get(event.rollout)
    if (!halted) return
    endNominationOf(app, halted)
    if (takeBack) takeBackFrom(app, halted, takeBack, event)
  },
  'rollout.resumed': (state, event) => {
    const app = writableApp(state, event.app)
    act(app, event.rollout, 'resume', event, (rollout) => ({
      acknowledged: withFailures(rollout.acknowledged, event.acknowledged),
    }))
    const channel = channelOf(app, event.rollout)
    if (!channel?.takenBack) return
    const { takenBack, ...rest } = channel
    closeRollout(app, takenBack.rollout, 'supersede', event)
    app.channels.set(rest.name, rest)
  },
  'rollout.retried': (state, { app: name, rollout, at }) => {
    const app = writableApp(state, name)
    const present = app.rollouts.get(rollout)
    if (present) app.rollouts.set(rollout, { ...present, retriedAt: at })
  },
  'rollout.completed': (state, event) => {
    const app = writableApp(state, event.app)
    act(app, event.rollout, 'complete', event)
    const channel = channelOf(app, event.rollout)
    if (channel) app.channels.set(channel.name, derived(app, channel))
  },
}

/** Takes up what an event ordered. */
export function orderRollout(
  app: AppState,
  order: RolloutOrder,
  what: Pick<Rollout, 'purpose' | 'channel' | 'version'> & { yank?: string; takesBack?: string },
  said: Said,
): void {
  const { rollout: id, key, policy, notBefore } = order
  app.rollouts.set(id, {
    id,
    app: app.name,
    ...what,
    key,
    policy,
    ...(notBefore !== undefined && { notBefore }),
    orderedAt: said.at,
    orderedBy: said.actor,
    plan: undefined,
    state: 'planned',
    wave: -1,
    waveOpenedAt: undefined,
    since: sinceOf(said),
    acknowledged: [],
  })
}

/** One that something else has put an end to; what has ended already stays as it is. */
export function closeRollout(
  app: AppState,
  id: string | undefined,
  how: 'supersede' | 'revert',
  said: Said,
): void {
  if (id !== undefined) act(app, id, how, said)
}

function act(
  app: AppState,
  id: string,
  how: RolloutAct,
  said: Said,
  change: (rollout: Rollout) => Partial<Rollout> = () => ({}),
): void {
  const present = app.rollouts.get(id)
  const state = present && stateAfter(present, how)
  if (!present || !state) return
  // A wave that opens is no new state: since when it runs stays what it was.
  const since = state === present.state ? present.since : sinceOf(said)
  app.rollouts.set(id, { ...present, state, since, ...change(present) })
}

function sinceOf({ at, actor, reason }: Said): Rollout['since'] {
  return { at, actor, ...(reason !== undefined && { reason }) }
}

/** The channel whose head's rollout this is. */
function channelOf(app: AppState, id: string) {
  const rollout = app.rollouts.get(id)
  if (rollout?.purpose !== 'head' || rollout.channel === undefined) return undefined
  const channel = app.channels.get(rollout.channel)
  return channel?.rollout === id ? channel : undefined
}

/** Nobody new gets what was halted, not for another channel's sake either. */
function endNominationOf(app: AppState, halted: Rollout): void {
  const channel = channelOf(app, halted.id)
  if (!channel?.nomination || channel.nomination.version !== halted.version) return
  app.channels.set(channel.name, withoutNomination(channel))
}

function takeBackFrom(app: AppState, halted: Rollout, order: RolloutOrder, said: Said): void {
  const channel = channelOf(app, halted.id)
  const release = halted.version === undefined ? undefined : app.releases.get(halted.version)
  if (!channel || !release) return
  const { version, id } = halted
  orderRollout(app, order, { purpose: 'recall', channel: channel.name, version, takesBack: id }, said)
  const takenBack = {
    rollout: order.rollout,
    key: release.key,
    halted: id,
    haltedAt: said.at,
    reason: halted.evidence?.detail ?? '',
  }
  app.channels.set(channel.name, { ...channel, takenBack })
}

function withFailures(
  present: readonly AcknowledgedFailure[],
  more: readonly AcknowledgedFailure[],
): readonly AcknowledgedFailure[] {
  const isThere = (one: AcknowledgedFailure): boolean =>
    present.some(({ rack, cause }) => rack === one.rack && cause === one.cause)
  return [...present, ...more.filter((one) => !isThere(one))]
}
