/** What changed on a rack, when, by whom and why. Written only on change, never by a check-in. */
import { and, desc, eq, gte, lt, sql } from 'drizzle-orm'
import type { Read, Tx } from './connection.ts'
import { prepared } from './prepared.ts'
import type { RackRow } from './racks.ts'

export interface RackHistoryRow {
  /** Grows in the order of writing; the cursor of `listRackHistory`. */
  readonly id: number
  readonly app: string
  readonly rack: string
  readonly at: number
  readonly actor: string
  /** What kind of change, in one word: `enrolled`, `pinned`, `switched`, … */
  readonly change: string
  readonly before: unknown
  readonly after: unknown
  readonly reason: string | null
}

export type RackHistoryEntry = Omit<RackHistoryRow, 'id'>

const insert = prepared(({ db, tables: { rackHistory } }: Tx) =>
  db
    .insert(rackHistory)
    .values({
      app: sql.placeholder('app'),
      rack: sql.placeholder('rack'),
      at: sql.placeholder('at'),
      actor: sql.placeholder('actor'),
      change: sql.placeholder('change'),
      before: sql.placeholder('before'),
      after: sql.placeholder('after'),
      reason: sql.placeholder('reason'),
    })
    .returning({ id: rackHistory.id })
    .prepare('rack_history_insert'),
)

const selectBefore = prepared(({ db, tables: { rackHistory } }: Read) =>
  db
    .select()
    .from(rackHistory)
    .where(
      and(
        eq(rackHistory.app, sql.placeholder('app')),
        eq(rackHistory.rack, sql.placeholder('rack')),
        lt(rackHistory.id, sql.placeholder('before')),
      ),
    )
    .orderBy(desc(rackHistory.id))
    .limit(sql.placeholder('limit'))
    .prepare('rack_history_before'),
)

/** No index serves it: to be asked rarely, and its answer kept. */
const selectSince = prepared(({ db, tables: { rackHistory } }: Read) =>
  db
    .select({ app: rackHistory.app, at: rackHistory.at })
    .from(rackHistory)
    .where(
      and(eq(rackHistory.change, sql.placeholder('change')), gte(rackHistory.at, sql.placeholder('since'))),
    )
    .prepare('rack_history_since'),
)

export async function appendRackHistory(tx: Tx, entry: RackHistoryEntry): Promise<number> {
  const [inserted] = await insert(tx, { ...entry })
  if (inserted === undefined) throw new Error('The database wrote a row and gave no id for it.')
  return inserted.id
}

/** Newest first; `before` is the id of the last entry of the page before. */
export async function listRackHistory(
  read: Read,
  { app, rack, limit, before = Number.MAX_SAFE_INTEGER }: HistoryPage,
): Promise<RackHistoryRow[]> {
  return selectBefore(read, { app, rack, limit, before })
}

/** When racks of which app changed so, since then. */
export async function listChangesSince(
  read: Read,
  change: string,
  since: number,
): Promise<{ readonly app: string; readonly at: number }[]> {
  return selectSince(read, { change, since })
}

/** What a line gave a column of the rack; undefined when it is about something else. */
export function columnIn<Column extends keyof RackRow>(
  { after }: Pick<RackHistoryRow, 'after'>,
  column: Column,
): RackRow[Column] | undefined {
  return typeof after === 'object' && after !== null && Object.hasOwn(after, column)
    ? (Reflect.get(after, column) as RackRow[Column])
    : undefined
}

interface HistoryPage {
  readonly app: string
  readonly rack: string
  readonly limit: number
  readonly before?: number
}
