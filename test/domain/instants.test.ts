// Dates that people give, and durations as they are told.
import { describe, expect, test } from 'vitest'
import { checkUntil, day, describeDuration, hour, minute, toIso } from '../../shared/domain/instants.ts'
import { problemOf } from '../support/builders.ts'

const now = Date.UTC(2026, 2, 1, 12)
const check = (until: number, maxDays = 30): number => checkUntil('The end of the hold', until, now, maxDays)

test('the units', () => {
  expect([minute, hour, day]).toEqual([60_000, 3_600_000, 86_400_000])
  expect(toIso(now)).toBe('2026-03-01T12:00:00.000Z')
})

describe('a date that must lie ahead', () => {
  test('is given back', () => {
    expect(check(now + 1)).toBe(now + 1)
    expect(check(now + 30 * day)).toBe(now + 30 * day)
  })

  test('now is not ahead, and neither is the past: with the arithmetic', () => {
    const problem = problemOf(() => check(now - 25 * hour))
    expect(problem.code).toBe('invalid_date')
    expect(problem.message).toBe(
      'The end of the hold (2026-02-28T11:00:00.000Z) is not in the future: it is 1d 1h before now (2026-03-01T12:00:00.000Z).',
    )
    expect(problem.numbers).toEqual({ until: now - 25 * hour, now })
    expect(problemOf(() => check(now)).message).toContain('it is 0s before now')
  })

  test('further ahead than can be meant is refused', () => {
    const problem = problemOf(() => check(now + 30 * day + 1))
    expect(problem.code).toBe('invalid_date')
    expect(problem.message).toBe('The end of the hold is 30 days ahead; at most 30 days are taken.')
    expect(problemOf(() => check(now + 10.6 * day, 10)).numbers).toEqual({ days: 11, maxDays: 10 })
  })

  test.each([Number.NaN, Number.POSITIVE_INFINITY, now + 0.5, -9e15, 9e15, 8.64e15 + 1, -8.64e15 - 1])(
    '%d is no date',
    (until) => {
      const problem = problemOf(() => check(until, 1e12))
      expect(problem.code).toBe('invalid_date')
      expect(problem.message).toBe('The end of the hold is not a date.')
    },
  )

  test('the last instant of all is a date', () => {
    expect(check(8.64e15, 1e12)).toBe(8.64e15)
    expect(problemOf(() => check(-8.64e15)).message).toContain('-271821-04-20T00:00:00.000Z')
  })
})

describe('a duration is told in its largest unit and the next', () => {
  test.each([
    [0, '0s'],
    [-5000, '0s'],
    [499, '0s'],
    [500, '1s'],
    [40_000, '40s'],
    [59_600, '1m'],
    [12 * minute, '12m'],
    [12 * minute + 5000, '12m 5s'],
    [hour + 5000, '1h'],
    [3 * hour + minute, '3h 1m'],
    [day, '1d'],
    [3 * day + 4 * hour + 5 * minute, '3d 4h'],
    [400 * day, '400d'],
  ])('%d ms: %s', (milliseconds, expected) => {
    expect(describeDuration(milliseconds)).toBe(expected)
  })
})
