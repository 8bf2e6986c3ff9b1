/** Which labels a rack had before they were changed: rollouts keep those that they were planned with. */
import { and, asc, eq, gt, sql } from 'drizzle-orm'
import type { Read } from './connection.ts'
import { prepared } from './prepared.ts'

export interface LabelChange {
  readonly app: string
  readonly rack: string
  readonly at: number
  readonly before: unknown
}

/** No index serves it: asked once, when the registry opens. */
const selectSince = prepared(({ db, tables: { rackHistory } }: Read) =>
  db
    .select({
      app: rackHistory.app,
      rack: rackHistory.rack,
      at: rackHistory.at,
      before: rackHistory.before,
    })
    .from(rackHistory)
    .where(and(eq(rackHistory.change, 'labelled'), gt(rackHistory.at, sql.placeholder('since'))))
    .orderBy(asc(rackHistory.id))
    .prepare('rack_history_labelled'),
)

/** Oldest first. */
export async function listLabelChanges(read: Read, since: number): Promise<LabelChange[]> {
  return selectSince(read, { since })
}
