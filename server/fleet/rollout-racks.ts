/**
 * Racks as rollouts see them: whom one is about, who can be counted on, and what each has shown. All of it from memory, on
 * whatever state is asked about.
 */
import { type ChannelState, isPastSoak } from '../../shared/domain/channel.ts'
import { decide } from '../../shared/domain/decide.ts'
import { allowedSilence } from '../../shared/domain/fleet-standing.ts'
import { minute } from '../../shared/domain/instants.ts'
import { Problem } from '../../shared/domain/problem.ts'
import type { Conditions } from '../../shared/domain/question.ts'
import type { Rollout } from '../../shared/domain/rollout.ts'
import { leftOutBy } from '../../shared/domain/rollout-eligible.ts'
import type { PlanningRack } from '../../shared/domain/rollout-plan.ts'
import type { RackInRollout, RolloutAttempt } from '../../shared/domain/rollout-progress.ts'
import { haltedSoakOf, type Placed, rolloutConditions } from '../../shared/domain/rollout-standing.ts'
import { type AppState, findApp, type State } from '../../shared/domain/state.ts'
import { roomInWindow } from '../../shared/domain/window.ts'
import { yankOf } from '../../shared/domain/yank.ts'
import { keyOfCurrent } from './current-key.ts'
import type { FleetIndex, KnownRack } from './fleet-index.ts'
import { heardMeanwhile } from './fleet-pictures.ts'
import { labelsAt } from './labels-at.ts'
import type { Received } from './receiving.ts'
import type { RolloutAttempts } from './rollout-attempts.ts'
import { soakedMinutes } from './soaks.ts'

export interface RolloutRacksDeps {
  readonly index: FleetIndex
  readonly attempts: RolloutAttempts
  readonly receiving: Received
  readonly isArtifactMissing: (sha256: string) => boolean
}

/** A rollout in the state that it is looked at in. */
export interface Looked {
  readonly state: State
  readonly rollout: Rollout
  readonly now: number
}

export function placedOf(rack: KnownRack): Placed {
  return { key: rack.row.rackKey, labelsAt: (at) => labelsAt(rack, at) }
}

export function* planningRacks(deps: RolloutRacksDeps, looked: Looked): Generator<PlanningRack> {
  for (const { rack } of concerned(deps, looked)) {
    const isSilent = silenceOf(deps, looked, rack, rack.lastSeenAt) > looked.rollout.policy.silentMinutes
    yield {
      key: rack.row.rackKey,
      labels: rack.row.labels,
      leftOut: rack.lastSeenAt === undefined || isSilent ? 'silent' : leftOutOf(deps, looked, rack),
    }
  }
}

export interface Shown {
  readonly known: KnownRack
  readonly rack: RackInRollout
}

/** What each rack has shown under the rollout. */
export function* shownByRacks(deps: RolloutRacksDeps, looked: Looked): Generator<Shown> {
  const { rollout } = looked
  for (const { rack: known, isThere } of concerned(deps, looked)) {
    const attempt = attemptOf(deps, rollout, known)
    const leftOut = isThere ? undefined : leftOutOf(deps, looked, known)
    // A grant is on the disk before its answer; that the rack had asked for it may be lost with the process.
    const lastSeenAt = attempt ? Math.max(known.lastSeenAt ?? 0, attempt.grantedAt) : known.lastSeenAt
    const rack = {
      rack: known.row.name,
      current: known.facts.current,
      isThere,
      wasThere: isThere && !attempt && !hasCome(known, rollout),
      health: known.facts.health,
      soakedMinutes: known.soak?.version === known.facts.current ? soakedMinutes(known) : 0,
      silentMinutes: silenceOf(deps, looked, known, lastSeenAt),
      lastSeenAt,
      attempt,
      hasProvedSince: hasProvedSince(known, attempt),
      leftOut,
    }
    yield { known, rack }
  }
}

/** Of this rack, and not of one that had its name before. */
function attemptOf({ attempts }: RolloutRacksDeps, { app, id }: Rollout, { row }: KnownRack) {
  const attempt = attempts.of(app, id, row.name)
  return attempt && attempt.grantedAt >= row.enrolledAt ? attempt : undefined
}

/** Since the plan, by whatever way. */
function hasCome({ facts }: KnownRack, { plan }: Rollout): boolean {
  return facts.proved.some(({ version, at }) => version === facts.current && at > (plan?.plannedAt ?? 0))
}

function hasProvedSince({ facts }: KnownRack, attempt: RolloutAttempt | undefined): boolean {
  const [newest] = facts.proved
  if (newest === undefined || newest.version !== facts.current) return false
  return newest.at > (attempt?.finishedAt ?? Number.POSITIVE_INFINITY)
}

interface Concerned {
  readonly rack: KnownRack
  readonly isThere: boolean
}

/** Whom the rollout is about: who follows its channel, or runs what it leads away from, or has moved under it. */
function* concerned(deps: RolloutRacksDeps, { state, rollout }: Looked): Generator<Concerned> {
  const app = findApp(state, rollout.app)
  const isAway = awayFrom(app, rollout)
  for (const rack of deps.index.inApp(app.name)) {
    if (rollout.purpose === 'head') {
      if (rack.row.channel !== rollout.channel) continue
      yield { rack, isThere: rack.facts.current === rollout.version }
      continue
    }
    if (rollout.channel !== undefined && rack.row.channel !== rollout.channel) continue
    const isThere = isAway(rack)
    if (isThere && !attemptOf(deps, rollout, rack)) continue
    yield { rack, isThere }
  }
}

function awayFrom(app: AppState, rollout: Rollout): (rack: KnownRack) => boolean {
  if (rollout.purpose === 'remedy') {
    return ({ facts }) => {
      const key = keyOfCurrent(app, facts)
      if (facts.current === undefined || key === undefined) return true
      // Also what nobody published here: otherwise those racks would be in no plan, and would all go at once.
      return yankOf(app, facts.current, key)?.id !== rollout.yank
    }
  }
  const channel = rollout.channel === undefined ? undefined : app.channels.get(rollout.channel)
  const { recall, takenBack } = channel ?? {}
  return (rack) => {
    const { facts } = rack
    const key = keyOfCurrent(app, facts)
    if (key === undefined) return true
    if (channel && takenBack?.rollout === rollout.id) {
      if (key !== takenBack.key) return true
      return isPastSoak(facts, takenBack, haltedSoakOf(app, channel, placedOf(rack)))
    }
    return recall?.rollout !== rollout.id || key <= recall.aboveKey || key > recall.upToKey
  }
}

function leftOutOf(deps: RolloutRacksDeps, looked: Looked, rack: KnownRack) {
  const { state, rollout, now } = looked
  const app = findApp(state, rollout.app)
  const channel = app.channels.get(rack.row.channel)
  if (!channel) return 'no_channel'
  const { facts } = rack
  const { isArtifactMissing } = deps
  const window = facts.window && { window: roomInWindow(facts.window, now) }
  try {
    const conditions = {
      canGrant: true,
      isArtifactMissing,
      ...window,
      ...headStanding(app, channel, looked, rack),
    }
    return leftOutBy(decide({ state, app, channel, rack: facts, now, conditions }), rollout)
  } catch (error) {
    // A rack that reports nonsense is nobody to count on, and nothing that keeps the others from being counted.
    if (error instanceof Problem) return error.code
    throw error
  }
}

/**
 * Who is led back may go forward instead, if the head's own waves let it: one whose wave is closed, or whose rollout was
 * halted, stays with the remedy. For the head itself no wave stands in its way.
 */
function headStanding(
  app: AppState,
  channel: ChannelState,
  { rollout: { purpose } }: Looked,
  rack: KnownRack,
): Pick<Conditions, 'rollout' | 'haltedSoakMinutes'> {
  if (purpose === 'head') return {}
  const { current } = rack.facts
  const asked = { app, channel, current, placed: placedOf(rack), underWay: () => 0 }
  const { rollout, haltedSoakMinutes } = rolloutConditions(asked) ?? {}
  return { ...(rollout && { rollout }), ...(haltedSoakMinutes !== undefined && { haltedSoakMinutes }) }
}

/**
 * Minutes since the rack was last heard, without those in which the registry heard nobody: also those since it heard anybody.
 * A registry that is cut off would halt what goes well.
 */
function silenceOf(
  deps: RolloutRacksDeps,
  { state }: Looked,
  { row }: KnownRack,
  lastSeenAt: number | undefined,
): number {
  if (lastSeenAt === undefined) return Number.POSITIVE_INFINITY
  const channel = state.apps.get(row.app)?.channels.get(row.channel)
  if (!channel) return 0
  return heardMeanwhile(deps.receiving, lastSeenAt, allowedSilence(channel)) / minute
}
