/** Attempts by what they are looked for: those of a rack that are open, and those that left a version for good. */
import { and, desc, eq, gte, inArray, isNull } from 'drizzle-orm'
import type { AttemptRow } from './attempts.ts'
import type { Read } from './connection.ts'

export async function listOpenAttemptsOfRack(
  { db, tables: { attempts } }: Read,
  { app, name }: { readonly app: string; readonly name: string },
): Promise<AttemptRow[]> {
  return db
    .select()
    .from(attempts)
    .where(and(eq(attempts.app, app), eq(attempts.rack, name), isNull(attempts.outcome)))
}

/** Attempts that began on one of the versions and were proved on another since then, newest first. */
export async function listDepartures(
  { db, tables: { attempts } }: Read,
  {
    app,
    versions,
    since,
  }: { readonly app: string; readonly versions: readonly string[]; readonly since: number },
): Promise<AttemptRow[]> {
  if (versions.length === 0) return []
  return db
    .select()
    .from(attempts)
    .where(
      and(
        eq(attempts.app, app),
        inArray(attempts.fromVersion, [...versions]),
        eq(attempts.outcome, 'proved'),
        gte(attempts.finishedAt, since),
      ),
    )
    .orderBy(desc(attempts.finishedAt))
    .limit(10_000)
}
