/** From a stored row to the event that the fold knows: parsed, and brought to the newest shape of its type. */
import { type LedgerEvent, type StoredEvent, upcast } from '../../shared/domain/events.ts'
import type { LedgerRow } from '../store/ledger.ts'

/** Undefined for a row whose body was redacted: it happened, and what it said is gone. */
export function readEvent(row: LedgerRow): LedgerEvent | undefined {
  if (row.body === null) return undefined
  const stored: StoredEvent = JSON.parse(row.body)
  return upcast(stored) as LedgerEvent
}
