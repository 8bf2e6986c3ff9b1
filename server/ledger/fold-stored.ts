/** Folding what is stored: verified row by row, in slices, so that checks go on being answered while it lasts. */
import { applyEvent } from '../../shared/domain/fold.ts'
import { Problem } from '../../shared/domain/problem.ts'
import type { State } from '../../shared/domain/state.ts'
import type { Read } from '../store/connection.ts'
import { emptyLedger, type LedgerHead, readRows } from '../store/ledger.ts'
import { verifyChain } from './chain.ts'
import { readEvent } from './read-event.ts'
import type { Redactions } from './redactions.ts'

const slice = 500

/**
 * Folds every event up to `to` (all of them, without one) into an empty state, and gives the head that it reached.
 * Raises `chain_broken` with the place.
 */
export async function foldStored(
  read: Read,
  state: State,
  redactions: Redactions,
  to = Number.MAX_SAFE_INTEGER,
): Promise<LedgerHead> {
  let head = emptyLedger
  for (;;) {
    const rows = await readRows(read, head.sequence, Math.min(slice, to - head.sequence))
    if (rows.length === 0) return head
    const verdict = verifyChain(rows, head)
    if (!verdict.ok) throw broken(verdict.atSequence, verdict.why)
    for (const row of rows) {
      const event = readEvent(row, redactions)
      if (event) applyEvent(state, event)
      else if (row.type !== 'event.redacted') {
        throw broken(row.sequence, 'its body was erased, and no redaction says what stands for it')
      }
    }
    head = { sequence: verdict.sequence, hash: verdict.hash }
    if (head.sequence >= to) return head
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function broken(atSequence: number, why: string): Problem {
  return new Problem('chain_broken', `Event ${atSequence} of the ledger does not hold: ${why}.`, {
    hint: 'Restore a backup whose chain holds; headgate audit verify --data DIR shows the place again.',
    numbers: { atSequence },
  })
}
