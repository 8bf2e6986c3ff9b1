/** What the registry records of break-glass: that it was opened on its disk, first used, and closed. */
import type { BreakGlass } from '../break-glass.ts'
import type { LedgerEvent } from '../events.ts'
import { Problem } from '../problem.ts'
import type { State } from '../state.ts'
import { raiseAlarm } from './alarm.ts'
import { type CommandContext, eventOf } from './command.ts'

export type OpenedGlass = Omit<BreakGlass, 'usedAt' | 'closed'>

/** Found on the disk: what is found again is nothing new. */
export function noteOpened(state: State, opened: OpenedGlass, context: CommandContext): LedgerEvent[] {
  if (state.breakGlass.has(opened.id)) return []
  const { id, reason, ...told } = opened
  const event = eventOf('break_glass.opened', context, { breakGlass: id, ...told }, reason)
  const what = opened.isRehearsal ? 'a rehearsal' : 'for real'
  const finding = {
    kind: 'break_glass',
    subject: id,
    count: 1,
    since: opened.openedAt,
    detail: `break-glass ${id} was opened by ${opened.by} (${what}): ${reason}`,
  } as const
  return [event, ...(opened.isRehearsal ? [] : raiseAlarm(state, finding, context))]
}

export function noteUsed(state: State, id: string, context: CommandContext): LedgerEvent[] {
  const glass = state.breakGlass.get(id)
  if (!glass || glass.usedAt !== undefined) return []
  return [eventOf('break_glass.used', context, { breakGlass: id })]
}

/** Asking twice closes once. */
export function closeBreakGlass(
  state: State,
  id: string,
  context: CommandContext,
  reason?: string,
): LedgerEvent[] {
  const glass = state.breakGlass.get(id)
  if (!glass) {
    throw new Problem('break_glass_not_found', `Break-glass ${id.slice(0, 64)} was never opened here.`, {
      hint: 'headgate break-glass list',
    })
  }
  if (glass.closed) return []
  return [eventOf('break_glass.closed', context, { breakGlass: id }, reason)]
}
