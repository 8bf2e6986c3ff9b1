/** Attempts by the rollout that they were granted under: what its waves are counted from, and the leases that it has out. */
import { and, asc, eq, gt, isNotNull, isNull, sql } from 'drizzle-orm'
import type { AttemptRow } from './attempts.ts'
import type { Read } from './connection.ts'
import { prepared } from './prepared.ts'

const selectOfRollout = prepared(({ db, tables: { attempts } }: Read) =>
  db
    .select()
    .from(attempts)
    .where(and(eq(attempts.app, sql.placeholder('app')), eq(attempts.rollout, sql.placeholder('rollout'))))
    .orderBy(asc(attempts.grantedAt), asc(attempts.id))
    .prepare('attempts_of_rollout'),
)

const selectLeased = prepared(({ db, tables: { attempts } }: Read) =>
  db
    .select()
    .from(attempts)
    .where(
      and(
        eq(attempts.app, sql.placeholder('app')),
        isNotNull(attempts.rollout),
        isNull(attempts.outcome),
        gt(attempts.leaseExpiresAt, sql.placeholder('now')),
      ),
    )
    .prepare('attempts_leased'),
)

/** Oldest first. */
export async function listAttemptsOfRollout(read: Read, app: string, rollout: string): Promise<AttemptRow[]> {
  return selectOfRollout(read, { app, rollout })
}

/** Under way in any rollout of the app. */
export async function listLeased(read: Read, app: string, now: number): Promise<AttemptRow[]> {
  return selectLeased(read, { app, now })
}
