/** Healthy rack-time by rack and version: what the soak gate counts, over restarts and after a rack has moved on. */
import { and, eq, gt, isNull, sql } from 'drizzle-orm'
import type { Read, Tx } from './connection.ts'
import { everyColumn, prepared } from './prepared.ts'

export interface SoakRow {
  /** The rack's key: a rack that takes up the name of another begins anew. */
  readonly rackKey: string
  readonly version: string
  readonly app: string
  readonly rack: string
  readonly milliseconds: number
  readonly countedAt: number
  /** Null while the rack runs it. */
  readonly leftAt: number | null
}

const upsert = prepared(({ db, tables: { soaks } }: Tx) =>
  db
    .insert(soaks)
    .values(everyColumn(soaks))
    .onConflictDoUpdate({
      target: [soaks.rackKey, soaks.version],
      set: {
        milliseconds: sql`excluded.milliseconds`,
        countedAt: sql`excluded.counted_at`,
        leftAt: sql`excluded.left_at`,
      },
    })
    .prepare('soaks_upsert'),
)

const selectPresent = prepared(({ db, tables: { soaks } }: Read) =>
  db
    .select()
    .from(soaks)
    .where(and(isNull(soaks.leftAt), gt(soaks.rackKey, sql.placeholder('after'))))
    .orderBy(soaks.rackKey, soaks.version)
    .limit(sql.placeholder('limit'))
    .prepare('soaks_present'),
)

const selectOfVersion = prepared(({ db, tables: { soaks } }: Read) =>
  db
    .select()
    .from(soaks)
    .where(and(eq(soaks.app, sql.placeholder('app')), eq(soaks.version, sql.placeholder('version'))))
    .prepare('soaks_of_version'),
)

const selectOne = prepared(({ db, tables: { soaks } }: Read) =>
  db
    .select()
    .from(soaks)
    .where(and(eq(soaks.rackKey, sql.placeholder('rackKey')), eq(soaks.version, sql.placeholder('version'))))
    .prepare('soaks_find'),
)

export async function writeSoaks(tx: Tx, rows: Iterable<SoakRow>): Promise<void> {
  for (const row of rows) await upsert(tx, { ...row })
}

/** What racks run now, in batches ordered by key; a rack has one such row. */
export async function* loadPresentSoaks(read: Read, batchSize = 1_000): AsyncGenerator<SoakRow[]> {
  let after = ''
  for (;;) {
    const batch: SoakRow[] = await selectPresent(read, { after, limit: batchSize })
    if (batch.length > 0) yield batch
    const last = batch.at(-1)
    if (!last || batch.length < batchSize) return
    after = last.rackKey
  }
}

export async function listSoaks(read: Read, app: string, version: string): Promise<SoakRow[]> {
  return selectOfVersion(read, { app, version })
}

export async function findSoak(read: Read, rackKey: string, version: string): Promise<SoakRow | undefined> {
  const [row] = await selectOne(read, { rackKey, version })
  return row
}
