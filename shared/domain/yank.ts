/** Yanks: which versions are withdrawn, how badly, and what the racks on them are told. A yank deletes nothing. */
import { contains, type VersionRange } from './range.ts'
import type { AppState } from './state.ts'

export const severities = ['moderate', 'critical'] as const
export type Severity = (typeof severities)[number]

export const remedies = ['rollback', 'forward', 'stay'] as const
export type Remedy = (typeof remedies)[number]

export interface Yank {
  /** The advisory's id, unique in its app. */
  readonly id: string
  readonly range: VersionRange
  readonly severity: Severity
  readonly remedy: Remedy
  /** Where racks are sent, if the maintainer named it. */
  readonly to?: string
  readonly reason: string
  readonly at: number
  readonly actor: string
  /** Which moves the racks on it; undefined where they stay, and in ledgers from before there were rollouts. */
  readonly rollout?: string
  /** Withdrawn itself: the releases are good after all. */
  readonly lifted?: { readonly at: number; readonly actor: string; readonly reason: string }
}

/**
 * The yank in force for a version. A release knows its own, also under another spelling; a version that the registry
 * has never seen is compared by order with every range.
 */
export function yankOf(app: AppState, version: string, key: string): Yank | undefined {
  const release = app.releases.get(version) ?? app.releases.get(app.versionOfKey.get(key) ?? '')
  if (release) return release.yank === undefined ? undefined : app.yanks.get(release.yank)
  return openYankCovering(app, key)
}

/** The worst open yank whose range holds the key: what a publication into the range runs into. */
export function openYankCovering(app: AppState, key: string): Yank | undefined {
  let found: Yank | undefined
  for (const yank of app.yanks.values())
    if (!yank.lifted && contains(yank.range, key) && isWorse(yank, found)) found = yank
  return found
}

/** Of two yanks of one version the critical one speaks; of two alike the newer. */
export function isWorse(yank: Yank, other: Yank | undefined): boolean {
  return other === undefined || yank.severity === 'critical' || other.severity !== 'critical'
}
