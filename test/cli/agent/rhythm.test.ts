/** When the agent asks again: never earlier than it was told, ever more rarely into silence, spread over a window. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { afterChange, afterRound, calm, type Rhythm, type RoundEnd } from '../../../cli/agent/rhythm.ts'

const answered = (askAgainSeconds: number, windowMinutes?: number): RoundEnd => ({
  kind: 'answered',
  askAgainSeconds,
  windowMinutes,
})
const silent = (retryAfterSeconds?: number): RoundEnd => ({ kind: 'silent', retryAfterSeconds })
const chances = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

function rounds(ends: readonly RoundEnd[], chance: number): number[] {
  let rhythm: Rhythm = calm
  return ends.map((end) => {
    const next = afterRound(rhythm, end, chance)
    rhythm = next.rhythm
    return next.seconds
  })
}

describe('after an answer', () => {
  test.each([
    ['as it was told', 0, 300],
    ['a tenth later at most', 0.9999, 329.997],
  ])('%s', (_when, chance, seconds) => {
    expect(afterRound(calm, answered(300), chance).seconds).toBeCloseTo(seconds, 3)
  })

  test('that waits for a window, racks come in over its first tenth', () => {
    expect(afterRound(calm, answered(120, 180), 0).seconds).toBe(120)
    expect(afterRound(calm, answered(120, 180), 0.5).seconds).toBe(120 + 540)
  })

  test('never earlier than the registry says, and never at once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 86_400 }), chances, (seconds, chance) => {
        const next = afterRound(calm, answered(seconds), chance).seconds
        return next >= Math.max(1, seconds) && next <= Math.max(1, seconds * 1.1)
      }),
    )
  })
})

describe('into silence', () => {
  test('the longest wait doubles from 5 seconds to a quarter of an hour', () => {
    const longest = rounds(
      Array.from({ length: 10 }, () => silent()),
      0.999_999,
    )
    expect(longest.map(Math.round)).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 900, 900])
  })

  test('with full jitter: from a second to the longest', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), chances, (count, chance) => {
        const last =
          rounds(
            Array.from({ length: count }, () => silent()),
            chance,
          ).at(-1) ?? 0
        return last >= 1 && last <= 900
      }),
    )
    expect(rounds([silent(), silent(), silent()], 0.25)).toEqual([1.25, 2.5, 5])
  })

  test('what the registry asks for is obeyed', () => {
    expect(afterRound(calm, silent(120), 0).seconds).toBe(120)
    // Not by all racks in the same second, nor by any before its time.
    expect(afterRound(calm, silent(120), 0.5).seconds).toBe(126)
    expect(afterRound(calm, silent(2), 0.9).seconds).toBe(4.5)
  })

  test('an answer ends it', () => {
    expect(rounds([silent(), silent(), answered(60), silent()], 0.999_999).map(Math.round)).toEqual([
      5, 10, 66, 5,
    ])
  })
})

test('what failed before anything was changed is tried after 5 and 15 minutes, then hourly', () => {
  const failed: RoundEnd = { kind: 'failed' }
  expect(rounds([failed, failed, failed, failed], 0)).toEqual([300, 900, 3600, 3600])
  expect(rounds([failed, failed, answered(60), failed], 0)).toEqual([300, 900, 60, 300])
})

test('a change of health is told within seconds, and by a fleet not at once', () => {
  expect([0, 0.5, 0.999_999].map((chance) => Math.round(afterChange(chance)))).toEqual([1, 6, 10])
})

test('another run at work is waited for, and counts for nothing', () => {
  expect(rounds([silent(), { kind: 'locked' }, silent()], 0.5)).toEqual([2.5, 30, 5])
})
