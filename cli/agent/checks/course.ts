/**
 * How a check's answers add up: so many healthy ones in a row make it healthy, so many failures unhealthy. Settling
 * and monitoring count alike; what they conclude from it is theirs.
 */

import type { Clock } from '../clock.ts'
import type { Check, CheckAnswer, CheckContext, CheckReport } from './check.ts'

export interface Course {
  readonly check: Check
  /** Monotonic. */
  nextAt: number
  attempts: number
  healthyInARow: number
  failedInARow: number
  last: CheckAnswer | null
}

export function startCourse(check: Check, nextAt: number): Course {
  return { check, nextAt, attempts: 0, healthyInARow: 0, failedInARow: 0, last: null }
}

export function stateOf(course: Course): CheckReport['state'] {
  if (course.healthyInARow >= course.check.healthyCount) return 'healthy'
  return course.failedInARow >= course.check.unhealthyCount ? 'unhealthy' : 'undecided'
}

export function reportOf(course: Course): CheckReport {
  const { check, attempts, healthyInARow, failedInARow, last } = course
  return {
    name: check.name,
    kind: check.kind,
    severity: check.severity,
    state: stateOf(course),
    attempts,
    healthyInARow,
    failedInARow,
    detail: last?.detail ?? 'was not asked',
    numbers: last?.numbers ?? {},
    durationMs: last?.durationMs ?? 0,
  }
}

/** `forgives`: a failure is shown and not counted. A healthy answer always counts. */
export function countAnswer(course: Course, answer: CheckAnswer, forgives: boolean): void {
  course.last = answer
  course.attempts += 1
  course.healthyInARow = answer.ok ? course.healthyInARow + 1 : 0
  course.failedInARow = answer.ok ? 0 : course.failedInARow + (forgives ? 0 : 1)
}

/**
 * One run, bounded by the check's own timeout even if the check forgets the signal, and by `leftMs`. Never rejects; given
 * up when `stop` is aborted.
 */
export async function askCheck(
  check: Check,
  expectedVersion: string | null,
  leftMs: number,
  clock: Clock,
  stop?: AbortSignal,
): Promise<CheckAnswer> {
  const limitMs = Math.min(check.timeoutSeconds * 1_000, leftMs)
  const late = new AbortController()
  const over = new AbortController()
  const context: CheckContext = { expectedVersion, signal: late.signal }
  const giveUp = () => {
    late.abort()
    over.abort()
  }
  // Not AbortSignal.any: it would keep every question of a long life from being collected.
  stop?.addEventListener('abort', giveUp)
  const timeout = clock.sleep(limitMs, over.signal).then((): CheckAnswer => {
    if (!over.signal.aborted) late.abort()
    return {
      ok: false,
      detail: `did not answer within ${limitMs / 1_000} s`,
      numbers: {},
      durationMs: limitMs,
    }
  })
  try {
    return await Promise.race([check.run(context), timeout])
  } catch (error) {
    // A check with a bug must send the rack back, not leave it half way with nobody deciding.
    const detail = `the check itself failed: ${error instanceof Error ? error.message : String(error)}`
    return { ok: false, detail, numbers: {}, durationMs: 0 }
  } finally {
    stop?.removeEventListener('abort', giveUp)
    over.abort()
  }
}
