/** What the ledger remembers of a rollout, from its plan to its end; that it was ordered stands in the event that ordered it. */
import type { AcknowledgedFailure, HaltEvidence, RolloutOrder, RolloutPlan } from './rollout.ts'

export interface RolloutEventData {
  'rollout.planned': { readonly app: string; readonly rollout: string; readonly plan: RolloutPlan }
  'rollout.wave_opened': {
    readonly app: string
    readonly rollout: string
    readonly wave: number
    /** What the wave before it had shown. */
    readonly detail: string
    readonly numbers: Readonly<Record<string, number>>
  }
  'rollout.paused': { readonly app: string; readonly rollout: string }
  'rollout.halted': {
    readonly app: string
    readonly rollout: string
    readonly evidence: Omit<HaltEvidence, 'actor' | 'at'>
    /** Racks that were not past their soak go back by this one. */
    readonly takeBack?: RolloutOrder
  }
  'rollout.resumed': {
    readonly app: string
    readonly rollout: string
    readonly acknowledged: readonly AcknowledgedFailure[]
  }
  'rollout.retried': { readonly app: string; readonly rollout: string }
  'rollout.completed': {
    readonly app: string
    readonly rollout: string
    readonly detail: string
    readonly numbers: Readonly<Record<string, number>>
  }
}
