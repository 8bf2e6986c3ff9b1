/**
 * Counts what the racks have shown of a release: the numbers that gates are judged on. In turns, for a promotion in a large
 * fleet makes no check wait.
 */
import type { ChannelState } from '../../shared/domain/channel.ts'
import type { FeederEvidence, FleetEvidence } from '../../shared/domain/fleet-evidence.ts'
import { minute } from '../../shared/domain/instants.ts'
import { causeOf } from '../../shared/domain/release-record.ts'
import { latestOutcomes } from '../store/attempt-lists.ts'
import type { Store } from '../store/connection.ts'
import type { FleetIndex, KnownRack } from './fleet-index.ts'
import { eachInTurns } from './in-turns.ts'
import type { Soaks } from './soaks.ts'

export interface EvidenceDeps {
  readonly store: Store
  readonly index: FleetIndex
  readonly soaks: Pick<Soaks, 'earnedWith'>
  readonly clock: () => number
  readonly isArtifactMissing: (sha256: string) => boolean
}

export type GatherEvidence = (channel: ChannelState, version: string) => Promise<FleetEvidence>

/** More racks than any policy asks for; what lies behind the best of them decides nothing. */
const mostSoaks = 10_000
const mostFailures = 1_000

export function createGatherer({
  store,
  index,
  soaks,
  clock,
  isArtifactMissing,
}: EvidenceDeps): GatherEvidence {
  async function ofFeeder(app: string, feeder: string, version: string): Promise<FeederEvidence> {
    const racks = new Map<string, KnownRack>()
    const platforms = new Set<string>()
    let running = 0
    await eachInTurns(index.inApp(app), (rack) => {
      if (rack.row.channel !== feeder) return
      racks.set(rack.row.name, rack)
      if (rack.facts.current === version) running += 1
      if (rack.facts.proved.some((one) => one.version === version)) platforms.add(rack.facts.platform)
    })
    const earned = await soaks.earnedWith(app, version)
    const soakedMinutes: number[] = []
    await eachInTurns(racks.values(), ({ row }) => {
      const milliseconds = earned.get(row.rackKey)
      if (milliseconds !== undefined) soakedMinutes.push(milliseconds / minute)
    })
    const failures = []
    for (const last of await latestOutcomes(store.read, app, version)) {
      const rack = racks.get(last.rack)
      if (!rack) continue
      if (last.outcome === 'proved') platforms.add(rack.facts.platform)
      const hasFailed = last.outcome === 'returned' || last.outcome === 'stuck'
      // Data that was lost is not brought back by an attempt that went well afterwards.
      if (!hasFailed && !last.lostData) continue
      const { rack: name, message, finishedAt: at, lostData: isDataLoss } = last
      const cause = hasFailed ? causeOf(last.step, message) : 'data was lost at an earlier attempt'
      failures.push({ rack: name, at, cause, message, isDataLoss })
    }
    return {
      channel: feeder,
      racks: racks.size,
      running,
      provedPlatforms: [...platforms].sort(),
      soakedMinutes: soakedMinutes.sort((a, b) => b - a).slice(0, mostSoaks),
      failures: failures.slice(0, mostFailures),
    }
  }

  return async (channel, version) => {
    const targets = new Set<string>()
    await eachInTurns(index.inApp(channel.app), ({ row, facts }) => {
      if (row.channel === channel.name) targets.add(facts.platform)
    })
    const { from } = channel
    return {
      at: clock(),
      targetPlatforms: [...targets].sort(),
      feeder: from === undefined ? undefined : await ofFeeder(channel.app, from, version),
      isArtifactMissing,
    }
  }
}
