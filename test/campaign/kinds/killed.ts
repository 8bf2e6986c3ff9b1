/** SIGKILL of the installed program, which nothing can catch: at random instants, at random calls, again and again. */
import { setTimeout as pause } from 'node:timers/promises'
import type { YardRack } from '../../support/campaign-yard.ts'
import { type Chance, oneOf } from '../chance.ts'
import { processesOf } from '../evidence.ts'
import type { Kind } from '../fault.ts'
import type { Scene } from '../scene.ts'
import { everySoMany } from './dies.ts'

export const killed: Kind = {
  tells: 'the program is killed at a random instant',
  isReal: true,
  async faults(scene, amount) {
    const wholeMs = await durationOf(scene, scene.story.words)
    return everySoMany(amount, 1).map((number) => ({
      mark: `${number}`,
      words: `killed at a random instant of ${wholeMs} ms`,
      happen: (rack, chance) => killSoon(scene, rack, scene.story.words, wholeMs, chance),
    }))
  },
}

export const killedTwice: Kind = {
  tells: 'it is killed, and so is its recovery, twice in a row',
  isReal: true,
  async faults(scene, amount) {
    const wholeMs = await durationOf(scene, scene.story.words)
    const chance = scene.chance('killed-twice')
    const left = scene.copy('left')
    const recoveryMs = (await killSoon(scene, left, scene.story.words, wholeMs, chance))
      ? await durationOf(scene, ['check'], left)
      : wholeMs
    scene.dispose(left)
    return everySoMany(amount, 1).map((number) => ({
      mark: `${number}`,
      words: `killed at a random instant of ${wholeMs} ms, and twice within ${recoveryMs} ms of its recovery`,
      mayEnd: ['returned'],
      async happen(rack, chance) {
        if (!(await killSoon(scene, rack, scene.story.words, wholeMs, chance))) return false
        for (let again = 0; again < 2; again += 1) await kill(scene, rack, ['check'], recoveryMs * chance())
        return true
      },
    }))
  },
}

export const hookKilled: Kind = {
  tells:
    'a hook or check of it is killed: the leader of its group, or the group, with or without the program',
  isReal: true,
  async faults(scene, amount) {
    const wholeMs = await durationOf(scene, scene.story.words)
    return everySoMany(amount, 1).map((number) => ({
      mark: `${number}`,
      words: `a process that the program started is killed after a random instant of ${wholeMs} ms`,
      mayEnd: ['returned', 'failed'],
      happen: (rack, chance) => killHook(scene, rack, wholeMs, chance),
    }))
  },
}

export const racing: Kind = {
  tells: 'two agents at once, or an agent and a person; in every third race one of them is killed',
  isReal: true,
  async faults(scene, amount) {
    const wholeMs = await durationOf(scene, scene.story.words)
    return everySoMany(amount, 1).map((number) => ({
      mark: `${number}`,
      words: `a second run begins at a random instant of ${wholeMs} ms`,
      mayEnd: ['returned'],
      async happen(rack, chance) {
        const first = scene.start(rack, scene.story.words)
        await pause(wholeMs * chance() * 0.9)
        const second = scene.start(rack, oneOf(chance, [['agent', 'once'], ['update', '--yes'], ['check']]))
        if (number % 3 === 0) {
          await pause(wholeMs * chance() * 0.5)
          first.kill('SIGKILL')
        }
        const ended = await Promise.all([first.ended, second.ended])
        const odd = ended.find(
          ({ code, signal }) => signal === null && code !== null && !expected.includes(code),
        )
        if (odd) throw new Error(`of two at once one ended with ${odd.code}: ${odd.stderr}`)
        return true
      },
    }))
  },
}

/** Done, returned, or somebody else is at it. A person's rollback to what already runs is refused with 3. */
const expected = [0, 20, 75, 3]

/** How long the command takes when nothing disturbs it, in milliseconds: the shorter of two runs. */
async function durationOf(scene: Scene, words: readonly string[], rack?: YardRack): Promise<number> {
  const took: number[] = []
  for (const mark of ['first', 'second']) {
    const own = rack ?? scene.copy(`timing-${mark}`)
    const startedAt = performance.now()
    await scene.start(own, words).ended
    took.push(performance.now() - startedAt)
    if (!rack) scene.dispose(own)
    // What has recovered once has nothing more to recover.
    else break
  }
  return Math.round(Math.min(...took))
}

/** Where node starts and nothing is done yet few instants are worth trying. */
const startShare = 0.15

/** At an instant of the command's course, uniformly. False: it was through before. */
async function killSoon(
  scene: Scene,
  rack: YardRack,
  words: readonly string[],
  wholeMs: number,
  chance: Chance,
): Promise<boolean> {
  return kill(scene, rack, words, wholeMs * (startShare + (1 - startShare) * chance()))
}

/** Whether it was killed before it was through. */
async function kill(
  scene: Scene,
  rack: YardRack,
  words: readonly string[],
  afterMs: number,
): Promise<boolean> {
  const running = scene.start(rack, words)
  await pause(afterMs)
  running.kill('SIGKILL')
  const { signal } = await running.ended
  return signal === 'SIGKILL'
}

async function killHook(scene: Scene, rack: YardRack, wholeMs: number, chance: Chance): Promise<boolean> {
  const running = scene.start(rack, scene.story.words)
  const what = oneOf(chance, ['leader', 'group', 'leader and program', 'group and program'])
  let isOver = false
  void running.ended.then(() => {
    isOver = true
  })
  await pause(wholeMs * chance() * 0.9)
  let wasThere = false
  while (!isOver && !wasThere) {
    const hook = processesOf(rack.dir).find(({ isChild, isLeader }) => isChild && isLeader)
    if (hook) {
      if (what.endsWith('program')) running.kill('SIGKILL')
      wasThere = killed9(what.startsWith('group') ? -hook.pid : hook.pid)
    } else await pause(2)
  }
  await running.ended
  return wasThere
}

/** False when it was gone already. */
function killed9(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL')
  } catch {
    return false
  }
}
