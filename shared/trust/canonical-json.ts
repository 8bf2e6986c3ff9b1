/**
 * Canonical JSON: one text for one value, so that both ends hash and sign the same bytes. Keys sorted by code
 * point, no spaces, integers only, strings in normal form C (the OLPC rules that TUF uses, with escapes as JSON has).
 */

/** Raises an Error for what has no canonical form: fractions, `undefined` inside of an array, functions. */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return JSON.stringify(value.normalize('NFC'))
  if (typeof value === 'number') return canonicalNumber(value)
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value === 'object') return canonicalObject(Object.entries(value))
  throw new Error(`A ${typeof value} has no canonical form.`)
}

function canonicalNumber(value: number): string {
  if (Number.isSafeInteger(value)) return String(Object.is(value, -0) ? 0 : value)
  throw new Error(`${value} has no canonical form: only integers have one.`)
}

function canonicalObject(entries: readonly (readonly [string, unknown])[]): string {
  const members = entries
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => [key.normalize('NFC'), value] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${JSON.stringify(key)}:${canonicalJson(value)}`)
  return `{${members.join(',')}}`
}
