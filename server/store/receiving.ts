/** The times in which the registry heard nobody: few, and written as a whole. */
import { asc } from 'drizzle-orm'
import type { Read, Tx } from './connection.ts'
import { everyColumn, prepared } from './prepared.ts'

export interface ReceivingGap {
  readonly from: number
  readonly to: number
  readonly cause: GapCause
}

/** The registry itself was down, or it was up and nobody came. */
export type GapCause = 'down' | 'quiet'

const selectAll = prepared(({ db, tables: { receivingGaps } }: Read) =>
  db.select().from(receivingGaps).orderBy(asc(receivingGaps.from)).prepare('receiving_gaps'),
)

const deleteAll = prepared(({ db, tables: { receivingGaps } }: Tx) =>
  db.delete(receivingGaps).prepare('receiving_gaps_delete'),
)

const insert = prepared(({ db, tables: { receivingGaps } }: Tx) =>
  db.insert(receivingGaps).values(everyColumn(receivingGaps)).prepare('receiving_gaps_insert'),
)

/** Oldest first. */
export async function listReceivingGaps(read: Read): Promise<ReceivingGap[]> {
  return selectAll(read, {})
}

export async function writeReceivingGaps(tx: Tx, gaps: Iterable<ReceivingGap>): Promise<void> {
  await deleteAll(tx, {})
  for (const gap of gaps) await insert(tx, { ...gap })
}
