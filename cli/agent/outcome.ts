/** How an attempt's end is told: good, or the Problem with its exit code. */
import { isProblemCode, Problem, type ProblemCode, problems } from '../../shared/domain/problem.ts'
import type { Attempt } from './attempt.ts'

/** Undefined when the target is proved. */
export function problemOf(attempt: Attempt, dir: string): Problem | undefined {
  const { state, input, trouble, lastTrouble } = attempt
  const from = input.from ?? 'nothing'
  const why = trouble?.message ?? attempt.lines.at(-1)?.detail ?? 'it was given up'
  const { step, code, lastLines = [] } = trouble ?? {}
  const numbers = { attempt: attempt.id, step, cause: code, lastLines }
  const history = `headgate history --dir ${dir}`
  switch (state) {
    case 'proved':
      return undefined
    case 'returned':
      return new Problem('returned', `${input.to} did not hold, and the rack is back on ${from}. ${why}`, {
        hint: history,
        numbers,
      })
    case 'stuck':
      return new Problem(
        'stuck',
        [
          `${input.to} did not hold, and neither did the way back to ${from}.`,
          ...causesOf(why, lastTrouble),
        ].join(' '),
        {
          hint: lastTrouble?.hint ?? history,
          numbers,
        },
      )
    case 'aborted':
      return new Problem(
        code === 'interrupted' ? code : 'decision_moved',
        `Nothing was changed; ${from} still runs. ${why}`,
        {
          hint: `headgate check --dir ${dir}`,
          numbers,
        },
      )
    default:
      return new Problem(codeOfFailure(code), `Nothing was changed; ${from} still runs. ${why}`, {
        hint: trouble?.hint ?? history,
        numbers,
      })
  }
}

/** The first cause and the last, which are one where nothing was left to undo. */
function causesOf(why: string, lastTrouble: Attempt['lastTrouble']): ReadonlySet<string> {
  return new Set([why, lastTrouble?.message ?? why])
}

/** What says more than "failed": refused, not signed in, not reached. */
const tellingExits: readonly number[] = [3, 4, 6]

function codeOfFailure(cause: string | undefined): ProblemCode {
  const isTelling = cause !== undefined && isProblemCode(cause) && tellingExits.includes(problems[cause].exit)
  return isTelling ? cause : 'update_failed'
}
