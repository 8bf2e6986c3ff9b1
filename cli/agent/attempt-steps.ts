/** The acts of an attempt, one for each state that is not an end. Each may be called again after a crash inside of it. */
import type { AttemptOutcome, AttemptState } from './attempt.ts'
import type { Step } from './step.ts'
import { applying, returning, settling } from './steps-that-act.ts'
import { confirmed, fetched, planned, preflight, verified } from './steps-that-only-ask.ts'

export const steps: Readonly<Record<Exclude<AttemptState, AttemptOutcome>, Step>> = {
  planned,
  preflight,
  fetched,
  verified,
  confirmed,
  applying,
  settling,
  returning,
}
