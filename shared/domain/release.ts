/** Releases: what is immutable about them, and the routing facts that are governed apart and can be set later. */
import type { ParameterContract } from './parameters.ts'
import type { VersionRange } from './range.ts'
import type { ReleaseRecord } from './release-record.ts'

/** Fits every rack. */
export const anyPlatform = 'any'

export interface Artifact {
  readonly platform: string
  readonly sha256: string
  /** Bytes. */
  readonly size: number
  /** Where it is referenced; an artifact without one is hosted by the registry under its digest. */
  readonly url?: string
}

export interface ReleaseSource {
  readonly repository?: string
  readonly commit?: string
  readonly url?: string
}

/** Immutable: two releases of one version with equal content are one release. */
export interface ReleaseContent {
  readonly artifacts: readonly Artifact[]
  readonly notes?: string
  readonly source?: ReleaseSource
  /** Digest of the parameter contract; the contract itself is kept once. */
  readonly contract?: string
  /** When its author made it, if that is known and differs from when the registry learned of it. */
  readonly publishedAt?: number
  readonly validUntil?: number
}

/** Who may go where past this release. Not part of the release: a forgotten fact can be set afterwards. */
export interface RoutingFacts {
  /** A stepping stone: on a channel that served it, nobody jumps over it. */
  readonly required?: boolean
  /** The oldest version to go back to from here. */
  readonly floor?: string
  /** The range of versions from which it can be reached. */
  readonly requiresFrom?: string
  /** Other apps that the rack must run: app → range. */
  readonly requires?: Readonly<Record<string, string>>
  /** For a yanked stone: the release to step on instead. */
  readonly replacedBy?: string
  /** For a yanked stone: it need not be stepped on. */
  readonly skippable?: boolean
}

export interface ReleaseState {
  readonly version: string
  readonly key: string
  readonly content: ReleaseContent
  /** When the registry recorded it, and by whom. */
  readonly recordedAt: number
  readonly recordedBy: string
  readonly routing: RoutingFacts
  /** The routing ranges, parsed once when the facts are set. */
  readonly reachableFrom?: VersionRange
  readonly floorKey?: string
  readonly requires: readonly { readonly app: string; readonly range: VersionRange }[]
  /** Channels on which it was head, and when first. */
  readonly headOn: Readonly<Record<string, number>>
  /** Those, and the channels on which it was admitted as a stone: where racks may step on it. */
  readonly servedOn: Readonly<Record<string, number>>
  /** Channels on which it was declared a stone that their gates do not admit yet. */
  readonly awaitedOn: readonly string[]
  /** The open yank that covers it. */
  readonly yank?: string
  /** The advisory that it says it fixes, although it lies in the advisory's range. */
  readonly fixes?: string
  /** What was said of it since. */
  readonly record: ReleaseRecord
}

export interface Contract {
  readonly digest: string
  readonly parameters: ParameterContract
}

export function artifactFor(content: ReleaseContent, platform: string): Artifact | undefined {
  return (
    content.artifacts.find((artifact) => artifact.platform === platform) ??
    content.artifacts.find((artifact) => artifact.platform === anyPlatform)
  )
}

/** A release without artifacts is driven by its version alone and fits every platform. */
export function fitsPlatform(content: ReleaseContent, platform: string): boolean {
  return content.artifacts.length === 0 || artifactFor(content, platform) !== undefined
}
