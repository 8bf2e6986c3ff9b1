// A rack's change log: newest first, page by page.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { appendRackHistory, listRackHistory } from '../../../server/store/rack-history.ts'
import { dialects, type TestStore } from '../../support/open-test-store.ts'
import { noon } from './rows.ts'

const pinned = {
  app: 'rack',
  rack: 'prod-1',
  at: noon,
  actor: 'ddollar',
  change: 'pinned',
  before: null,
  after: { version: '20160816140022', until: null },
  reason: 'wait for the fix',
}

describe.each(dialects)('rack history on $dialect', ({ open }) => {
  let opened: TestStore
  beforeEach(async () => {
    opened = await open()
  })
  afterEach(() => opened.dispose())

  test('keeps what was and what is, with actor and reason', async () => {
    const id = await opened.store.transact((tx) => appendRackHistory(tx, pinned))
    const { read } = await opened.reopen()
    expect(await listRackHistory(read, { app: 'rack', rack: 'prod-1', limit: 10 })).toEqual([
      { id, ...pinned },
    ])
  })

  test('pages through one rack of one app, newest first, also where changes share an instant', async () => {
    const ids: number[] = []
    for (let number = 0; number < 7; number += 1) {
      await opened.store.transact(async (tx) => {
        ids.unshift(await appendRackHistory(tx, { ...pinned, change: `change-${number}`, reason: null }))
        await appendRackHistory(tx, { ...pinned, rack: 'prod-2' })
        await appendRackHistory(tx, { ...pinned, app: 'billing' })
      })
    }
    const page = { app: 'rack', rack: 'prod-1', limit: 3 }
    const first = await listRackHistory(opened.store.read, page)
    const second = await listRackHistory(opened.store.read, { ...page, before: first.at(-1)?.id ?? 0 })
    const third = await listRackHistory(opened.store.read, { ...page, before: second.at(-1)?.id ?? 0 })
    expect([first.length, second.length, third.length]).toEqual([3, 3, 1])
    expect([...first, ...second, ...third].map(({ id }) => id)).toEqual(ids)
    expect(first.map(({ change }) => change)).toEqual(['change-6', 'change-5', 'change-4'])
  })
})
