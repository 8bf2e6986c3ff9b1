/**
 * Who may send the racks on a yank back all at once: one person those of a small range. More of them begin with one
 * rack until a second person says so (docs/rollouts.md), and a simulation foretells the same.
 */
import { contains, parseRange } from '../../shared/domain/range.ts'
import type { AppState } from '../../shared/domain/state.ts'
import { keyOfCurrent } from './current-key.ts'
import type { FleetIndex } from './fleet-index.ts'

const mostAtOnce = 10

/** Of a yank that asks to go all at once: if it may, by what the racks of the index run. Raises `invalid_range`. */
export function mayGoAtOnce(
  app: AppState,
  { range: text, allAtOnce = false }: { readonly range: string; readonly allAtOnce?: boolean },
  index: Pick<FleetIndex, 'inApp'>,
): boolean {
  if (!allAtOnce) return false
  const range = parseRange(app.scheme, text)
  let racks = 0
  for (const { facts } of index.inApp(app.name)) {
    const key = keyOfCurrent(app, facts)
    if (key !== undefined && contains(range, key)) racks += 1
    if (racks > mostAtOnce) return false
  }
  return true
}
