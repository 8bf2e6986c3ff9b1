/** Moves and places for driver tests: a state directory of the test's own, and notes that can be read afterwards. */

import { join } from 'node:path'
import type { ProcessIdentity } from '../../cli/agent/boot.ts'
import { systemClock } from '../../cli/agent/clock.ts'
import type { Move } from '../../cli/agent/drivers/driver.ts'
import type { DriverPlace } from '../../cli/agent/drivers/run-step.ts'
import { type DurableFiles, realFiles } from '../../cli/agent/files.ts'

export interface NotedMove extends Move {
  readonly notes: string[]
  readonly groups: ProcessIdentity[]
}

export function aMove(change: Partial<Move> = {}): NotedMove {
  const notes: string[] = []
  const groups: ProcessIdentity[] = []
  return {
    attempt: 'a1',
    from: null,
    to: '1',
    direction: 'forward',
    onProcess: async (group) => void groups.push(group),
    onDataLoss: () => undefined,
    note: (line) => void notes.push(line),
    notes,
    groups,
    ...change,
  }
}

export function aPlace(dir: string, files: DurableFiles = realFiles): DriverPlace {
  const env = { PATH: process.env.PATH, HEADGATE_TOKEN: 'not-for-hooks' }
  return { dir, files, env, clock: systemClock }
}

export function releaseDir(dir: string, version: string): string {
  return join(dir, 'releases', version)
}
