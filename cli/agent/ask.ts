/** The question to the registry, and what the rack keeps of the answer: the newest it has seen, and the last decision. */
import type { DecisionBody } from '../../shared/contract/rack.ts'
import { refuseStale } from './judge-decision.ts'
import type { Rack } from './rack.ts'
import { reportOf } from './rack-report.ts'
import type { RackState } from './rack-state.ts'
import type { Patience } from './registry-client.ts'

export interface Asked {
  readonly decision: DecisionBody
  readonly current: string | null
}

/** A registry on this machine that is just starting is waited for so long. */
const startMs = 10_000

/** Raises `registry_unreachable`, `bad_answer` or `stale_answer`; none of them changes anything. */
export async function askRegistry(
  rack: Rack,
  options: Patience & { readonly isTraced?: boolean } = {},
): Promise<Asked> {
  const current = await rack.driver.current()
  const { state, config, agentVersion } = rack
  const report = reportOf({ state, current, platform: config.rack.platform, agent: agentVersion })
  const decision = await rack.registry().check(report, { startMs, ...options })
  refuseStale(decision, state)
  rack.keep((present) => afterAnswer(present, decision, rack.place.clock.now()))
  return { decision, current }
}

function afterAnswer(state: RackState, body: DecisionBody, at: number): RackState {
  const { trace: _trace, ...decision } = body
  const { channel, revision, ledgerSequence, scheme, motive } = body
  return {
    ...state,
    scheme,
    seen: { channel, revision, ledgerSequence },
    // Once the channel's own offer speaks, the rack is aligned with it.
    isAligning: state.isAligning && motive !== 'rollout',
    lastDecision: { at, body: decision },
  }
}
