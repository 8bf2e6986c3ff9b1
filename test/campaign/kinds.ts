/** The kinds of faults, by the names under which they are counted and repeated. */
import type { Kind } from './fault.ts'
import { artifactSpoilt } from './kinds/artifact.ts'
import { dies, diesAgain, powerCuts } from './kinds/dies.ts'
import { hookKilled, killed, killedTwice, racing } from './kinds/killed.ts'
import { killedAtCall } from './kinds/killed-at-call.ts'
import { registryVanishes } from './kinds/registry.ts'
import { wayBackFails } from './kinds/way-back-fails.ts'
import { clockJumps, diskFull } from './kinds/weather.ts'

export const kinds = {
  dies,
  'power-cut': powerCuts,
  'dies-again': diesAgain,
  killed,
  'killed-at-call': killedAtCall,
  'killed-twice': killedTwice,
  'hook-killed': hookKilled,
  racing,
  disk: diskFull,
  clock: clockJumps,
  artifact: artifactSpoilt,
  registry: registryVanishes,
  'way-back-fails': wayBackFails,
} as const satisfies Readonly<Record<string, Kind>>

export type KindName = keyof typeof kinds
