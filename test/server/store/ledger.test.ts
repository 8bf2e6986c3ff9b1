// The ledger's table: in order, without a gap, read in batches.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { appendRows, emptyLedger, headOf, readRows } from '../../../server/store/ledger.ts'
import { dialects, type TestStore } from '../../support/open-test-store.ts'
import { someEvents } from './rows.ts'

describe.each(dialects)('the ledger on $dialect', ({ open }) => {
  let opened: TestStore
  beforeEach(async () => {
    opened = await open()
  })
  afterEach(() => opened.dispose())

  test('starts with sequence 1 on a head of zeros', async () => {
    expect(await headOf(opened.store.read)).toEqual({ sequence: 0, hash: '0'.repeat(64) })
    await opened.store.transact((tx) => appendRows(tx, someEvents(1)))
    expect((await headOf(opened.store.read)).sequence).toBe(1)
  })

  test('gives back every column as it was written, in batches that end with an empty one', async () => {
    const events = someEvents(25)
    await opened.store.transact((tx) => appendRows(tx, events.slice(0, 10)))
    await opened.store.transact((tx) => appendRows(tx, events.slice(10)))
    const { read } = await opened.reopen()
    const batches = [await readRows(read, 0, 10), await readRows(read, 10, 10), await readRows(read, 20, 10)]
    expect(batches.map(({ length }) => length)).toEqual([10, 10, 5])
    expect(batches.flat()).toEqual(events)
    expect(await readRows(read, 25, 10)).toEqual([])
    const last = events.at(-1)
    expect(await headOf(read)).toEqual({ sequence: 25, hash: last?.hash })
  })

  test('keeps text exactly: half a page of Unicode, quotes and control characters', async () => {
    const [event] = someEvents(1)
    const body = JSON.stringify({ text: 'ünïcødé 🚲 "quoted" \\ \u0000 \u2028 \n' })
    await opened.store.transact((tx) => appendRows(tx, event === undefined ? [] : [{ ...event, body }]))
    expect((await readRows(opened.store.read, 0, 1))[0]?.body).toBe(body)
  })

  test('refuses an event that leaves a gap or comes twice, and then keeps none of its transaction', async () => {
    const events = someEvents(5)
    await opened.store.transact((tx) => appendRows(tx, events.slice(0, 2)))
    for (const wrong of [events.slice(3), events.slice(1), [...events.slice(2, 3), ...events.slice(4)]]) {
      await expect(opened.store.transact((tx) => appendRows(tx, wrong))).rejects.toMatchObject({
        code: 'store_unavailable',
        message: expect.stringContaining('another process has written'),
      })
      expect((await headOf(opened.store.read)).sequence).toBe(2)
    }
    await opened.store.transact((tx) => appendRows(tx, events.slice(2)))
    expect(await readRows(opened.store.read, 0, 100)).toEqual(events)
  })

  test('takes no events for what it is: nothing', async () => {
    await opened.store.transact((tx) => appendRows(tx, []))
    expect(await headOf(opened.store.read)).toEqual(emptyLedger)
  })
})
