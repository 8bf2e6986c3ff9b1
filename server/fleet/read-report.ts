/** From a rack's report to the facts that a decision is made on. The report is checked by the contract before. */
import type { LifetimeBody } from '../../shared/contract/forecast.ts'
import type { RackReport } from '../../shared/contract/rack.ts'
import type { Lifetime } from '../../shared/domain/expiry.ts'
import type { Origin, RackFacts } from '../../shared/domain/rack.ts'
import type { RackRow } from '../store/racks.ts'

/** What is known of a rack that was enrolled and has not spoken yet. */
export function factsOfAdopted(name: string, platform: string, current: string | null): RackFacts {
  return {
    name,
    current: current ?? undefined,
    platform,
    proved: [],
    pins: [],
    holds: [],
    failures: [],
    isAligning: false,
    apps: {},
  }
}

/**
 * `heardAt` is when the report came, on the registry's clock: what a rack dates later than that was dated by a clock
 * that ran ahead, and counts from now on. Otherwise one failure could hold the rack for as long as its clock was wrong.
 */
export function factsOfReport(name: string, report: RackReport, heardAt: number): RackFacts {
  const dated = (instant: string): number => Math.min(Date.parse(instant), heardAt)
  return {
    name,
    current: report.current ?? undefined,
    platform: report.platform,
    proved: report.proved.map(({ version, at, parametersHold }) => ({
      version,
      at: dated(at),
      parametersHold,
    })),
    pins: report.pin ? [pinOf(report.pin)] : [],
    holds: report.hold ? [{ ...report.hold, until: Date.parse(report.hold.until), origin: 'rack' }] : [],
    failures: report.failures.map(({ target, count, lastAt }) => ({
      target,
      count,
      lastAt: dated(lastAt),
    })),
    isAligning: report.isAligning ?? false,
    apps: report.apps ?? {},
    ...(report.bar && { bar: report.bar }),
    ...(report.drifted && { drifted: report.drifted }),
    ...(report.health && {
      health: { ...report.health, since: dated(report.health.since) },
    }),
    ...(report.lifetimes && { lifetimes: report.lifetimes.map(lifetimeOf) }),
    ...(report.window && { window: report.window }),
    ...(report.within !== undefined && { within: report.within }),
    ...(report.minAgeMinutes !== undefined && { minAgeMinutes: report.minAgeMinutes }),
    ...(report.attempt && { attempt: attemptOf(report.attempt) }),
  }
}

/** The facts with the registry's own orders beside those that the rack reported; earlier ones are replaced. */
export function withOrders(
  facts: RackFacts,
  { orderedPin, orderedHold }: Pick<RackRow, 'orderedPin' | 'orderedHold'>,
): RackFacts {
  const [pins, holds] = [ofTheRack(facts.pins), ofTheRack(facts.holds)]
  const isAlone = pins.length === facts.pins.length && holds.length === facts.holds.length
  if (isAlone && !orderedPin && !orderedHold) return facts
  return {
    ...facts,
    pins: orderedPin ? [...pins, { ...orderedPin, origin: 'registry' }] : pins,
    holds: orderedHold ? [...holds, { ...orderedHold, origin: 'registry' }] : holds,
  }
}

function ofTheRack<Order extends { readonly origin: Origin }>(orders: readonly Order[]): readonly Order[] {
  return orders.filter(({ origin }) => origin === 'rack')
}

function pinOf(pin: NonNullable<RackReport['pin']>): RackFacts['pins'][number] {
  const { version, owner, reason, until, acceptedAdvisory } = pin
  return {
    version,
    owner,
    reason,
    origin: 'rack',
    ...(until !== undefined && { until: Date.parse(until) }),
    ...(acceptedAdvisory !== undefined && { acceptedAdvisory }),
  }
}

function lifetimeOf({ endsAt, seenEndsAt, ...said }: LifetimeBody): Lifetime {
  return {
    ...said,
    ...(endsAt !== undefined && { endsAt: Date.parse(endsAt) }),
    ...(seenEndsAt !== undefined && { seenEndsAt: Date.parse(seenEndsAt) }),
  }
}

function attemptOf({ id, from, target, motive, isConfirmed }: NonNullable<RackReport['attempt']>) {
  return { id, target, motive, isConfirmed, ...(from !== null && { from }) }
}
