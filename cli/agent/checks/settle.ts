/**
 * Asks checks until they are sure: an update is settled when every check that decides has been healthy often enough
 * in a row, all at the same moment, and stayed so for the soak. An exit code was a hint; this is the proof.
 */

import type { Clock } from '../clock.ts'
import type { Check, CheckReport } from './check.ts'
import { askCheck, type Course, countAnswer, reportOf, startCourse, stateOf } from './course.ts'

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

async function askDue(
  due: readonly Course[],
  expectedVersion: string | null,
  graceUntil: number,
  endsAt: number,
  clock: Clock,
): Promise<void> {
  await Promise.all(
    due.map(async (course) => {
      const answer = await askCheck(course.check, expectedVersion, endsAt - clock.monotonic(), clock)
      countAnswer(course, answer, clock.monotonic() < graceUntil)
      course.nextAt = clock.monotonic() + course.check.intervalSeconds * 1_000
    }),
  )
}

/** Each check once, at the same time: one answer decides. */
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
  const courses = checks.map((check) => startCourse(check, startedAt))
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
