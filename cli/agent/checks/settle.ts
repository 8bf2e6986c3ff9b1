/**
 * Asks checks until they are sure: an update is settled when every check that decides has been healthy often enough
 * in a row, all at the same moment, and stayed so for the soak. An exit code was a hint; this is the proof.
 */

import type { Clock } from '../clock.ts'
import type { Check, CheckAnswer, CheckContext, CheckReport } from './check.ts'

export interface SettleRules {
  /** Failures in this first time are shown and not counted: things are starting. */
  readonly graceSeconds: number
  /** How long all must stay healthy once they are. */
  readonly soakSeconds: number
  /** For all of it, the soak included. */
  readonly timeoutSeconds: number
}

export interface SettleReport {
  readonly ok: boolean
  /** One line: what is wrong, or what was asked. */
  readonly detail: string
  readonly checks: readonly CheckReport[]
  readonly durationMs: number
}

interface Course {
  readonly check: Check
  nextAt: number
  attempts: number
  healthyInARow: number
  failedInARow: number
  last: CheckAnswer | null
}

function stateOf(course: Course): CheckReport['state'] {
  if (course.healthyInARow >= course.check.healthyCount) return 'healthy'
  return course.failedInARow >= course.check.unhealthyCount ? 'unhealthy' : 'undecided'
}

function reportOf(course: Course): CheckReport {
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

/** One run, bounded by the check's own timeout even if the check forgets the signal. */
async function ask(
  check: Check,
  expectedVersion: string | null,
  leftMs: number,
  clock: Clock,
): Promise<CheckAnswer> {
  const limitMs = Math.min(check.timeoutSeconds * 1_000, leftMs)
  const late = new AbortController()
  const over = new AbortController()
  const context: CheckContext = { expectedVersion, signal: late.signal }
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
    over.abort()
  }
}

function startCourses(checks: readonly Check[], at: number): Course[] {
  const start = { nextAt: at, attempts: 0, healthyInARow: 0, failedInARow: 0, last: null }
  return checks.map((check) => ({ check, ...start }))
}

async function askDue(
  due: readonly Course[],
  expectedVersion: string | null,
  graceUntil: number,
  endsAt: number,
  clock: Clock,
): Promise<void> {
  await Promise.all(
    due.map(async (course) => {
      const answer = await ask(course.check, expectedVersion, endsAt - clock.monotonic(), clock)
      course.last = answer
      course.attempts += 1
      course.healthyInARow = answer.ok ? course.healthyInARow + 1 : 0
      const counts = !answer.ok && clock.monotonic() >= graceUntil
      course.failedInARow = answer.ok ? 0 : course.failedInARow + (counts ? 1 : 0)
      course.nextAt = clock.monotonic() + course.check.intervalSeconds * 1_000
    }),
  )
}

/** Each check once, at the same time: the preflight. */
export async function askOnce(
  checks: readonly Check[],
  expectedVersion: string | null,
  clock: Clock,
): Promise<SettleReport> {
  const once = checks.map((check) => ({ ...check, healthyCount: 1, unhealthyCount: 1 }))
  return settle(once, expectedVersion, { graceSeconds: 0, soakSeconds: 0, timeoutSeconds: 3_600 }, clock)
}

/** Asks until all that decide are healthy through the soak, one is unhealthy, or the time is up. */
export async function settle(
  checks: readonly Check[],
  expectedVersion: string | null,
  rules: SettleRules,
  clock: Clock,
  onChange: (reports: readonly CheckReport[]) => void = () => undefined,
): Promise<SettleReport> {
  const startedAt = clock.monotonic()
  const graceUntil = startedAt + rules.graceSeconds * 1_000
  const endsAt = startedAt + rules.timeoutSeconds * 1_000
  const courses = startCourses(checks, startedAt)
  const deciding = courses.filter((course) => course.check.severity === 'fail')
  let soakFrom: number | null = null

  function end(ok: boolean, detail: string): SettleReport {
    const durationMs = Math.round(clock.monotonic() - startedAt)
    return { ok, detail, checks: courses.map(reportOf), durationMs }
  }

  for (;;) {
    const due = courses.filter((course) => course.nextAt <= clock.monotonic())
    await askDue(due, expectedVersion, graceUntil, endsAt, clock)
    if (due.length > 0) onChange(courses.map(reportOf))

    const unhealthy = deciding.find((course) => stateOf(course) === 'unhealthy')
    if (unhealthy !== undefined) {
      const { name, unhealthyCount } = unhealthy.check
      const times = unhealthyCount === 1 ? '' : ` (${unhealthyCount} times in a row)`
      return end(false, `${name} is unhealthy${times}: ${unhealthy.last?.detail ?? ''}`)
    }
    const now = clock.monotonic()
    const waiting = deciding.filter((course) => stateOf(course) !== 'healthy')
    soakFrom = waiting.length > 0 ? null : (soakFrom ?? now)
    const soakedAt = (soakFrom ?? Infinity) + rules.soakSeconds * 1_000
    if (now >= soakedAt) return end(true, `${deciding.map((course) => course.check.name).join(', ')} healthy`)
    if (now >= endsAt) {
      const slow = waiting[0]
      const why =
        slow === undefined ? 'still soaking' : `${slow.check.name}: ${slow.last?.detail ?? 'was not asked'}`
      return end(false, `not settled within ${rules.timeoutSeconds} s: ${why}`)
    }
    const next = Math.min(soakedAt, endsAt, ...courses.map((course) => course.nextAt))
    await clock.sleep(Math.max(1, next - now))
  }
}
