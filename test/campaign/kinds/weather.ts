/** What goes wrong around a rack, in process: the disk that fills, the clock that jumps. */
import { createDurableFiles, nodeSyscalls, type Syscalls } from '../../../cli/agent/files.ts'
import { day } from '../../../shared/domain/instants.ts'
import type { ShellOptions } from '../../cli/shell.ts'
import { fullDiskAfter } from '../../support/full-disk.ts'
import type { Kind } from '../fault.ts'
import type { Scene } from '../scene.ts'
import { everySoMany } from './dies.ts'

export const diskFull: Kind = {
  tells: 'the disk is full from a write on, until the command has ended',
  isReal: false,
  async faults(scene, every) {
    const asked = await countedBy(scene, (count) => ({ files: fullDiskAfter(() => count() > Infinity) }))
    return everySoMany(asked, every).map((write) => ({
      mark: `${write}`,
      words: `the disk is full from write ${write} of ${asked} on`,
      mayEnd: ['failed', 'returned'],
      async happen(rack) {
        let writes = 0
        const files = fullDiskAfter(() => ++writes >= write)
        await rack.with({ files })(...scene.story.words)
        return writes >= write
      },
    }))
  },
}

const jumps = [
  { name: 'year', words: 'a year forward', ms: 365 * day },
  { name: 'day-back', words: 'a day back', ms: -day },
  { name: 'weeks-back', words: 'a month back', ms: -30 * day },
]

export const clockJumps: Kind = {
  tells: 'the wall clock jumps: a year forward, a day back, a month back',
  isReal: false,
  async faults(scene, every) {
    const calls = await countedBy(scene, (count) => ({ files: tellingFiles(count) }))
    // 0: it jumped before the command, so that everything is judged by the wrong time.
    const at = [0, ...everySoMany(calls, every)]
    return jumps.flatMap(({ name, words, ms }) =>
      at.map((call) => ({
        mark: `${name}-${call}`,
        words: `the clock jumps ${words} at mutating call ${call} of ${calls}`,
        mayEnd: ['failed', 'returned'] as const,
        async happen(rack) {
          let made = 0
          const { clock } = scene.yard
          const now = () => clock.now() + (made >= call ? ms : 0)
          const files = tellingFiles(() => ++made)
          await rack.with({ files, clock: { ...clock, now } })(...scene.story.words)
          return made >= call
        },
      })),
    )
  },
}

/** How often the surroundings ask when nothing happens. */
async function countedBy(scene: Scene, surroundings: (count: () => number) => ShellOptions): Promise<number> {
  const rack = scene.copy('counting')
  let counted = 0
  await rack.with(surroundings(() => ++counted))(...scene.story.words)
  scene.dispose(rack)
  return counted
}

/** Files that tell before each mutating call. */
function tellingFiles(tell: () => unknown): ReturnType<typeof createDurableFiles> {
  const told = <Words extends unknown[], Result>(call: (...words: Words) => Result) => {
    return (...words: Words): Result => {
      tell()
      return call(...words)
    }
  }
  const calls: Syscalls = {
    ...nodeSyscalls,
    write: told(nodeSyscalls.write),
    sync: told(nodeSyscalls.sync),
    rename: told(nodeSyscalls.rename),
    symlink: told(nodeSyscalls.symlink),
    unlink: told(nodeSyscalls.unlink),
    mkdir: told(nodeSyscalls.mkdir),
    removeTree: told(nodeSyscalls.removeTree),
  }
  return createDurableFiles(calls)
}
