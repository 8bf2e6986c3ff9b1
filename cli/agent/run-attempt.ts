/**
 * The rack's state machine, running: for each state the act that it announces, and where that leads. A fresh attempt
 * and one that a crash left behind go through the same steps; what has not acted yet is dropped, the rest goes on.
 */
import type { Problem } from '../../shared/domain/problem.ts'
import {
  type Attempt,
  type AttemptInput,
  type AttemptState,
  applyLine,
  attemptOf,
  hasActed,
  isOver,
  type LineData,
  mayFollow,
  type Trouble,
} from './attempt.ts'
import { steps } from './attempt-steps.ts'
import { watchForInterruption } from './interruption.ts'
import type { Rack } from './rack.ts'
import { remember } from './rack-state.ts'
import { problemOfWeather } from './weather.ts'

/** Records the plan and runs it to its end. The attempt is on the disk before its first act. */
export async function beginAttempt(rack: Rack, input: AttemptInput): Promise<Attempt> {
  const { uuid, clock } = rack.place
  rack.journal.rotate(rack.state.reportedThrough)
  const id = uuid()
  const data: LineData = { input, detail: input.reason }
  const entry = rack.journal.append({ attempt: id, state: 'planned', at: clock.now(), data })
  const planned = attemptOf({ attempt: id, entries: [entry] })
  if (!planned) throw new Error('The journal gave back another line than it was given.')
  rack.place.watch.onState(planned)
  return runAttempt(rack, planned, false)
}

/** To the end: proved, returned, stuck, failed or aborted, and remembered as that. */
export async function runAttempt(rack: Rack, attempt: Attempt, isResumed: boolean): Promise<Attempt> {
  let present = attempt
  let wasInterrupted = isResumed
  const interruption = watchForInterruption(rack.place, () => present)
  while (!isOver(present.state)) {
    const stopped = interruption.stopBefore(present)
    if (stopped) {
      present = note(rack, present, 'aborted', stopped)
      break
    }
    rack.parameters.baseline = rack.parameters.recordAt(present.baseline ?? undefined)
    const { attempt: noted, next } = await takeStep(rack, present, wasInterrupted)
    present = note(rack, noted, next.state, next.data)
    wasInterrupted = false
  }
  rack.parameters.baseline = undefined
  interruption.end()
  const over = present
  rack.keep((state) => remember(state, over))
  return over
}

interface Next {
  readonly state: AttemptState
  readonly data: LineData
}

interface Taken {
  /** With the lines that the step itself wrote. */
  readonly attempt: Attempt
  readonly next: Next
}

/** What goes wrong in a step decides where it leads: before the first act nothing has happened, after it the way is back. */
async function takeStep(rack: Rack, attempt: Attempt, isResumed: boolean): Promise<Taken> {
  let present = attempt
  const run = {
    rack,
    isResumed,
    get attempt() {
      return present
    },
    note: (data: LineData) => {
      present = note(rack, present, present.state, data)
    },
  }
  try {
    const { state } = present
    if (isOver(state)) throw new Error(`The attempt ${attempt.id} is over.`)
    const next = await steps[state](run)
    return { attempt: present, next }
  } catch (error) {
    const problem = problemOfWeather(error)
    const { state } = present
    const next = { state: afterTrouble(state, problem), data: { trouble: troubleOf(state, problem) } }
    return { attempt: present, next }
  }
}

function afterTrouble(state: AttemptState, problem: Problem): AttemptState {
  if (state === 'returning') return 'stuck'
  if (hasActed(state)) return 'returning'
  const isRefusal =
    problem.code === 'interrupted' ||
    problem.code === 'not_offered' ||
    problem.code === 'decision_moved' ||
    state === 'confirmed'
  return isRefusal ? 'aborted' : 'failed'
}

function troubleOf(step: AttemptState, { code, message, hint, numbers }: Problem): Trouble {
  const lines: unknown = numbers?.lastLines
  const lastLines = Array.isArray(lines) ? lines.filter((line) => typeof line === 'string').slice(-20) : []
  return { step, code, message, hint: hint ?? null, lastLines }
}

/** One line, on the disk; then the state it announces holds. What undoes or ends may use the journal's reserve. */
function note(rack: Rack, attempt: Attempt, state: AttemptState, data: LineData): Attempt {
  if (!mayFollow(attempt.state, state) && state !== attempt.state) {
    throw new Error(`An attempt cannot go from ${attempt.state} to ${state}.`)
  }
  const urgent = isOver(state) || (hasActed(state) && hasActed(attempt.state))
  const entry = rack.journal.append(
    { attempt: attempt.id, state, at: rack.place.clock.now(), data },
    { urgent },
  )
  const next = applyLine(attempt, entry)
  if (state !== attempt.state) rack.place.watch.onState(next)
  return next
}
