/**
 * Windows: when a rack's operator lets updates land. A cron start, a length in minutes, and the zone whose clock is
 * meant. A start that the spring change skips is taken when the clock jumps; one that the autumn change repeats is taken
 * once; the length is real minutes, whatever the wall clock does meanwhile.
 */
import { Cron } from 'croner'
import { describeDuration, hour, minute, toIso } from './instants.ts'
import { Problem } from './problem.ts'
import type { Room } from './question.ts'

export interface UpdateWindow {
  /** Five cron fields: minute, hour, day of the month, month, day of the week. */
  readonly start: string
  readonly minutes: number
  /** An IANA zone, such as Europe/Berlin. */
  readonly zone: string
  /** Days on which it does not open, in the zone: `2026-12-24`. */
  readonly except?: readonly string[] | undefined
}

const mostMinutes = 7 * 24 * 60
const dayForm = /^\d{4}-\d{2}-\d{2}$/

/** Raises `invalid_input` that names what is wrong with it: the cron, the length, the zone or a day. */
export function checkWindow(window: UpdateWindow): UpdateWindow {
  const { start, minutes, zone, except = [] } = window
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > mostMinutes) {
    throw invalid(`its length is ${minutes} minutes, expected 1 to ${mostMinutes}`)
  }
  if (start.trim().split(/\s+/).length !== 5)
    throw invalid(`"${start}" is not five cron fields, such as "0 2 * * 2-4"`)
  const wrongDay = except.find((day) => !dayForm.test(day))
  if (wrongDay !== undefined) throw invalid(`"${wrongDay}" is not a day such as 2026-12-24`)
  let next: Date | null
  try {
    next = cronOf(window).nextRun(new Date(0))
  } catch (error) {
    throw invalid(`"${start}" in ${zone}: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (next === null) throw invalid(`"${start}" never comes`)
  return window
}

/** Whether it is open now; if not, when it opens next (as far as a year and a month ahead). */
export function roomInWindow(window: UpdateWindow, now: number): Room {
  const cron = cronOf(window)
  const length = window.minutes * minute
  const opened = openingBefore(cron, window, now, length)
  if (opened !== undefined) {
    const closesAt = opened + length
    return {
      isFree: true,
      detail: `the window is open for another ${describeDuration(closesAt - now)}`,
      until: closesAt,
    }
  }
  const opensAt = openingAfter(cron, window, now)
  const words = `${window.start} for ${window.minutes} minutes, ${window.zone}`
  if (opensAt === undefined)
    return { isFree: false, detail: `the window (${words}) does not open within a year` }
  return {
    isFree: false,
    detail: `the window (${words}) opens in ${describeDuration(opensAt - now)} (${toIso(opensAt)})`,
    until: opensAt,
  }
}

/** The start that still holds the window open, if there is one. */
function openingBefore(cron: Cron, window: UpdateWindow, now: number, length: number): number | undefined {
  // The first start later than `now - length` is the only one that can be open and has not closed.
  let at = cron.nextRun(new Date(now - length))
  while (at && at.getTime() <= now) {
    if (!isExcepted(window, at)) return at.getTime()
    at = cron.nextRun(at)
  }
  return undefined
}

const yearAndMonth = 396 * 24 * hour

function openingAfter(cron: Cron, window: UpdateWindow, now: number): number | undefined {
  for (let at = cron.nextRun(new Date(now)); at && at.getTime() - now < yearAndMonth; at = cron.nextRun(at)) {
    if (!isExcepted(window, at)) return at.getTime()
  }
  return undefined
}

function isExcepted({ zone, except = [] }: UpdateWindow, at: Date): boolean {
  if (except.length === 0) return false
  // Swedish writes dates as ISO 8601 does.
  return except.includes(at.toLocaleDateString('sv-SE', { timeZone: zone }))
}

function cronOf({ start, zone }: UpdateWindow): Cron {
  return new Cron(start, { timezone: zone, paused: true, mode: '5-part' })
}

function invalid(why: string): Problem {
  return new Problem('invalid_input', `That is not a window: ${why}.`, {
    hint: 'window = { start = "0 2 * * 2-4", minutes = 180, zone = "Europe/Berlin" }',
  })
}
