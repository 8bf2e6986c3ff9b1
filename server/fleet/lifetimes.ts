/**
 * What ends in this registry and its fleet: the forecast, and a look every minute that raises an alarm for what ends soon
 * and keeps the first end of each kind for the metrics. Both take a few racks at a time, so that checks are answered in
 * between; a check waits for neither.
 */
import { type Alarm, openAlarm } from '../../shared/domain/alarm.ts'
import { raiseAlarm } from '../../shared/domain/commands/alarm.ts'
import { type FirstEnd, startWatch } from '../../shared/domain/expiring.ts'
import {
  type ExpiringRack,
  startCensus,
  thingsOfRack,
  thingsOfState,
} from '../../shared/domain/expiring-things.ts'
import { type Forecast, type Span, startForecast } from '../../shared/domain/forecast.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { isAwaited } from '../store/racks.ts'
import type { FleetIndex, KnownRack } from './fleet-index.ts'
import { eachInTurns } from './in-turns.ts'

export interface Lifetimes {
  /** Of the racks that are there now; the registry's clock is its beginning. */
  forecast(span: Pick<Span, 'to' | 'app'>): Promise<Forecast>
  /** As the last look found it; empty before the first one. */
  firstEnds(): readonly FirstEnd[]
  /** Looks now, and raises what is to be raised. */
  examine(): Promise<void>
  start(): void
  stop(): Promise<void>
}

export interface LifetimesDeps {
  readonly ledger: Ledger
  readonly index: FleetIndex
  readonly clock: () => number
  readonly canWrite: () => boolean
  readonly onAlarm: (alarm: Alarm) => void
  readonly onFailure: (error: unknown) => void
  readonly everyMilliseconds?: number
}

/** Soon after a start, when whatever waits for a registry has been answered first. */
const firstLookMilliseconds = 1_000

export function createLifetimes(deps: LifetimesDeps): Lifetimes {
  const { ledger, index, clock, canWrite, onAlarm, onFailure, everyMilliseconds = 60_000 } = deps
  let firstEnds: readonly FirstEnd[] = []
  let looking: Promise<void> | undefined
  let soon: NodeJS.Timeout | undefined
  let timer: NodeJS.Timeout | undefined

  async function look(): Promise<void> {
    const now = clock()
    const watch = startWatch(ledger.state, now)
    // A copy: a rack whose row changes meanwhile would come up again at the end of the index.
    await eachInTurns([...index.all()], (rack) => {
      const expiring = expiringRack(rack)
      watch.addRack(expiring, thingsOfRack(expiring, now))
    })
    // What is counted for a gauge needs no names of racks.
    watch.addState(thingsOfState(ledger.state, now, startCensus()))
    firstEnds = watch.firstEnds()
    // Without a store nothing can be raised: the next look finds it again.
    if (!canWrite()) return
    for (const finding of watch.findings()) {
      const raised = await ledger.record({
        actor: 'registry',
        isDryRun: false,
        decide: (state, context) => raiseAlarm(state, finding, context),
        answer: (after, events) => (events.length > 0 ? openAlarm(after, finding) : undefined),
      })
      if (raised) onAlarm(raised)
    }
  }

  function examine(): Promise<void> {
    looking ??= look().finally(() => {
      looking = undefined
    })
    return looking
  }

  const tick = (): void => {
    examine().catch(onFailure)
  }

  return {
    async forecast({ to, app }) {
      const making = startForecast(ledger.state, { from: clock(), to, app })
      const racks = app === undefined ? index.all() : index.inApp(app)
      await eachInTurns([...racks], (rack) => {
        // What was imported and not enrolled has nothing yet that could end.
        if (!isAwaited(rack.row)) making.addRack(expiringRack(rack))
      })
      return making.end()
    },
    firstEnds: () => firstEnds,
    examine,
    start() {
      soon = setTimeout(tick, firstLookMilliseconds)
      timer = setInterval(tick, everyMilliseconds)
      soon.unref()
      timer.unref()
    },
    async stop() {
      clearTimeout(soon)
      clearInterval(timer)
      await looking
    },
  }
}
function expiringRack({ row, facts }: KnownRack): ExpiringRack {
  const { app, channel, tokenExpiresAt } = row
  return { app, channel, tokenExpiresAt, facts }
}
