/** What the rack says of itself with every question; the contract is shared/contract/rack.ts. */
import { protocolVersion } from '../../shared/contract/protocol.ts'
import type { RackReport } from '../../shared/contract/rack.ts'
import { toIso } from '../../shared/domain/instants.ts'
import { type Attempt, hasActed } from './attempt.ts'
import type { HoldOrder, PinOrder, RackState } from './rack-state.ts'

export interface ReportInput {
  readonly state: RackState
  readonly current: string | null
  readonly platform: string
  readonly agent: string
  /** The attempt under way, if this question is about it. */
  readonly attempt?: Attempt | undefined
}

export function reportOf({ state, current, platform, agent, attempt }: ReportInput): RackReport {
  const { isAligning, proved, seen } = state
  const { pin, hold, bar, failures } = ordersOf(state)
  return {
    protocol: protocolVersion,
    agent,
    current,
    platform,
    proved: proved.map(({ version, at }) => ({ version, at: toIso(at), parametersHold: true })),
    failures,
    seen: { revision: seen.revision, ledgerSequence: seen.ledgerSequence },
    ...(pin && { pin }),
    ...(hold && { hold }),
    ...(bar && { bar }),
    ...(isAligning && { isAligning }),
    ...(attempt &&
      attempt.input.motive !== 'person' && { attempt: underWayOf(attempt, attempt.input.motive) }),
  }
}

/** What people ordered here and what failed here, in the words of the contract. */
export function ordersOf({ pin, hold, bar, failures }: RackState) {
  return {
    pin: pin && pinOf(pin),
    hold: hold && holdOf(hold),
    bar,
    failures: failures.map(({ target, count, lastAt }) => ({ target, count, lastAt: toIso(lastAt) })),
  }
}

export function holdOf(hold: HoldOrder): NonNullable<RackReport['hold']> {
  return { ...hold, until: toIso(hold.until) }
}

export function pinOf({
  version,
  owner,
  reason,
  until,
  acceptedAdvisory,
}: PinOrder): NonNullable<RackReport['pin']> {
  return {
    version,
    owner,
    reason,
    ...(until !== undefined && { until: toIso(until) }),
    ...(acceptedAdvisory !== undefined && { acceptedAdvisory }),
  }
}

function underWayOf(
  { id, input, state }: Attempt,
  motive: NonNullable<RackReport['attempt']>['motive'],
): NonNullable<RackReport['attempt']> {
  return { id, from: input.from, target: input.to, motive, state, isConfirmed: hasActed(state) }
}
