/** Stories about gates: one gate's verdict of a promotion, and what the racks of a feeder have shown. */
import type { FeederEvidence, FleetEvidence } from '../../shared/domain/fleet-evidence.ts'
import type { GateName, Verdict } from '../../shared/domain/gates/verdict.ts'
import { judgePromotion } from '../../shared/domain/gates.ts'
import type { RegistryStory } from './builders.ts'

export interface Judging {
  readonly to?: string
  readonly fleet?: FleetEvidence
}

/** What a promotion of it would be judged now; undefined: the policy does not ask that gate. */
export function verdictOn(
  registry: RegistryStory,
  version: string,
  gate: GateName,
  { to = 'stable', fleet }: Judging = {},
): Verdict | undefined {
  const release = registry.release(version)
  const { app, now } = registry
  const question = { app, channel: registry.channel(to), release, now, fleet, proposer: 'token:ada' }
  return judgePromotion(question).find((verdict) => verdict.gate === gate)
}

/** A feeder of which nothing is known but what is said. */
export function aFleetShowing(
  feeder: Partial<FeederEvidence> = {},
  told: Partial<FleetEvidence> = {},
): FleetEvidence {
  return {
    at: 0,
    targetPlatforms: [],
    feeder: {
      channel: 'unstable',
      racks: 0,
      running: 0,
      provedPlatforms: [],
      soakedMinutes: [],
      failures: [],
      ...feeder,
    },
    isArtifactMissing: () => false,
    ...told,
  }
}
