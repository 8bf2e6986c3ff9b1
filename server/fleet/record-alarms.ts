/** What the registry notices by itself, recorded: whoever is told of alarms is told of those that it raised. */
import type { Alarm } from '../../shared/domain/alarm.ts'
import type { CommandContext } from '../../shared/domain/commands/command.ts'
import type { LedgerEvent } from '../../shared/domain/events.ts'
import type { State } from '../../shared/domain/state.ts'
import type { Ledger } from '../ledger/ledger.ts'

export interface AlarmRecorder {
  readonly ledger: Ledger
  readonly clock: () => number
  readonly onAlarm: (alarm: Alarm) => void
}

export async function recordAlarms(
  { ledger, clock, onAlarm }: AlarmRecorder,
  decide: (state: State, context: CommandContext) => LedgerEvent[],
): Promise<void> {
  // Most looks change nothing, and then the ledger's lock is not asked for.
  if (decide(ledger.state, { now: clock(), actor: 'registry' }).length === 0) return
  const raised = await ledger.record({
    actor: 'registry',
    isDryRun: false,
    decide,
    answer: (after, events) =>
      events.flatMap((event) => (event.type === 'alarm.raised' ? (after.alarms.get(event.alarm) ?? []) : [])),
  })
  for (const alarm of raised) onAlarm(alarm)
}
