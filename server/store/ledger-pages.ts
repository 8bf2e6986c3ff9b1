/** The ledger as people read it: from either end, a bounded stretch at a time, so that no look takes long. */
import { and, asc, desc, gt, lt, sql } from 'drizzle-orm'
import type { Read } from './connection.ts'
import type { LedgerRow } from './ledger.ts'
import { prepared } from './prepared.ts'

export interface LedgerStretch {
  readonly order: 'newest' | 'oldest'
  readonly limit: number
  /** Sequences between these two, without them. */
  readonly above: number
  readonly below: number
  readonly app?: string | undefined
  readonly type?: string | undefined
  /** Milliseconds since the epoch; `until` itself is not in it. */
  readonly since?: number | undefined
  readonly until?: number | undefined
}

/** A filter that is not asked for is null, and lets everything through. */
function within({ ledger: { sequence, app, type, at } }: Read['tables']) {
  return and(
    gt(sequence, sql.placeholder('above')),
    lt(sequence, sql.placeholder('below')),
    sql`(${app} = ${sql.placeholder('app')} or ${sql.placeholder('app')} is null)`,
    sql`(${type} = ${sql.placeholder('type')} or ${sql.placeholder('type')} is null)`,
    sql`(${at} >= ${sql.placeholder('since')} or ${sql.placeholder('since')} is null)`,
    sql`(${at} < ${sql.placeholder('until')} or ${sql.placeholder('until')} is null)`,
  )
}

const selectNewest = prepared(({ db, tables }: Read) =>
  db
    .select()
    .from(tables.ledger)
    .where(within(tables))
    .orderBy(desc(tables.ledger.sequence))
    .limit(sql.placeholder('limit'))
    .prepare('ledger_newest'),
)

const selectOldest = prepared(({ db, tables }: Read) =>
  db
    .select()
    .from(tables.ledger)
    .where(within(tables))
    .orderBy(asc(tables.ledger.sequence))
    .limit(sql.placeholder('limit'))
    .prepare('ledger_oldest'),
)

const selectTimes = prepared(({ db, tables: { ledger } }: Read) =>
  db
    .select({ sequence: ledger.sequence, at: ledger.at })
    .from(ledger)
    .where(lt(ledger.sequence, sql.placeholder('below')))
    .orderBy(desc(ledger.sequence))
    .limit(sql.placeholder('limit'))
    .prepare('ledger_times'),
)

export async function listRows(read: Read, stretch: LedgerStretch): Promise<LedgerRow[]> {
  const { order, app = null, type = null, since = null, until = null, ...rest } = stretch
  const values = { ...rest, app, type, since, until }
  return order === 'oldest' ? selectOldest(read, values) : selectNewest(read, values)
}

/** When events were recorded, the newest before `below` first. */
export async function listTimes(
  read: Read,
  page: { readonly below: number; readonly limit: number },
): Promise<{ sequence: number; at: number }[]> {
  return selectTimes(read, page)
}
