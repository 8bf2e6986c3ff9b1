// Windows: open and closed to the minute, in the operator's zone, over both changes of the clock.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkWindow, roomInWindow, type UpdateWindow } from '../../shared/domain/window.ts'
import { problemOf } from '../support/builders.ts'

const nights: UpdateWindow = { start: '0 2 * * 2-4', minutes: 180, zone: 'Europe/Berlin' }
const at = (text: string): number => Date.parse(text)

describe('a window', () => {
  test.each([
    ['before it opens', '2026-11-24T00:59:59Z', false, '2026-11-24T01:00:00.000Z'],
    ['as it opens', '2026-11-24T01:00:00Z', true, '2026-11-24T04:00:00.000Z'],
    ['in the middle', '2026-11-24T02:30:00Z', true, '2026-11-24T04:00:00.000Z'],
    ['a millisecond before it closes', '2026-11-24T03:59:59.999Z', true, '2026-11-24T04:00:00.000Z'],
    ['as it closes', '2026-11-24T04:00:00Z', false, '2026-11-25T01:00:00.000Z'],
    ['on a day on which it does not open', '2026-11-27T02:00:00Z', false, '2026-12-01T01:00:00.000Z'],
  ])('%s', (_when, now, isFree, until) => {
    const room = roomInWindow(nights, at(now))
    expect({ isFree: room.isFree, until: new Date(room.until ?? 0).toISOString() }).toEqual({ isFree, until })
  })

  test('says what a person wants to know', () => {
    expect(roomInWindow(nights, at('2026-11-24T00:30:00Z')).detail).toBe(
      'the window (0 2 * * 2-4 for 180 minutes, Europe/Berlin) opens in 30m (2026-11-24T01:00:00.000Z)',
    )
    expect(roomInWindow(nights, at('2026-11-24T03:00:00Z')).detail).toBe('the window is open for another 1h')
  })

  test('whose start the spring change skips opens when the clock jumps, for its whole length', () => {
    const daily: UpdateWindow = { start: '30 2 * * *', minutes: 60, zone: 'Europe/Berlin' }
    // 2026-03-29: 02:00 becomes 03:00 at 01:00Z; 02:30 does not exist.
    const opened = roomInWindow(daily, at('2026-03-29T01:10:00Z'))
    expect(opened.isFree).toBe(true)
    expect(new Date(opened.until ?? 0).toISOString()).toBe('2026-03-29T02:00:00.000Z')
    expect(roomInWindow(daily, at('2026-03-29T00:59:00Z')).isFree).toBe(false)
  })

  test('whose start the autumn change repeats opens once', () => {
    const daily: UpdateWindow = { start: '30 2 * * *', minutes: 30, zone: 'Europe/Berlin' }
    // 2026-10-25: 03:00 becomes 02:00 at 01:00Z; 02:30 comes at 00:30Z and again at 01:30Z.
    const states = ['00:29', '00:30', '00:59', '01:00', '01:30', '01:45'].map(
      (time) => roomInWindow(daily, at(`2026-10-25T${time}:00Z`)).isFree,
    )
    expect(states.filter(Boolean)).toHaveLength(2)
    expect(roomInWindow(daily, at('2026-10-25T00:45:00Z')).isFree).toBe(true)
    expect(roomInWindow(daily, at('2026-10-25T01:45:00Z')).isFree).toBe(false)
  })

  test('does not open on an excepted day of its zone', () => {
    const festive = { ...nights, start: '0 2 * * *', except: ['2026-12-24', '2026-12-25'] }
    expect(roomInWindow(festive, at('2026-12-24T01:30:00Z')).isFree).toBe(false)
    expect(new Date(roomInWindow(festive, at('2026-12-24T01:30:00Z')).until ?? 0).toISOString()).toBe(
      '2026-12-26T01:00:00.000Z',
    )
  })

  test('that is longer than the time between its starts is always open', () => {
    const always: UpdateWindow = { start: '0 * * * *', minutes: 90, zone: 'UTC' }
    fc.assert(
      fc.property(
        fc.integer({ min: at('2026-01-01T00:00:00Z'), max: at('2026-12-31T00:00:00Z') }),
        (now) => roomInWindow(always, now).isFree,
      ),
    )
  })

  test('is open for exactly its minutes of every day, away from the changes of the clock', () => {
    const daily: UpdateWindow = { start: '15 4 * * *', minutes: 47, zone: 'America/New_York' }
    const start = at('2026-06-10T00:00:00Z')
    const open = Array.from(
      { length: 24 * 60 },
      (_, index) => roomInWindow(daily, start + index * 60_000).isFree,
    )
    expect(open.filter(Boolean)).toHaveLength(47)
  })

  test.each<[string, Partial<UpdateWindow>, string]>([
    ['without a length', { minutes: 0 }, 'its length is 0 minutes, expected 1 to 10080'],
    ['longer than a week', { minutes: 10_081 }, 'its length is 10081 minutes, expected 1 to 10080'],
    ['with half a minute', { minutes: 1.5 }, 'its length is 1.5 minutes, expected 1 to 10080'],
    ['with seconds', { start: '0 0 2 * * 2-4' }, '"0 0 2 * * 2-4" is not five cron fields'],
    ['with an hour that there is not', { start: '0 25 * * *' }, '"0 25 * * *" in Europe/Berlin'],
    ['on a day that never comes', { start: '0 2 30 2 *' }, 'never comes'],
    ['in no zone', { zone: 'Europe/Atlantis' }, 'Europe/Atlantis'],
    ['with a day that is none', { except: ['24.12.2026'] }, '"24.12.2026" is not a day such as 2026-12-24'],
  ])('%s is refused', (_what, change, says) => {
    const problem = problemOf(() => checkWindow({ ...nights, ...change }))
    expect(problem.code).toBe('invalid_input')
    expect(problem.message).toContain(says)
  })

  test('that is right is given back', () => expect(checkWindow(nights)).toBe(nights))
})
