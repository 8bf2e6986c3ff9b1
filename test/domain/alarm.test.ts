// When many racks changed outside at once: how many are many, within what time, and what was looked at before.
import { describe, expect, test } from 'vitest'
import { alarmingCount, changedTogether, type RackChange } from '../../shared/domain/alarm.ts'
import { hour, minute } from '../../shared/domain/instants.ts'

const noon = Date.UTC(2016, 7, 16, 12)

/** One rack each, changed so many minutes after noon. */
function changes(minutes: readonly number[], heardAt?: number): RackChange[] {
  return minutes.map((after, index) => {
    const at = noon + after * minute
    const change = { from: '2', to: '1', at, heardAt: heardAt ?? at, saidBy: 'rack', isSure: true } as const
    return { rack: `prod-${index + 1}`, change }
  })
}

test('an alarm takes three racks, and in a large fleet one of twenty', () => {
  expect([0, 1, 5, 60, 61, 100, 1000].map(alarmingCount)).toEqual([3, 3, 3, 3, 4, 5, 50])
})

describe('racks that changed together', () => {
  test('are counted, named and dated', () => {
    expect(changedTogether('rack', 5, changes([0, 10, 2]), undefined)).toEqual({
      kind: 'changed_outside',
      app: 'rack',
      subject: 'fleet',
      count: 3,
      since: noon,
      detail: '3 of 5 racks changed within 10m by no attempt: 3 to 1',
      racks: ['prod-1', 'prod-3', 'prod-2'],
    })
  })

  test('one too few is somebody at work', () => {
    expect(changedTogether('rack', 5, changes([0, 1]), undefined)).toBeUndefined()
    expect(changedTogether('rack', 100, changes([0, 1, 2, 3]), undefined)).toBeUndefined()
    expect(changedTogether('rack', 100, changes([0, 1, 2, 3, 4]), undefined)?.count).toBe(5)
    expect(changedTogether('rack', 0, [], undefined)).toBeUndefined()
  })

  test('within one hour, to the minute; more slowly they are as many accidents', () => {
    expect(changedTogether('rack', 5, changes([0, 30, 60]), undefined)?.count).toBe(3)
    expect(changedTogether('rack', 5, changes([0, 30, 61]), undefined)).toBeUndefined()
    expect(changedTogether('rack', 5, changes([0, 50, 100, 150, 200]), undefined)).toBeUndefined()
  })

  test('the fullest hour speaks, whenever it was', () => {
    const found = changedTogether('rack', 9, changes([0, 200, 210, 220, 225, 400, 410, 420]), undefined)
    expect(found).toMatchObject({ count: 4, since: noon + 200 * minute })
  })

  test('what was known when the last alarm was closed was looked at', () => {
    const known = changes([0, 1, 2])
    const closedAt = noon + hour
    expect(changedTogether('rack', 5, known, closedAt)).toBeUndefined()
    expect(changedTogether('rack', 5, [...known, ...changes([62, 63])], closedAt)).toBeUndefined()
    expect(changedTogether('rack', 5, [...known, ...changes([62, 63, 64])], closedAt)?.count).toBe(3)
    // It happened before, and nobody could know.
    expect(changedTogether('rack', 5, changes([0, 1, 2], closedAt + 1), closedAt)?.count).toBe(3)
  })

  test('of many only some are named, and where they went is summed up', () => {
    const many = changes(Array.from({ length: 50 }, (_, index) => index / 2)).map(
      ({ rack, change }, index) => ({
        rack,
        change: { ...change, to: index < 30 ? '1' : index < 40 ? null : `0.${index % 5}` },
      }),
    )
    const found = changedTogether('rack', 60, many, undefined)
    expect(found?.racks).toHaveLength(20)
    expect(found?.detail).toBe(
      '50 of 60 racks changed within 24m 30s by no attempt: 30 to 1, 10 to nothing, 2 to 0.0, 4 other versions',
    )
  })
})
