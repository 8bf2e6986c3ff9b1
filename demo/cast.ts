/** Who and what every act of the story works with. */
import { instantOfTimestamp } from '../shared/domain/version.ts'
import type { Builds } from './builds.ts'
import type { Narrator } from './narrator.ts'
import type { DemoRack } from './racks.ts'
import type { Stage } from './stage.ts'

export interface Cast {
  readonly stage: Stage
  readonly tell: Narrator
  readonly builds: Builds
  readonly staging: DemoRack
  /** In production, on `stable` as it should be. */
  readonly prod1: DemoRack
  /** In production, and somebody switches it to `unstable`. */
  readonly prod2: DemoRack
}

/** `16 August 2016, 16:01`: when a build was cut, which its version spells out. */
export function dateOf(version: string): string {
  const at = instantOfTimestamp(version)
  if (at === undefined) throw new Error(`${version} does not spell out a time.`)
  const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(at)
  return `${day}, ${new Date(at).toISOString().slice(11, 16)}`
}
