// Transitions that a rack sends until it hears that they arrived.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { insertAttemptEvent, listAttemptEvents } from '../../../server/store/attempt-events.ts'
import { dialects, type TestStore } from '../../support/open-test-store.ts'
import { noon } from './rows.ts'

const fetching = { attemptId: 'a', index: 2, at: noon, state: 'fetching', detail: { bytes: 1_000 } }

describe.each(dialects)('attempt events on $dialect', ({ open }) => {
  let opened: TestStore
  beforeEach(async () => {
    opened = await open()
  })
  afterEach(() => opened.dispose())

  test('are listed in the order of the rack, not of their arrival', async () => {
    const planned = { ...fetching, index: 1, state: 'planned', detail: null }
    const tenth = { ...fetching, index: 10, state: 'settling' }
    await opened.store.transact(async (tx) => {
      for (const event of [tenth, fetching, planned]) await insertAttemptEvent(tx, event)
      await insertAttemptEvent(tx, { ...fetching, attemptId: 'b' })
    })
    const { read } = await opened.reopen()
    expect(await listAttemptEvents(read, 'a')).toEqual([planned, fetching, tenth])
  })

  test('the same again is the same, and another story is said to be different and not kept', async () => {
    const again = { ...fetching, detail: { bytes: 1_000, note: undefined } }
    const results = await opened.store.transact(async (tx) => [
      await insertAttemptEvent(tx, fetching),
      await insertAttemptEvent(tx, again),
      await insertAttemptEvent(tx, { ...fetching, state: 'applying' }),
      await insertAttemptEvent(tx, { ...fetching, detail: { bytes: 1_001 } }),
    ])
    expect(results).toEqual(['inserted', 'same', 'different', 'different'])
    expect(await listAttemptEvents(opened.store.read, 'a')).toEqual([fetching])
  })
})
