/**
 * August 2016, played with the real commands: the registry knows the releases before that week by import, the builds
 * of the week are published while the story goes on, as they were, and the history since is imported at the end.
 */
import { badBuild } from './acts/bad-build.ts'
import { bringUpToDate } from './acts/bring-up-to-date.ts'
import { takeFix } from './acts/fix.ts'
import { lookBack } from './acts/look-back.ts'
import { takeBack } from './acts/take-back.ts'
import { anything } from './answers.ts'
import { openBuilds } from './builds.ts'
import { type Cast, dateOf } from './cast.ts'
import type { Narrator } from './narrator.ts'
import { makeRack } from './racks.ts'
import type { Stage } from './stage.ts'

export interface StoryOptions {
  /** The repository's demo folder: the data, and the stand-in rack. */
  readonly demo: string
  /** False takes the health check away from staging, which then keeps the bad build: the story ends there. */
  readonly hasSelfCheck: boolean
}

/** Raises a `Departure` at the first command that does not do what the story says. Returns the registry's address. */
export async function playStory(stage: Stage, tell: Narrator, options: StoryOptions): Promise<string> {
  tell.line(
    'August 2016 with the real releases of Convox: who, what (headgate …), exit code, what came of it.',
  )
  const builds = await openBuilds(options.demo, stage.folder)
  const url = await stage.startRegistry()
  tell.heading(
    `${dateOf(builds.lastGood)}. A registry on ${url}, the history so far, and the last good build`,
  )
  await stage.headgate(['app', 'create', 'rack', '--scheme', 'timestamp'], { exit: 0, reads: anything })
  const check = options.hasSelfCheck ? 'self-check' : 'none'
  const switchTo = ['unstable', 'stable']
  const [staging, prod1, prod2] = await Promise.all([
    makeRack(stage, { name: 'staging', channel: 'unstable', check }),
    makeRack(stage, { name: 'prod-1', channel: 'stable', check: 'self-check' }),
    makeRack(stage, { name: 'prod-2', channel: 'stable', check: 'version', switchTo }),
  ])
  const cast: Cast = { stage, tell, builds, staging, prod1, prod2 }
  for (const act of [bringUpToDate, badBuild, takeBack, takeFix, lookBack]) await act(cast)
  return url
}
