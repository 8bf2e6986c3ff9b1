/** What a step of an attempt is given, and what it gives: the state that comes next, and what its line carries. */
import type { Attempt, AttemptState, LineData } from './attempt.ts'
import type { Rack } from './rack.ts'

export interface Run {
  readonly rack: Rack
  readonly attempt: Attempt
  /** A crash came between this state's line and now. */
  readonly isResumed: boolean
  /** Another line in the same state. */
  note(data: LineData): void
}

export interface Next {
  readonly state: AttemptState
  readonly data: LineData
}

export type Step = (run: Run) => Promise<Next>
