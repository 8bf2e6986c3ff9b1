/** How an attempt ended, for a person: a line when its target is proved, and otherwise the Problem that it is. */
import type { Attempt } from './agent/attempt.ts'
import { problemOf } from './agent/outcome.ts'
import type { Report } from './output.ts'

/** Raises the Problem of an attempt that did not end well, so that its exit code is the run's. */
export function showEnd(
  report: Report,
  kind: 'Update' | 'Rollback',
  attempt: Attempt,
  dir: string,
  more: object = {},
): void {
  const problem = problemOf(attempt, dir)
  if (problem) throw problem
  const { id, input, state, remark } = attempt
  const { from, to, action } = input
  report.show(
    kind,
    { outcome: state, attempt: id, from, version: to, action, ...(remark !== null && { remark }), ...more },
    (page) => {
      page.mark('ok', `${to} runs and is proved${from === null ? '' : ` (before: ${from})`}`)
      if (remark !== null) page.mark('warning', remark)
    },
  )
}
