// Answers remembered by key: per credential, with the events, for a while.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { findIdempotent, insertIdempotent, pruneIdempotent } from '../../../server/store/idempotency.ts'
import { appendRows } from '../../../server/store/ledger.ts'
import { countRows, dialects, type TestStore } from '../../support/open-test-store.ts'
import { noon, someEvents } from './rows.ts'

const answer = {
  credentialId: 'token-ci',
  key: 'publish-20160816140022',
  requestHash: 'abc',
  status: 201,
  body: '{"kind":"Release"}',
  createdAt: noon,
}

describe.each(dialects)('idempotency on $dialect', ({ open }) => {
  let opened: TestStore
  beforeEach(async () => {
    opened = await open()
  })
  afterEach(() => opened.dispose())

  test('finds the answer again, also after a restart', async () => {
    await opened.store.transact((tx) => insertIdempotent(tx, answer))
    const { read } = await opened.reopen()
    expect(await findIdempotent(read, answer)).toEqual(answer)
    expect(await findIdempotent(read, { ...answer, key: 'another' })).toBeUndefined()
  })

  test('two credentials may choose the same key', async () => {
    const other = { ...answer, credentialId: 'token-zoe', body: '{}' }
    await opened.store.transact(async (tx) => {
      await insertIdempotent(tx, answer)
      await insertIdempotent(tx, other)
    })
    expect(await findIdempotent(opened.store.read, answer)).toEqual(answer)
    expect(await findIdempotent(opened.store.read, other)).toEqual(other)
  })

  test('a transaction that fails leaves neither the events nor the answer', async () => {
    const asked = opened.store.transact(async (tx) => {
      await appendRows(tx, someEvents(1))
      await insertIdempotent(tx, answer)
      await insertIdempotent(tx, answer)
    })
    await expect(asked).rejects.toThrow()
    expect(await countRows(opened.store)).toMatchObject({ ledger: 0, idempotency: 0 })
  })

  test('forgets what is older than asked, to the millisecond, and says how many', async () => {
    const day = 86_400_000
    await opened.store.transact(async (tx) => {
      await insertIdempotent(tx, { ...answer, key: 'old', createdAt: noon - day - 1 })
      await insertIdempotent(tx, { ...answer, key: 'just', createdAt: noon - day })
      await insertIdempotent(tx, { ...answer, key: 'new' })
    })
    expect(await opened.store.transact((tx) => pruneIdempotent(tx, noon, day))).toBe(1)
    expect(await opened.store.transact((tx) => pruneIdempotent(tx, noon, day))).toBe(0)
    expect(await findIdempotent(opened.store.read, { ...answer, key: 'old' })).toBeUndefined()
    expect(await findIdempotent(opened.store.read, { ...answer, key: 'just' })).toBeDefined()
  })
})
