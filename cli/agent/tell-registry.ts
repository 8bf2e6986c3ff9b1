/** Telling the registry what became of attempts, now or as soon as it answers again. The rack never waits for it. */
import type { AttemptReportBody } from '../../shared/contract/rack.ts'
import { toIso } from '../../shared/domain/instants.ts'
import { Problem } from '../../shared/domain/problem.ts'
import { askRegistry } from './ask.ts'
import { type Attempt, isOver } from './attempt.ts'
import type { Rack } from './rack.ts'
import { allAttemptsIn, attemptsIn } from './recover.ts'
import type { Patience } from './registry-client.ts'

const courtesy: Patience = { timeoutMs: 3_000, startMs: 0, unlessSilent: true }

/** Outcomes that the registry has not heard of, then a check-in with what runs now. False when it did not answer. */
export async function tellRegistry(rack: Rack): Promise<boolean> {
  try {
    await sendOutcomes(rack)
    await askRegistry(rack, courtesy)
    return true
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    rack.place.watch.onNote(`the registry is told later: ${error.message}`)
    return false
  }
}

/** Before a question: what happened meanwhile is told first, and a registry that does not take it is asked anyway. */
export async function sendOutcomesFirst(rack: Rack): Promise<void> {
  await sendOutcomes(rack).catch((error: unknown) => {
    if (!(error instanceof Problem)) throw error
  })
}

async function sendOutcomes(rack: Rack): Promise<void> {
  for (const attempt of unsentIn(rack)) {
    try {
      await rack.registry().reportAttempt(attempt.id, reportOfAttempt(attempt), courtesy)
    } catch (error) {
      // What the registry refuses for good must not keep it from hearing of the next one.
      if (!(error instanceof Problem) || !isRefusedForGood(error)) throw error
      rack.place.watch.onNote(
        `the registry did not take the report of attempt ${attempt.id}: ${error.message}`,
      )
    }
    rack.keep((state) => ({ ...state, reportedThrough: attempt.n }))
  }
}

/** The history is long, and is read only when something in it was not sent. */
function unsentIn(rack: Rack): readonly Attempt[] {
  const through = rack.state.reportedThrough
  const isInJournal = through + 1 >= (rack.journal.entries()[0]?.n ?? Infinity)
  const attempts = isInJournal ? attemptsIn(rack) : allAttemptsIn(rack)
  return attempts.filter(({ n, state }) => isOver(state) && n > through)
}

function isRefusedForGood({ code }: Problem): boolean {
  return code === 'invalid_input' || code === 'attempt_not_found' || code === 'idempotency_conflict'
}

function reportOfAttempt({
  input,
  startedAt,
  lines,
  state,
  lastTrouble,
  trouble,
  severity,
}: Attempt): AttemptReportBody {
  const { from, to, action, motive, reason } = input
  const kept = lines.slice(-200)
  return {
    from,
    target: to,
    action,
    motive,
    reason: reason.slice(0, 2000),
    startedAt: toIso(startedAt),
    events: kept.map((line, index) => ({
      index: lines.length - kept.length + index,
      at: toIso(line.at),
      state: line.state,
      detail: line.detail.slice(0, 2000),
    })),
    ...(isOver(state) && { outcome: state }),
    ...(trouble && { step: trouble.step, message: (lastTrouble ?? trouble).message.slice(0, 4000) }),
    ...(severity !== null && { severity }),
    ...(trouble && { log: trouble.lastLines.map((line) => line.slice(0, 2000)) }),
  }
}
