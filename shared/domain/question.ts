/** The question "what should this rack run now?", with everything that its answer may depend on. */
import type { ChannelState } from './channel.ts'
import type { RackFacts } from './rack.ts'
import type { AppState, State } from './state.ts'
import type { Yank } from './yank.ts'

/** Where the rack stands in the rollout of the channel's head, if one is going on. */
export interface RolloutStanding {
  readonly state: 'running' | 'paused' | 'halted'
  readonly isWaveOpen: boolean
  readonly opensAt?: number
  /** Failures from before do not keep the rack waiting: somebody asked for another try. */
  readonly retriedAt?: number
  readonly detail: string
}

export interface Room {
  readonly isFree: boolean
  readonly detail: string
  readonly until?: number
}

/**
 * What the world around the state says, computed by whoever asks: rollouts, windows, slots, disks. What is left out
 * does not stand in the way.
 */
export interface Conditions {
  readonly rollout?: RolloutStanding
  readonly remedy?: RolloutStanding
  readonly recall?: RolloutStanding
  readonly window?: Room
  readonly slots?: Room
  readonly remedySlots?: Room
  readonly recallSlots?: Room
  /** Minutes of healthy rack-time with what the rack runs; asked when that is nominated. */
  readonly soakedMinutes?: number
  /** What the rack's wave of a rollout that was taken back had to soak; left out for who has no wave. */
  readonly haltedSoakMinutes?: number
  readonly canGrant: boolean
  readonly isArtifactMissing?: (sha256: string) => boolean
}

export interface DecisionInput {
  readonly state: State
  readonly app: AppState
  readonly channel: ChannelState
  readonly rack: RackFacts
  readonly now: number
  readonly conditions: Conditions
}

/** The input with what every rule needs of it looked up once. */
export interface Question extends DecisionInput {
  readonly currentKey: string | undefined
  /** The yank of what runs. */
  readonly yank: Yank | undefined
}
