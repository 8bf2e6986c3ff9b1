/**
 * The store: where SQL begins. Reads go through `read`, which can only select; writes only through `transact`, so that a
 * write outside a transaction does not compile.
 */
import { drizzle } from 'drizzle-orm/better-sqlite3'
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core'
import { Problem } from '../../shared/domain/problem.ts'
import { makeDurableFolder } from '../blobs/durable-folder.ts'
import { sqlite } from './dialect.ts'
import { migrate, requireMigrated } from './migrate.ts'
import { defineSchema, type Tables } from './schema.ts'
import {
  emptyLog,
  openReader,
  openSqliteConnections,
  type SqliteClient,
  type SqliteConnections,
} from './sqlite-connections.ts'
import { asStoreProblem } from './store-problem.ts'
import { queueTransactions, type RequireOpen } from './transactions.ts'

type Database = PgDatabase<PgQueryResultHKT>

/** What has been committed. */
export interface Read {
  readonly tables: Tables
  readonly db: Pick<Database, 'select'>
}

/** An open transaction: it sees its own writes, and can be read from like `Read`. Of no use once it is over. */
export interface Tx {
  readonly tables: Tables
  readonly db: Pick<Database, 'select' | 'insert' | 'update' | 'delete'>
}

export interface Store {
  readonly read: Read
  /**
   * All of `work` or nothing; what it resolves to is on disk. Transactions run one after the other in the order of the
   * calls: await nothing in `work` but the database. A transaction inside another is refused.
   */
  transact<Result>(work: (tx: Tx) => Promise<Result>): Promise<Result>
  /** Leaves nothing in any file of the database of what was erased; false while another process reads them. */
  scrub(): Promise<boolean>
  /** Waits for the transactions that were asked for, then refuses everything. May be called twice. */
  close(): Promise<void>
}

/** Opens the registry's database in `folder`, made if it is missing, with the tables this program knows. */
export async function openStore(folder: string): Promise<Store> {
  await makeFolder(folder)
  const connections = openSqliteConnections(folder)
  try {
    migrate(connections.writer)
    return storeOn(connections)
  } catch (error) {
    connections.reader.close()
    connections.writer.close()
    throw asStoreProblem(error)
  }
}

/** Opens what is there without changing it, also beside a running registry: `audit verify --data DIR`. */
export async function openStoreForReading(folder: string): Promise<Store> {
  const reader = openReader(folder)
  try {
    requireMigrated(reader)
  } catch (error) {
    reader.close()
    throw asStoreProblem(error)
  }
  return {
    read: { tables: defineSchema(sqlite), db: databaseOn(reader) },
    async transact() {
      throw new Problem('store_unavailable', 'This store was opened for reading only.', {
        hint: 'Send the change to the running registry instead.',
      })
    },
    scrub: async () => false,
    async close() {
      reader.close()
    },
  }
}

/** The store over two connections whose tables are there already. */
export function storeOn({ writer, reader }: SqliteConnections): Store {
  const tables = defineSchema(sqlite)
  const writing = databaseOn(writer)
  const transactions = queueTransactions(writer)
  return {
    read: { tables, db: databaseOn(reader) },
    transact(work) {
      return transactions.run((requireOpen) => work(transactionOn(writing, tables, requireOpen)))
    },
    scrub: () => transactions.between(() => emptyLog(writer)),
    async close() {
      await transactions.drain()
      reader.close()
      writer.close()
    },
  }
}

/** 0700: it holds people's names and the digests of tokens. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await makeDurableFolder(folder)
  } catch (error) {
    throw asStoreProblem(error)
  }
}

function transactionOn(db: Database, tables: Tables, requireOpen: RequireOpen): Tx {
  return {
    tables,
    get db() {
      requireOpen()
      return db
    },
  }
}

/** drizzle over SQLite, seen as drizzle over PostgreSQL: both are awaited the same way. */
function databaseOn(client: SqliteClient): Database {
  return drizzle(client) as unknown as Database
}
