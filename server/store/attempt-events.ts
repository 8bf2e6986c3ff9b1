/** The transitions of an attempt, numbered by the rack, which sends each until it is acknowledged. */
import { isDeepStrictEqual } from 'node:util'
import { and, eq, sql } from 'drizzle-orm'
import type { Read, Tx } from './connection.ts'
import { everyColumn, prepared } from './prepared.ts'

export interface AttemptEventRow {
  readonly attemptId: string
  /** The rack's own count of this attempt's transitions. */
  readonly index: number
  readonly at: number
  readonly state: string
  readonly detail: unknown
}

const insert = prepared(({ db, tables: { attemptEvents } }: Tx) =>
  db
    .insert(attemptEvents)
    .values(everyColumn(attemptEvents))
    .onConflictDoNothing({ target: [attemptEvents.attemptId, attemptEvents.index] })
    .returning({ index: attemptEvents.index })
    .prepare('attempt_events_insert'),
)

const selectOne = prepared(({ db, tables: { attemptEvents } }: Read) =>
  db
    .select()
    .from(attemptEvents)
    .where(
      and(
        eq(attemptEvents.attemptId, sql.placeholder('attemptId')),
        eq(attemptEvents.index, sql.placeholder('index')),
      ),
    )
    .prepare('attempt_events_find'),
)

const selectAll = prepared(({ db, tables: { attemptEvents } }: Read) =>
  db
    .select()
    .from(attemptEvents)
    .where(eq(attemptEvents.attemptId, sql.placeholder('attemptId')))
    .orderBy(attemptEvents.index)
    .prepare('attempt_events_all'),
)

/** The first one wins; `different` says that the rack now tells this transition otherwise. */
export async function insertAttemptEvent(
  tx: Tx,
  row: AttemptEventRow,
): Promise<'inserted' | 'same' | 'different'> {
  const [inserted] = await insert(tx, { ...row })
  if (inserted !== undefined) return 'inserted'
  const [stored] = await selectOne(tx, { attemptId: row.attemptId, index: row.index })
  const again = { ...row, detail: JSON.parse(JSON.stringify(row.detail ?? null)) }
  return isDeepStrictEqual(stored, again) ? 'same' : 'different'
}

/** In the rack's order. */
export async function listAttemptEvents(read: Read, attemptId: string): Promise<AttemptEventRow[]> {
  return selectAll(read, { attemptId })
}
