/** What a gate is asked and what it answers: the shapes that all gates share. */
import type { ChannelState } from '../channel.ts'
import type { FleetEvidence } from '../fleet-evidence.ts'
import type { Proposal } from '../proposal.ts'
import type { ReleaseState } from '../release.ts'
import type { AppState } from '../state.ts'

/** In the order in which a person reads them; `approvals` is last because it is of all the others. */
export const gateNames = [
  'path',
  'artifacts',
  'coverage',
  'soak',
  'failures',
  'evidence',
  'checklist',
  'parameters',
  'objections',
  'lifetime',
  'approvals',
] as const
export type GateName = (typeof gateNames)[number]

export type VerdictOutcome = 'pass' | 'fail' | 'waiting'

export interface Verdict {
  readonly gate: GateName
  readonly outcome: VerdictOutcome
  /** What it waits for, or what could mend it. */
  readonly needs?: 'time' | 'data' | 'person'
  readonly detail: string
  /** What it was judged on. */
  readonly numbers?: Readonly<Record<string, string | number | boolean | null>>
  /** Since when it stands like that, where that can be told. */
  readonly since?: number
  /** When it would pass by itself, if nothing happens meanwhile. */
  readonly until?: number
  /** The command that would change it. */
  readonly hint?: string
}

export interface PromotionQuestion {
  readonly app: AppState
  readonly channel: ChannelState
  readonly release: ReleaseState
  readonly now: number
  /** Undefined: nobody has counted. Gates that ask the racks wait for data then. */
  readonly fleet?: FleetEvidence | undefined
  /** Whose wish it is, and the proposal that carries it, if there is one. */
  readonly proposer?: string | undefined
  readonly proposal?: Proposal | undefined
  /** To be stepped on without becoming head. */
  readonly isStone?: boolean
}

/** Undefined: the policy does not ask this gate. */
export type Gate = (question: PromotionQuestion) => Verdict | undefined

/** Whether a gate that stood at `before` is worse off now. */
export function isWorse(before: VerdictOutcome, now: VerdictOutcome): boolean {
  const rank = { fail: 0, waiting: 1, pass: 2 }
  return rank[now] < rank[before]
}
