/**
 * The way from what runs to a target: over every required release that the channel served, from a version that the
 * next step can be reached from. Going back, no release on the way may have a floor above the target.
 */
import { contains } from './range.ts'
import type { ReleaseState } from './release.ts'
import type { AppState } from './state.ts'
import { compareKeys } from './version.ts'

export type Step = { readonly step: ReleaseState } | { readonly blockedBy: string }

/** The next release to go to, forward, on the way to the target; or what is in the way. Keys are order keys. */
export function nextStep(app: AppState, channel: string, currentKey: string, target: ReleaseState): Step {
  for (const stone of app.stones) {
    if (stone.key <= currentKey) continue
    if (stone.key >= target.key) break
    const standing = standingOf(app, channel, stone)
    if (standing === 'ignored') continue
    if (typeof standing === 'string') return { blockedBy: standing }
    if (standing.key > target.key || standing.key <= currentKey) {
      return {
        blockedBy: `${standing.version}, which replaces the stone ${stone.version}, does not lie on the way`,
      }
    }
    return reach(app, channel, currentKey, standing)
  }
  return reach(app, channel, currentKey, target)
}

/** The floor above the target, if a release that the move leaves or crosses has one. */
export function floorAbove(app: AppState, currentKey: string, targetKey: string): ReleaseState | undefined {
  return app.floors.find(
    (release) => release.key > targetKey && release.key <= currentKey && (release.floorKey ?? '') > targetKey,
  )
}

function standingOf(app: AppState, channel: string, stone: ReleaseState): ReleaseState | 'ignored' | string {
  if (stone.awaitedOn.includes(channel))
    return `the required release ${stone.version} is not admitted on ${channel} yet`
  if (stone.servedOn[channel] === undefined) return 'ignored'
  if (stone.yank === undefined) return stone
  if (stone.routing.skippable) return 'ignored'
  const replacement =
    stone.routing.replacedBy === undefined ? undefined : app.releases.get(stone.routing.replacedBy)
  if (replacement && replacement.yank === undefined) return replacement
  return `the required release ${stone.version} was withdrawn and nothing replaces it`
}

/**
 * The step itself if it can be reached from here; otherwise the newest release that the channel served on the way,
 * from which it can. The search goes down from the step, so it ends.
 */
function reach(app: AppState, channel: string, currentKey: string, step: ReleaseState): Step {
  if (isReachable(step, currentKey)) return { step }
  const between = [...app.releases.values()]
    .filter((release) => release.key > currentKey && release.key < step.key)
    .filter((release) => release.servedOn[channel] !== undefined && release.yank === undefined)
    .filter((release) => isReachable(step, release.key))
    .sort((a, b) => compareKeys(b.key, a.key))
  for (const release of between) {
    const way = reach(app, channel, currentKey, release)
    if ('step' in way) return way
  }
  return { blockedBy: `${step.version} can be reached only from ${step.routing.requiresFrom}` }
}

function isReachable(release: ReleaseState, fromKey: string): boolean {
  return release.reachableFrom === undefined || contains(release.reachableFrom, fromKey)
}
