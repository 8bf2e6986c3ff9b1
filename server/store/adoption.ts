/** Versions over time: how many racks ran what, on the hour; thinned with age, so that years of it stay small. */
import { and, asc, desc, eq, gte, lt, max, sql } from 'drizzle-orm'
import { day, hour } from '../../shared/domain/instants.ts'
import type { Read, Tx } from './connection.ts'
import { everyColumn, prepared } from './prepared.ts'

export interface AdoptionRow {
  readonly app: string
  /** The hour, in milliseconds. */
  readonly at: number
  readonly channel: string
  /** Empty: nothing was known to run. */
  readonly version: string
  readonly racks: number
}

/** Beyond an age only every so many hours are kept; the last one is the end of all. */
const keptEvery = [
  { olderThan: 7 * day, every: 6 * hour },
  { olderThan: 60 * day, every: day },
] as const
const longestKept = 730 * day

const insert = prepared(({ db, tables: { fleetAdoption } }: Tx) =>
  db
    .insert(fleetAdoption)
    .values(everyColumn(fleetAdoption))
    .onConflictDoNothing()
    .prepare('fleet_adoption_insert'),
)

const selectSince = prepared(({ db, tables: { fleetAdoption } }: Read) =>
  db
    .select({
      at: fleetAdoption.at,
      channel: fleetAdoption.channel,
      version: fleetAdoption.version,
      racks: fleetAdoption.racks,
    })
    .from(fleetAdoption)
    .where(
      and(eq(fleetAdoption.app, sql.placeholder('app')), gte(fleetAdoption.at, sql.placeholder('since'))),
    )
    .orderBy(asc(fleetAdoption.at), desc(fleetAdoption.racks))
    .prepare('fleet_adoption_since'),
)

const selectLast = prepared(({ db, tables: { fleetAdoption } }: Read) =>
  db
    .select({ at: max(fleetAdoption.at) })
    .from(fleetAdoption)
    .prepare('fleet_adoption_last'),
)

/** An hour that was written before stays as it was. */
export async function writeAdoption(tx: Tx, rows: Iterable<AdoptionRow>): Promise<void> {
  for (const row of rows) await insert(tx, { ...row })
}

/** Takes away what is too old to be kept so finely, or at all. */
export async function thinAdoption(tx: Tx, now: number): Promise<void> {
  const { fleetAdoption } = tx.tables
  for (const { olderThan, every } of keptEvery) {
    const isBetween = sql`${fleetAdoption.at} % ${every} <> 0`
    await tx.db.delete(fleetAdoption).where(and(lt(fleetAdoption.at, now - olderThan), isBetween))
  }
  await tx.db.delete(fleetAdoption).where(lt(fleetAdoption.at, now - longestKept))
}

/** Oldest first. */
export async function listAdoption(
  read: Read,
  app: string,
  since: number,
): Promise<Omit<AdoptionRow, 'app'>[]> {
  return selectSince(read, { app, since })
}

/** The hour that was written last, of any app. */
export async function lastAdoptionAt(read: Read): Promise<number | undefined> {
  const [row] = await selectLast(read)
  return row?.at ?? undefined
}
