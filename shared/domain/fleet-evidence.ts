/**
 * What the racks have shown of a release, as far as the gates ask: counted by whoever has the fleet, and passed in.
 * Its size does not grow with the fleet: a gate needs the best few racks, not all of them.
 */

export interface FleetEvidence {
  /** When it was counted. */
  readonly at: number
  /** Platforms of the racks that follow the target channel. */
  readonly targetPlatforms: readonly string[]
  /** Undefined when the channel has no feeder. */
  readonly feeder: FeederEvidence | undefined
  isArtifactMissing(sha256: string): boolean
}

export interface FeederEvidence {
  readonly channel: string
  /** Racks that follow it. */
  readonly racks: number
  /** Those that run the release now. */
  readonly running: number
  /** Platforms on which it was proved at least once. */
  readonly provedPlatforms: readonly string[]
  /** Minutes of healthy rack-time, longest first; as many racks as the policy asks for, at least. */
  readonly soakedMinutes: readonly number[]
  /** Racks whose last attempt at it failed: one entry for each. */
  readonly failures: readonly RackFailure[]
}

export interface RackFailure {
  readonly rack: string
  readonly at: number
  /** See `causeOf`. */
  readonly cause: string
  readonly message: string | null
  readonly isDataLoss: boolean
}
