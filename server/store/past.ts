/** The fleet's past: every attempt and every line of history of an app, rack by rack and oldest first, a slice at a time. */
import { and, eq, sql } from 'drizzle-orm'
import type { AttemptRow } from './attempts.ts'
import type { Read } from './connection.ts'
import { prepared } from './prepared.ts'
import type { RackHistoryRow } from './rack-history.ts'

export type PastAttempt = Pick<
  AttemptRow,
  | 'id'
  | 'rack'
  | 'fromVersion'
  | 'target'
  | 'action'
  | 'motive'
  | 'outcome'
  | 'step'
  | 'message'
  | 'grantedAt'
  | 'finishedAt'
>

const slice = 1_000

const selectAttempts = prepared(({ db, tables: { attempts } }: Read) => {
  const { id, rack, fromVersion, target, action, motive, outcome, step, message, grantedAt, finishedAt } =
    attempts
  return db
    .select({ id, rack, fromVersion, target, action, motive, outcome, step, message, grantedAt, finishedAt })
    .from(attempts)
    .where(
      and(
        eq(attempts.app, sql.placeholder('app')),
        sql`(${rack}, ${grantedAt}, ${id}) > (${sql.placeholder('rack')}, ${sql.placeholder('grantedAt')}, ${sql.placeholder('id')})`,
        sql`${rack} <= ${sql.placeholder('lastRack')}`,
      ),
    )
    .orderBy(rack, grantedAt, id)
    .limit(sql.placeholder('limit'))
    .prepare('past_attempts')
})

const selectHistory = prepared(({ db, tables: { rackHistory } }: Read) =>
  db
    .select()
    .from(rackHistory)
    .where(
      and(
        eq(rackHistory.app, sql.placeholder('app')),
        sql`(${rackHistory.rack}, ${rackHistory.id}) > (${sql.placeholder('rack')}, ${sql.placeholder('id')})`,
        sql`${rackHistory.rack} <= ${sql.placeholder('lastRack')}`,
      ),
    )
    .orderBy(rackHistory.rack, rackHistory.id)
    .limit(sql.placeholder('limit'))
    .prepare('past_history'),
)

/** Behind every name of a rack. */
const afterAllNames = '\u{10ffff}'

/** Of one rack, or of all of them. */
export async function* pastAttempts(read: Read, app: string, only?: string): AsyncGenerator<PastAttempt[]> {
  const lastRack = only ?? afterAllNames
  let last = { rack: only ?? '', grantedAt: Number.MIN_SAFE_INTEGER, id: '' }
  for (;;) {
    const rows = await selectAttempts(read, { app, lastRack, limit: slice, ...last })
    const final = rows.at(-1)
    if (!final) return
    yield rows
    if (rows.length < slice) return
    last = { rack: final.rack, grantedAt: final.grantedAt, id: final.id }
  }
}

/** Of one rack, or of all of them. */
export async function* pastHistory(read: Read, app: string, only?: string): AsyncGenerator<RackHistoryRow[]> {
  const lastRack = only ?? afterAllNames
  let last = { rack: only ?? '', id: 0 }
  for (;;) {
    const rows: RackHistoryRow[] = await selectHistory(read, { app, lastRack, limit: slice, ...last })
    const final = rows.at(-1)
    if (!final) return
    yield rows
    if (rows.length < slice) return
    last = { rack: final.rack, id: final.id }
  }
}
