/**
 * DIR/health.json: what the monitor knows of this rack, for whoever shows it or reports it. It changes only when there is
 * something to tell: a new state, or a detail that has aged. So a report stays the same text from one check-in to the
 * next, and the registry need not read it again.
 */
import { join } from 'node:path'
import type { RackReport } from '../../shared/contract/rack.ts'
import { type CheckHealth, type Health, type HealthState, healthOf } from '../../shared/domain/health.ts'
import { hour, minute, toIso } from '../../shared/domain/instants.ts'
import type { CheckReport } from './checks/check.ts'
import { type DurableFiles, isDiskFull } from './files.ts'
import type { Rack } from './rack.ts'

/** What was found, and when that was written down. */
export interface KeptCheck extends CheckHealth {
  readonly at: number
}

export interface KeptHealth extends Health {
  readonly v: 1
  readonly checks: readonly KeptCheck[]
  /** Whoever monitors writes again before this; afterwards nobody does, and nothing is known. */
  readonly goodUntil: number
}

/** A check's detail that only moves (bytes free, days left) is renewed so often, and a failure's more often. */
const detailAgesMs = { healthy: hour, unknown: hour, unhealthy: 5 * minute } as const

const mostChecks = 30
const mostNumbers = 12

function healthFile(dir: string): string {
  return join(dir, 'health.json')
}

/** Null when nothing is monitored here, or nobody has for too long. */
export function readHealth(dir: string, now: number, files: DurableFiles): KeptHealth | null {
  const bytes = files.read(healthFile(dir))
  if (bytes === null) return null
  try {
    const health: unknown = JSON.parse(bytes.toString('utf8'))
    if (typeof health !== 'object' || health === null || !('v' in health) || health.v !== 1) return null
    const known = health as KeptHealth
    return known.goodUntil > now ? known : null
  } catch {
    return null
  }
}

/** What a report says now. */
export function healthNow({ dir, place }: Pick<Rack, 'dir' | 'place'>): KeptHealth | null {
  return readHealth(dir, place.clock.now(), place.files)
}

/** Null: nothing is monitored any more. On a full disk what is there ages, and is then unknown. */
export function writeHealth(dir: string, health: KeptHealth | null, files: DurableFiles): void {
  try {
    if (health === null) files.remove(healthFile(dir))
    else files.writeAtomically(healthFile(dir), `${JSON.stringify(health)}\n`, 0o644)
  } catch (error) {
    if (!isDiskFull(error)) throw error
  }
}

/**
 * What there is to tell after these answers: `before` itself when that has not changed. A check that is undecided stays
 * in the state that it was in.
 */
export function healthAfter(
  before: KeptHealth | null,
  reports: readonly CheckReport[],
  { now, goodForMs }: { readonly now: number; readonly goodForMs: number },
): KeptHealth | null {
  if (reports.length === 0) return null
  const checks = reports.map((report) => checkAfter(before, report, now))
  const state = healthOf(checks)
  const isSame =
    before?.state === state &&
    before.checks.length === checks.length &&
    checks.every((check, index) => check === before.checks[index])
  if (isSame && before.goodUntil - now > goodForMs / 2) return before
  const since = before?.state === state ? before.since : now
  return { v: 1, state, since, checks, goodUntil: now + goodForMs }
}

export function heldState(before: KeptHealth | null, { name, kind }: CheckReport): HealthState {
  return keptOf(before, name, kind)?.state ?? 'unknown'
}

function keptOf(before: KeptHealth | null, name: string, kind: string): KeptCheck | undefined {
  return before?.checks.find((check) => check.name === name && check.kind === kind)
}

function checkAfter(before: KeptHealth | null, report: CheckReport, now: number): KeptCheck {
  const { name, kind, severity, detail, numbers, attempts } = report
  const kept = keptOf(before, name, kind)
  const state = report.state === 'undecided' ? heldState(before, report) : report.state
  const isSame = kept?.state === state && kept.severity === severity
  if (isSame && (attempts === 0 || now - kept.at < detailAgesMs[state])) return kept
  return { name, kind, severity, state, detail, numbers, at: now }
}

/** In the words of the contract, and within its bounds: a report that is too long would be refused as a whole. */
export function reportedHealth({ state, since, checks }: Health): NonNullable<RackReport['health']> {
  // Of too many, those that a person has to see.
  const isFine = (check: CheckHealth) => (check.state === 'unhealthy' ? 0 : 1)
  const chosen = checks.length > mostChecks ? checks.toSorted((a, b) => isFine(a) - isFine(b)) : checks
  return {
    state,
    since: toIso(since),
    checks: chosen.slice(0, mostChecks).map(({ name, kind, severity, state, detail, numbers }) => ({
      name,
      kind,
      severity,
      state,
      detail: detail.slice(0, 300),
      numbers: Object.fromEntries(
        Object.entries(numbers)
          .slice(0, mostNumbers)
          .map(([key, value]) => [key, typeof value === 'string' ? value.slice(0, 200) : value]),
      ),
    })),
  }
}
