/**
 * Attempts: one try of one rack to get from one version to another, granted here or made offline and reported later. The
 * rack sends everything until it is acknowledged, so writing the same attempt twice is no error.
 */
import { isDeepStrictEqual } from 'node:util'
import { eq, sql } from 'drizzle-orm'
import { Problem } from '../../shared/domain/problem.ts'
import type { Read, Tx } from './connection.ts'
import { everyColumn, prepared } from './prepared.ts'

export type AttemptOutcome = 'proved' | 'failed' | 'returned' | 'stuck' | 'aborted' | 'abandoned'

export interface AttemptRow {
  readonly id: string
  readonly app: string
  readonly rack: string
  readonly fromVersion: string | null
  readonly target: string
  readonly action: string
  readonly motive: string
  readonly reason: string
  readonly plan: unknown
  /** The ledger's head on which it was decided. */
  readonly ledgerSequence: number
  readonly origin: AttemptOrigin
  readonly grantedAt: number
  readonly leaseExpiresAt: number
  readonly state: string
  /** Null while it is open. */
  readonly outcome: AttemptOutcome | null
  readonly step: string | null
  readonly message: string | null
  /** What the rack said of a failure beyond that it failed. */
  readonly severity: AttemptSeverity | null
  readonly finishedAt: number | null
  /** The last lines. */
  readonly log: readonly string[]
  /** The rollout that it was granted under; null: none brought it. */
  readonly rollout: string | null
}

/** One rack that lost data is one too many, whatever share of the fleet may fail. */
export type AttemptSeverity = 'data-loss'

/** `reported`: made while the registry could not be reached. */
export type AttemptOrigin = 'granted' | 'reported'

/** What a rack may not say differently when it sends an attempt again; the rest is ours, or progress. */
const identity = [
  'app',
  'rack',
  'fromVersion',
  'target',
  'action',
  'motive',
  'reason',
  'plan',
  'origin',
] as const satisfies readonly (keyof AttemptRow)[]

export interface InsertedAttempt {
  readonly result: 'inserted' | 'same' | 'different'
  /** The row as it is stored: what was there first stays. */
  readonly stored: AttemptRow
  /** Where the two disagree, by name; empty unless `different`. */
  readonly differs: readonly (typeof identity)[number][]
}

export type AttemptChanges = Partial<
  Pick<
    AttemptRow,
    'state' | 'outcome' | 'step' | 'message' | 'severity' | 'finishedAt' | 'leaseExpiresAt' | 'log'
  >
>

const selectOne = prepared(({ db, tables: { attempts } }: Read) =>
  db
    .select()
    .from(attempts)
    .where(eq(attempts.id, sql.placeholder('id')))
    .prepare('attempts_find'),
)

const insert = prepared(({ db, tables: { attempts } }: Tx) =>
  db
    .insert(attempts)
    .values(everyColumn(attempts))
    .onConflictDoNothing({ target: attempts.id })
    .returning()
    .prepare('attempts_insert'),
)

export async function findAttempt(read: Read, id: string): Promise<AttemptRow | undefined> {
  const [row] = await selectOne(read, { id })
  return row
}

/** The first one wins: the same again changes nothing, and different content under the same id is only reported. */
export async function insertAttempt(tx: Tx, row: AttemptRow): Promise<InsertedAttempt> {
  const [inserted] = await insert(tx, { ...row })
  if (inserted !== undefined) return { result: 'inserted', stored: inserted, differs: [] }
  const stored = await findAttempt(tx, row.id)
  if (stored === undefined) throw new Error(`The attempt ${row.id} was there, and is not.`)
  const differs = identity.filter((name) => !isDeepStrictEqual(stored[name], asStored(row[name])))
  return { result: differs.length === 0 ? 'same' : 'different', stored, differs }
}

/** Progress or the outcome. Whether an attempt that is over may change is the caller's rule. */
export async function updateAttempt(tx: Tx, id: string, changes: AttemptChanges): Promise<AttemptRow> {
  const { attempts } = tx.tables
  const [row] = await tx.db.update(attempts).set(changes).where(eq(attempts.id, id)).returning()
  if (row !== undefined) return row
  throw new Problem('attempt_not_found', `There is no attempt ${id}.`, {
    hint: 'List the rack’s attempts: `headgate rack show NAME --app APP`.',
  })
}

/** Without what JSON does not keep: an absent property and one that is `undefined` are the same plan. */
function asStored(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}
