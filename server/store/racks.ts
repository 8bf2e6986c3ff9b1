/**
 * The enrolled racks and what each said last. Orders and enrolment change by compare-and-set on `revision`; check-ins
 * overwrite only `lastSeenAt`, `report` and `outside`, and never go back in time.
 */
import { and, eq, isNull, lte, or, sql } from 'drizzle-orm'
import type { OutsideChange } from '../../shared/domain/outside.ts'
import { Problem } from '../../shared/domain/problem.ts'
import type { HoldOrder, PinOrder } from '../../shared/domain/rack.ts'
import type { Read, Tx } from './connection.ts'
import { everyColumn, prepared } from './prepared.ts'

/** Ordered from the registry, and when. */
export type OrderedPin = PinOrder & { readonly at: number }
export type OrderedHold = HoldOrder & { readonly at: number }

export interface RackRow {
  readonly app: string
  readonly name: string
  /** 16 hex digits; its place in rollouts. */
  readonly rackKey: string
  readonly channel: string
  readonly platform: string
  readonly labels: Readonly<Record<string, string>>
  readonly tokenId: string
  readonly tokenSha256: string
  readonly tokenCreatedAt: number
  readonly tokenExpiresAt: number
  /** Channels to which the rack's own token may switch it. */
  readonly switchChannels: readonly string[]
  readonly enrolledAt: number
  readonly enrolledBy: string
  /** The version that was found when it enrolled. */
  readonly adoptedVersion: string | null
  /** Silent for so long, it is retired; null: it stays until somebody forgets it. */
  readonly ephemeralHours: number | null
  readonly forgottenAt: number | null
  readonly orderedPin: OrderedPin | null
  readonly orderedHold: OrderedHold | null
  /** Grows with every change but check-ins. */
  readonly revision: number
  readonly lastSeenAt: number | null
  /** The last check-in, as it came; parse it with the contract. */
  readonly report: unknown
  /** Its last change that no attempt explains. */
  readonly outside: OutsideChange | null
}

export type RackIdentity = Pick<RackRow, 'app' | 'name'>
type ByCheckIn = 'lastSeenAt' | 'report' | 'outside'
export type RackChanges = Partial<Omit<RackRow, 'app' | 'name' | 'revision' | ByCheckIn>>
export type CheckIn = RackIdentity & { readonly lastSeenAt: number } & Pick<RackRow, 'report' | 'outside'>

/** For a rack that was imported and not enrolled: no token has a digest that is no digest. */
export function noToken(
  app: string,
  name: string,
  now: number,
): Pick<RackRow, 'tokenId' | 'tokenSha256' | 'tokenCreatedAt' | 'tokenExpiresAt'> {
  return { tokenId: '', tokenSha256: `none ${app}/${name}`, tokenCreatedAt: now, tokenExpiresAt: now }
}

/** It was imported, and has yet to be enrolled under its name. */
export function isAwaited({ tokenId }: Pick<RackRow, 'tokenId'>): boolean {
  return tokenId === ''
}

const selectOne = prepared(({ db, tables: { racks } }: Read) =>
  db
    .select()
    .from(racks)
    .where(and(eq(racks.app, sql.placeholder('app')), eq(racks.name, sql.placeholder('name'))))
    .prepare('racks_find'),
)

/** Row values, because SQLite answers them from the primary key and `or` by a scan. */
const selectAfter = prepared(({ db, tables: { racks } }: Read) =>
  db
    .select()
    .from(racks)
    .where(sql`(${racks.app}, ${racks.name}) > (${sql.placeholder('app')}, ${sql.placeholder('name')})`)
    .orderBy(racks.app, racks.name)
    .limit(sql.placeholder('limit'))
    .prepare('racks_after'),
)

const insert = prepared(({ db, tables: { racks } }: Tx) =>
  db
    .insert(racks)
    .values(everyColumn(racks))
    .onConflictDoNothing({ target: [racks.app, racks.name] })
    .returning({ name: racks.name })
    .prepare('racks_insert'),
)

const updateCheckIn = prepared(({ db, tables: { racks } }: Tx) =>
  db
    .update(racks)
    .set({
      lastSeenAt: sql`${sql.placeholder('lastSeenAt')}`,
      report: sql`${sql.param(sql.placeholder('report'), racks.report)}`,
      outside: sql`${sql.param(sql.placeholder('outside'), racks.outside)}`,
    })
    .where(
      and(
        eq(racks.app, sql.placeholder('app')),
        eq(racks.name, sql.placeholder('name')),
        or(isNull(racks.lastSeenAt), lte(racks.lastSeenAt, sql.placeholder('lastSeenAt'))),
      ),
    )
    .returning({ name: racks.name })
    .prepare('racks_check_in'),
)

export async function findRack(read: Read, { app, name }: RackIdentity): Promise<RackRow | undefined> {
  const [row] = await selectOne(read, { app, name })
  return row
}

/** Every rack, forgotten ones too, in batches ordered by app and name: a million do not fit into one answer. */
export async function* loadRacks(read: Read, batchSize = 1_000): AsyncGenerator<RackRow[]> {
  let last: RackIdentity | undefined
  do {
    const batch: RackRow[] = await selectAfter(read, {
      app: last?.app ?? '',
      name: last?.name ?? '',
      limit: batchSize,
    })
    if (batch.length > 0) yield batch
    last = batch.length < batchSize ? undefined : batch.at(-1)
  } while (last !== undefined)
}

/** Refuses a name that the app has already, forgotten racks included: those are taken up again with `updateRack`. */
export async function insertRack(tx: Tx, row: RackRow): Promise<void> {
  const [inserted] = await insert(tx, { ...row })
  if (inserted !== undefined) return
  throw new Problem('name_taken', `The app ${row.app} has a rack named ${row.name} already.`, {
    hint: `Choose another name, or free it: \`headgate rack forget ${row.name} --app ${row.app} --confirm ${row.name} --reason "…"\`.`,
  })
}

/** Changes the rack if it still has `expected.revision`, raises the revision by one and gives the row as it is now. */
export async function updateRack(
  tx: Tx,
  expected: RackIdentity & Pick<RackRow, 'revision'>,
  changes: RackChanges,
): Promise<RackRow> {
  const { racks } = tx.tables
  const [row] = await tx.db
    .update(racks)
    .set({ ...changes, revision: expected.revision + 1 })
    .where(
      and(eq(racks.app, expected.app), eq(racks.name, expected.name), eq(racks.revision, expected.revision)),
    )
    .returning()
  if (row !== undefined) return row
  throw await whyNotUpdated(tx, expected)
}

/** The rack keeps its row and its name, and its token ends; what it did stays on the record. */
export async function markForgotten(
  tx: Tx,
  expected: RackIdentity & Pick<RackRow, 'revision'>,
  forgottenAt: number,
): Promise<RackRow> {
  return updateRack(tx, expected, { forgottenAt })
}

/**
 * Writes the last check-in of each rack and says how many were written: not those of racks that are unknown, nor those
 * older than what is stored.
 */
export async function upsertCheckIns(tx: Tx, batch: Iterable<CheckIn>): Promise<number> {
  let written = 0
  for (const { app, name, lastSeenAt, report, outside } of batch) {
    const rows = await updateCheckIn(tx, { app, name, lastSeenAt, report, outside })
    written += rows.length
  }
  return written
}

/** What was found out about a change after its check-in was stored; the report stays as it is. */
export async function writeOutside(
  tx: Tx,
  { app, name, outside }: RackIdentity & Pick<RackRow, 'outside'>,
): Promise<void> {
  const { racks } = tx.tables
  await tx.db
    .update(racks)
    .set({ outside })
    .where(and(eq(racks.app, app), eq(racks.name, name)))
}

async function whyNotUpdated(tx: Tx, expected: RackIdentity & Pick<RackRow, 'revision'>): Promise<Problem> {
  const found = await findRack(tx, expected)
  if (found === undefined) {
    return new Problem('rack_not_found', `The app ${expected.app} has no rack named ${expected.name}.`, {
      hint: `List them: \`headgate rack list --app ${expected.app}\`.`,
    })
  }
  return new Problem(
    'revision_conflict',
    `The rack ${expected.name} of ${expected.app} is at revision ${found.revision}, not at ${expected.revision}: somebody changed it meanwhile.`,
    {
      hint: `Look at it again: \`headgate rack show ${expected.name} --app ${expected.app}\`.`,
      numbers: { expected: expected.revision, found: found.revision },
    },
  )
}
