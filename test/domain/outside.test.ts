// Changed outside: which two check-ins mean that nobody of ours changed the version, and what explains it after all.
import { describe, expect, test } from 'vitest'
import { minute } from '../../shared/domain/instants.ts'
import {
  explains,
  type LatestAttempt,
  type OutsideChange,
  outsideAfter,
  type Standing,
} from '../../shared/domain/outside.ts'

const noon = Date.UTC(2016, 7, 16, 12)
const [v1, v2, v3] = ['1.0.0', '2.0.0', '3.0.0'] as const

const proved = (version: string, at = noon - 60 * minute) => ({ version, at, parametersHold: true })
const standing = (given: Partial<Standing> = {}): Standing => ({
  current: v2,
  proved: [proved(v2), proved(v1, noon - 90 * minute)],
  isInAttempt: false,
  ...given,
})
const saidByRack = (from: string | null, to: string | null, at = noon - minute) =>
  standing({ current: to ?? undefined, outside: { from, to, at } })

describe('what the rack says itself', () => {
  test('counts at once, from when it says', () => {
    expect(outsideAfter(undefined, standing(), saidByRack(v2, v1), noon)).toEqual({
      from: v2,
      to: v1,
      at: noon - minute,
      heardAt: noon,
      saidBy: 'rack',
      isSure: true,
    })
  })

  test('is one change however often it is said, also by a clock that is ahead', () => {
    for (const at of [noon - minute, noon + 90 * minute]) {
      const first = outsideAfter(undefined, standing(), saidByRack(v2, v1, at), noon)
      expect(first?.at).toBe(Math.min(at, noon))
      const again = outsideAfter(first, saidByRack(v2, v1, at), saidByRack(v2, v1, at), noon + 5 * minute)
      expect(again).toBe(first)
    }
  })

  test('the next one takes its place', () => {
    const first = outsideAfter(undefined, standing(), saidByRack(v2, v1), noon)
    const next = outsideAfter(first, saidByRack(v2, v1), saidByRack(v1, v3, noon + minute), noon + 2 * minute)
    expect(next).toMatchObject({ from: v1, to: v3, at: noon + minute, heardAt: noon + 2 * minute })
  })

  test('is accepted when the rack says it no longer', () => {
    const first = outsideAfter(undefined, standing(), saidByRack(v2, v1), noon)
    const verified = standing({ current: v1, proved: [proved(v1, noon + minute), proved(v2)] })
    const after = outsideAfter(first, saidByRack(v2, v1), verified, noon + 2 * minute)
    expect(after).toEqual({ ...first, acceptedAt: noon + 2 * minute })
    expect(outsideAfter(after, verified, verified, noon + 3 * minute)).toBe(after)
  })
})

describe('what only the registry sees', () => {
  test('is suspected, and dated by when it was heard', () => {
    expect(outsideAfter(undefined, standing(), standing({ current: v1 }), noon)).toEqual({
      from: v2,
      to: v1,
      at: noon,
      heardAt: noon,
      saidBy: 'registry',
      isSure: false,
    })
    const gone = outsideAfter(undefined, standing(), standing({ current: undefined }), noon)
    expect(gone).toMatchObject({ from: v2, to: null })
  })

  const innocent: Readonly<Record<string, readonly [Standing | undefined, Standing]>> = {
    'the first check-in': [undefined, standing({ current: v1 })],
    'the same version': [standing(), standing()],
    'an attempt under way': [standing(), standing({ current: v3, isInAttempt: true })],
    'an attempt that ended': [standing({ isInAttempt: true }), standing({ current: v3 })],
    'a version that was proved meanwhile': [
      standing(),
      standing({ current: v3, proved: [proved(v3, noon), proved(v2)] }),
    ],
    'a version that was proved again': [
      standing(),
      standing({ current: v1, proved: [proved(v1, noon), proved(v2)] }),
    ],
  }
  test.each(Object.entries(innocent))('%s is no change outside', (_, [before, after]) => {
    expect(outsideAfter(undefined, before, after, noon)).toBeUndefined()
  })

  test('a disk put back from a copy says that it proved what runs, and long ago: that explains nothing', () => {
    const copy = standing({ current: v1, proved: [proved(v1, noon - 90 * minute)] })
    expect(outsideAfter(undefined, standing(), copy, noon)).toMatchObject({ from: v2, to: v1 })
  })

  test('is accepted when what runs is proved', () => {
    const change = outsideAfter(undefined, standing(), standing({ current: v1 }), noon)
    const still = outsideAfter(change, standing({ current: v1 }), standing({ current: v1 }), noon + minute)
    expect(still).toBe(change)
    const verified = standing({ current: v1, proved: [proved(v1, noon + minute), proved(v2)] })
    const after = outsideAfter(change, standing({ current: v1 }), verified, noon + 2 * minute)
    expect(after).toEqual({ ...change, acceptedAt: noon + 2 * minute })
  })
})

describe('an attempt explains where it left the rack', () => {
  const ends: Readonly<Record<string, readonly [outcome: string | null, explained: readonly string[]]>> = {
    'proved: at its target': ['proved', [v2]],
    'returned: where it came from': ['returned', [v1]],
    'failed before it acted: nowhere': ['failed', []],
    'aborted: nowhere': ['aborted', []],
    'stuck: at either end': ['stuck', [v1, v2]],
    'abandoned: at either end': ['abandoned', [v1, v2]],
    'under way: at either end': [null, [v1, v2]],
  }
  test.each(Object.entries(ends))('%s', (_, [outcome, explained]) => {
    const attempt: LatestAttempt = { from: v1, target: v2, outcome }
    const to = (version: string): OutsideChange => ({
      from: v3,
      to: version,
      at: noon,
      heardAt: noon,
      saidBy: 'registry',
      isSure: false,
    })
    expect([v1, v2, v3].filter((version) => explains(attempt, to(version)))).toEqual(explained)
  })
})
