/**
 * Brings a SQLite file to the tables this program knows, and refuses one that a newer program has written. The book-keeping
 * is drizzle's own; its `migrate` is not used because it looks before it locks, and two processes may start at once.
 */
import { fileURLToPath } from 'node:url'
import { readMigrationFiles } from 'drizzle-orm/migrator'
import { Problem } from '../../shared/domain/problem.ts'
import type { SqliteClient } from './sqlite-connections.ts'

/** Beside this module in the sources and beside the bundle in `dist/`; made by `npm run migrations`. */
const migrationsFolder = fileURLToPath(new URL('./migrations/sqlite', import.meta.url))

export function migrate(writer: SqliteClient): void {
  const known = readMigrationFiles({ migrationsFolder })
  writer.exec('begin immediate')
  try {
    writer.exec(
      'create table if not exists __drizzle_migrations (id integer primary key, hash text not null, created_at numeric)',
    )
    const newest = newestApplied(writer)
    refuseNewer(newest, known.at(-1)?.folderMillis ?? 0)
    const note = writer.prepare('insert into __drizzle_migrations (hash, created_at) values (?, ?)')
    for (const migration of known.filter(({ folderMillis }) => folderMillis > newest)) {
      for (const statement of migration.sql) writer.exec(statement)
      note.run(migration.hash, migration.folderMillis)
    }
    writer.exec('commit')
  } catch (error) {
    if (writer.inTransaction) writer.exec('rollback')
    throw error
  }
}

/** For readers, which may not migrate: the file must have exactly the tables this program knows. */
export function requireMigrated(reader: SqliteClient): void {
  const known = readMigrationFiles({ migrationsFolder }).at(-1)?.folderMillis ?? 0
  const newest = newestApplied(reader)
  refuseNewer(newest, known)
  if (newest < known) {
    throw new Problem(
      'store_unavailable',
      'This registry’s database was written by an older headgate and is not yet brought up to date.',
      {
        hint: 'Start the registry once with this version: `headgate serve --data DIR`.',
        numbers: { found: newest, known },
      },
    )
  }
}

function newestApplied(client: SqliteClient): number {
  const table = client.prepare(`select 1 from sqlite_master where name = '__drizzle_migrations'`).get()
  if (table === undefined) return 0
  return Number(client.prepare('select coalesce(max(created_at), 0) from __drizzle_migrations').pluck().get())
}

function refuseNewer(newest: number, known: number): void {
  if (newest <= known) return
  throw new Problem(
    'store_unavailable',
    'This registry’s database was written by a newer headgate than this one.',
    {
      hint: 'Install the version that wrote it, or restore a backup made by this one.',
      numbers: { found: newest, known },
    },
  )
}
