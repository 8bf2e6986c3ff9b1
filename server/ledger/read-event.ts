/** From a stored row to the event that the fold knows: parsed, and brought to the newest shape of its type. */
import type { LedgerEvent } from '../../shared/domain/events.ts'
import { type StoredEvent, upcast } from '../../shared/domain/upcast.ts'
import type { LedgerRow } from '../store/ledger.ts'
import type { Redactions } from './redactions.ts'

/** As it was said, or what stands for it since it was redacted; undefined where neither is left. */
export function storedEventOf(row: LedgerRow, redactions: Redactions): StoredEvent | undefined {
  if (row.body === null) return redactions.of(row.sequence)?.event
  const stored: StoredEvent = JSON.parse(row.body)
  return stored
}

/** Undefined for a redaction whose place another one took: it has no effect of its own. */
export function readEvent(row: LedgerRow, redactions: Redactions): LedgerEvent | undefined {
  const stored = storedEventOf(row, redactions)
  return stored && (upcast(stored) as LedgerEvent)
}
