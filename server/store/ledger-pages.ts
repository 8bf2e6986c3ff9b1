/** The ledger as people read it: a page at a time, from either end, of one app or one type. */
import { and, asc, desc, eq, gt, lt, type SQL } from 'drizzle-orm'
import type { Read } from './connection.ts'
import type { LedgerRow } from './ledger.ts'

export interface LedgerPage {
  readonly order: 'newest' | 'oldest'
  readonly limit: number
  /** The last sequence of the page before. */
  readonly from?: number
  readonly app?: string
  readonly type?: string
}

export async function listRows({ db, tables: { ledger } }: Read, page: LedgerPage): Promise<LedgerRow[]> {
  const { order, limit, from, app, type } = page
  const conditions: SQL[] = []
  if (from !== undefined)
    conditions.push(order === 'newest' ? lt(ledger.sequence, from) : gt(ledger.sequence, from))
  if (app !== undefined) conditions.push(eq(ledger.app, app))
  if (type !== undefined) conditions.push(eq(ledger.type, type))
  return db
    .select()
    .from(ledger)
    .where(and(...conditions))
    .orderBy(order === 'newest' ? desc(ledger.sequence) : asc(ledger.sequence))
    .limit(limit)
}
