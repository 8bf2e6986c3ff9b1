/** Releases as the fold keeps them: replaced whole, with the short lists of stones and floors beside them. */
import type { ReleaseState } from './release.ts'
import type { AppState } from './state.ts'
import { compareKeys } from './version.ts'

export function replaceRelease(app: AppState, release: ReleaseState): void {
  const before = app.releases.get(release.version)
  app.releases.set(release.version, release)
  const isListed = before?.routing.required || before?.floorKey !== undefined
  if (isListed || release.routing.required || release.floorKey !== undefined) {
    app.stones = placed(app.stones, release, release.routing.required === true)
    app.floors = placed(app.floors, release, release.floorKey !== undefined)
  }
}

function placed(
  list: readonly ReleaseState[],
  release: ReleaseState,
  belongs: boolean,
): readonly ReleaseState[] {
  const others = list.filter((one) => one.version !== release.version)
  return belongs ? [...others, release].sort((a, b) => compareKeys(a.key, b.key)) : others
}
