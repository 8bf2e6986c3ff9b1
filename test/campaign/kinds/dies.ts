/** A file system that dies: at every mutating call of the command, as in a power cut, and while it recovers. */
import type { YardRack } from '../../support/campaign-yard.ts'
import { type DyingOptions, dyingFiles } from '../../support/dying-files.ts'
import type { Fault, Kind } from '../fault.ts'
import type { Scene } from '../scene.ts'

type Death = Omit<DyingOptions, 'diesAt'>

/** Half of a write is on the disk, and nothing that was not synced. */
const powerCut: Death = { tears: true, losesUnsynced: true }

export const dies = dying('the file system dies at a call', {})
export const powerCuts = dying('the same as a power cut: torn writes, lost names', powerCut)

function dying(tells: string, death: Death): Kind {
  return {
    tells,
    isReal: false,
    async faults(scene, every) {
      const calls = await callsOf(scene)
      return everySoMany(calls, every).map((call) => ({
        mark: `${call}`,
        words: `dies at mutating call ${call} of ${calls}`,
        happen: (rack) => die(scene, rack, call, death),
      }))
    },
  }
}

export const diesAgain: Kind = {
  tells: 'it dies, and again at a call of the recovery',
  isReal: false,
  async faults(scene, every) {
    const calls = await callsOf(scene)
    const twice: Fault[] = []
    for (const first of [0.5, 0.8].map((share) => Math.ceil(calls * share))) {
      const rack = scene.copy(`again-${first}`)
      await die(scene, rack, first, {})
      const recovery = await callsOfRecovery(rack)
      scene.dispose(rack)
      for (const second of everySoMany(recovery, every)) twice.push(dieTwice(scene, first, second))
    }
    return twice
  },
}

function dieTwice(scene: Scene, first: number, second: number): Fault {
  return {
    mark: `${first}-${second}`,
    words: `dies at mutating call ${first}, and its recovery at call ${second}`,
    // What was started twice is not started again.
    mayEnd: ['returned'],
    async happen(rack) {
      await die(scene, rack, first, {})
      const { files, calls } = dyingFiles({ diesAt: second })
      await rack.with({ files })('check')
      return calls() === second
    },
  }
}

async function die({ story }: Scene, rack: YardRack, call: number, death: Death): Promise<boolean> {
  const { files, calls } = dyingFiles({ ...death, diesAt: call })
  await rack.with({ files })(...story.words)
  return calls() === call
}

/** How many mutating calls the story makes when it lives. */
async function callsOf(scene: Scene): Promise<number> {
  const rack = scene.copy('counting')
  const { files, calls } = dyingFiles({ diesAt: Infinity })
  await rack.with({ files })(...scene.story.words)
  scene.dispose(rack)
  return calls()
}

async function callsOfRecovery(rack: YardRack): Promise<number> {
  const { files, calls } = dyingFiles({ diesAt: Infinity })
  await rack.with({ files })('check')
  return calls()
}

/** 1 up to `last`, in steps. */
export function everySoMany(last: number, step: number): readonly number[] {
  return Array.from({ length: Math.ceil(last / step) }, (_, index) => 1 + index * step)
}
