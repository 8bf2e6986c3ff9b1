/**
 * What silence means: a rehearsal that was promised and did not come, and one that began and was never heard of again.
 * Nobody else would say so: whoever should have, is what is silent.
 */
import type { Alarm } from '../../shared/domain/alarm.ts'
import { noteSilence } from '../../shared/domain/commands/synthetic.ts'
import type { Ledger } from '../ledger/ledger.ts'

export interface SyntheticClock {
  /** One look; raises what keeps it from that. */
  tick(): Promise<void>
  start(): void
  stop(): Promise<void>
}

export interface SyntheticClockDeps {
  readonly ledger: Ledger
  readonly clock: () => number
  readonly canWrite: () => boolean
  readonly onAlarm: (alarm: Alarm) => void
  readonly onFailure: (error: unknown) => void
  readonly everyMilliseconds?: number
}

export function createSyntheticClock(deps: SyntheticClockDeps): SyntheticClock {
  const { ledger, clock, canWrite, onAlarm, onFailure, everyMilliseconds = 15_000 } = deps
  let timer: NodeJS.Timeout | undefined
  let ticking: Promise<void> | undefined

  async function look(): Promise<void> {
    if (!canWrite()) return
    for (const { app } of [...ledger.state.synthetic.values()]) {
      // Most looks change nothing, and then the ledger's lock is not asked for.
      if (noteSilence(ledger.state, app, { now: clock(), actor: 'registry' }).length === 0) continue
      const raised = await ledger.record({
        actor: 'registry',
        isDryRun: false,
        decide: (state, context) => noteSilence(state, app, context),
        answer: (after, events) =>
          events.flatMap((event) =>
            event.type === 'alarm.raised' ? (after.alarms.get(event.alarm) ?? []) : [],
          ),
      })
      for (const alarm of raised) onAlarm(alarm)
    }
  }

  function tick(): Promise<void> {
    ticking ??= look().finally(() => {
      ticking = undefined
    })
    return ticking
  }

  return {
    tick,
    start() {
      timer = setInterval(() => {
        tick().catch(onFailure)
      }, everyMilliseconds)
      timer.unref()
    },
    async stop() {
      clearInterval(timer)
      await ticking?.catch(() => undefined)
    },
  }
}
