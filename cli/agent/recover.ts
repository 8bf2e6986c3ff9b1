/**
 * Before anything else: finish or undo what the journal says was under way, and take the outcomes into the rack's
 * memory that a crash kept out of it.
 */
import { type Attempt, attemptOf, isOver } from './attempt.ts'
import type { Rack } from './rack.ts'
import { remember } from './rack-state.ts'

/** The attempt that was taken up again, if there was one. */
export async function recover(rack: Rack): Promise<Attempt | undefined> {
  const attempts = attemptsIn(rack)
  const last = attempts.at(-1)
  for (const attempt of attempts) if (isOver(attempt.state)) rack.keep((state) => remember(state, attempt))
  if (!last || isOver(last.state)) return undefined
  rack.place.watch.onNote(
    `an attempt to ${last.input.to} was interrupted while ${last.state}; it is ended first`,
  )
  // Most runs have nothing to recover, and a check should not load what an attempt needs.
  const { runAttempt } = await import('./run-attempt.ts')
  const ended = await runAttempt(rack, last, true)
  if (last.input.rehearsal !== undefined)
    rack.place.watch.onNote(
      `the rehearsal was interrupted; ${rack.state.runs ?? 'what runs'} is where it ended`,
    )
  return ended
}

/** Oldest first: those of the journal only, which is where the one under way is. */
export function attemptsIn({ journal }: Rack): readonly Attempt[] {
  return journal.attempts().flatMap((group) => attemptOf(group) ?? [])
}

/** Oldest first, with those that were moved into the history. */
export function allAttemptsIn({ journal }: Rack): readonly Attempt[] {
  return [...journal.history(), ...journal.attempts()].flatMap((group) => attemptOf(group) ?? [])
}
