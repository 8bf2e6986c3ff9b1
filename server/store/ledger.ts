/**
 * The ledger's rows: appended in order, read in order, and never changed but for a redaction, which erases salt and body.
 * What makes them a chain is in `server/ledger/chain.ts`; here lives only that sequences start at 1 and have no gap.
 */
import { and, asc, desc, eq, gt, sql } from 'drizzle-orm'
import { Problem } from '../../shared/domain/problem.ts'
import type { Read, Tx } from './connection.ts'
import { everyColumn, prepared } from './prepared.ts'

export interface LedgerRow {
  readonly sequence: number
  readonly at: number
  readonly type: string
  /** Null for events of the registry itself. */
  readonly app: string | null
  /** 32 hex digits; null together with `body` once a redaction erased them. */
  readonly salt: string | null
  /** JSON, exactly as it was hashed. */
  readonly body: string | null
  readonly bodyHash: string
  readonly hash: string
}

export interface LedgerHead {
  readonly sequence: number
  readonly hash: string
}

/** The head of a ledger without rows: what the first event is chained to. */
export const emptyLedger: LedgerHead = { sequence: 0, hash: '0'.repeat(64) }

const selectHead = prepared(({ db, tables: { ledger } }: Read) =>
  db
    .select({ sequence: ledger.sequence, hash: ledger.hash })
    .from(ledger)
    .orderBy(desc(ledger.sequence))
    .limit(1)
    .prepare('ledger_head'),
)

const selectAfter = prepared(({ db, tables: { ledger } }: Read) =>
  db
    .select()
    .from(ledger)
    .where(gt(ledger.sequence, sql.placeholder('after')))
    .orderBy(ledger.sequence)
    .limit(sql.placeholder('limit'))
    .prepare('ledger_after'),
)

const selectOne = prepared(({ db, tables: { ledger } }: Read) =>
  db
    .select()
    .from(ledger)
    .where(eq(ledger.sequence, sql.placeholder('sequence')))
    .prepare('ledger_find'),
)

const selectOfType = prepared(({ db, tables: { ledger } }: Read) =>
  db
    .select()
    .from(ledger)
    .where(and(eq(ledger.type, sql.placeholder('type')), gt(ledger.sequence, sql.placeholder('after'))))
    .orderBy(asc(ledger.sequence))
    .prepare('ledger_of_type'),
)

const insert = prepared(({ db, tables: { ledger } }: Tx) =>
  db.insert(ledger).values(everyColumn(ledger)).prepare('ledger_insert'),
)

export async function headOf(read: Read): Promise<LedgerHead> {
  const [head] = await selectHead(read)
  return head ?? emptyLedger
}

/** At most `limit` rows after `afterSequence`, oldest first; an empty answer is the end. Start with 0. */
export async function readRows(read: Read, afterSequence: number, limit: number): Promise<LedgerRow[]> {
  return selectAfter(read, { after: afterSequence, limit })
}

export async function findRow(read: Read, sequence: number): Promise<LedgerRow | undefined> {
  const [row] = await selectOne(read, { sequence })
  return row
}

/** All of one type after `afterSequence`, oldest first: for types that are rare by nature. */
export async function rowsOfType(read: Read, type: string, afterSequence = 0): Promise<LedgerRow[]> {
  return selectOfType(read, { type, after: afterSequence })
}

/** What the row said is gone; its two hashes stay, and the chain holds by them. */
export async function eraseRow(tx: Tx, sequence: number): Promise<void> {
  const { ledger } = tx.tables
  await tx.db.update(ledger).set({ salt: null, body: null }).where(eq(ledger.sequence, sequence))
}

/** Appends rows that were sealed onto the head this transaction sees. */
export async function appendRows(tx: Tx, rows: readonly LedgerRow[]): Promise<void> {
  let { sequence } = await headOf(tx)
  for (const row of rows) {
    sequence += 1
    if (row.sequence !== sequence) throw wroteMeanwhile(sequence, row.sequence)
    await insert(tx, { ...row })
  }
}

function wroteMeanwhile(expected: number, got: number): Problem {
  return new Problem(
    'store_unavailable',
    `The ledger expects event ${expected}, but event ${got} was to be appended: another process has written to this registry’s data. Nothing was changed.`,
    {
      hint: 'Run one registry per data folder: stop the other one, then start this one again.',
      numbers: { expected, got },
    },
  )
}
