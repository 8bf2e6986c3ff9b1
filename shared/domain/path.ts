/**
 * The way from what runs to a target: over every required release that the channel served, from a version that the
 * next step can be reached from. Going back, no release on the way may have a floor above the target.
 */
import { contains } from './range.ts'
import type { ReleaseState } from './release.ts'
import type { AppState } from './state.ts'
import { compareKeys } from './version.ts'

export type Step = { readonly step: ReleaseState } | { readonly blockedBy: string }

/**
 * The next release to go to, forward, on the way to the target; or what is in the way. Keys are order keys. A withdrawn
 * stone may only be crossed by stepping on what replaces it, or from beyond that.
 */
export function nextStep(app: AppState, channel: string, currentKey: string, target: ReleaseState): Step {
  let next = target
  for (const stone of stonesBetween(app, currentKey, target.key)) {
    const standing = standingOf(app, channel, stone)
    if (typeof standing !== 'string' && standing.key > currentKey && standing.key < next.key) next = standing
  }
  let firstCrossed = next.key
  for (const stone of stonesBetween(app, currentKey, next.key)) {
    const standing = standingOf(app, channel, stone)
    if (standing === 'ignored') continue
    if (typeof standing === 'string') return { blockedBy: standing }
    if (standing.key > next.key) {
      return {
        blockedBy: `${standing.version}, which replaces ${stone.version}, lies beyond ${next.version}`,
      }
    }
    if (standing === next && stone.key < firstCrossed) firstCrossed = stone.key
  }
  return reach(app, channel, currentKey, next, firstCrossed)
}

function stonesBetween(app: AppState, fromKey: string, toKey: string): readonly ReleaseState[] {
  return app.stones.filter((stone) => stone.key > fromKey && stone.key < toKey)
}

/** The floor above the target, if a release that the move leaves or crosses has one. */
export function floorAbove(app: AppState, currentKey: string, targetKey: string): ReleaseState | undefined {
  return app.floors.find(
    (release) => release.key > targetKey && release.key <= currentKey && (release.floorKey ?? '') > targetKey,
  )
}

function standingOf(app: AppState, channel: string, stone: ReleaseState): ReleaseState | 'ignored' | string {
  const isAwaited = stone.awaitedOn.includes(channel)
  if (!isAwaited && stone.servedOn[channel] === undefined) return 'ignored'
  if (stone.yank === undefined)
    return isAwaited ? `the required release ${stone.version} is not admitted on ${channel} yet` : stone
  if (stone.routing.skippable) return 'ignored'
  const replacement =
    stone.routing.replacedBy === undefined ? undefined : app.releases.get(stone.routing.replacedBy)
  if (replacement && replacement.yank === undefined) return replacement
  return `the required release ${stone.version} was withdrawn and nothing replaces it`
}

/**
 * The step itself if it can be reached from here; otherwise the newest release that the channel served on a way
 * there, before the first stone that only the step itself may cross. Searched backwards from the step, each release
 * once: with a range on every release, trying every way would double the work with each of them.
 */
function reach(app: AppState, channel: string, currentKey: string, step: ReleaseState, endKey: string): Step {
  if (isReachable(step, currentKey)) return { step }
  let unexplored = [...app.releases.values()]
    .filter((release) => release.key > currentKey && release.key < endKey)
    .filter((release) => release.servedOn[channel] !== undefined && release.yank === undefined)
    .sort((a, b) => compareKeys(b.key, a.key))
  const goals = [step]
  for (const goal of goals) {
    const rest: ReleaseState[] = []
    for (const release of unexplored) {
      if (release.key >= goal.key || !isReachable(goal, release.key)) rest.push(release)
      else if (isReachable(release, currentKey)) return { step: release }
      else goals.push(release)
    }
    unexplored = rest
  }
  return { blockedBy: `${step.version} can be reached only from ${step.routing.requiresFrom}` }
}

function isReachable(release: ReleaseState, fromKey: string): boolean {
  return release.reachableFrom === undefined || contains(release.reachableFrom, fromKey)
}
