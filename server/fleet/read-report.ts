/** From a rack's report to the facts that a decision is made on. The report is checked by the contract before. */
import type { RackReport } from '../../shared/contract/rack.ts'
import type { RackFacts } from '../../shared/domain/rack.ts'

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

export function factsOfReport(name: string, report: RackReport): RackFacts {
  return {
    name,
    current: report.current ?? undefined,
    platform: report.platform,
    proved: report.proved.map(({ version, at, parametersHold }) => ({
      version,
      at: Date.parse(at),
      parametersHold,
    })),
    pins: report.pin ? [pinOf(report.pin)] : [],
    holds: report.hold ? [{ ...report.hold, until: Date.parse(report.hold.until), origin: 'rack' }] : [],
    failures: report.failures.map(({ target, count, lastAt }) => ({
      target,
      count,
      lastAt: Date.parse(lastAt),
    })),
    isAligning: report.isAligning ?? false,
    apps: report.apps ?? {},
    ...(report.bar && { bar: report.bar }),
    ...(report.window && { window: report.window }),
    ...(report.within !== undefined && { within: report.within }),
    ...(report.minAgeMinutes !== undefined && { minAgeMinutes: report.minAgeMinutes }),
    ...(report.attempt && { attempt: attemptOf(report.attempt) }),
  }
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

function attemptOf({ id, from, target, motive, isConfirmed }: NonNullable<RackReport['attempt']>) {
  return { id, target, motive, isConfirmed, ...(from !== null && { from }) }
}
