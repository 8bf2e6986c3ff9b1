/**
 * Answers given to requests that carried an `Idempotency-Key`, written in the transaction of their events: whoever asks again
 * with the same key gets the same answer, also after a crash.
 */
import { and, eq, lt, sql } from 'drizzle-orm'
import type { Read, Tx } from './connection.ts'
import { everyColumn, prepared } from './prepared.ts'

export interface IdempotencyRow {
  /** Two credentials may choose the same key. */
  readonly credentialId: string
  readonly key: string
  /** Tells the same request again from another one under the same key. */
  readonly requestHash: string
  readonly status: number
  readonly body: string
  readonly createdAt: number
}

const selectOne = prepared(({ db, tables: { idempotency } }: Read) =>
  db
    .select()
    .from(idempotency)
    .where(
      and(
        eq(idempotency.credentialId, sql.placeholder('credentialId')),
        eq(idempotency.key, sql.placeholder('key')),
      ),
    )
    .prepare('idempotency_find'),
)

const insert = prepared(({ db, tables: { idempotency } }: Tx) =>
  db.insert(idempotency).values(everyColumn(idempotency)).prepare('idempotency_insert'),
)

const deleteOlder = prepared(({ db, tables: { idempotency } }: Tx) =>
  db
    .delete(idempotency)
    .where(lt(idempotency.createdAt, sql.placeholder('before')))
    .returning({ key: idempotency.key })
    .prepare('idempotency_prune'),
)

export async function findIdempotent(
  read: Read,
  { credentialId, key }: Pick<IdempotencyRow, 'credentialId' | 'key'>,
): Promise<IdempotencyRow | undefined> {
  const [row] = await selectOne(read, { credentialId, key })
  return row
}

/** Throws a unique violation when the key was used before: look with `findIdempotent` in the same transaction. */
export async function insertIdempotent(tx: Tx, row: IdempotencyRow): Promise<void> {
  await insert(tx, { ...row })
}

/** Every answer as it is after `change`, which gives undefined for one that stays as it is. Says how many it changed. */
export async function rewriteIdempotent(
  tx: Tx,
  change: (body: string) => string | undefined,
): Promise<number> {
  const { idempotency } = tx.tables
  let changed = 0
  for (const { credentialId, key, body } of await tx.db.select().from(idempotency)) {
    const other = change(body)
    if (other === undefined) continue
    changed += 1
    await tx.db
      .update(idempotency)
      .set({ body: other })
      .where(and(eq(idempotency.credentialId, credentialId), eq(idempotency.key, key)))
  }
  return changed
}

/** Forgets answers older than `olderThanMs` at `now`, and says how many. */
export async function pruneIdempotent(tx: Tx, now: number, olderThanMs: number): Promise<number> {
  const gone = await deleteOlder(tx, { before: now - olderThanMs })
  return gone.length
}
