/** What every command is: a pure function of the state, its input and who asks when, to events; or a Problem. */
import { currentVersions, type EventData, type EventOf, type EventType } from '../events.ts'

export interface CommandContext {
  readonly now: number
  /** `token:NAME`, `rack:APP/NAME`, `system` for the first start, or `registry` for what it does by itself. */
  readonly actor: string
}

export function eventOf<T extends EventType>(
  type: T,
  context: CommandContext,
  data: EventData[T],
  reason?: string,
): EventOf<T> {
  return {
    type,
    v: currentVersions[type],
    at: context.now,
    actor: context.actor,
    ...(reason !== undefined && { reason }),
    ...data,
  }
}
