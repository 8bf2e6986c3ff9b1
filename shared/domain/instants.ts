/** Dates that people give: past, absurd and zero-length ones are refused with the arithmetic. */
import { Problem } from './problem.ts'

export const minute = 60_000
export const hour = 60 * minute
export const day = 24 * hour

/** The last instant that a Date can say. */
const latest = 8.64e15

export function toIso(at: number): string {
  return new Date(at).toISOString()
}

/** A date must lie ahead of now, and not so far that it can only be a slip. `what` starts the sentence. */
export function checkUntil(what: string, until: number, now: number, maxDays: number): number {
  if (!Number.isSafeInteger(until) || Math.abs(until) > latest)
    throw new Problem('invalid_date', `${what} is not a date.`)
  if (until <= now) {
    throw new Problem(
      'invalid_date',
      `${what} (${toIso(until)}) is not in the future: it is ${describeDuration(now - until)} before now (${toIso(now)}).`,
      {
        numbers: { until, now },
      },
    )
  }
  if (until - now > maxDays * day) {
    const days = Math.round((until - now) / day)
    throw new Problem('invalid_date', `${what} is ${days} days ahead; at most ${maxDays} days are taken.`, {
      numbers: { days, maxDays },
    })
  }
  return until
}

/** A date must have come already. `what` starts the sentence. */
export function checkPast(what: string, at: number, now: number): number {
  if (!Number.isSafeInteger(at) || Math.abs(at) > latest)
    throw new Problem('invalid_date', `${what} is not a date.`)
  if (at <= now) return at
  throw new Problem(
    'invalid_date',
    `${what} (${toIso(at)}) has not come yet: it is ${describeDuration(at - now)} after now (${toIso(now)}).`,
    { numbers: { at, now } },
  )
}

/** `3d 4h`, `12m`, `40s`: the largest unit that is not zero, and the next one unless that is. */
export function describeDuration(milliseconds: number): string {
  const units: readonly (readonly [string, number])[] = [
    ['d', day],
    ['h', hour],
    ['m', minute],
    ['s', 1000],
  ]
  let rest = Math.max(0, Math.round(milliseconds / 1000) * 1000)
  const parts: string[] = []
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0 && parts.length < 2) parts.push(`${count}${unit}`)
    else if (parts.length > 0) break
  }
  return parts.join(' ') || '0s'
}
