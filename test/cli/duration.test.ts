// Times as people give them. What is refused says by how much it is wrong.
import { describe, expect, test } from 'vitest'
import { parseAt, parseDuration, parseUntil } from '../../cli/duration.ts'
import { Problem } from '../../shared/domain/problem.ts'

const now = Date.UTC(2016, 7, 16, 12)
const until = (text: string) => new Date(parseUntil('--until', text, now)).toISOString()

function refusal(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (error instanceof Problem) return `${error.code}: ${error.message}`
    throw error
  }
  return 'not refused'
}

describe('an end', () => {
  test.each([
    ['4h', '2016-08-16T16:00:00.000Z'],
    ['30m', '2016-08-16T12:30:00.000Z'],
    ['7d', '2016-08-23T12:00:00.000Z'],
    ['1d12h', '2016-08-18T00:00:00.000Z'],
    ['90s', '2016-08-16T12:01:30.000Z'],
    ['2016-12-01', '2016-12-01T00:00:00.000Z'],
    ['2016-12-01T08:30:00Z', '2016-12-01T08:30:00.000Z'],
    ['2016-12-01T08:30:00.250+02:00', '2016-12-01T06:30:00.250Z'],
    ['2020-02-29', '2020-02-29T00:00:00.000Z'],
  ])('%s is %s', (text, instant) => {
    expect(until(text)).toBe(instant)
  })

  test.each([
    ['2016-08-15', 'it is 1d 12h before now'],
    ['2016-08-16', 'it is 12h before now'],
    ['2016-08-16T12:00:00Z', 'it is 0s before now'],
    ['0h', '0 seconds'],
    ['2016-02-30', '2016-02 has 29 days'],
    ['2017-02-29', '2017-02 has 28 days'],
    ['2016-13-01', 'a year has 12 months, and this is month 13'],
    ['9999-12-31', 'days ahead; at most 36600 days'],
    ['9999999d', 'days ahead'],
    ['999999999d', 'is not understood'],
    ['2016-12-01T08:30:00', 'with its zone'],
    ['2016-12-01 08:30', 'is not understood'],
    ['tomorrow', 'is not understood'],
    ['4', 'is not understood'],
    ['-4h', 'is not understood'],
    ['1.5h', 'is not understood'],
    ['4h30', 'is not understood'],
    ['', 'is not understood'],
    ['now', 'is not understood'],
  ])('%s is refused: %s', (text, why) => {
    expect(refusal(() => until(text))).toMatch(/^invalid_date: /)
    expect(refusal(() => until(text))).toContain(why)
  })
})

test('a moment may have passed, and may be now', () => {
  expect(parseAt('--at', 'now', now)).toBe(now)
  expect(parseAt('--at', '2016-08-01', now)).toBe(Date.UTC(2016, 7, 1))
})

test('a duration stands by itself', () => {
  expect(parseDuration('--for', '1h30m')).toBe(5_400_000)
  expect(refusal(() => parseDuration('--for', '0s'))).toContain('no time at all')
})
