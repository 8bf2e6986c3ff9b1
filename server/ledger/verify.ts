/**
 * Verifying a whole ledger from its first event: the chain, each erased event announced by a later redaction that gives it
 * no other type, time or app, and a head that somebody saw before, by which alone a cut tail is found.
 */
import type { ChainBody } from '../../shared/contract/audit.ts'
import { announcedBy, isRedaction, type Redaction } from '../../shared/domain/redaction.ts'
import type { StoredEvent } from '../../shared/domain/upcast.ts'
import type { Read } from '../store/connection.ts'
import { emptyLedger, type LedgerRow, readRows } from '../store/ledger.ts'
import { verifyChain } from './chain.ts'
import { redactionIn } from './redactions.ts'

const slice = 500

export interface Verification {
  /** Takes what follows. False once something is wrong: nothing behind that place says anything. */
  take(rows: readonly LedgerRow[]): boolean
  /** The rows end here for a reason that they do not show themselves. */
  fail(why: string): void
  verdict(): ChainBody
}

/** `headSeen`: the hash of an event that must be among them. */
export function startVerification(headSeen: string = emptyLedger.hash): Verification {
  let head = emptyLedger
  let events = 0
  let redacted = 0
  let isSeen = headSeen === emptyLedger.hash
  let broken: { readonly sequence: number; readonly why: string } | undefined
  const unannounced = new Map<number, LedgerRow>()

  function note(row: LedgerRow): void {
    if (row.hash === headSeen) isSeen = true
    if (row.body === null) {
      redacted += 1
      unannounced.set(row.sequence, row)
    }
    const redaction = redactionIn(row)
    if (!redaction) return
    const other = otherThanErased(redaction, unannounced)
    if (other !== undefined) broken = { sequence: row.sequence, why: other }
    for (const sequence of announcedBy(redaction)) unannounced.delete(sequence)
  }

  function finding(): string | undefined {
    const [first] = unannounced.keys()
    if (first !== undefined) {
      const others = unannounced.size > 1 ? ` (and ${unannounced.size - 1} more)` : ''
      return `event ${first}${others} is erased, and no later event says that it was redacted`
    }
    return isSeen
      ? undefined
      : `no event has the hash ${headSeen} that was seen before: its tail was cut, or it is another ledger`
  }

  return {
    take(rows) {
      if (broken) return false
      const chain = verifyChain(rows, head)
      if (!chain.ok) {
        broken = { sequence: chain.atSequence, why: chain.why }
        return false
      }
      for (const row of rows) {
        note(row)
        if (broken) return false
        events += 1
      }
      head = { sequence: chain.sequence, hash: chain.hash }
      return true
    },
    fail(why) {
      broken ??= { sequence: head.sequence + 1, why }
    },
    verdict() {
      const why = broken?.why ?? finding() ?? null
      const sequence = broken?.sequence ?? head.sequence
      return { holds: why === null, events, sequence, hash: head.hash, why, redacted }
    },
  }
}

/** What is left of an erased row is under its hash: a replacement that says otherwise rewrites the past. */
function otherThanErased(
  { replacement, sequence }: Redaction,
  erased: ReadonlyMap<number, LedgerRow>,
): string | undefined {
  const row = erased.get(sequence)
  if (row) {
    const { at, app }: StoredEvent & { at?: unknown; app?: unknown } = replacement
    if (replacement.type !== row.type || at !== row.at || (app ?? null) !== row.app)
      return `the redaction of event ${sequence} gives it another type, time or app`
  }
  return isRedaction(replacement) ? otherThanErased(replacement, erased) : undefined
}

/** Beside whoever writes to it. */
export async function verifyStoredChain(read: Read, headSeen?: string): Promise<ChainBody> {
  const verification = startVerification(headSeen)
  for (let after = 0; ; ) {
    const rows = await readRows(read, after, slice)
    if (rows.length === 0 || !verification.take(rows)) return verification.verdict()
    after = rows.at(-1)?.sequence ?? after
    // A long ledger is read for seconds, and checks are answered meanwhile.
    await new Promise((resolve) => setImmediate(resolve))
  }
}
