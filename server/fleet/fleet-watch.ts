/** Looks after rollouts that stopped by themselves and racks that went back unasked, and has people told: once for each. */
import type { Alarm } from '../../shared/domain/alarm.ts'
import type { CommandContext } from '../../shared/domain/commands/command.ts'
import { noteHalts, noteRegressions, type RegressedRack } from '../../shared/domain/commands/fleet-alarms.ts'
import type { LedgerEvent } from '../../shared/domain/events.ts'
import { standingsOf } from '../../shared/domain/fleet-standing.ts'
import { minute } from '../../shared/domain/instants.ts'
import type { State } from '../../shared/domain/state.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { FleetIndex, KnownRack } from './fleet-index.ts'
import { type PictureDeps, pictureMaker } from './fleet-pictures.ts'
import { eachInTurns } from './in-turns.ts'

export interface FleetWatch {
  /** One look at every rollout and rack; raises what keeps it from that. */
  examine(): Promise<void>
  start(): void
  stop(): Promise<void>
}

export interface FleetWatchDeps extends PictureDeps {
  readonly ledger: Ledger
  readonly index: Pick<FleetIndex, 'inApp'>
  readonly canWrite: () => boolean
  readonly onAlarm: (alarm: Alarm) => void
  readonly onFailure: (error: unknown) => void
  readonly everyMilliseconds?: number
}

export function createFleetWatch(deps: FleetWatchDeps): FleetWatch {
  const { ledger, index, clock, canWrite, onAlarm, onFailure, everyMilliseconds = 5_000 } = deps
  /** Since when a rack has gone back, as long as this process knows of it. */
  const since = new Map<KnownRack, number>()
  /** All racks are looked at more rarely than the few rollouts. */
  let racksLookedAt = Number.NEGATIVE_INFINITY
  let timer: NodeJS.Timeout | undefined
  let examining: Promise<void> | undefined

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

  async function record(decide: (state: State, context: CommandContext) => LedgerEvent[]): Promise<void> {
    // Most looks change nothing, and then the ledger's lock is not asked for.
    if (decide(ledger.state, { now: clock(), actor: 'registry' }).length === 0) return
    const raised = await ledger.record({
      actor: 'registry',
      isDryRun: false,
      decide,
      answer: (after, events) =>
        events.flatMap((event) =>
          event.type === 'alarm.raised' ? (after.alarms.get(event.alarm) ?? []) : [],
        ),
    })
    for (const alarm of raised) onAlarm(alarm)
  }

  async function look(): Promise<void> {
    if (!canWrite()) return
    await record(noteHalts)
    for (const { name } of [...ledger.state.apps.values()]) {
      const racks = await regressedIn(name)
      await record((state, context) => noteRegressions(state, name, racks, context))
    }
  }

  function examine(): Promise<void> {
    examining ??= look().finally(() => {
      examining = undefined
    })
    return examining
  }

  return {
    examine,
    start() {
      timer = setInterval(() => {
        const isDue = performance.now() - racksLookedAt >= minute
        if (isDue) racksLookedAt = performance.now()
        const looked = isDue ? examine() : canWrite() ? record(noteHalts) : undefined
        looked?.catch(onFailure)
      }, everyMilliseconds)
      timer.unref()
    },
    async stop() {
      clearInterval(timer)
      await examining?.catch(() => undefined)
    },
  }
}
