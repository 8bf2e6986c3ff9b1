/** What a rack would be told if it asked now, on the state of an act that may be a dry run: so that it tells the truth. */
import type { ToldBody } from '../../shared/contract/told.ts'
import { Problem } from '../../shared/domain/problem.ts'
import type { State } from '../../shared/domain/state.ts'
import type { KnownRack } from '../fleet/fleet-index.ts'
import type { Registry } from '../registry.ts'

export function toldIn({ fleet }: Registry, state: State, rack: KnownRack): ToldBody {
  try {
    const { action, reason, target, detail } = fleet.decideIn(state, rack)
    return { action, reason, target: target?.version ?? null, detail }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    // One rack that reports nonsense must not keep an act about all the others from being recorded.
    return { action: 'wait', reason: error.code, target: null, detail: error.message }
  }
}
