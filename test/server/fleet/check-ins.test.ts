// Check-ins: of each rack the last one, written in small transactions, and none is lost by a write that fails.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createCheckIns } from '../../../server/fleet/check-ins.ts'
import { createFleetIndex, type KnownRack } from '../../../server/fleet/fleet-index.ts'
import { type Writability, watchWrites } from '../../../server/fleet/writability.ts'
import { insertRack } from '../../../server/store/racks.ts'
import { Problem } from '../../../shared/domain/problem.ts'
import { openTestStore, type TestStore } from '../../support/open-test-store.ts'
import { aReport } from '../../support/test-registry.ts'
import { aRack, noon } from '../store/rows.ts'

let opened: TestStore
let transactions: number
let failing: Error | undefined
let writability: Writability
beforeEach(async () => {
  opened = await openTestStore()
  transactions = 0
  failing = undefined
  const { store } = opened
  writability = watchWrites({
    ...store,
    transact(work) {
      transactions += 1
      return failing ? Promise.reject(failing) : store.transact(work)
    },
  })
})
afterEach(() => opened.dispose())

const receiving = { flush: async () => undefined }
const full = () => new Problem('store_unavailable', 'The disk is full.')

async function racks(count: number): Promise<KnownRack[]> {
  const index = createFleetIndex()
  const rows = Array.from({ length: count }, (_, number) => aRack({ name: `prod-${number}` }))
  await opened.store.transact(async (tx) => {
    for (const row of rows) await insertRack(tx, row)
  })
  return rows.map((row) => index.put(row))
}

function says(rack: KnownRack, current: string, at: number): void {
  Object.assign(rack, { reportText: JSON.stringify(aReport({ current })), lastSeenAt: at })
}

async function stored() {
  const rows = await opened.store.read.db.select().from(opened.store.read.tables.racks)
  return rows.map(({ name, lastSeenAt, report }) => ({ name, lastSeenAt, current: Object(report).current }))
}

test('a rack that checks in a thousand times is written once, with its last word', async () => {
  const [rack] = await racks(1)
  if (!rack) throw new Error('no rack')
  const checkIns = createCheckIns({ receiving, writability, onFailure: () => undefined })
  for (let n = 1; n <= 1000; n += 1) {
    says(rack, String(n), noon + n)
    checkIns.note(rack)
  }
  expect(checkIns.waiting).toBe(1)
  await checkIns.flush()
  expect(transactions).toBe(1)
  expect(await stored()).toEqual([{ name: 'prod-0', lastSeenAt: noon + 1000, current: '1000' }])
  await checkIns.flush()
  expect(transactions).toBe(1)
})

test('many racks are written a hundred at a time, and those that check in meanwhile with the next flush', async () => {
  const all = await racks(250)
  const checkIns = createCheckIns({ receiving, writability, onFailure: () => undefined })
  for (const rack of all) {
    says(rack, '1', noon + 1)
    checkIns.note(rack)
  }
  const flushing = checkIns.flush()
  for (const rack of all.slice(0, 120)) {
    says(rack, '2', noon + 2)
    checkIns.note(rack)
  }
  await flushing
  expect(transactions).toBe(3)
  await checkIns.flush()
  expect(checkIns.waiting).toBe(0)
  const currents = (await stored()).map(({ current }) => current)
  expect(currents.filter((current) => current === '2')).toHaveLength(120)
  expect(currents.filter((current) => current === '1')).toHaveLength(130)
})

test('what could not be written waits, keeps its newest word, and is written when that goes again', async () => {
  const all = await racks(150)
  const checkIns = createCheckIns({ receiving, writability, onFailure: () => undefined })
  for (const rack of all) {
    says(rack, '1', noon + 1)
    checkIns.note(rack)
  }
  failing = full()
  await expect(checkIns.flush()).rejects.toMatchObject({ code: 'store_unavailable' })
  expect(checkIns).toMatchObject({ canWrite: false, waiting: 150 })
  const [first] = all
  if (first) says(first, '2', noon + 2)
  await expect(checkIns.flush()).rejects.toMatchObject({ code: 'store_unavailable' })
  failing = undefined
  await checkIns.flush()
  expect(checkIns).toMatchObject({ canWrite: true, waiting: 0 })
  const rows = await stored()
  expect(rows.filter(({ lastSeenAt }) => lastSeenAt === noon + 1)).toHaveLength(149)
  expect(rows).toContainEqual({ name: 'prod-0', lastSeenAt: noon + 2, current: '2' })
})

test("somebody else's failed write stops grants as well, and a write that works allows them again", async () => {
  const checkIns = createCheckIns({ receiving, writability, onFailure: () => undefined })
  failing = full()
  await expect(writability.store.transact(async () => 1)).rejects.toThrow('full')
  expect(checkIns.canWrite).toBe(false)
  await expect(checkIns.flush()).rejects.toThrow('full')
  failing = undefined
  expect(checkIns.canWrite).toBe(false)
  await checkIns.flush()
  expect(checkIns.canWrite).toBe(true)
  expect(await opened.store.read.db.select().from(opened.store.read.tables.idempotency)).toEqual([])
})

test('a refusal is no failure of the store', async () => {
  await expect(
    writability.store.transact(async () => {
      throw new Problem('name_taken', 'There is one already.')
    }),
  ).rejects.toThrow('one already')
  expect(writability.canWrite).toBe(true)
})

test('the clock writes once in its interval, tells what fails and goes on', async () => {
  const [rack] = await racks(1)
  if (!rack) throw new Error('no rack')
  const failures: unknown[] = []
  const checkIns = createCheckIns({
    receiving,
    writability,
    onFailure: (error) => failures.push(error),
    everyMilliseconds: 20,
  })
  checkIns.start()
  failing = full()
  says(rack, '1', noon + 1)
  checkIns.note(rack)
  await expect.poll(() => failures.length).toBeGreaterThan(1)
  failing = undefined
  await expect.poll(() => checkIns.waiting).toBe(0)
  says(rack, '2', noon + 2)
  checkIns.note(rack)
  await checkIns.stop()
  expect(await stored()).toEqual([{ name: 'prod-0', lastSeenAt: noon + 2, current: '2' }])
})
