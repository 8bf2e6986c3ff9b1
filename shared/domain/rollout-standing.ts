/**
 * Where a rack stands in the rollouts that concern it: what the decision's cells `rollout` and `slot` are asked with. A
 * few look-ups and one hash, whatever the size of the fleet.
 */
import type { ChannelState } from './channel.ts'
import { cohortOf, type Hex64, waveOf } from './cohort.ts'
import type { Decision } from './decide.ts'
import { toIso } from './instants.ts'
import type { Conditions, RolloutStanding, Room } from './question.ts'
import { isActive, isOpenTo, type Rollout } from './rollout.ts'
import type { AppState } from './state.ts'
import { orderKey } from './version.ts'
import { type Yank, yankOf } from './yank.ts'

/** What of a rack places it in a wave. */
export interface Placed {
  readonly key: Hex64
  /** Its labels as they were at an instant: a rollout keeps those that it was planned with. */
  labelsAt(at: number): Readonly<Record<string, string>>
}

export type RolloutConditions = Pick<
  Conditions,
  'rollout' | 'remedy' | 'recall' | 'slots' | 'remedySlots' | 'recallSlots' | 'haltedSoakMinutes'
>

export interface StandingQuestion {
  readonly app: AppState
  readonly channel: ChannelState
  readonly current: string | undefined
  /** Undefined for whoever is no enrolled rack: it has no place, and waits until a rollout is through. */
  readonly placed: Placed | undefined
  /** Racks that a rollout has under way. */
  underWay(rollout: string): number
}

/** Undefined: no rollout concerns the rack. */
export function rolloutConditions(question: StandingQuestion): RolloutConditions | undefined {
  const { app, channel, current } = question
  const remedyId =
    app.yanks.size === 0 || current === undefined ? undefined : yankOfCurrent(app, current)?.rollout
  const isOnItsWay = channel.head !== channel.base
  const backId = goesBackBy(app, channel, current)
  if (!isOnItsWay && remedyId === undefined && backId === undefined) return undefined
  const head = isOnItsWay ? find(app, channel.rollout) : undefined
  const remedy = find(app, remedyId)
  const recall = find(app, backId)
  const slots = head && room(head, question)
  const remedySlots = remedy && room(remedy, question)
  const recallSlots = recall && room(recall, question)
  const haltedSoakMinutes = recall && haltedSoakOf(app, channel, question.placed)
  return {
    ...(isOnItsWay && { rollout: head ? standing(head, question) : withoutRollout(channel) }),
    ...(slots && { slots }),
    ...(remedy && { remedy: standing(remedy, question) }),
    ...(remedySlots && { remedySlots }),
    ...(recall && { recall: standing(recall, question) }),
    ...(recallSlots && { recallSlots }),
    ...(haltedSoakMinutes !== undefined && { haltedSoakMinutes }),
  }
}

/** A head that is taken back concerns the racks on it, a recall all that were called. */
function goesBackBy(
  app: AppState,
  { takenBack, recall }: ChannelState,
  current: string | undefined,
): string | undefined {
  if (!takenBack || current === undefined) return recall?.rollout
  return keyOf(app, current) === takenBack.key ? takenBack.rollout : recall?.rollout
}

/** What the rack had to soak in the rollout that was taken back: as long as its own wave. */
export function haltedSoakOf(
  app: AppState,
  { takenBack }: ChannelState,
  placed: Placed | undefined,
): number | undefined {
  const halted = takenBack && app.rollouts.get(takenBack.halted)
  return halted && placed && halted.plan?.waves[waveOfRack(halted, placed)]?.soakMinutes
}

/** Also of a version that nobody published here, or that the rack writes otherwise: it is as withdrawn as the others. */
function yankOfCurrent(app: AppState, current: string): Yank | undefined {
  return yankOf(app, current, keyOf(app, current))
}

function keyOf(app: AppState, version: string): string {
  return app.releases.get(version)?.key ?? orderKey(app.scheme, version)
}

/** The rack's wave; -1 when it is in none, or when nothing is planned yet. */
export function waveOfRack({ plan, key }: Pick<Rollout, 'plan' | 'key'>, placed: Placed): number {
  if (!plan) return -1
  return waveOf(plan.waves, cohortOf(placed.key, key), placed.labelsAt(plan.plannedAt))
}

function find(app: AppState, id: string | undefined): Rollout | undefined {
  return id === undefined ? undefined : app.rollouts.get(id)
}

/** A head whose rollout has ended without being through goes nowhere. */
function withoutRollout({ head }: ChannelState): RolloutStanding {
  return { state: 'halted', isWaveOpen: false, detail: `${head} goes to no further rack: it has no rollout` }
}

function standing(rollout: Rollout, question: StandingQuestion): RolloutStanding {
  const { retriedAt } = rollout
  return { ...waveStanding(rollout, question), ...(retriedAt !== undefined && { retriedAt }) }
}

function waveStanding(rollout: Rollout, { placed }: StandingQuestion): RolloutStanding {
  const { id, plan, state } = rollout
  if (state === 'halted') {
    const why = rollout.evidence?.detail ?? 'halted'
    return { state, isWaveOpen: false, detail: `${id} is halted: ${why}` }
  }
  if (state === 'paused') {
    const { actor, reason } = rollout.since
    const said = reason === undefined ? '' : `: ${reason}`
    const wave = placed && plan ? waveOfRack(rollout, placed) : -1
    const isWaveOpen = wave >= 0 && wave <= rollout.wave
    return { state, isWaveOpen, detail: `${id} was paused by ${actor}${said}` }
  }
  if (!isActive(rollout) && state !== 'completed')
    return { state: 'halted', isWaveOpen: false, detail: `${id} was ${state}` }
  if (!plan) return { state: 'running', isWaveOpen: state === 'completed', detail: `${id} is being planned` }
  if (!placed) {
    const detail = `${id} goes to enrolled racks, wave by wave, before it goes to everybody`
    return { state: 'running', isWaveOpen: state === 'completed', detail }
  }
  const wave = waveOfRack(rollout, placed)
  const isWaveOpen = isOpenTo(rollout, wave)
  if (isWaveOpen) return { state: 'running', isWaveOpen, detail: `wave ${wave + 1} of ${id} is open` }
  return closed(rollout, wave)
}

function closed({ id, plan, wave: open }: Rollout, wave: number): RolloutStanding {
  const count = plan?.waves.length ?? 0
  const named = plan?.waves[wave]
  const opensAt = plan?.waves
    .slice(open + 1, wave + 1)
    .reduce((at, one) => Math.max(at, one.notBefore ?? 0), 0)
  const present = open < 0 ? 'none is open yet' : `wave ${open + 1} is open`
  const detail = `this rack is in wave ${wave + 1} of ${count} (${named?.name}) of ${id}; ${present}`
  if (!opensAt) return { state: 'running', isWaveOpen: false, detail }
  return {
    state: 'running',
    isWaveOpen: false,
    opensAt,
    detail: `${detail}; its own not before ${toIso(opensAt)}`,
  }
}

function room({ id, plan, isAllAtOnce }: Rollout, { underWay }: StandingQuestion): Room | undefined {
  const most = plan?.maxInFlight
  if (most === undefined || isAllAtOnce) return undefined
  const taken = underWay(id)
  return { isFree: taken < most, detail: `${taken} of ${most} racks of ${id} are under way` }
}

/** The rollout that a move is made under: what its lease counts for. Undefined for a move that no rollout brings. */
export function rolloutOfMove(
  app: AppState,
  channel: ChannelState,
  current: string | undefined,
  { motive, destination }: Pick<Decision, 'motive' | 'destination'>,
): string | undefined {
  if (motive === 'remedy_critical' || motive === 'remedy_moderate') {
    return current === undefined ? undefined : yankOfCurrent(app, current)?.rollout
  }
  if (motive === 'recall') return goesBackBy(app, channel, current)
  const isToHead = motive === 'rollout' && destination?.version === channel.head
  return isToHead && channel.head !== channel.base ? channel.rollout : undefined
}
