// The store's contract: all or nothing, one after the other, never half seen, and clear when it cannot.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openStore, openStoreForReading, type Tx } from '../../../server/store/connection.ts'
import { appendRows, headOf, readRows } from '../../../server/store/ledger.ts'
import { findRack, insertRack, loadRacks } from '../../../server/store/racks.ts'
import { countRows, dialects, openTestStore, type TestStore } from '../../support/open-test-store.ts'
import { aRack, someEvents } from './rows.ts'

describe.each(dialects)('a store on $dialect', ({ open }) => {
  let opened: TestStore
  beforeEach(async () => {
    opened = await open()
  })
  afterEach(() => opened.dispose())

  test('starts empty', async () => {
    const counts = await countRows(opened.store)
    expect(Object.keys(counts).sort()).toEqual([
      'artifacts',
      'attemptEvents',
      'attempts',
      'fleetAdoption',
      'idempotency',
      'ledger',
      'rackHistory',
      'racks',
      'receivingGaps',
      'soaks',
    ])
    expect(new Set(Object.values(counts))).toEqual(new Set([0]))
  })

  test('keeps what a transaction wrote, and gives back what it returned', async () => {
    const answer = await opened.store.transact(async (tx) => {
      await insertRack(tx, aRack())
      return 'enrolled'
    })
    expect(answer).toBe('enrolled')
    const restarted = await opened.reopen()
    expect(await findRack(restarted.read, { app: 'rack', name: 'prod-1' })).toEqual(aRack())
  })

  test('takes everything back when a transaction throws, and passes its error on', async () => {
    const asked = opened.store.transact(async (tx) => {
      await insertRack(tx, aRack())
      await appendRows(tx, someEvents(3))
      throw new Error('the disk of the rack is on fire')
    })
    await expect(asked).rejects.toThrow('on fire')
    expect(new Set(Object.values(await countRows(opened.store)))).toEqual(new Set([0]))
  })

  test('lets a transaction see its own writes while readers see none of them', async () => {
    await opened.store.transact(async (tx) => {
      await appendRows(tx, someEvents(2))
      expect((await headOf(tx)).sequence).toBe(2)
      expect((await headOf(opened.store.read)).sequence).toBe(0)
    })
    expect((await headOf(opened.store.read)).sequence).toBe(2)
  })

  test('runs transactions one after the other in the order of the calls, failing and succeeding interleaved', async () => {
    let running = 0
    const order: number[] = []
    const asked = Array.from({ length: 60 }, (_, number) =>
      opened.store.transact(async (tx) => {
        running += 1
        expect(running).toBe(1)
        order.push(number)
        await insertRack(tx, aRack({ name: `rack-${number}` }))
        // Real waiting in the middle, where another transaction's writes would slip in.
        await new Promise((resolve) => setTimeout(resolve, number % 4))
        await appendRows(tx, someEvents(1, await headOf(tx)))
        running -= 1
        if (number % 3 === 0) throw new Error(`failed ${number}`)
        return number
      }),
    )
    const settled = await Promise.allSettled(asked)
    expect(order).toEqual(Array.from({ length: 60 }, (_, number) => number))
    for (const [number, result] of settled.entries()) {
      expect(result.status).toBe(number % 3 === 0 ? 'rejected' : 'fulfilled')
    }
    const names = new Set<string>()
    for await (const batch of loadRacks(opened.store.read, 7)) for (const { name } of batch) names.add(name)
    const kept = order.filter((number) => number % 3 !== 0).map((number) => `rack-${number}`)
    expect(names).toEqual(new Set(kept))
    expect(await readRows(opened.store.read, 0, 100)).toEqual(someEvents(kept.length))
  })

  test('refuses a transaction inside a transaction instead of waiting for ever, and goes on', async () => {
    const { store } = opened
    const nested = store.transact(async (tx) => {
      await insertRack(tx, aRack())
      await new Promise((resolve) => setTimeout(resolve, 1))
      await store.transact(async () => {})
    })
    await expect(nested).rejects.toThrow('A transaction inside a transaction')
    expect(await findRack(store.read, { app: 'rack', name: 'prod-1' })).toBeUndefined()
    await store.transact((tx) => insertRack(tx, aRack()))
    expect(await findRack(store.read, { app: 'rack', name: 'prod-1' })).toBeDefined()
  })

  test('does not take for nested what a transaction only set going', async () => {
    const { store } = opened
    let later: Promise<unknown> | undefined
    await store.transact(async () => {
      later = new Promise((resolve) => setTimeout(resolve, 5)).then(() =>
        store.transact((tx) => insertRack(tx, aRack({ name: 'later' }))),
      )
    })
    await store.transact((tx) => insertRack(tx, aRack({ name: 'sooner' })))
    await later
    expect((await countRows(store)).racks).toBe(2)
  })

  test('refuses a transaction that is over, also while the next one is open', async () => {
    const { store } = opened
    let leaked: Tx | undefined
    await store.transact(async (tx) => {
      leaked = tx
    })
    const kept = leaked
    if (kept === undefined) throw new Error('nothing leaked')
    await expect(insertRack(kept, aRack())).rejects.toThrow('This transaction is over')
    await store.transact(async () => {
      await expect(insertRack(kept, aRack())).rejects.toThrow('This transaction is over')
    })
    expect((await countRows(store)).racks).toBe(0)
  })

  test('finishes on closing what was asked before, and refuses what comes after', async () => {
    const { store } = opened
    const asked = store.transact(async (tx) => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      await insertRack(tx, aRack())
    })
    const closing = store.close()
    const late = expect(store.transact(async () => {})).rejects.toMatchObject({ code: 'store_unavailable' })
    await Promise.all([asked, closing, late])
    await expect(headOf(store.read)).rejects.toMatchObject({ code: 'store_unavailable' })
    await store.close()
    expect((await countRows(await opened.reopen())).racks).toBe(1)
  })
})

test('a store opened for reading sees what a running one commits, and changes nothing', async () => {
  const opened = await openTestStore()
  try {
    const reading = await openStoreForReading(opened.folder)
    await opened.store.transact((tx) => appendRows(tx, someEvents(2)))
    expect((await headOf(reading.read)).sequence).toBe(2)
    await expect(reading.transact(async () => {})).rejects.toMatchObject({ code: 'store_unavailable' })
    await reading.close()
  } finally {
    await opened.dispose()
  }
})

test('a folder without a registry is refused for reading, and stays without one', async () => {
  const opened = await openTestStore()
  try {
    const nowhere = `${opened.folder}/elsewhere`
    await expect(openStoreForReading(nowhere)).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringContaining('There is no registry in'),
    })
    await openStore(nowhere).then((store) => store.close())
    await openStoreForReading(nowhere).then((store) => store.close())
  } finally {
    await opened.dispose()
  }
})
