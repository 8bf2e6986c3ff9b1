/**
 * The guard in front of every write of parameters: what a platform shows instead of a value is never written as one.
 * In August 2016 a rack read `****` for its password and wrote it back; nobody could sign in after that.
 */

import { Problem } from '../../../shared/domain/problem.ts'

/**
 * Raises `masked_value`, naming all of them, when a value looks like one of the placeholders or stands under an
 * opaque name. `opaque` holds the names whose present value cannot be known: a value for one of those can only
 * have been read back. Whoever was given a new value by a person leaves its name out. Values are never told.
 */
export function refuseMasked(
  values: Readonly<Record<string, string>>,
  placeholders: readonly RegExp[],
  opaque: ReadonlySet<string>,
): void {
  const whyNot = (name: string, value: string): string | null => {
    if (opaque.has(name)) return 'it cannot be read, so this cannot be its value'
    // A copy, since a pattern with the flag "g" remembers where it stopped.
    const isPlaceholder = placeholders.some((pattern) => new RegExp(pattern).test(value.trim()))
    return isPlaceholder ? 'this is what is shown in the place of a value' : null
  }
  const refused = Object.entries(values).flatMap(([name, value]) => {
    const why = whyNot(name, value)
    return why === null ? [] : [{ name, why }]
  })
  if (refused.length === 0) return
  const named = refused.map(({ name, why }) => `${name} (${why})`).join(', ')
  throw new Problem('masked_value', `A mask is not a value, and is not written: ${named}.`, {
    hint: 'let the platform keep its previous value, or give the real one in a file',
    numbers: { names: refused.map(({ name }) => name) },
  })
}
