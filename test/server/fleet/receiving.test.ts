// When the registry was receiving: gaps in which nobody was heard are taken out, over restarts too, and what is only rare is not.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openReceiving, type Received, shortestGap } from '../../../server/fleet/receiving.ts'
import { hour, minute } from '../../../shared/domain/instants.ts'
import { openTestStore, type TestStore } from '../../support/open-test-store.ts'

const noon = Date.UTC(2016, 7, 16, 12)
const at = (hours: number) => noon + hours * hour

let opened: TestStore
beforeEach(async () => {
  opened = await openTestStore()
})
afterEach(() => opened.dispose())

/** A process that starts at an hour; of any rack, this is when the store says that it was heard last. */
async function started(hours: number, last?: number) {
  const lastHeardAt = last === undefined ? undefined : at(last)
  return openReceiving({ store: opened.store, lastHeardAt, startedAt: at(hours) })
}

/** Minutes between two hours. */
const minutes =
  (receiving: Received) =>
  (from: number, to: number, silence = shortestGap) =>
    receiving.between(at(from), at(to), silence) / minute

/** Minutes between two hours, when it was heard at these. */
async function heard(...hours: readonly number[]) {
  const receiving = await started(hours[0] ?? 0)
  for (const one of hours) receiving.note(at(one))
  return minutes(receiving)
}

describe('the time between', () => {
  test('is all of it while somebody is heard every quarter of an hour', async () => {
    const between = await heard(0, 0.25, 0.5, 0.75, 1)
    expect(between(0, 1)).toBe(60)
  })

  test('is less by every gap, and by as much of a gap as lies between', async () => {
    const between = await heard(0, 0.1, 3, 3.1, 5)
    expect(between(0, 5)).toBeCloseTo(60 * (0.1 + 0.1))
    expect(between(1, 2)).toBe(0)
    expect(between(2, 4)).toBeCloseTo(60 * 0.1)
    expect(between(3, 3.1)).toBeCloseTo(6)
  })

  test('is not less by what is no gap for racks that ask so rarely', async () => {
    const between = await heard(0, 6, 12)
    expect(between(0, 12, 18 * hour)).toBe(720)
    expect(between(0, 12, 5 * hour)).toBe(0)
  })

  test('is never less than nothing, and words from the past open no gap', async () => {
    const between = await heard(2, 1, 2.1)
    expect(between(2, 2.1)).toBeCloseTo(6)
    expect(between(2.1, 2)).toBe(0)
  })

  test('remembers the last hundred gaps, which is more than any soak is long', async () => {
    const between = await heard(...Array.from({ length: 151 }, (_, index) => index))
    expect(between(51, 150)).toBe(0)
    expect(between(0, 50)).toBe(50 * 60)
  })
})

describe('over restarts', () => {
  test('nobody was received between the last word that is stored and the start', async () => {
    expect(minutes(await started(8, 0))(0, 8)).toBe(0)
    expect(minutes(await started(8))(0, 9)).toBe(60)
  })

  test('an outage is remembered by the starts after it', async () => {
    const first = await started(8, 0)
    first.note(at(8.1))
    await first.flush()
    const between = minutes(await started(9, 8.1))
    expect(between(0, 9)).toBeCloseTo(6)
    expect(between(8, 8.1)).toBeCloseTo(6)
  })

  test('a gap in which nobody came is remembered too', async () => {
    const first = await started(0)
    for (const hours of [0, 5, 5.1]) first.note(at(hours))
    await first.flush()
    expect(minutes(await started(5.1, 5.1))(0, 5.1)).toBeCloseTo(6)
  })

  test('a start whose first check-ins were lost counts its outage once', async () => {
    for (const hours of [8, 8.5]) await (await started(hours, 0)).flush()
    const between = minutes(await started(9, 0))
    expect(between(0, 9)).toBe(0)
    expect(between(8.9, 10)).toBe(60)
  })

  test('one that falls at every start has one outage, however often it tries', async () => {
    let last = 0
    for (let start = 0; start < 500; start += 1) {
      const hours = 2 + start / 120
      const receiving = await started(hours, last)
      receiving.note(at(hours) + 1_000)
      await receiving.flush()
      last = hours + 1 / 3_600
    }
    expect(minutes(await started(last, last))(0, last)).toBeLessThan(1)
  })

  test('what cannot be written is kept for the next time', async () => {
    const { store } = opened
    let isFull = true
    const failing = {
      ...store,
      transact: ((work) =>
        isFull ? Promise.reject(new Error('full')) : store.transact(work)) as typeof store.transact,
    }
    const receiving = await openReceiving({ store: failing, lastHeardAt: at(0), startedAt: at(8) })
    await expect(receiving.flush()).rejects.toThrow('full')
    isFull = false
    await receiving.flush()
    expect(minutes(await started(8, 8))(0, 8)).toBe(0)
  })
})
