/** Looks after rollouts that stopped by themselves and racks that went back unasked, and has people told: once for each. */
import { noteHalts, noteRegressions, type RegressedRack } from '../../shared/domain/commands/fleet-alarms.ts'
import { standingsOf } from '../../shared/domain/fleet-standing.ts'
import { minute } from '../../shared/domain/instants.ts'
import type { FleetIndex, KnownRack } from './fleet-index.ts'
import { type PictureDeps, pictureMaker } from './fleet-pictures.ts'
import { eachInTurns } from './in-turns.ts'
import { createLooks } from './looks.ts'
import { type AlarmRecorder, recordAlarms } from './record-alarms.ts'

export interface FleetWatch {
  /** One look at every rollout and rack; raises what keeps it from that. */
  examine(): Promise<void>
  start(): void
  stop(): Promise<void>
}

export interface FleetWatchDeps extends PictureDeps, AlarmRecorder {
  readonly index: Pick<FleetIndex, 'inApp'>
  readonly canWrite: () => boolean
  readonly onFailure: (error: unknown) => void
  readonly everyMilliseconds?: number
}

export function createFleetWatch(deps: FleetWatchDeps): FleetWatch {
  const { ledger, index, clock, canWrite, onFailure, everyMilliseconds = 5_000 } = deps
  /** Since when a rack has gone back, as long as this process knows of it. */
  const since = new Map<KnownRack, number>()
  /** All racks are looked at more rarely than the few rollouts. */
  let racksLookedAt = Number.NEGATIVE_INFINITY

  async function regressedIn(name: string): Promise<RegressedRack[]> {
    const app = ledger.state.apps.get(name)
    if (!app) return []
    const picture = await pictureMaker(deps, app)
    const found: RegressedRack[] = []
    await eachInTurns(index.inApp(name), (rack) => {
      if (!standingsOf(picture(rack)).includes('regressed')) {
        since.delete(rack)
        return
      }
      const at = rack.outside?.heardAt ?? since.get(rack) ?? clock()
      since.set(rack, at)
      found.push({ rack: rack.row.name, current: rack.facts.current ?? '', since: at })
    })
    return found
  }

  async function lookAtRacks(): Promise<void> {
    racksLookedAt = performance.now()
    for (const { name } of [...ledger.state.apps.values()]) {
      const racks = await regressedIn(name)
      await recordAlarms(deps, (state, context) => noteRegressions(state, name, racks, context))
    }
  }

  async function look(): Promise<void> {
    if (!canWrite()) return
    await recordAlarms(deps, noteHalts)
    if (performance.now() - racksLookedAt >= minute) await lookAtRacks()
  }

  const looks = createLooks({ look, everyMilliseconds, onFailure })

  return {
    async examine() {
      await looks.now()
      if (canWrite()) await lookAtRacks()
    },
    start: looks.start,
    stop: looks.stop,
  }
}
