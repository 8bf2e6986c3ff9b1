// A full disk: writes fail clearly, nothing is half written, reads go on, and when there is space again so do writes.
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { verifyChain } from '../../../server/ledger/chain.ts'
import { openStore, storeOn } from '../../../server/store/connection.ts'
import { appendRows, headOf, readRows } from '../../../server/store/ledger.ts'
import { insertRack } from '../../../server/store/racks.ts'
import { openSqliteConnections } from '../../../server/store/sqlite-connections.ts'
import { countRows } from '../../support/open-test-store.ts'
import { bundleInto } from './bundled.ts'
import { aRack, someEvents } from './rows.ts'
import type { Line } from './writing-process.ts'

const run = promisify(execFile)

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-full-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('a database that may not grow refuses what does not fit, whole, and takes it when it may', async () => {
  const data = join(folder, 'registry')
  await openStore(data).then((store) => store.close())
  const connections = openSqliteConnections(data)
  const pages = Number(connections.writer.pragma('page_count', { simple: true }))
  connections.writer.pragma(`max_page_count = ${pages + 2}`)
  const store = storeOn(connections)
  const events = someEvents(2_000)

  await store.transact((tx) => appendRows(tx, events.slice(0, 3)))
  const refused = store.transact(async (tx) => {
    await insertRack(tx, aRack())
    await appendRows(tx, events.slice(3))
  })
  await expect(refused).rejects.toMatchObject({
    code: 'store_unavailable',
    message: expect.stringContaining('The disk that holds the registry is full'),
    numbers: { code: 'SQLITE_FULL' },
  })
  expect(await countRows(store)).toMatchObject({ ledger: 3, racks: 0 })

  connections.writer.pragma('max_page_count = 1000000')
  await store.transact((tx) => appendRows(tx, events.slice(3)))
  expect((await headOf(store.read)).sequence).toBe(2_000)
  await store.close()
})

test('work that swallows the error of a full disk cannot go on writing without a transaction', async () => {
  const data = join(folder, 'registry')
  await openStore(data).then((store) => store.close())
  const connections = openSqliteConnections(data)
  const pages = Number(connections.writer.pragma('page_count', { simple: true }))
  connections.writer.pragma(`max_page_count = ${pages + 2}`)
  const store = storeOn(connections)

  const swallowed = store.transact(async (tx) => {
    await appendRows(tx, someEvents(2_000)).catch(() => {})
    await insertRack(tx, aRack())
  })
  await expect(swallowed).rejects.toThrow('This transaction is over')
  expect(await countRows(store)).toMatchObject({ ledger: 0, racks: 0 })
  await store.close()
})

test('a process that may write no larger files keeps all it acknowledged, says why it stops, and still reads', async () => {
  const program = await bundleInto(folder, 'test/server/store/writing-process.ts')
  const data = join(folder, 'registry')
  // The kernel's own limit, in blocks of 512 bytes: 600 kB for every file, the write-ahead log included.
  const limited = ['-c', 'ulimit -f 1200; exec "$@"', 'sh', process.execPath, program, data, '20000']
  const { stdout } = await run('/bin/sh', limited, { timeout: 20_000 })
  const lines = stdout
    .trim()
    .split('\n')
    .map((line): Line => JSON.parse(line))
  const heard = lines.slice(0, -2)
  expect(heard.length).toBeGreaterThan(3)
  const [stopped, lastRead] = lines.slice(-2)
  expect(stopped).toMatchObject({
    code: 'store_unavailable',
    detail: expect.stringMatching(/SQLITE_(FULL|IOERR)/),
  })

  const store = await openStore(data)
  const rows = await readRows(store.read, 0, 10_000)
  expect(verifyChain(rows).ok).toBe(true)
  const stored = rows.map(({ sequence, hash }) => ({ sequence, hash }))
  expect(stored).toEqual(expect.arrayContaining(heard))
  expect(lastRead).toEqual(stored.at(-1))
  await store.close()
})
