/**
 * SQLite as two connections to one file: a writer whose commits are on the platter when they return, and a reader that
 * never sees half a transaction (WAL) and cannot write.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { Problem } from '../../shared/domain/problem.ts'
import { asStoreProblem } from './store-problem.ts'

export type SqliteClient = Sqlite.Database

export interface SqliteConnections {
  readonly writer: SqliteClient
  readonly reader: SqliteClient
}

/** How long a statement waits for the lock of another process (a backup, `audit verify`) before it gives up. */
const busyTimeoutMs = 5_000

/** The database inside a registry's data folder. */
export function databaseFile(folder: string): string {
  return join(folder, 'registry.sqlite')
}

/** Opens both connections; makes the file, not the folder. */
export function openSqliteConnections(folder: string): SqliteConnections {
  let writer: SqliteClient | undefined
  try {
    writer = new Sqlite(databaseFile(folder))
    // Before WAL is asked for: switching takes a lock, and without the timeout a second process fails at once.
    writer.pragma(`busy_timeout = ${busyTimeoutMs}`)
    writer.pragma('journal_mode = wal')
    // In WAL mode NORMAL loses the last commits when the power fails, and those were acknowledged.
    writer.pragma('synchronous = full')
    // What a redaction erases is written over with zeros; otherwise it would stand in the file until it is needed.
    writer.pragma('secure_delete = on')
    return { writer, reader: openReader(folder) }
  } catch (error) {
    writer?.close()
    throw asStoreProblem(error)
  }
}

/**
 * Empties the write-ahead log into the database: until then it still has the pages as they were. False while another
 * process reads; it does not wait for that one.
 */
export function emptyLog(writer: SqliteClient): boolean {
  writer.pragma('busy_timeout = 0')
  try {
    const [result] = writer.pragma('wal_checkpoint(truncate)') as readonly { readonly busy: number }[]
    return result?.busy === 0
  } finally {
    writer.pragma(`busy_timeout = ${busyTimeoutMs}`)
  }
}

/**
 * One connection that reads beside a running registry, or after it has gone. Not SQLite's read-only mode: that cannot
 * recover the WAL that a killed process left.
 */
export function openReader(folder: string): SqliteClient {
  if (!existsSync(databaseFile(folder))) {
    throw new Problem(
      'store_unavailable',
      `There is no registry in ${folder}: ${databaseFile(folder)} does not exist.`,
      {
        hint: 'Name the folder that was given to `headgate serve --data`.',
      },
    )
  }
  try {
    const reader = new Sqlite(databaseFile(folder), { fileMustExist: true })
    reader.pragma(`busy_timeout = ${busyTimeoutMs}`)
    reader.pragma('query_only = on')
    return reader
  } catch (error) {
    throw asStoreProblem(error)
  }
}
