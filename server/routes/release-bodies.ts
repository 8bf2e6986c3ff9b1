/** Releases and advisories as bodies: projections of the governed state and the fleet. */
import type {
  AdvisoryBody,
  ReleaseBody,
  ReleaseDetail,
  ReleaseSummary,
} from '../../shared/contract/release.ts'
import { historyOf } from '../../shared/domain/channel.ts'
import { contractOf } from '../../shared/domain/gates/release-gates.ts'
import { toIso } from '../../shared/domain/instants.ts'
import type { ReleaseState } from '../../shared/domain/release.ts'
import type { AppState } from '../../shared/domain/state.ts'
import { compareKeys, readUntidyVersion } from '../../shared/domain/version.ts'
import { type Yank, yankOf } from '../../shared/domain/yank.ts'
import { keyOfCurrent } from '../fleet/current-key.ts'
import type { KnownRack } from '../fleet/fleet-index.ts'

export function releaseBodyOf(app: AppState, release: ReleaseState): ReleaseBody {
  const { version, content, recordedAt, recordedBy, routing, servedOn, awaitedOn, yank, fixes } = release
  return {
    app: app.name,
    version,
    readAs: readUntidyVersion(app.scheme, version).readAs,
    publishedAt: toIso(content.publishedAt ?? recordedAt),
    recordedAt: toIso(recordedAt),
    recordedBy,
    artifacts: [...content.artifacts],
    notes: content.notes ?? null,
    source: content.source ?? null,
    validUntil: content.validUntil === undefined ? null : toIso(content.validUntil),
    parameters: mutableContract(app, release),
    routing: { ...routing },
    headOf: headsOn(app, version),
    servedOn: Object.keys(servedOn),
    awaitedOn: [...awaitedOn],
    yank: yank ?? null,
    fixes: fixes ?? null,
  }
}

function mutableContract(app: AppState, release: ReleaseState): ReleaseBody['parameters'] {
  const contract = contractOf(app, release)
  if (!contract) return null
  return Object.fromEntries(
    Object.entries(contract).map(([name, { allowed, ...rest }]) => [
      name,
      { ...rest, ...(allowed && { allowed: [...allowed] }) },
    ]),
  )
}

export function releaseSummaryOf(app: AppState, release: ReleaseState, racks: number): ReleaseSummary {
  const { version, publishedAt, headOf, servedOn, yank, routing } = releaseBodyOf(app, release)
  return { version, publishedAt, headOf, servedOn, yank, routing, racks }
}

/** Newest version first. */
export function releasesInOrder(app: AppState): ReleaseState[] {
  return [...app.releases.values()].sort((a, b) => compareKeys(b.key, a.key))
}

function headsOn(app: AppState, version: string): string[] {
  return [...app.channels.values()]
    .filter((channel) => channel.head === version)
    .map((channel) => channel.name)
}

export interface AdvisoryParts {
  readonly app: AppState
  readonly yank: Yank
  readonly fallbacks: AdvisoryBody['fallbacks']
  readonly racksOn: AdvisoryBody['racksOn']
  readonly racksGone: AdvisoryBody['racksGone']
  readonly isDryRun: boolean
}

export function advisoryBodyOf(parts: AdvisoryParts): AdvisoryBody {
  const { app, yank, fallbacks, racksOn, racksGone, isDryRun } = parts
  return {
    app: app.name,
    id: yank.id,
    range: yank.range.text,
    severity: yank.severity,
    remedy: yank.remedy,
    rollout: yank.rollout ?? null,
    to: yank.to ?? null,
    reason: yank.reason,
    at: toIso(yank.at),
    actor: yank.actor,
    dryRun: isDryRun,
    versions: versionsOf(app, yank),
    fallbacks,
    racksOn,
    racksGone,
    lifted: yank.lifted ? { ...yank.lifted, at: toIso(yank.lifted.at) } : null,
  }
}

/** Every promotion of it past a gate, newest first in each channel. */
export function overridesOf(app: AppState, version: string): ReleaseDetail['overrides'] {
  return [...app.channels.values()].flatMap((channel) =>
    [...historyOf(channel)].flatMap(({ version: promoted, overrides = [], at, actor, reason }) =>
      promoted === version && overrides.length > 0
        ? [{ channel: channel.name, gates: [...overrides], at: toIso(at), actor, reason: reason ?? null }]
        : [],
    ),
  )
}

/** The releases that the yank withdraws, oldest first. */
export function versionsOf(app: AppState, yank: Yank): string[] {
  return releasesInOrder(app)
    .filter((release) => release.yank === yank.id)
    .map((release) => release.version)
    .reverse()
}

/** The racks that run what the yank covers, also versions that the registry has never seen. */
export function racksOnYank(app: AppState, yank: Yank, racks: readonly KnownRack[]): KnownRack[] {
  return racks.filter(({ facts }) => {
    const key = keyOfCurrent(app, facts)
    return facts.current !== undefined && key !== undefined && yankOf(app, facts.current, key)?.id === yank.id
  })
}
