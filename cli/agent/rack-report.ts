/** What the rack says of itself with every question; the contract is shared/contract/rack.ts. */
import { protocolVersion } from '../../shared/contract/protocol.ts'
import type { RackReport } from '../../shared/contract/rack.ts'
import { toIso } from '../../shared/domain/instants.ts'
import { type Attempt, hasActed } from './attempt.ts'
import type { RackState } from './rack-state.ts'

export interface ReportInput {
  readonly state: RackState
  readonly current: string | null
  readonly platform: string
  readonly agent: string
  /** The attempt under way, if this question is about it. */
  readonly attempt?: Attempt | undefined
}

export function reportOf({ state, current, platform, agent, attempt }: ReportInput): RackReport {
  const { pin, hold, bar, failures, isAligning, proved, seen } = state
  return {
    protocol: protocolVersion,
    agent,
    current,
    platform,
    proved: proved.map(({ version, at }) => ({ version, at: toIso(at), parametersHold: true })),
    failures: failures.map(({ target, count, lastAt }) => ({ target, count, lastAt: toIso(lastAt) })),
    seen: { revision: seen.revision, ledgerSequence: seen.ledgerSequence },
    ...(pin && { pin: pinOf(pin) }),
    ...(hold && { hold: { ...hold, until: toIso(hold.until) } }),
    ...(bar && { bar }),
    ...(isAligning && { isAligning }),
    ...(attempt &&
      attempt.input.motive !== 'person' && { attempt: underWayOf(attempt, attempt.input.motive) }),
  }
}

function pinOf({
  version,
  owner,
  reason,
  until,
  acceptedAdvisory,
}: NonNullable<RackState['pin']>): NonNullable<RackReport['pin']> {
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
