/**
 * An attempt: one try to get this rack from one version to another. The states and where each may lead are one
 * table; an attempt is the fold of its journal lines, so what a crash leaves behind is what the machine goes on from.
 */
import type { PinOrder } from '../../shared/domain/rack.ts'
import type { Motive } from '../../shared/domain/reasons.ts'
import type { ProcessIdentity } from './boot.ts'
import type { AttemptEntries } from './journal.ts'
import type { JournalEntry } from './journal-lines.ts'
import type { ContractNames } from './parameters/record.ts'
import type { Proof } from './parameters/standing.ts'

/**
 * Before the first line stand `locked` and `refreshed`: without them nothing is planned. A line is written before
 * the act that it announces: `applying` is on the disk when the driver has not started yet.
 */
export const transitions = {
  planned: ['preflight', 'failed', 'aborted'],
  preflight: ['fetched', 'failed', 'aborted'],
  fetched: ['verified', 'failed', 'aborted'],
  verified: ['confirmed', 'failed', 'aborted'],
  confirmed: ['applying', 'aborted'],
  applying: ['applying', 'settling', 'returning'],
  settling: ['settling', 'proved', 'returning'],
  returning: ['returning', 'returned', 'stuck'],
  proved: [],
  returned: [],
  stuck: [],
  failed: [],
  aborted: [],
} as const satisfies Record<string, readonly string[]>

export type AttemptState = keyof typeof transitions

export const outcomes = ['proved', 'returned', 'stuck', 'failed', 'aborted'] as const
export type AttemptOutcome = (typeof outcomes)[number]

/** Everything that an attempt acts on, on the disk before it acts. */
export interface AttemptInput {
  readonly from: string | null
  readonly to: string
  readonly action: 'update' | 'rollback'
  /** `person`: an order given on this rack, which no registry decides. */
  readonly motive: Motive | 'person'
  readonly reason: string
  readonly artifact: { readonly sha256: string; readonly size: number; readonly url: string } | null
  /** The oldest version to go back to from the target. */
  readonly floor: string | null
  /** What the decision stood on; null for a person's order. */
  readonly revision: number | null
  /** What the order leaves behind once it is done. */
  readonly pin: PinOrder | null
  readonly bar: { readonly above: string; readonly upTo: string } | null
  /** The target's parameter names; absent when nobody said. */
  readonly contract?: ContractNames
  /** Parameters whose drift a person accepted for this attempt. */
  readonly acceptedDrift?: readonly string[]
  /** The way there of a rehearsal, or its way back. */
  readonly rehearsal?: 'there' | 'back'
}

export interface Trouble {
  readonly step: string
  /** The Problem's, for programs. */
  readonly code: string
  readonly message: string
  readonly hint: string | null
  readonly lastLines: readonly string[]
}

/** What a line may carry, by what it is for. */
export interface LineData {
  readonly input?: AttemptInput
  readonly artifactFile?: string | null
  readonly process?: ProcessIdentity
  /** A run after a crash took the attempt up again here. */
  readonly resumed?: true
  readonly trouble?: Trouble
  /** What a step that failed said of itself. */
  readonly severity?: 'data-loss'
  /** The record of what parameters were when the attempt began. */
  readonly baseline?: string
  /** What the target was proved with. */
  readonly proof?: Proof
  /** What is proved and wants a person's eye all the same. */
  readonly remark?: string
  readonly detail?: string
}

export interface Attempt {
  readonly id: string
  readonly input: AttemptInput
  readonly state: AttemptState
  readonly startedAt: number
  readonly at: number
  /** The number of its last journal line. */
  readonly n: number
  readonly artifactFile: string | null
  readonly processes: readonly ProcessIdentity[]
  readonly baseline: string | null
  readonly proof: Proof | null
  readonly remark: string | null
  /** How often a run took it up again after a crash, counted anew on the way back. */
  readonly resumptions: number
  /** The first thing that went wrong, and the last. */
  readonly trouble: Trouble | null
  readonly lastTrouble: Trouble | null
  readonly severity: 'data-loss' | null
  readonly lines: readonly { readonly at: number; readonly state: string; readonly detail: string }[]
}

export function isOver(state: AttemptState): state is AttemptOutcome {
  return transitions[state].length === 0
}

/** Whether something was started that has to be proved or undone. */
export function hasActed(state: AttemptState): boolean {
  return state === 'applying' || state === 'settling' || state === 'returning'
}

export function mayFollow(state: AttemptState, next: AttemptState): boolean {
  return transitions[state].some((one) => one === next)
}

/** Undefined for a group whose first line is not a plan: written by something else than this program. */
export function attemptOf({ attempt: id, entries }: AttemptEntries): Attempt | undefined {
  const [first] = entries
  const input = first === undefined ? undefined : dataOf(first).input
  if (!first || !input || stateOf(first) !== 'planned') return undefined
  const start: Attempt = {
    id,
    input,
    state: 'planned',
    startedAt: first.at,
    at: first.at,
    n: first.n,
    artifactFile: null,
    processes: [],
    baseline: null,
    proof: null,
    remark: null,
    resumptions: 0,
    trouble: null,
    lastTrouble: null,
    severity: null,
    lines: [],
  }
  return entries.reduce(applyLine, start)
}

/** The attempt with one more line. */
export function applyLine(attempt: Attempt, entry: JournalEntry): Attempt {
  const state = stateOf(entry)
  const data = dataOf(entry)
  const { artifactFile, process, resumed, trouble = null, baseline, proof, remark, detail } = data
  const turnsBack = state === 'returning' && attempt.state !== 'returning'
  return {
    ...attempt,
    state,
    at: entry.at,
    n: entry.n,
    artifactFile: artifactFile ?? attempt.artifactFile,
    processes: process ? [...attempt.processes, process] : attempt.processes,
    baseline: baseline ?? attempt.baseline,
    proof: proof ?? attempt.proof,
    remark: remark ?? attempt.remark,
    resumptions: (turnsBack ? 0 : attempt.resumptions) + (resumed ? 1 : 0),
    trouble: attempt.trouble ?? trouble,
    lastTrouble: trouble ?? attempt.lastTrouble,
    severity: data.severity ?? attempt.severity,
    lines: process
      ? attempt.lines
      : [...attempt.lines, { at: entry.at, state, detail: trouble?.message ?? detail ?? '' }],
  }
}

function stateOf(entry: JournalEntry): AttemptState {
  if (Object.hasOwn(transitions, entry.state)) return entry.state as AttemptState
  throw new Error(
    `The journal knows no state "${entry.state}" (line n ${entry.n}); a newer headgate may have written it.`,
  )
}

/** The line's checksum says that this program wrote it, so its data has this shape. */
function dataOf(entry: JournalEntry): LineData {
  return (entry.data ?? {}) as LineData
}
