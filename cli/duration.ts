/** Times as people give them: a duration from now, a date, an instant, or the word `now`. Refused with the arithmetic. */
import { checkUntil, day, hour, minute, toIso } from '../shared/domain/instants.ts'
import { Problem } from '../shared/domain/problem.ts'

const units: Readonly<Record<string, number>> = { d: day, h: hour, m: minute, s: 1000 }
const durationForm = /^(?:\d{1,7}[dhms])+$/
const dateForm = /^(\d{4})-(\d{2})-(\d{2})$/
const instantForm =
  /^(\d{4})-(\d{2})-(\d{2})T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/
const farthestDays = 36_600

/** `4h`, `30m`, `7d`, `1h30m` in milliseconds. Raises `invalid_date`; `flag` names what was given. */
export function parseDuration(flag: string, text: string): number {
  if (!durationForm.test(text)) throw notUnderstood(flag, text, 'a duration such as 4h, 30m or 7d')
  const total = [...text.matchAll(/(\d+)([dhms])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ''] ?? 0),
    0,
  )
  if (total === 0) throw new Problem('invalid_date', `${flag} ${text} is no time at all: 0 seconds.`)
  return total
}

/**
 * An instant ahead of now: `4h`, `2026-12-01` (its first moment in UTC) or RFC 3339. Raises `invalid_date` when it
 * has passed, saying by how much.
 */
export function parseUntil(flag: string, text: string, now: number): number {
  const until = durationForm.test(text) ? now + parseDuration(flag, text) : parseInstant(flag, text)
  return checkUntil(`${flag} ${text}`, until, now, farthestDays)
}

/** An instant: a duration ago such as `7d`, a date, RFC 3339, or `now`. */
export function parsePast(flag: string, text: string, now: number): number {
  return durationForm.test(text) ? now - parseDuration(flag, text) : parseAt(flag, text, now)
}

/** An instant, before or after now: a date, RFC 3339, or `now`. */
export function parseAt(flag: string, text: string, now: number): number {
  return text === 'now' ? now : parseInstant(flag, text)
}

function parseInstant(flag: string, text: string): number {
  const parts = dateForm.exec(text) ?? instantForm.exec(text)
  if (!parts) {
    throw notUnderstood(
      flag,
      text,
      'a duration such as 4h, a date such as 2026-12-01, or an RFC 3339 instant with its zone',
    )
  }
  const [year, month, dayOfMonth] = parts.slice(1, 4).map(Number)
  const midnight = new Date(Date.UTC(year ?? 0, (month ?? 0) - 1, dayOfMonth))
  // JavaScript reads 30 February as 2 March.
  if (midnight.getUTCMonth() + 1 !== month || midnight.getUTCDate() !== dayOfMonth) {
    throw new Problem(
      'invalid_date',
      `${flag} ${text} is not in the calendar: ${daysIn(year ?? 0, month ?? 0)}.`,
    )
  }
  return dateForm.test(text) ? midnight.getTime() : Date.parse(text)
}

function daysIn(year: number, month: number): string {
  if (month < 1 || month > 12) return `a year has 12 months, and this is month ${month}`
  const name = toIso(Date.UTC(year, month - 1, 1)).slice(0, 7)
  return `${name} has ${new Date(Date.UTC(year, month, 0)).getUTCDate()} days`
}

function notUnderstood(flag: string, text: string, expected: string): Problem {
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text
  return new Problem('invalid_date', `${flag} "${shown}" is not understood: expected ${expected}.`)
}
