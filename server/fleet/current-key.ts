/** Where what a rack runs stands in the order of its app, when all racks are looked at. */
import { Problem } from '../../shared/domain/problem.ts'
import type { RackFacts } from '../../shared/domain/rack.ts'
import type { AppState } from '../../shared/domain/state.ts'
import { orderKey } from '../../shared/domain/version.ts'

/**
 * Undefined for a rack that runs nothing, or something that is no version of the scheme: the word of one rack must not
 * keep a yank of all the others from being answered.
 */
export function keyOfCurrent(app: AppState, { current }: Pick<RackFacts, 'current'>): string | undefined {
  if (current === undefined) return undefined
  const release = app.releases.get(current)
  if (release) return release.key
  try {
    return orderKey(app.scheme, current)
  } catch (error) {
    if (error instanceof Problem) return undefined
    throw error
  }
}
