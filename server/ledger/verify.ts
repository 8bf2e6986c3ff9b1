/** Verifying a stored chain from its first event, in batches, beside whoever writes to it. */
import type { ChainBody } from '../../shared/contract/registry.ts'
import type { Read } from '../store/connection.ts'
import { emptyLedger, readRows } from '../store/ledger.ts'
import { verifyChain } from './chain.ts'

const batch = 2_000

export async function verifyStoredChain(read: Read): Promise<ChainBody> {
  let head = emptyLedger
  let events = 0
  for (;;) {
    const rows = await readRows(read, head.sequence, batch)
    if (rows.length === 0) return { holds: true, events, sequence: head.sequence, hash: head.hash, why: null }
    const verdict = verifyChain(rows, head)
    if (!verdict.ok)
      return { holds: false, events, sequence: verdict.atSequence, hash: head.hash, why: verdict.why }
    events += verdict.events
    head = { sequence: verdict.sequence, hash: verdict.hash }
    // A long ledger is read for seconds, and checks are answered meanwhile.
    await new Promise((resolve) => setImmediate(resolve))
  }
}
