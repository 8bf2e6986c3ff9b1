/** The ledger as people read it: a page at a time, from either end, of one app or one type. */
import { and, asc, desc, gt, lt, sql } from 'drizzle-orm'
import type { Read } from './connection.ts'
import type { LedgerRow } from './ledger.ts'
import { prepared } from './prepared.ts'

export interface LedgerPage {
  readonly order: 'newest' | 'oldest'
  readonly limit: number
  /** The last sequence of the page before. */
  readonly from?: number
  readonly app?: string
  readonly type?: string
}

/** A filter that is not asked for is null, and lets everything through. */
function only(tables: Read['tables']) {
  const { app, type } = tables.ledger
  return [
    sql`(${app} = ${sql.placeholder('app')} or ${sql.placeholder('app')} is null)`,
    sql`(${type} = ${sql.placeholder('type')} or ${sql.placeholder('type')} is null)`,
  ]
}

const selectNewest = prepared(({ db, tables }: Read) =>
  db
    .select()
    .from(tables.ledger)
    .where(and(lt(tables.ledger.sequence, sql.placeholder('from')), ...only(tables)))
    .orderBy(desc(tables.ledger.sequence))
    .limit(sql.placeholder('limit'))
    .prepare('ledger_newest'),
)

const selectOldest = prepared(({ db, tables }: Read) =>
  db
    .select()
    .from(tables.ledger)
    .where(and(gt(tables.ledger.sequence, sql.placeholder('from')), ...only(tables)))
    .orderBy(asc(tables.ledger.sequence))
    .limit(sql.placeholder('limit'))
    .prepare('ledger_oldest'),
)

export async function listRows(read: Read, page: LedgerPage): Promise<LedgerRow[]> {
  const { order, limit, app = null, type = null } = page
  if (order === 'oldest') return selectOldest(read, { limit, app, type, from: page.from ?? 0 })
  return selectNewest(read, { limit, app, type, from: page.from ?? Number.MAX_SAFE_INTEGER })
}
