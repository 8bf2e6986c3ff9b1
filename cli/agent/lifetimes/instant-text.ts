/** A date as an operator writes it or a command prints it, read strictly: a wrong guess here is a credential that ends unseen. */

const dateForm =
  /^(\d{4})-(\d{2})-(\d{2})(T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d))?$/
const secondsForm = /^\d{9,10}$/
const [firstYear, lastYear] = [2000, 2099]

export const instantExpected = `a date such as "2026-12-24" or "2026-12-24T00:00:00Z", from ${firstYear} to ${lastYear}`

/**
 * A date (its first moment in UTC), an RFC 3339 instant with its zone, or whole seconds since the epoch, in milliseconds.
 * Undefined for anything else, and for years that stand for "never", such as a certificate's 9999.
 */
export function instantIn(text: string): number | undefined {
  const at = secondsForm.test(text) ? Number(text) * 1000 : dateIn(text)
  if (at === undefined) return undefined
  const year = new Date(at).getUTCFullYear()
  return year >= firstYear && year <= lastYear ? at : undefined
}

function dateIn(text: string): number | undefined {
  const parts = dateForm.exec(text)
  if (!parts) return undefined
  const [year = 0, month = 0, day = 0] = parts.slice(1, 4).map(Number)
  // JavaScript reads 30 February as 2 March.
  const midnight = new Date(Date.UTC(year, month - 1, day))
  if (midnight.getUTCMonth() + 1 !== month || midnight.getUTCDate() !== day) return undefined
  return parts[4] === undefined ? midnight.getTime() : Date.parse(text)
}
