/**
 * Attempts by what they are looked for: those of a rack that are open, those that left a version for good, and those that
 * left a rack stuck.
 */
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

/** By the index of outcomes: few attempts ever ended so, and of those few each asks once for a later one. */
const selectStuck = prepared(({ db, tables: { attempts } }: Read) =>
  db
    .select({ rack: attempts.rack, target: attempts.target, finishedAt: attempts.finishedAt })
    .from(attempts)
    .where(
      and(
        eq(attempts.app, sql.placeholder('app')),
        eq(attempts.outcome, 'stuck'),
        sql`not exists (select 1 from ${attempts} as later where later.app = ${attempts.app} and later.rack = ${attempts.rack} and (later.granted_at, later.id) > (${attempts.grantedAt}, ${attempts.id}))`,
      ),
    )
    .prepare('attempts_stuck'),
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

export interface StuckAttempt {
  readonly rack: string
  readonly target: string
  readonly finishedAt: number
}

/** Racks whose last attempt is stuck; whether somebody has put them right since, the rack alone says. */
export async function listStuckAttempts(read: Read, app: string): Promise<StuckAttempt[]> {
  const rows = await selectStuck(read, { app })
  return rows.flatMap(({ finishedAt, ...row }) => (finishedAt === null ? [] : [{ ...row, finishedAt }]))
}
