/** The questions that are asked about many attempts: a rack's past, a release's record, and what is still open. */
import { and, desc, eq, isNotNull, isNull, sql } from 'drizzle-orm'
import type { AttemptOutcome, AttemptRow, AttemptSeverity } from './attempts.ts'
import type { Read } from './connection.ts'
import { prepared } from './prepared.ts'

/** The last attempt of the page before. */
export type AttemptCursor = Pick<AttemptRow, 'grantedAt' | 'id'>

export interface LatestOutcome {
  readonly rack: string
  readonly attemptId: string
  readonly fromVersion: string | null
  readonly motive: string
  readonly outcome: AttemptOutcome
  readonly step: string | null
  readonly message: string | null
  readonly severity: AttemptSeverity | null
  /** Any of its attempts at that target did, the last one or an earlier one. */
  readonly lostData: boolean
  readonly finishedAt: number
}

const fromTheNewest: AttemptCursor = { grantedAt: Number.MAX_SAFE_INTEGER, id: '' }

const selectOfRack = prepared(({ db, tables: { attempts } }: Read) =>
  db
    .select()
    .from(attempts)
    .where(
      and(
        eq(attempts.app, sql.placeholder('app')),
        eq(attempts.rack, sql.placeholder('rack')),
        sql`(${attempts.grantedAt}, ${attempts.id}) < (${sql.placeholder('grantedAt')}, ${sql.placeholder('id')})`,
      ),
    )
    .orderBy(desc(attempts.grantedAt), desc(attempts.id))
    .limit(sql.placeholder('limit'))
    .prepare('attempts_of_rack'),
)

const selectOfTarget = prepared(({ db, tables: { attempts } }: Read) =>
  db
    .select()
    .from(attempts)
    .where(
      and(
        eq(attempts.app, sql.placeholder('app')),
        eq(attempts.target, sql.placeholder('target')),
        sql`(${attempts.grantedAt}, ${attempts.id}) < (${sql.placeholder('grantedAt')}, ${sql.placeholder('id')})`,
      ),
    )
    .orderBy(desc(attempts.grantedAt), desc(attempts.id))
    .limit(sql.placeholder('limit'))
    .prepare('attempts_of_target'),
)

const selectOpen = prepared(({ db, tables: { attempts } }: Read) =>
  db
    .select()
    .from(attempts)
    .where(and(eq(attempts.app, sql.placeholder('app')), isNull(attempts.outcome)))
    .orderBy(attempts.grantedAt, attempts.id)
    .prepare('attempts_open'),
)

const selectLatest = prepared(({ db, tables: { attempts } }: Read) => {
  const ranked = db
    .select({
      rack: attempts.rack,
      attemptId: attempts.id,
      fromVersion: attempts.fromVersion,
      motive: attempts.motive,
      outcome: attempts.outcome,
      step: attempts.step,
      message: attempts.message,
      severity: attempts.severity,
      finishedAt: attempts.finishedAt,
      rank: sql<number>`row_number() over (partition by ${attempts.rack} order by ${attempts.finishedAt} desc, ${attempts.id} desc)`.as(
        'rank',
      ),
      losses: sql<number>`count(${attempts.severity}) over (partition by ${attempts.rack})`.as('losses'),
    })
    .from(attempts)
    .where(
      and(
        eq(attempts.app, sql.placeholder('app')),
        eq(attempts.target, sql.placeholder('target')),
        isNotNull(attempts.outcome),
        isNotNull(attempts.finishedAt),
      ),
    )
    .as('ranked')
  return db.select().from(ranked).where(eq(ranked.rank, 1)).orderBy(ranked.rack).prepare('attempts_latest')
})

/** Newest first. */
export async function listAttemptsOfRack(read: Read, page: RackPage): Promise<AttemptRow[]> {
  const { app, rack, limit, after = fromTheNewest } = page
  return selectOfRack(read, { app, rack, limit, ...after })
}

/** Newest first. */
export async function listAttemptsOfTarget(read: Read, page: TargetPage): Promise<AttemptRow[]> {
  const { app, target, limit, after = fromTheNewest } = page
  return selectOfTarget(read, { app, target, limit, ...after })
}

/** Attempts without an outcome, oldest first. */
export async function listOpenAttempts(read: Read, app: string): Promise<AttemptRow[]> {
  return selectOpen(read, { app })
}

/** For every rack that finished an attempt to get to `target`: how its last one (by `finishedAt`) ended, ordered by rack. */
export async function latestOutcomes(read: Read, app: string, target: string): Promise<LatestOutcome[]> {
  const rows = await selectLatest(read, { app, target })
  return rows.flatMap(({ rank: _, losses, outcome, finishedAt, ...row }) =>
    outcome === null || finishedAt === null
      ? []
      : [{ ...row, outcome, finishedAt, lostData: Number(losses) > 0 }],
  )
}

interface RackPage {
  readonly app: string
  readonly rack: string
  readonly limit: number
  readonly after?: AttemptCursor
}

interface TargetPage {
  readonly app: string
  readonly target: string
  readonly limit: number
  readonly after?: AttemptCursor
}
