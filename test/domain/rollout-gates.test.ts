// The gate of a wave: what its racks have shown against what the plan asks, with numbers.
import { describe, expect, test } from 'vitest'
import { hour, minute } from '../../shared/domain/instants.ts'
import type { PlannedWave } from '../../shared/domain/rollout.ts'
import {
  countWaves,
  judgeWave,
  type WaveQuestion,
  type WaveVerdict,
} from '../../shared/domain/rollout-gates.ts'
import { aFailure, aRegistry, type Shown, storyStart } from '../support/builders.ts'

const now = storyStart + hour
const counted = (shown: Shown) => {
  const count = aRegistry().counts(shown).waves[0]
  if (!count) throw new Error('one wave is counted')
  return count
}
interface Asked extends Partial<Omit<WaveQuestion, 'wave' | 'count'>> {
  readonly wave?: Partial<PlannedWave>
}
const judge = (shown: Shown, { wave, ...more }: Asked = {}): WaveVerdict =>
  judgeWave({
    wave: {
      name: 'all',
      racks: 10,
      minHealthy: 9,
      failures: { maxFailed: 0, percent: 10 },
      soakMinutes: 30,
      ...wave,
    },
    count: counted(shown),
    now,
    openedAt: storyStart,
    mayBePassedOver: false,
    acknowledged: [],
    knownCauses: new Set(),
    ...more,
  })
const failures = (count: number, more: Parameters<typeof aFailure>[0] = {}) =>
  Array.from({ length: count }, (_, n) => aFailure({ rack: `prod-${n + 1}`, ...more }))
const told = ({ outcome, needs, detail }: WaveVerdict): string =>
  `${outcome}${needs ? ` (${needs})` : ''}: ${detail}`

describe('a wave', () => {
  test('waits for racks that have not moved', () => {
    expect(told(judge({ waiting: 7, underWay: 3 }))).toBe(
      'waiting (data): 0 of 9 racks are healthy for 30m; 0 soak, 3 under way, 7 to come.',
    )
  })

  test('waits for time when enough soak, and says until when: the last that it needs decides', () => {
    const verdict = judge({ soaked: 7, soaking: 3, soakingMinutes: [25, 20, 1] })
    expect([verdict.outcome, verdict.needs, verdict.until]).toEqual(['waiting', 'time', now + 10 * minute])
  })

  test('passes by soaked racks and not by those that soak', () => {
    expect(judge({ soaked: 8, soaking: 2 }).outcome).toBe('waiting')
    expect(told(judge({ soaked: 9, soaking: 1 }))).toBe(
      'pass: 9 of 10 racks are healthy for 30m; 9 are asked.',
    )
  })

  test('tolerates its share of failures, and not one more', () => {
    expect(judge({ soaked: 9, failures: failures(1) }).outcome).toBe('pass')
    expect(told(judge({ soaked: 8, failures: failures(2) }))).toBe(
      'fail (person): 2 of 10 racks failed; 1 are tolerated. settling: status # (2)',
    )
    const wave = { failures: { maxFailed: 2, percent: 10 } }
    expect(judge({ waiting: 8, failures: failures(2) }, { wave }).outcome).toBe('waiting')
  })

  test('counts failures against its racks when it was planned, so that racks which leave tolerate no more of them', () => {
    expect(judge({ soaked: 3, failures: failures(2) }, { wave: { racks: 20, minHealthy: 3 } }).outcome).toBe(
      'pass',
    )
    expect(judge({ soaked: 3, failures: failures(3) }, { wave: { racks: 20, minHealthy: 3 } }).outcome).toBe(
      'fail',
    )
  })

  test('names the commonest causes, and no more than three', () => {
    const shown = [
      ...failures(1, { cause: 'a: #' }),
      ...failures(3, { cause: 'b: #' }),
      ...failures(2, { cause: 'c: #' }),
      ...failures(1, { cause: 'd: #' }),
    ]
    expect(judge({ failures: shown }).detail).toMatch(/b: # \(3\); c: # \(2\); a: # \(1\)$/)
  })

  test('of ten thousand racks stops at one that lost data', () => {
    const wave = { racks: 10_000, minHealthy: 9_000 }
    const shown = { soaked: 9_999, failures: failures(1, { isDataLoss: true }) }
    expect(told(judge(shown, { wave }))).toBe(
      'fail (person): 1 of 10000 racks failed; 1000 are tolerated. 1 reported lost data, and one is too many. settling: status # (1)',
    )
    expect(judge(shown, { wave, knownCauses: new Set(['settling: status #']) }).outcome).toBe('fail')
    expect(
      judge(shown, { wave, acknowledged: [{ rack: 'prod-1', cause: 'settling: status #' }] }).outcome,
    ).toBe('pass')
  })

  test('forgets what was acknowledged: by rack and cause, not by either', () => {
    const shown = { soaked: 8, failures: failures(2) }
    const cause = 'settling: status #'
    const numbersAfter = (...acknowledged: { rack: string; cause: string }[]) =>
      judge(shown, { acknowledged }).numbers
    expect(numbersAfter({ rack: 'prod-1', cause })).toMatchObject({
      failed: 1,
      acknowledged: 1,
      minHealthy: 9,
    })
    expect(numbersAfter({ rack: 'prod-1', cause }, { rack: 'prod-2', cause })).toMatchObject({
      failed: 0,
      minHealthy: 8,
    })
    expect(numbersAfter({ rack: 'prod-1', cause: 'another' }, { rack: 'prod-3', cause })).toMatchObject({
      failed: 2,
    })
  })

  test('shows a known issue and does not count it', () => {
    const verdict = judge(
      { soaked: 8, failures: failures(2) },
      { knownCauses: new Set(['settling: status #']) },
    )
    expect([verdict.outcome, verdict.numbers.failed, verdict.numbers.acknowledged]).toEqual(['pass', 0, 2])
  })

  test('asks less of fewer racks, and nothing only when a person has looked at all of them', () => {
    const asked = (shown: Shown): unknown => judge(shown).numbers.minHealthy
    expect(asked({ waiting: 4 })).toBe(4)
    expect(asked({ soaked: 1, leftOut: { silent: 9 } })).toBe(1)
    expect(judge({ soaked: 1, leftOut: { silent: 9 } }).outcome).toBe('pass')
    const all = failures(1)
    const acknowledged = [{ rack: 'prod-1', cause: 'settling: status #' }]
    const alone = judge({ failures: all }, { acknowledged, wave: { racks: 1, minHealthy: 1 } })
    expect([alone.outcome, alone.numbers.minHealthy]).toEqual(['pass', 0])
    const known = new Set(['settling: status #'])
    const unseen = judge({ failures: all }, { knownCauses: known, wave: { racks: 1, minHealthy: 1 } })
    expect([unseen.outcome, unseen.needs, unseen.numbers.minHealthy]).toEqual(['waiting', 'data', 1])
  })

  test('of which nobody is left waits, and proves nothing', () => {
    const nobody = { leftOut: { silent: 8, on_a_remedy: 2 } }
    expect(told(judge(nobody))).toBe(
      'waiting (data): nobody of it can go: 10 racks were planned; 8 silent, 2 on a remedy.',
    )
    expect(judge({}, { wave: { racks: 1 } }).detail).toBe(
      'nobody of it can go: 1 rack was planned; they have left.',
    )
    expect(judge(nobody, { mayBePassedOver: true }).outcome).toBe('pass')
  })

  test('that was planned for nobody has nothing to prove', () => {
    expect(judge({}, { wave: { racks: 0, minHealthy: 0 } }).outcome).toBe('pass')
  })

  test('fails when it is not through by its deadline, by a minute', () => {
    const wave = { deadlineMinutes: 60 }
    expect(judge({ soaked: 8, waiting: 2 }, { wave }).outcome).toBe('waiting')
    const late = judge({ soaked: 8, waiting: 2 }, { wave, now: now + 1 })
    expect(told(late)).toBe(
      'fail (person): it was to be through by 2016-08-16T17:00:15.000Z, 1h after it opened.',
    )
    expect(late.numbers).toMatchObject({ healthy: 8, minHealthy: 9 })
    expect(judge({ leftOut: { silent: 10 } }, { wave, now: now + 1 })).toMatchObject({
      outcome: 'fail',
      numbers: { leftOut: 10 },
    })
    expect(judge({ soaked: 9 }, { wave, now: now + 1 }).outcome).toBe('pass')
    expect(judge({ soaked: 8, waiting: 2 }, { wave, now: now + 1, openedAt: undefined }).outcome).toBe(
      'waiting',
    )
  })
})

test('racks are added up by wave, those that soak longest first', () => {
  const wave: PlannedWave = {
    name: 'w',
    racks: 1,
    minHealthy: 1,
    failures: { maxFailed: 0, percent: 0 },
    soakMinutes: 1,
  }
  const counting = countWaves([wave, wave])
  counting.add(0, { is: 'waiting' })
  counting.add(1, { is: 'under_way' })
  counting.add(1, { is: 'soaking', soakedMinutes: 3 })
  counting.add(1, { is: 'soaking', soakedMinutes: 8 })
  counting.add(1, { is: 'soaked' })
  counting.add(1, { is: 'left_out', why: 'pinned' })
  counting.add(1, { is: 'left_out', why: 'pinned' })
  counting.add(1, { is: 'failed', failure: aFailure() })
  counting.add(2, { is: 'soaked' })
  counting.add(-1, { is: 'soaked' })
  expect(counting.done(now)).toEqual({
    at: now,
    waves: [
      counted({ waiting: 1 }),
      counted({
        underWay: 1,
        soaking: 2,
        soakingMinutes: [8, 3],
        soaked: 1,
        leftOut: { pinned: 2 },
        failures: [aFailure()],
      }),
    ],
  })
})
