// Real stores in temporary folders, one kind per database: a suite written with `describe.each(dialects)` runs on every one.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { openStore, type Store } from '../../server/store/connection.ts'

export interface TestStore {
  readonly store: Store
  readonly folder: string
  /** Closes and opens again what is on disk, as a restart does. */
  reopen(): Promise<Store>
  dispose(): Promise<void>
}

export const dialects = [{ dialect: 'sqlite', open: openTestStore }] as const

export async function openTestStore(): Promise<TestStore> {
  const folder = await mkdtemp(join(tmpdir(), 'headgate-store-'))
  let store = await openStore(folder)
  return {
    get store() {
      return store
    },
    folder,
    async reopen() {
      await store.close()
      store = await openStore(folder)
      return store
    },
    async dispose() {
      await store.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** How many rows each table has: what a refused request must leave as it was. */
export async function countRows({ read }: Store): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const [name, table] of Object.entries(read.tables)) {
    const [row] = await read.db.select({ rows: sql<number>`count(*)`.mapWith(Number) }).from(table)
    counts[name] = row?.rows ?? 0
  }
  return counts
}
