/** `Retry-After` (RFC 9110, 10.2.3): seconds or an HTTP date; whatever else it says was not said. */

const httpDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

/** Undefined when nothing was said. `now` is what a date is compared with; never more than `mostMs`, for servers lie. */
export function retryAfterMs(
  value: string | undefined,
  { now, mostMs }: { readonly now: number; readonly mostMs: number },
): number | undefined {
  if (value === undefined) return undefined
  const text = value.trim()
  const isSeconds = /^\d{1,15}$/.test(text)
  if (!isSeconds && !httpDate.test(text)) return undefined
  const ms = isSeconds ? Number(text) * 1_000 : Date.parse(text) - now
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), mostMs) : undefined
}
