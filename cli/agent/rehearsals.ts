/**
 * What a rack remembers of its rehearsals: a pair of versions, gone there and back once, each end proved. It follows
 * from the journal's lines, so a rehearsal that a crash cut in two is remembered as that.
 */
import type { RackReport } from '../../shared/contract/rack.ts'
import type { Attempt } from './attempt.ts'
import type { RackState } from './rack-state.ts'

export interface RehearsalHere {
  readonly from: string
  readonly to: string
  /** `proved`: there and back. `interrupted`: proved there, and nobody went back. */
  readonly outcome: NonNullable<RackReport['rehearsals']>[number]['outcome']
  readonly at: number
}

const mostRehearsals = 20

/** The memory with what an attempt that is over says of the rehearsal that it belongs to. */
export function withRehearsal(state: RackState, attempt: Attempt): RackState {
  const { input, at } = attempt
  const outcome = outcomeOf(attempt)
  if (outcome === undefined || input.from === null) return state
  const isBack = input.rehearsal === 'back'
  const pair = isBack ? { from: input.to, to: input.from } : { from: input.from, to: input.to }
  const [newest, ...others] = state.rehearsals ?? []
  // The way there left an interrupted one behind; the way back says what became of it.
  const isGoneOnWith =
    isBack && newest?.outcome === 'interrupted' && newest.from === pair.from && newest.to === pair.to
  const before = isGoneOnWith ? others : (state.rehearsals ?? [])
  return { ...state, rehearsals: [{ ...pair, outcome, at }, ...before].slice(0, mostRehearsals) }
}

/** Undefined: nothing was rehearsed, or nothing was changed by it. */
function outcomeOf({ input, state }: Attempt): RehearsalHere['outcome'] | undefined {
  if (input.rehearsal === undefined) return undefined
  if (state === 'returned' || state === 'stuck') return state
  if (state === 'proved') return input.rehearsal === 'back' ? 'proved' : 'interrupted'
  return undefined
}
