/** A rack as people see their fleet, well unless something is said: for stories about what is the matter with it. */
import type { RackPicture } from '../../shared/domain/fleet-standing.ts'
import { minute } from '../../shared/domain/instants.ts'
import type { RackFacts } from '../../shared/domain/rack.ts'

export function aPicture(facts: RackFacts, told: Partial<RackPicture> = {}): RackPicture {
  return {
    facts,
    now: 0,
    currentKey: facts.current,
    yank: undefined,
    newestProved: undefined,
    recall: undefined,
    barUpToKey: undefined,
    outside: undefined,
    stuck: undefined,
    targets: [],
    silence: { lastSeenAt: 0, byTheClock: minute, receiving: minute, allowed: 15 * minute },
    isCloned: false,
    ...told,
  }
}
