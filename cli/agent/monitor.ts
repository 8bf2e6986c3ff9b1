/**
 * The monitor: asks a rack's `monitor` checks between the agent's rounds, without the rack's lock, and never while an
 * attempt is under way. A check is asked every `monitorSeconds`; when its answer is not what is held of it, soon again,
 * until its counts decide. (Nagios calls these the check and the retry interval.)
 */
import { Problem } from '../../shared/domain/problem.ts'
import { isOver } from './attempt.ts'
import { checksFor } from './checks/check.ts'
import { askCheck, type Course, countAnswer, reportOf, startCourse } from './checks/course.ts'
import { askOnce } from './checks/settle.ts'
import { healthAfter, healthNow, heldState, type KeptHealth, writeHealth } from './health.ts'
import { type Journal, openJournal } from './journal.ts'
import { openRack, type Rack, type RackPlace } from './rack.ts'
import { attemptsIn } from './recover.ts'

export interface Monitor {
  /**
   * Asks what is due until `endsAt` on the monotonic clock; true as soon as the rack's health has changed. Ends soon
   * after the signal, and gives up what is being asked.
   */
  watchUntil(endsAt: number, signal: AbortSignal): Promise<boolean>
}

export interface MonitorDeps {
  readonly place: RackPlace
  /** From 0 up to 1. */
  readonly chance: () => number
}

/** A rack that cannot be asked now, because something else is at it or its configuration is wrong. */
const notNowSeconds = 30
/** Longer no answer is waited for here, for a round may be due. */
const longestAskMs = 60_000
/** A share of its interval by which a question comes earlier or later. */
const jitter = 0.1
/** When the agent has been gone for so long, nobody knows how the rack is. */
const leastGoodMs = 10 * 60_000
const onceGoodMs = 24 * 3_600_000

export function createMonitor({ place, chance }: MonitorDeps): Monitor {
  const { clock, files } = place
  let courses: Course[] = []
  let expected: string | null = null
  let configured = ''
  let nextLookAt = clock.monotonic()

  const spread = (seconds: number): number => seconds * 1_000 * (1 - jitter + 2 * jitter * chance())

  /** Others have changed: what was counted before means nothing, and the first questions come soon, not all at once. */
  function startAnew(rack: Rack): void {
    const now = clock.monotonic()
    courses = checksFor('monitor', rack.checks).map((check) =>
      startCourse(check, now + chance() * Math.min(check.intervalSeconds, check.monitorSeconds) * 1_000),
    )
  }

  async function prepare(rack: Rack): Promise<void> {
    const version = await versionOf(rack)
    const text = JSON.stringify(rack.config.checks)
    if (version === expected && text === configured) {
      // The same checks, of the rack as it was opened now.
      const checks = checksFor('monitor', rack.checks)
      courses = courses.map((course, index) => ({ ...course, check: checks[index] ?? course.check }))
      return
    }
    expected = version
    configured = text
    // Where nothing is installed there is nothing that could be healthy.
    if (version === null) courses = []
    else startAnew(rack)
  }

  async function askDue(rack: Rack, signal: AbortSignal): Promise<boolean> {
    const due = courses.filter(({ nextAt }) => nextAt <= clock.monotonic())
    const line = lastLineOf(rack.journal)
    const answers = await Promise.all(
      due.map(({ check }) => askCheck(check, expected, longestAskMs, clock, signal)),
    )
    // An attempt that began meanwhile has changed what was asked.
    const isStill = due.length === 0 || lastLineOf(openJournal(rack.dir, files)) === line
    if (signal.aborted || !isStill) return false
    const before = healthNow(rack)
    for (const [index, course] of due.entries()) {
      const answer = answers[index]
      if (answer === undefined) continue
      countAnswer(course, answer, false)
      const isAsHeld = heldState(before, reportOf(course)) === (answer.ok ? 'healthy' : 'unhealthy')
      const { monitorSeconds, intervalSeconds } = course.check
      const seconds = isAsHeld ? monitorSeconds : Math.min(intervalSeconds, monitorSeconds)
      course.nextAt = clock.monotonic() + spread(seconds)
    }
    return keep(rack, before, courses)
  }

  async function look(signal: AbortSignal): Promise<boolean> {
    try {
      const rack = await openRack(place)
      const last = attemptsIn(rack).at(-1)
      if (last && !isOver(last.state)) {
        nextLookAt = clock.monotonic() + spread(notNowSeconds)
        return false
      }
      await prepare(rack)
      const hasChanged = await askDue(rack, signal)
      const soonest = Math.min(...courses.map(({ nextAt }) => nextAt))
      nextLookAt = courses.length > 0 ? soonest : clock.monotonic() + spread(notNowSeconds)
      return hasChanged
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      // The next round says it.
      nextLookAt = clock.monotonic() + spread(notNowSeconds)
      return false
    }
  }

  return {
    async watchUntil(endsAt, signal) {
      while (!signal.aborted) {
        const now = clock.monotonic()
        if (now >= endsAt) return false
        if (now < nextLookAt) await clock.sleep(Math.min(nextLookAt, endsAt) - now, signal)
        else if (await look(signal)) return true
      }
      return false
    },
  }
}

/** For a run without a monitor: each check once, and one answer decides. `goodForMs`: until nothing is known again. */
export async function monitorOnce(rack: Rack, goodForMs = onceGoodMs): Promise<void> {
  const { place, checks } = rack
  const version = await versionOf(rack)
  const asked = version === null ? [] : checksFor('monitor', checks)
  const report = await askOnce(asked, version, place.clock)
  const now = place.clock.now()
  const before = healthNow(rack)
  const after = healthAfter(before, report.checks, { now, goodForMs })
  if (after !== before) writeHealth(rack.dir, after, place.files)
}

/** What a person has just found out counts where somebody monitors, or did until just now. */
export async function monitorBesides(rack: Rack): Promise<void> {
  if (healthNow(rack) !== null) await monitorOnce(rack, leastGoodMs)
}

/** What should run: what did when the rack last looked, or what is there when that is not known. */
async function versionOf({ state, driver }: Rack): Promise<string | null> {
  return state.runs ?? driver.current()
}

function lastLineOf(journal: Journal): number {
  return journal.entries().at(-1)?.n ?? 0
}

/** True when the rack came into another state. To have become known is one, unless there is nothing to know yet. */
function keep({ dir, place }: Rack, before: KeptHealth | null, courses: readonly Course[]): boolean {
  const now = place.clock.now()
  const slowestMs = Math.max(0, ...courses.map(({ check }) => check.monitorSeconds * 1_000))
  const goodForMs = Math.max(leastGoodMs, 3 * slowestMs)
  const after = healthAfter(before, courses.map(reportOf), { now, goodForMs })
  if (after === before) return false
  writeHealth(dir, after, place.files)
  return after !== null && after.state !== (before?.state ?? 'unknown')
}
