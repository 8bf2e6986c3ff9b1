/** Attempts that ended badly, by when they ended: read page by page, since a bad release leaves one for every rack. */
import { and, desc, eq, gte, inArray, sql } from 'drizzle-orm'
import type { AttemptRow } from './attempts.ts'
import type { Read } from './connection.ts'
import { prepared } from './prepared.ts'

export const badOutcomes = ['failed', 'returned', 'stuck'] as const
export type BadOutcome = (typeof badOutcomes)[number]

export type FailedAttempt = Pick<AttemptRow, 'id' | 'rack' | 'target' | 'step' | 'message' | 'severity'> & {
  readonly outcome: BadOutcome
  readonly finishedAt: number
}

const selectFailed = prepared(({ db, tables: { attempts } }: Read) =>
  db
    .select({
      id: attempts.id,
      rack: attempts.rack,
      target: attempts.target,
      step: attempts.step,
      message: attempts.message,
      severity: attempts.severity,
      outcome: attempts.outcome,
      finishedAt: attempts.finishedAt,
    })
    .from(attempts)
    .where(
      and(
        eq(attempts.app, sql.placeholder('app')),
        gte(attempts.finishedAt, sql.placeholder('since')),
        sql`(${attempts.finishedAt}, ${attempts.id}) < (${sql.placeholder('before')}, ${sql.placeholder('id')})`,
        inArray(attempts.outcome, [...badOutcomes]),
      ),
    )
    .orderBy(desc(attempts.finishedAt), desc(attempts.id))
    .limit(sql.placeholder('limit'))
    .prepare('attempts_failed'),
)

/** The last one first, in pages. */
export async function* loadFailedAttempts(
  read: Read,
  app: string,
  since: number,
  pageSize = 500,
): AsyncGenerator<FailedAttempt[]> {
  let before = Number.MAX_SAFE_INTEGER
  let id = ''
  for (;;) {
    const rows = await selectFailed(read, { app, since, before, id, limit: pageSize })
    yield rows.flatMap(({ outcome, finishedAt, ...row }) => {
      const bad = badOutcomes.find((one) => one === outcome)
      return bad === undefined || finishedAt === null ? [] : [{ ...row, outcome: bad, finishedAt }]
    })
    const last = rows.at(-1)
    if (!last || rows.length < pageSize) return
    before = last.finishedAt ?? 0
    id = last.id
  }
}
