/** Raising an alarm, which the registry does by itself and once, and closing it, which is a person's with a note. */
import { type Alarm, type Finding, openAlarm } from '../alarm.ts'
import type { LedgerEvent } from '../events.ts'
import { toIso } from '../instants.ts'
import { Problem } from '../problem.ts'
import type { State } from '../state.ts'
import { type CommandContext, eventOf } from './command.ts'

/** Nothing while one of the same kind and subject is open: more of the same is not another alarm. */
export function raiseAlarm(state: State, finding: Finding, context: CommandContext): LedgerEvent[] {
  return raiseAlarms(state, [finding], context)
}

/** Several at once, each of its own kind and subject. */
export function raiseAlarms(
  state: State,
  findings: readonly Finding[],
  context: CommandContext,
): LedgerEvent[] {
  return findings
    .filter((finding) => !openAlarm(state, finding))
    .map((finding, index) =>
      eventOf('alarm.raised', context, { alarm: `ALARM-${state.alarms.size + 1 + index}`, ...finding }),
    )
}

/** Asking twice closes once; another note on a closed alarm is refused, because nobody would find it. */
export function closeAlarm(
  state: State,
  { alarm: id, note }: { readonly alarm: string; readonly note: string },
  context: CommandContext,
): LedgerEvent[] {
  const alarm = findAlarm(state, id)
  const { app, closed } = alarm
  if (!closed)
    return [eventOf('alarm.closed', context, { alarm: id, ...(app !== undefined && { app }), note })]
  if (closed.by === context.actor && closed.note === note) return []
  throw new Problem(
    'alarm_closed',
    `${id} was closed by ${closed.by} at ${toIso(closed.at)}: ${closed.note}`,
    { hint: 'headgate alarm list --all' },
  )
}

export function findAlarm(state: State, id: string): Alarm {
  const alarm = state.alarms.get(id)
  if (!alarm) throw noSuchAlarm(id)
  return alarm
}

export function noSuchAlarm(id: string): Problem {
  return new Problem('alarm_not_found', `There is no alarm "${id}".`, { hint: 'headgate alarm list --all' })
}
