/** A decision as it crosses the wire: the same object for agents, curl, `explain` and the console. */
import type { DecisionBody } from '../../shared/contract/rack.ts'
import type { ChannelState } from '../../shared/domain/channel.ts'
import type { Decision, Trace } from '../../shared/domain/decide.ts'
import { contractOf } from '../../shared/domain/gates/release-gates.ts'
import { toIso } from '../../shared/domain/instants.ts'
import { namesIn, type ParameterContract } from '../../shared/domain/parameters.ts'
import { type Hold, isPresent, type Pin, type RackFacts } from '../../shared/domain/rack.ts'
import { artifactFor, type ReleaseState } from '../../shared/domain/release.ts'
import type { AppState } from '../../shared/domain/state.ts'
import { holdBodyOf, pinBodyOf } from './order-bodies.ts'

export interface Answered {
  readonly decision: Decision
  readonly app: AppState
  readonly channel: ChannelState
  readonly facts: RackFacts
  /** Null for somebody who is no enrolled rack. */
  readonly rack: string | null
  readonly ledgerSequence: number
  readonly answeredAt: number
  readonly trace?: Trace | undefined
}

export function decisionBodyOf({
  decision,
  app,
  channel,
  facts,
  rack,
  ledgerSequence,
  answeredAt,
  trace,
}: Answered): DecisionBody {
  const { action, reason, motive, target, destination, until, askAgainSeconds, detail, advisories } = decision
  return {
    app: app.name,
    scheme: app.scheme,
    channel: channel.name,
    rack,
    current: facts.current ?? null,
    action,
    reason,
    motive,
    target: target ? targetOf(app, target, facts) : null,
    destination: destination?.version ?? null,
    until: until === undefined ? null : toIso(until),
    askAgainSeconds,
    detail,
    advisories: advisories.map((yank) => ({
      id: yank.id,
      severity: yank.severity,
      remedy: yank.remedy,
      range: yank.range.text,
      reason: yank.reason,
    })),
    revision: channel.revision,
    ledgerSequence,
    answeredAt: toIso(answeredAt),
    ...(rack !== null && ordersIn(facts, answeredAt)),
    ...(trace && { trace }),
  }
}

/** Nothing at all for most racks: they are asked about all day. */
function ordersIn({ pins, holds }: RackFacts, now: number): Pick<DecisionBody, 'orders'> {
  if (pins.length + holds.length === 0) return {}
  const isOrdered = (order: Pin | Hold): boolean => order.origin === 'registry' && isPresent(order, now)
  const pin = pins.find(isOrdered)
  const hold = holds.find(isOrdered)
  if (!pin && !hold) return {}
  return { orders: { ...(pin && { pin: pinBodyOf(pin) }), ...(hold && { hold: holdBodyOf(hold) }) } }
}

function targetOf(
  app: AppState,
  release: ReleaseState,
  { platform, current }: RackFacts,
): DecisionBody['target'] {
  const { version, content, routing } = release
  const artifact = artifactFor(content, platform) ?? null
  const running = current === undefined ? undefined : app.releases.get(current)
  const parameters = parametersOf(contractOf(app, release), contractOf(app, running))
  return { version, artifact, notes: content.notes ?? null, floor: routing.floor ?? null, parameters }
}

/** For a rack that compares what it is configured with: a mask of either version hides a value. */
function parametersOf(target: ParameterContract | undefined, running: ParameterContract | undefined) {
  if (!target && !running) return null
  const ofTarget = namesIn(target)
  const masked =
    target === running ? ofTarget.masked : [...new Set([...ofTarget.masked, ...namesIn(running).masked])]
  return target || masked.length > 0
    ? { declared: target ? [...ofTarget.declared] : null, masked: [...masked] }
    : null
}
