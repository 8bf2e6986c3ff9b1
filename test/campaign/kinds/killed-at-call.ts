/** SIGKILL of the installed program right before or after a call that writes, syncs, renames or starts a process. */
import { join } from 'node:path'
import { oneOf } from '../chance.ts'
import { noteIn } from '../drivers.ts'
import type { Kind } from '../fault.ts'
import type { Scene } from '../scene.ts'
import { everySoMany } from './dies.ts'

export const killedAtCall: Kind = {
  tells: 'it is killed right before or after a random write, fsync, rename or spawn',
  isReal: true,
  async faults(scene, amount) {
    const calls = await callsOf(scene)
    return everySoMany(amount, 1).map((number) => ({
      mark: `${number}`,
      words: `killed at one of ${calls} calls`,
      async happen(rack, chance) {
        const env = {
          CAMPAIGN_KILL_AT: `${1 + Math.floor(chance() * calls)}`,
          CAMPAIGN_KILL_SIDE: oneOf(chance, ['before', 'after']),
        }
        const { signal } = await scene.start(rack, scene.story.words, env).ended
        return signal === 'SIGKILL'
      },
    }))
  },
}

async function callsOf(scene: Scene): Promise<number> {
  const rack = scene.copy('counting')
  await scene.start(rack, scene.story.words, { CAMPAIGN_COUNT_FILE: join(scene.yard.folder, 'calls') }).ended
  scene.dispose(rack)
  return Number(noteIn(scene.yard.folder, 'calls'))
}
