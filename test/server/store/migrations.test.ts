// Schema and migrations say the same, in both databases; and a file is only opened by a program that knows its tables.
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import Sqlite from 'better-sqlite3'
import { getTableConfig as describePostgres, PgTable } from 'drizzle-orm/pg-core'
import { getTableConfig as describeSqlite, SQLiteTable } from 'drizzle-orm/sqlite-core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { verifyChain } from '../../../server/ledger/chain.ts'
import { openStore, openStoreForReading } from '../../../server/store/connection.ts'
import { readRows } from '../../../server/store/ledger.ts'
import { findRack } from '../../../server/store/racks.ts'
import * as postgres from '../../../server/store/schema.postgres.ts'
import * as sqlite from '../../../server/store/schema.sqlite.ts'
import { databaseFile } from '../../../server/store/sqlite-connections.ts'
import { bundleInto } from './bundled.ts'

const run = promisify(execFile)
const top = resolve(import.meta.dirname, '../../..')

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-migrations-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Columns, keys and indexes of a table, in words that both dialects share. */
function shapeOf(table: unknown) {
  // Casting SQLite to PostgreSQL hides from the types which of the two this is.
  const { name, columns, indexes, primaryKeys } = isSqlite(table)
    ? describeSqlite(table)
    : describePostgres(asPg(table))
  return {
    name,
    columns: columns.map((column) => ({
      name: column.name,
      isRequired: column.notNull,
      isKey: column.primary,
      isText: column.getSQLType() === 'text',
    })),
    keys: primaryKeys.map((key) => key.columns.map((column) => column.name)),
    indexes: indexes.map(({ config }) => ({
      name: config.name,
      isUnique: config.unique,
      columns: config.columns.map((column) => ('name' in column ? column.name : '')),
    })),
  }
}

function isSqlite(table: unknown): table is SQLiteTable {
  return table instanceof SQLiteTable
}

function asPg(table: unknown): PgTable {
  if (table instanceof PgTable) return table
  throw new Error('neither a SQLite nor a PostgreSQL table')
}

test('both databases have the same tables, columns, keys and indexes', () => {
  expect(Object.keys(sqlite)).toEqual(Object.keys(postgres))
  const shapes = Object.values(sqlite).map(shapeOf)
  expect(shapes).toEqual(Object.values(postgres).map(shapeOf))
  expect(shapes).toHaveLength(10)
  expect(shapes.find(({ name }) => name === 'racks')).toMatchObject({
    keys: [['app', 'name']],
    indexes: [{ name: 'racks_token_sha256', isUnique: true, columns: ['token_sha256'] }],
  })
})

describe.each(['sqlite', 'postgres'])('the migrations of %s', (dialect) => {
  /** A copy of the store in which the generator may write. */
  async function copyStore(): Promise<string> {
    await mkdir(join(folder, 'server'))
    await cp(join(top, 'server/store'), join(folder, 'server/store'), { recursive: true })
    await symlink(join(top, 'node_modules'), join(folder, 'node_modules'))
    return join(folder, 'server/store/migrations', dialect)
  }

  async function generate(): Promise<void> {
    const kit = join(top, 'node_modules/drizzle-kit/bin.cjs')
    await run(process.execPath, [kit, 'generate', '--config', `server/store/drizzle.${dialect}.ts`], {
      cwd: folder,
    })
  }

  test('are what the generator makes of the schema: it finds nothing to add', async () => {
    const migrations = await copyStore()
    const before = await contentsOf(migrations)
    await generate()
    expect(await contentsOf(migrations)).toEqual(before)
    expect(Object.keys(before).some((name) => name.endsWith('.sql'))).toBe(true)
  })

  test('would be found wanting if they were missing', async () => {
    const migrations = await copyStore()
    const before = await contentsOf(migrations)
    await withoutTheLast(migrations)
    expect(sqlIn(await contentsOf(migrations))).toHaveLength(sqlIn(before).length - 1)
    await generate()
    expect(sqlIn(await contentsOf(migrations))).toEqual(sqlIn(before))
  })

  async function withoutTheLast(migrations: string): Promise<void> {
    const journal = join(migrations, 'meta/_journal.json')
    const { entries, ...rest } = JSON.parse(await readFile(journal, 'utf8'))
    const { tag } = entries.at(-1)
    await rm(join(migrations, `${tag}.sql`))
    await rm(join(migrations, `meta/${tag.slice(0, 4)}_snapshot.json`))
    await writeFile(journal, JSON.stringify({ ...rest, entries: entries.slice(0, -1) }))
  }

  function sqlIn(files: Record<string, string>): string[] {
    return Object.entries(files).flatMap(([name, text]) => (name.endsWith('.sql') ? [text] : []))
  }
})

describe('a database file', () => {
  test('is brought to today’s tables when it is opened, once', async () => {
    await openStore(folder).then((store) => store.close())
    const before = appliedIn(folder)
    await openStore(folder).then((store) => store.close())
    expect(appliedIn(folder)).toEqual(before)
    expect(before.length).toBeGreaterThan(0)
  })

  test('of the first version is taken over with what is in it', async () => {
    const first = new Sqlite(databaseFile(folder))
    const made = await readFile(join(top, 'server/store/migrations/sqlite/0000_initial.sql'), 'utf8')
    for (const statement of made.split('--> statement-breakpoint')) first.exec(statement)
    const { entries } = JSON.parse(
      await readFile(join(top, 'server/store/migrations/sqlite/meta/_journal.json'), 'utf8'),
    )
    first.exec('create table __drizzle_migrations (id integer primary key, hash text, created_at numeric)')
    first.exec(`insert into __drizzle_migrations (hash, created_at) values ('first', ${entries[0].when})`)
    first.exec(
      `insert into racks (app, name, rack_key, channel, platform, labels, token_id, token_sha256, token_created_at,
        token_expires_at, switch_channels, enrolled_at, enrolled_by, revision, last_seen_at, report)
       values ('rack', 'prod-1', 'ab', 'stable', 'any', '{"tier":"gold"}', 'rack-ab', 'cd', 1, 2, '[]', 1, 'ada', 3, 4, '{}')`,
    )
    first.close()
    const store = await openStore(folder)
    expect(await findRack(store.read, { app: 'rack', name: 'prod-1' })).toMatchObject({
      labels: { tier: 'gold' },
      revision: 3,
      lastSeenAt: 4,
      orderedPin: null,
      orderedHold: null,
      outside: null,
    })
    await store.close()
    expect(appliedIn(folder)).toEqual(entries.map(({ when }: { when: number }) => when))
  })

  test('is made by one of several processes that start at once, and the others wait for it', async () => {
    const program = await bundleInto(folder, 'test/server/store/writing-process.ts')
    for (let round = 0; round < 3; round += 1) {
      const data = join(folder, `registry-${round}`)
      // Each writes ten events and ends; which process comes first is left to chance.
      const started = Array.from({ length: 4 }, () => run(process.execPath, [program, data, '100', '10']))
      for (const { stdout } of await Promise.all(started)) expect(stdout.trim().split('\n')).toHaveLength(10)
      expect(new Set(appliedIn(data)).size).toBe(appliedIn(data).length)
      const store = await openStoreForReading(data)
      expect(verifyChain(await readRows(store.read, 0, 100))).toMatchObject({ ok: true, events: 40 })
      await store.close()
    }
  })

  test('that a newer program wrote is refused, for writing and for reading, and left as it is', async () => {
    await openStore(folder).then((store) => store.close())
    const tomorrow = 4_102_444_800_000
    changeApplied(
      folder,
      `insert into __drizzle_migrations (hash, created_at) values ('tomorrow', ${tomorrow})`,
    )
    const before = appliedIn(folder)
    for (const open of [openStore, openStoreForReading]) {
      await expect(open(folder)).rejects.toMatchObject({
        code: 'store_unavailable',
        message: expect.stringContaining('written by a newer headgate'),
        numbers: { found: tomorrow },
      })
    }
    expect(appliedIn(folder)).toEqual(before)
  })

  test('that an older program wrote is not read before it was brought up to date', async () => {
    await openStore(folder).then((store) => store.close())
    changeApplied(folder, 'delete from __drizzle_migrations')
    await expect(openStoreForReading(folder)).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('written by an older headgate'),
    })
  })

  test('on which a migration fails stays as it was, and says why', async () => {
    const file = new Sqlite(databaseFile(folder))
    file.exec('create table racks (a)')
    file.close()
    await expect(openStore(folder)).rejects.toThrow('table `racks` already exists')
    const after = new Sqlite(databaseFile(folder))
    expect(after.prepare('select name from sqlite_master').pluck().all()).toEqual(['racks'])
    after.close()
  })
})

async function contentsOf(under: string): Promise<Record<string, string>> {
  const names = await readdir(under, { recursive: true, withFileTypes: true })
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const texts = await Promise.all(files.sort().map(async (file) => [file, await readFile(file, 'utf8')]))
  return Object.fromEntries(texts)
}

function appliedIn(data: string): unknown[] {
  const file = new Sqlite(databaseFile(data))
  const applied = file
    .prepare('select created_at from __drizzle_migrations order by created_at')
    .pluck()
    .all()
  file.close()
  return applied
}

function changeApplied(data: string, statement: string): void {
  const file = new Sqlite(databaseFile(data))
  file.exec(statement)
  file.close()
}
