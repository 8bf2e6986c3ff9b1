// What SQLite is told, and what it makes of a file that is not a database or may not be written.
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openStore } from '../../../server/store/connection.ts'
import { databaseFile, openSqliteConnections } from '../../../server/store/sqlite-connections.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-sqlite-'))
})
afterEach(async () => {
  await chmod(folder, 0o700)
  await rm(folder, { recursive: true, force: true })
})

test('a commit is on disk when it returns, readers do not wait for writers, and a lock is waited for', () => {
  const { writer, reader } = openSqliteConnections(folder)
  const full = 2
  expect(writer.pragma('synchronous', { simple: true })).toBe(full)
  expect(writer.pragma('journal_mode', { simple: true })).toBe('wal')
  expect(writer.pragma('busy_timeout', { simple: true })).toBe(5_000)
  expect(reader.pragma('journal_mode', { simple: true })).toBe('wal')
  expect(reader.pragma('busy_timeout', { simple: true })).toBe(5_000)
  expect(() => reader.exec('create table t (a)')).toThrow(/readonly/)
  reader.close()
  writer.close()
})

test('the data folder is made with its parents, for its owner only', async () => {
  const deep = join(folder, 'a', 'registry')
  const store = await openStore(deep)
  await store.close()
  expect((await stat(deep)).mode & 0o777).toBe(0o700)
  expect((await stat(databaseFile(deep))).isFile()).toBe(true)
})

test('a file that is no database is a problem that says so, and is left alone', async () => {
  await writeFile(databaseFile(folder), 'these are my notes, '.repeat(400))
  await expect(openStore(folder)).rejects.toMatchObject({
    code: 'store_unavailable',
    message: expect.stringContaining('is not a database'),
    numbers: { code: 'SQLITE_NOTADB' },
  })
  expect((await stat(databaseFile(folder))).size).toBe('these are my notes, '.length * 400)
})

test('a data folder that cannot be is a problem that names the path', async () => {
  const file = join(folder, 'taken')
  await writeFile(file, '')
  await expect(openStore(join(file, 'registry'))).rejects.toMatchObject({
    code: 'store_unavailable',
    message: expect.stringContaining(join('taken', 'registry')),
    numbers: { code: 'ENOTDIR' },
  })
})

test('a database that is a folder cannot be opened, and the problem says so', async () => {
  await mkdir(databaseFile(folder))
  await expect(openStore(folder)).rejects.toMatchObject({
    code: 'store_unavailable',
    numbers: { code: expect.stringMatching(/^SQLITE_CANTOPEN/) },
  })
})
