/** The question to the registry, and what the rack keeps of the answer: the newest it has seen, and the last decision. */
import type { DecisionBody } from '../../shared/contract/rack.ts'
import { describeDuration } from '../../shared/domain/instants.ts'
import { Problem } from '../../shared/domain/problem.ts'
import { healthNow } from './health.ts'
import { refuseStale } from './judge-decision.ts'
import { reportedLifetimes } from './lifetimes/rack-lifetimes.ts'
import { orderedWith } from './ordered.ts'
import { reportedParameters, seenOn } from './parameters/standing.ts'
import type { Rack } from './rack.ts'
import { reportOf } from './rack-report.ts'
import { type ProvedHere, type RackState, withChangeBeside } from './rack-state.ts'
import type { Patience } from './registry-client.ts'
import { withTrustedTime } from './trusted-time.ts'

export interface Asked {
  readonly decision: DecisionBody
  readonly current: string | null
  /** When the answer came, on the rack's clock. */
  readonly askedAt: number
}

/** A registry on this machine that is just starting is waited for so long. */
const startMs = 10_000

/** Raises `registry_unreachable`, `bad_answer` or `stale_answer`; none of them changes anything. */
export async function askRegistry(
  rack: Rack,
  options: Patience & { readonly isTraced?: boolean } = {},
): Promise<Asked> {
  const current = await rack.driver.current()
  noticeChange(rack, current)
  const { state, config, agentVersion } = rack
  await seenOn(rack)
  const parameters = reportedParameters(rack, current)
  const health = healthNow(rack)
  const report = reportOf({
    state,
    current,
    rack: config.rack,
    agent: agentVersion,
    parameters,
    health,
    lifetimes: reportedLifetimes(rack),
  })
  const decision = await rack.registry().check(report, { startMs, ...options })
  refuseStale(decision, state)
  const { answeredAt } = decision
  const time = answeredAt === undefined ? undefined : rack.time.learn(Date.parse(answeredAt))
  const askedAt = rack.time.now()
  // At once: each keeping is a file that is synced.
  rack.keep((present) => afterAnswer(time ? withTrustedTime(present, time) : present, decision, askedAt))
  return { decision, current, askedAt }
}

const certaintyMs = 3_000

/**
 * Before a span of time is counted from now: a clock that may be wrong is compared with the registry's. Without an
 * answer it counts as it is.
 */
export async function askWhenDoubtful(rack: Rack): Promise<void> {
  if (!rack.time.isDoubtful()) return
  await askRegistry(rack, { timeoutMs: certaintyMs, startMs: 0 }).catch((error: unknown) => {
    if (!(error instanceof Problem)) throw error
    rack.place.watch.onNote(
      `the clock is ${describeDuration(rack.time.now() - (rack.state.time?.at ?? 0))} ahead of what the registry said last, and it does not answer now`,
    )
  })
}

function noticeChange(rack: Rack, current: string | null): void {
  const { runs } = rack.state
  if (runs !== null && runs !== current) {
    rack.place.watch.onNote(
      `${runs} ran here, and now ${current ?? 'nothing'} does, by no attempt of headgate`,
    )
  }
  rack.keep((state) => withChangeBeside(state, current, rack.time.now()))
}

function afterAnswer({ ordered: _before, ...state }: RackState, body: DecisionBody, at: number): RackState {
  const { trace: _trace, ...decision } = body
  const { channel, revision, ledgerSequence, scheme, motive } = body
  const ordered = orderedWith(body)
  return {
    ...state,
    ...(ordered && { ordered }),
    scheme,
    seen: { channel, revision, ledgerSequence },
    proved: state.proved.map((one) => (one.version === body.current ? withWord(one, body) : one)),
    // Once the channel's own offer speaks, the rack is aligned with it.
    isAligning: state.isAligning && motive !== 'rollout',
    lastDecision: { at, body: decision },
  }
}

/** What is said of a version is remembered while it runs, for a rollback that cannot ask. */
function withWord({ withdrawn: _before, ...one }: ProvedHere, { advisories }: DecisionBody): ProvedHere {
  const [advisory] = advisories
  if (!advisory) return one
  const { id, severity, reason } = advisory
  return { ...one, withdrawn: { id, severity, reason } }
}
