/** Instants for readers: RFC 3339 for a program, the distance from now for a person. */
import { describeDuration, toIso } from '../shared/domain/instants.ts'

/** `instant` is RFC 3339, or null for "never"; `now` is milliseconds since the epoch. */
export function describeInstant(instant: string | null, now: number, isForPerson: boolean): string {
  if (instant === null) return '-'
  const at = Date.parse(instant)
  if (!isForPerson || Number.isNaN(at)) return instant
  const distance = Math.abs(at - now)
  if (distance < 1000) return 'now'
  // A person who reads about last year wants the date.
  if (distance > 90 * 24 * 3_600_000) return toIso(at).slice(0, 10)
  const words = largestUnit(distance)
  return at < now ? `${words} ago` : `in ${words}`
}

function largestUnit(milliseconds: number): string {
  return describeDuration(milliseconds).split(' ')[0] ?? ''
}
