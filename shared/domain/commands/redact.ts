/** Erasing words of an event, on the record: what was said is gone, that it was said is not. */
import type { EventOf } from '../events.ts'
import { type Blanked, blankWords } from '../redaction.ts'
import type { StoredEvent } from '../upcast.ts'
import { type CommandContext, eventOf } from './command.ts'

export interface RedactEvent {
  readonly sequence: number
  /** The app that the event was about. */
  readonly app: string | null
  /** As it stands: the event, or what stands for it since its last redaction. */
  readonly event: StoredEvent
  /** Redactions of it that still say some of its words. */
  readonly supersedes: readonly number[]
  /** JSON pointers. */
  readonly fields: readonly string[]
  readonly reason: string
}

/** Raises `invalid_input` for a field that is no free text of this event. */
export function redactEvent(
  input: RedactEvent,
  context: CommandContext,
): { readonly redaction: EventOf<'event.redacted'>; readonly words: Blanked['words'] } {
  const { sequence, app, event, supersedes, reason } = input
  const fields = [...new Set(input.fields)]
  const blanked = blankWords(event, fields)
  const data = { sequence, replacement: blanked.event, fields, supersedes, ...(app !== null && { app }) }
  return { redaction: eventOf('event.redacted', context, data, reason), words: blanked.words }
}
