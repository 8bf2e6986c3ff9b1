/** What the rack says of itself with every question; the contract is shared/contract/rack.ts. */
import { protocolVersion } from '../../shared/contract/protocol.ts'
import type { RackReport } from '../../shared/contract/rack.ts'
import type { Health } from '../../shared/domain/health.ts'
import { toIso } from '../../shared/domain/instants.ts'
import type { HoldOrder, PinOrder } from '../../shared/domain/rack.ts'
import type { UpdateWindow } from '../../shared/domain/window.ts'
import { type Attempt, hasActed } from './attempt.ts'
import { reportedHealth } from './health.ts'
import type { ReportedParameters } from './parameters/standing.ts'
import type { RackConfig } from './rack-config.ts'
import type { RackState } from './rack-state.ts'

export interface ReportInput {
  readonly state: RackState
  readonly current: string | null
  /** How the rack is configured: its platform, and what its operator lets it take, and when. */
  readonly rack: RackConfig['rack']
  readonly agent: string
  readonly parameters: ReportedParameters
  /** Null when nothing is monitored here. */
  readonly health: Health | null
  /** Undefined where none is declared. */
  readonly lifetimes: RackReport['lifetimes']
  /** The attempt under way, if this question is about it. */
  readonly attempt?: Attempt | undefined
}

export function reportOf({
  state,
  current,
  rack,
  agent,
  parameters,
  health,
  lifetimes,
  attempt,
}: ReportInput): RackReport {
  const { isAligning, proved, seen, outside, rehearsals, installation } = state
  const { pin, hold, bar, failures } = ordersOf(state)
  return {
    protocol: protocolVersion,
    agent,
    current,
    platform: rack.platform,
    proved: proved.map((one) => ({
      version: one.version,
      at: toIso(one.at),
      parametersHold: parameters.holds(one),
    })),
    failures,
    seen: { revision: seen.revision, ledgerSequence: seen.ledgerSequence },
    ...(pin && { pin }),
    ...(hold && { hold }),
    ...(bar && { bar }),
    ...(outside && { outside: outsideOf(outside) }),
    ...(isAligning && { isAligning }),
    ...(installation && { installation: installation.id }),
    ...(rehearsals && { rehearsals: rehearsals.map((one) => ({ ...one, at: toIso(one.at) })) }),
    ...(parameters.drifted.length > 0 && { drifted: [...parameters.drifted] }),
    ...(health && { health: reportedHealth(health) }),
    ...(lifetimes && { lifetimes }),
    ...(rack.window && { window: windowOf(rack.window) }),
    ...(rack.within !== undefined && { within: rack.within }),
    ...(rack.minAgeMinutes !== undefined && { minAgeMinutes: rack.minAgeMinutes }),
    ...(attempt &&
      attempt.input.motive !== 'person' && { attempt: underWayOf(attempt, attempt.input.motive) }),
  }
}

function windowOf({ start, minutes, zone, except }: UpdateWindow): NonNullable<RackReport['window']> {
  return { start, minutes, zone, ...(except && { except: [...except] }) }
}

export function outsideOf({
  from,
  to,
  at,
}: NonNullable<RackState['outside']>): NonNullable<RackReport['outside']> {
  return { from, to, at: toIso(at) }
}

/** What people ordered, here and from the registry, and what failed here, in the words of the contract. */
export function ordersOf({ pin, hold, ordered, bar, failures }: RackState) {
  return {
    pin: pin && pinOf(pin),
    hold: hold && holdOf(hold),
    ordered: {
      pin: ordered?.pin ? pinOf(ordered.pin) : null,
      hold: ordered?.hold ? holdOf(ordered.hold) : null,
    },
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
