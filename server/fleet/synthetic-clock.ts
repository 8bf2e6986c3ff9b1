/**
 * What silence means: a rehearsal that was promised and did not come, and one that began and was never heard of again.
 * Nobody else would say so: whoever should have, is what is silent.
 */
import { noteSilence } from '../../shared/domain/commands/synthetic.ts'
import { createLooks } from './looks.ts'
import { type AlarmRecorder, recordAlarms } from './record-alarms.ts'

export interface SyntheticClock {
  /** One look; raises what keeps it from that. */
  tick(): Promise<void>
  start(): void
  stop(): Promise<void>
}

export interface SyntheticClockDeps extends AlarmRecorder {
  readonly canWrite: () => boolean
  readonly onFailure: (error: unknown) => void
  readonly everyMilliseconds?: number
}

export function createSyntheticClock(deps: SyntheticClockDeps): SyntheticClock {
  const { ledger, canWrite, onFailure, everyMilliseconds = 15_000 } = deps

  async function look(): Promise<void> {
    if (!canWrite()) return
    for (const { app } of [...ledger.state.synthetic.values()])
      await recordAlarms(deps, (state, context) => noteSilence(state, app, context))
  }

  const looks = createLooks({ look, everyMilliseconds, onFailure })
  return { tick: looks.now, start: looks.start, stop: looks.stop }
}
