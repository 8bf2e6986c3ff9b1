/**
 * The only columns on which the two databases differ. PostgreSQL's types are the canonical ones and SQLite is cast to
 * them: the other way round `.all()` and `.get()` would type-check and then fail on PostgreSQL.
 */
import * as pg from 'drizzle-orm/pg-core'
import * as lite from 'drizzle-orm/sqlite-core'

/** SQL NULL is how a missing value is kept, so `null` is never written as the JSON text `null`. */
const jsonText = {
  dataType: () => 'text',
  toDriver: (value: unknown) => (value === null ? null : JSON.stringify(value)),
  fromDriver: (text: string | null): unknown => (text === null ? null : JSON.parse(text)),
}

type JsonText = { data: unknown; driverData: string | null }
const pgJson = pg.customType<JsonText>(jsonText)
const liteJson = lite.customType<JsonText>(jsonText)

export const postgres = {
  table: pg.pgTable,
  index: pg.index,
  uniqueIndex: pg.uniqueIndex,
  primaryKey: pg.primaryKey,
  text: (name: string) => pg.text(name),
  integer: (name: string) => pg.bigint(name, { mode: 'number' }),
  /** Milliseconds since the epoch, UTC: a plain integer in both, written by us and never by the database's clock. */
  instant: (name: string) => pg.bigint(name, { mode: 'number' }),
  /** Stored and returned, never queried into; kept as text so that both give back what was put in. */
  json: <T>(name: string) => pgJson(name).$type<T>(),
  /** Numbers rows in the order they were written and never gives a number twice. */
  autoId: (name: string) => pg.bigint(name, { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
}

export type Dialect = typeof postgres

export const sqlite = {
  table: lite.sqliteTable,
  index: lite.index,
  uniqueIndex: lite.uniqueIndex,
  primaryKey: lite.primaryKey,
  text: (name: string) => lite.text(name),
  integer: (name: string) => lite.integer(name),
  instant: (name: string) => lite.integer(name),
  json: (name: string) => liteJson(name),
  autoId: (name: string) => lite.integer(name).primaryKey({ autoIncrement: true }),
} as unknown as Dialect
