/** Attempts by what they are looked for: those of a rack that are open, and those that left a version for good. */
import { and, desc, eq, gte, isNotNull, isNull, max, sql } from 'drizzle-orm'
import type { AttemptRow } from './attempts.ts'
import type { Read } from './connection.ts'
import { prepared } from './prepared.ts'

export interface Departure {
  readonly rack: string
  readonly fromVersion: string
}

const selectOpen = prepared(({ db, tables: { attempts } }: Read) =>
  db
    .select()
    .from(attempts)
    .where(
      and(
        eq(attempts.app, sql.placeholder('app')),
        eq(attempts.rack, sql.placeholder('rack')),
        isNull(attempts.outcome),
      ),
    )
    .prepare('attempts_open_of_rack'),
)

const selectDepartures = prepared(({ db, tables: { attempts } }: Read) =>
  db
    .select({ rack: attempts.rack, fromVersion: attempts.fromVersion })
    .from(attempts)
    .where(
      and(
        eq(attempts.app, sql.placeholder('app')),
        eq(attempts.outcome, 'proved'),
        isNotNull(attempts.fromVersion),
        gte(attempts.finishedAt, sql.placeholder('since')),
      ),
    )
    .groupBy(attempts.rack, attempts.fromVersion)
    .orderBy(desc(max(attempts.finishedAt)), attempts.rack)
    .prepare('attempts_departures'),
)

export async function listOpenAttemptsOfRack(
  read: Read,
  { app, name }: { readonly app: string; readonly name: string },
): Promise<AttemptRow[]> {
  return selectOpen(read, { app, rack: name })
}

/** Racks that began an attempt on one of the versions and were proved on another since then, the latest first. */
export async function listDepartures(
  read: Read,
  asked: { readonly app: string; readonly versions: readonly string[]; readonly since: number },
): Promise<Departure[]> {
  const { app, since } = asked
  const versions = new Set(asked.versions)
  if (versions.size === 0) return []
  const rows = await selectDepartures(read, { app, since })
  return rows.flatMap(({ rack, fromVersion }) =>
    fromVersion !== null && versions.has(fromVersion) ? [{ rack, fromVersion }] : [],
  )
}
