/** A fault: something that happens to a rack while it moves. And a kind: all faults of one sort in one story. */
import type { YardRack } from '../support/campaign-yard.ts'
import type { Chance } from './chance.ts'
import type { Outcome } from './evidence.ts'
import type { Scene } from './scene.ts'

export interface Fault {
  /** Names it among those of its kind in one story; the same in every run of the same seed. */
  readonly mark: string
  /** What happens, in a few words. */
  readonly words: string
  /**
   * Runs the story's command on the rack and lets it happen, up to the moment when the fault is over and nothing of
   * the program runs any more. False: the run was through before it could happen; it is tried on another copy, with
   * the next draws of chance.
   */
  happen(rack: YardRack, chance: Chance): Promise<boolean>
  /** What attempts may end as, besides what the story says. */
  readonly mayEnd?: readonly Outcome[]
}

export interface Kind {
  /** For the table, in a few words. */
  readonly tells: string
  readonly isReal: boolean
  /** `amount`: for faults at every call, every so-many-th; for those at random, how many. */
  faults(scene: Scene, amount: number): Promise<readonly Fault[]>
}
