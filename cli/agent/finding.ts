/** What `doctor` finds: a question, whether its answer is good, and otherwise what, why, and the command to run. */
import type { Rack } from './rack.ts'

export interface Finding {
  readonly question: string
  readonly isWell: boolean
  /** `warning`: worth knowing, and no failure. */
  readonly severity: 'failed' | 'warning'
  readonly detail: string
  readonly command: string | null
}

/** Undefined where the question does not arise. */
export type Question = (rack: Rack) => Promise<Omit<Finding, 'question'> | undefined>

export function well(detail: string): Omit<Finding, 'question'> {
  return { isWell: true, severity: 'warning', detail, command: null }
}

export function bad(
  severity: Finding['severity'],
  detail: string,
  command: string | null,
): Omit<Finding, 'question'> {
  return { isWell: false, severity, detail, command }
}
