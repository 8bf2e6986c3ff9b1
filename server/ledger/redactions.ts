/**
 * What stands for erased events. The chain goes over hashes of bodies, so it holds without them; what the fold needs of
 * an event that was redacted, the redaction says.
 */

import { announcedBy, isRedaction, type Redaction, subjectsOf } from '../../shared/domain/redaction.ts'
import type { StoredEvent } from '../../shared/domain/upcast.ts'
import type { Read } from '../store/connection.ts'
import { type LedgerRow, rowsOfType } from '../store/ledger.ts'

export interface Replacement {
  readonly event: StoredEvent
  /** The sequence of the redaction that says it. */
  readonly by: number
}

export interface Redactions {
  /** Undefined for an event that was never redacted, and for a redaction that a later one of the same event replaced. */
  of(sequence: number): Replacement | undefined
  /** Those that still say what stands for this event, and those that once did. */
  about(sequence: number): readonly number[]
}

const type = 'event.redacted'

export async function loadRedactions(read: Read): Promise<Redactions> {
  return redactionsIn(await rowsOfType(read, type))
}

/** All rows of that type, oldest first. */
export function redactionsIn(rows: readonly LedgerRow[]): Redactions {
  const standing = new Map<number, Replacement>()
  const about = new Map<number, Set<number>>()
  // From the newest: a redaction may be redacted itself, and of two redactions of one event the later one counts.
  for (const row of rows.toReversed()) {
    const redaction = redactionIn(row, standing.get(row.sequence)?.event)
    if (!redaction || redaction.sequence >= row.sequence) continue
    const { sequence, replacement } = redaction
    if (!standing.has(sequence)) standing.set(sequence, { event: replacement, by: row.sequence })
    for (const subject of subjectsOf(redaction)) {
      const those = about.get(subject) ?? new Set()
      about.set(subject, those)
      for (const one of [row.sequence, ...announcedBy(redaction)]) if (one > subject) those.add(one)
    }
  }
  return {
    of: (sequence) => standing.get(sequence),
    about: (sequence) => [...(about.get(sequence) ?? [])].sort((a, b) => a - b),
  }
}

/** The redaction that a row is, as it was said or as it stands since it was redacted itself. */
export function redactionIn(
  row: Pick<LedgerRow, 'type' | 'body'>,
  replacement?: StoredEvent,
): Redaction | undefined {
  if (row.type !== type) return undefined
  const event: StoredEvent | undefined = row.body === null ? replacement : JSON.parse(row.body)
  return event && isRedaction(event) ? event : undefined
}
