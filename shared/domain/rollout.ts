/**
 * A rollout: how a new head, a remedy or a recall reaches the racks, in waves. Its plan never changes; its state moves
 * along one table of transitions, and only by events.
 */
import type { Hex64, WaveBounds } from './cohort.ts'
import { cohortOf } from './cohort.ts'
import type { FailurePolicy } from './policy.ts'
import type { RolloutPolicy } from './rollout-policy.ts'

/** `head`: racks go to a channel's new head. `remedy`: away from what was withdrawn. `recall`: back, after a revert or a halt. */
export type RolloutPurpose = 'head' | 'remedy' | 'recall'

export const rolloutStates = [
  'planned',
  'running',
  'paused',
  'halted',
  'completed',
  'superseded',
  'reverted',
] as const
export type RolloutState = (typeof rolloutStates)[number]

export type RolloutAct = 'open' | 'pause' | 'resume' | 'halt' | 'complete' | 'supersede' | 'revert'

/** What may become of what; an act that is not there is refused. */
export const rolloutTransitions: Readonly<
  Record<RolloutState, Readonly<Partial<Record<RolloutAct, RolloutState>>>>
> = {
  planned: {
    open: 'running',
    pause: 'paused',
    halt: 'halted',
    supersede: 'superseded',
    revert: 'reverted',
  },
  running: {
    open: 'running',
    pause: 'paused',
    halt: 'halted',
    complete: 'completed',
    supersede: 'superseded',
    revert: 'reverted',
  },
  paused: { resume: 'running', halt: 'halted', supersede: 'superseded', revert: 'reverted' },
  halted: { resume: 'running', supersede: 'superseded', revert: 'reverted' },
  completed: {},
  superseded: {},
  reverted: {},
}

/**
 * What an act makes of it; undefined: it is refused. A way back that is through stays open to racks that come late, and what goes
 * wrong with them has to be stopped as well.
 */
export function stateAfter(
  { purpose, state }: Pick<Rollout, 'purpose' | 'state'>,
  act: RolloutAct,
): RolloutState | undefined {
  if (purpose !== 'head' && state === 'completed' && act === 'halt') return 'halted'
  return rolloutTransitions[state][act]
}

/** What is fixed about a rollout when it is ordered: with the event that moves the head, withdraws or recalls. */
export interface RolloutOrder {
  readonly rollout: string
  readonly key: Hex64
  readonly policy: RolloutPolicy
  readonly notBefore?: number
}

export interface PlannedWave extends WaveBounds {
  readonly name: string
  /** When it was planned; racks that come later join it, and racks that leave it are missed by nobody. */
  readonly racks: number
  readonly minHealthy: number
  readonly failures: FailurePolicy
  readonly soakMinutes: number
  readonly notBefore?: number
  readonly deadlineMinutes?: number
}

export interface RolloutPlan {
  readonly plannedAt: number
  /** Racks that it is about, whether they can move now or not. */
  readonly racks: number
  readonly eligible: number
  /** Racks that no wave counts, by the reason; once that has gone they are in one. */
  readonly leftOut: Readonly<Record<string, number>>
  readonly waves: readonly PlannedWave[]
  readonly maxInFlight?: number
}

export interface RolloutFailure {
  readonly rack: string
  readonly at: number
  /** See `causeOf`: the fingerprint that failures are grouped and acknowledged by. */
  readonly cause: string
  readonly message: string | null
  readonly attempt: string | null
  readonly isDataLoss: boolean
}

/** What a halt stands on. */
export interface HaltEvidence {
  readonly at: number
  readonly actor: string
  /** Of the wave that failed; undefined when a person halted it. */
  readonly wave?: number
  readonly detail: string
  readonly numbers: Readonly<Record<string, number>>
  /** The first ones. */
  readonly failures: readonly RolloutFailure[]
}

export interface Rollout {
  readonly id: string
  readonly app: string
  readonly purpose: RolloutPurpose
  /** Undefined for a remedy, which goes wherever the racks are. */
  readonly channel: string | undefined
  /** Where a `head` leads, what a `recall` leads away from; undefined for a remedy. */
  readonly version: string | undefined
  /** The advisory whose remedy it is. */
  readonly yank?: string
  /** The halted rollout that it takes back. */
  readonly takesBack?: string
  readonly key: Hex64
  readonly policy: RolloutPolicy
  readonly notBefore?: number
  readonly orderedAt: number
  readonly orderedBy: string
  readonly plan: RolloutPlan | undefined
  readonly state: RolloutState
  /** The newest open wave; -1 before the first. All before it stay open. */
  readonly wave: number
  readonly waveOpenedAt: number | undefined
  /** A second person let it go to every rack: as many at a time as ask. */
  readonly isAllAtOnce?: true
  /** When and by whom it came into its state, and why if somebody said so. */
  readonly since: { readonly at: number; readonly actor: string; readonly reason?: string }
  /** Of the newest halt. */
  readonly evidence?: HaltEvidence
  /** Failures that a person has looked at: rack and cause. They count no more. */
  readonly acknowledged: readonly AcknowledgedFailure[]
  /** Failures from before do not keep racks waiting. */
  readonly retriedAt?: number
}

export interface AcknowledgedFailure {
  readonly rack: string
  readonly cause: string
}

export function isActive({ state }: Pick<Rollout, 'state'>): boolean {
  return state !== 'completed' && state !== 'superseded' && state !== 'reverted'
}

/** Racks of open waves are on their way, or on a remedy that is through and stays open to racks that come late. */
export function isOpenTo(rollout: Rollout, wave: number): boolean {
  if (rollout.state === 'completed') return true
  return rollout.state === 'running' && wave >= 0 && wave <= rollout.wave
}

/**
 * The key that a rollout's cohorts are drawn with: mixed from what names it in the world, eight characters at a time. A dry
 * run draws the same racks as the act, and so can everybody who reads the ledger; no rack can know it before.
 */
export function rolloutKeyOf(registryId: string, app: string, rollout: string): Hex64 {
  const text = `${registryId}/${app}/${rollout}`
  let key = '0000000000000000'
  for (let at = 0; at < text.length; at += 8) key = cohortOf(key, hexOf(text.slice(at, at + 8)))
  return key
}

function hexOf(text: string): Hex64 {
  let hex = ''
  for (let at = 0; at < 8; at += 1) hex += ((text.charCodeAt(at) || 0) & 0xff).toString(16).padStart(2, '0')
  return hex
}
