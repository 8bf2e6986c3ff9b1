// From a policy and the fleet to waves: exact when planned, open at the end, and refused only where nobody could obey it.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cohortOf, waveOf } from '../../shared/domain/cohort.ts'
import { hour, minute } from '../../shared/domain/instants.ts'
import type { RolloutPlan } from '../../shared/domain/rollout.ts'
import {
  earliestEnd,
  type Planning,
  type PlanningRack,
  plannedAtOnce,
  planRollout,
  remarksOn,
} from '../../shared/domain/rollout-plan.ts'
import { type RolloutPolicy, rolloutPresets, type WavePolicy } from '../../shared/domain/rollout-policy.ts'
import { problemOf, storyStart } from '../support/builders.ts'

const key = '00000000000000aa'
const hex = (n: number): string => n.toString(16).padStart(16, '0')
/** Spread over all keys, as digests are. */
const keyOf = (n: number): string => cohortOf(hex(n), 'feedfeedfeedfeed')
const fleet = (count: number, more: (n: number) => Partial<PlanningRack> = () => ({})): PlanningRack[] =>
  Array.from({ length: count }, (_, n) => ({ key: keyOf(n), labels: {}, leftOut: undefined, ...more(n) }))
const rest: WavePolicy = { share: 'rest', soakMinutes: 60 }
const policyOf = (...waves: WavePolicy[]): RolloutPolicy => ({ waves, onFail: 'halt', silentMinutes: 60 })

const planned = (
  policy: RolloutPolicy,
  racks: readonly PlanningRack[],
  more: Partial<Planning> = {},
): RolloutPlan => plannedAtOnce({ policy, key, racks, at: storyStart, ...more })
const sizes = ({ waves }: RolloutPlan): number[] => waves.map(({ racks }) => racks)
const members = (plan: RolloutPlan, racks: readonly PlanningRack[]): number[] => {
  const counts = plan.waves.map(() => 0)
  for (const rack of racks) {
    const wave = waveOf(plan.waves, cohortOf(rack.key, key), rack.labels)
    counts[wave] = (counts[wave] ?? 0) + 1
  }
  return counts
}

describe('a plan', () => {
  test('takes exactly as many racks as it says, wave by wave of those that are left', () => {
    const racks = fleet(200)
    const plan = planned(rolloutPresets.staged, racks)
    expect(sizes(plan)).toEqual([1, 20, 90, 89])
    expect(members(plan, racks)).toEqual([1, 20, 90, 89])
    expect([plan.racks, plan.eligible, plan.leftOut, plan.plannedAt]).toEqual([200, 200, {}, storyStart])
  })

  test('closes each wave with the hash of its last rack, and the last with none', () => {
    const racks = fleet(10)
    const { waves } = planned(policyOf({ share: 3, soakMinutes: 0 }, rest), racks)
    const hashes = racks.map((rack) => cohortOf(rack.key, key)).sort()
    expect(waves.map(({ cutoff }) => cutoff)).toEqual([hashes[2], undefined])
  })

  test('selects by label before it counts, whatever the order of the racks', () => {
    const racks = fleet(30, (n) => ({ labels: { tier: n % 3 === 0 ? 'canary' : 'plain' } }))
    const policy = policyOf(
      { share: '50%', selector: { tier: 'canary' }, soakMinutes: 0 },
      { share: 4, soakMinutes: 0 },
      rest,
    )
    const plan = planned(policy, racks)
    expect(sizes(plan)).toEqual([5, 4, 21])
    expect(members(plan, racks)).toEqual([5, 4, 21])
    expect(planned(policy, racks.toReversed())).toEqual(plan)
  })

  test('counts nobody who cannot move now, says why, and has a wave for them all the same', () => {
    const racks = fleet(10, (n) => (n < 4 ? { leftOut: n < 3 ? 'silent' : 'pinned' } : {}))
    const plan = planned(rolloutPresets.canary, racks)
    expect([sizes(plan), plan.eligible, plan.leftOut]).toEqual([[1, 5], 6, { silent: 3, pinned: 1 }])
    expect(members(plan, racks).reduce((sum, one) => sum + one)).toBe(10)
  })

  test('gives each wave what it asks: healthy racks, but for the failures that it tolerates', () => {
    const failures = { maxFailed: 1, percent: 10 }
    const plan = planned(
      policyOf(
        { share: 4, soakMinutes: 5 },
        { name: 'some', share: 30, soakMinutes: 5, failures },
        { share: '50%', soakMinutes: 5, minHealthy: '25%', deadlineMinutes: 90 },
        { ...rest, minHealthy: 1, failures },
      ),
      fleet(100),
    )
    expect(plan.waves.map(({ name, racks, minHealthy }) => [name, racks, minHealthy])).toEqual([
      ['wave 1', 4, 4],
      ['some', 30, 27],
      ['wave 3', 33, 9],
      ['wave 4', 33, 1],
    ])
    expect(plan.waves[2]).toMatchObject({ deadlineMinutes: 90, failures: { maxFailed: 0, percent: 0 } })
  })

  test('has at least one slot, and as many as its share gives', () => {
    const slots = (maxInFlight: RolloutPolicy['maxInFlight'], racks: number) =>
      planned({ ...policyOf(rest), ...(maxInFlight !== undefined && { maxInFlight }) }, fleet(racks))
        .maxInFlight
    expect([slots('10%', 3), slots('10%', 59), slots(7, 3), slots(undefined, 9)]).toEqual([
      1,
      5,
      7,
      undefined,
    ])
  })

  test('knows when each wave may open at the earliest, and the whole may end', () => {
    const policy = policyOf({ share: 1, soakMinutes: 30 }, { ...rest, afterMinutes: 120 })
    const now = planned(policy, fleet(5))
    expect(now.waves.map(({ notBefore }) => notBefore)).toEqual([undefined, storyStart + 2 * hour])
    expect(earliestEnd(now)).toBe(storyStart + 3 * hour)
    const later = planned(policy, fleet(5), { notBefore: storyStart + hour })
    expect(later.waves.map(({ notBefore }) => notBefore)).toEqual([storyStart + hour, storyStart + 3 * hour])
    expect(earliestEnd(later)).toBe(storyStart + 4 * hour)
    expect(planned(policy, fleet(5), { notBefore: storyStart - hour })).toEqual(now)
    // A wave of nobody soaks for nobody.
    expect(earliestEnd(planned(policyOf({ share: 1, soakMinutes: 30 }, rest), fleet(1)))).toBe(
      storyStart + 30 * minute,
    )
  })

  test('is drawn anew by every key', () => {
    const racks = fleet(100)
    const one = planned(rolloutPresets.staged, racks)
    const other = planned(rolloutPresets.staged, racks, { key: '00000000000000ab' })
    expect(sizes(other)).toEqual(sizes(one))
    expect(other.waves[0]?.cutoff).not.toBe(one.waves[0]?.cutoff)
  })
})

describe('small fleets are not refused:', () => {
  test.each([1, 2, 3, 4, 5])('%i racks', (count) => {
    const racks = fleet(count)
    for (const policy of Object.values(rolloutPresets)) {
      const plan = planned(policy, racks)
      expect(members(plan, racks)).toEqual(sizes(plan))
      expect(sizes(plan).reduce((sum, one) => sum + one)).toBe(count)
      expect(sizes(plan)[0]).toBe(policy === rolloutPresets['at-once'] ? count : 1)
      for (const { racks: size, minHealthy } of plan.waves) expect(minHealthy).toBe(size)
    }
  })

  test('a canary of five that are two, three of them healthy', () => {
    const plan = planned(policyOf({ share: 5, minHealthy: 3, soakMinutes: 0 }, rest), fleet(2))
    expect(plan.waves.map(({ racks, minHealthy }) => [racks, minHealthy])).toEqual([
      [2, 2],
      [0, 0],
    ])
  })

  test('what one failure does is told', () => {
    const failures = { maxFailed: 0, percent: 10 }
    expect(remarksOn(planned(policyOf({ ...rest, name: 'all', failures }), fleet(5)))).toEqual([
      'all: one failure halts: 1 of 5 = 20 % > 10 %',
    ])
    expect(remarksOn(planned(policyOf({ ...rest, name: 'all' }), fleet(800)))).toEqual([
      'all: one failure halts: 1 of 800 = 0.13 % > 0 %',
    ])
    expect(remarksOn(planned(policyOf({ ...rest, failures }), fleet(10)))).toEqual([])
    expect(remarksOn(planned(policyOf(rest), []))).toEqual([])
  })

  test('a tolerance that its healthy racks leave no room for is told', () => {
    const said = (wave: Partial<WavePolicy>) =>
      remarksOn(planned(policyOf({ ...rest, name: 'all', ...wave }), fleet(4)))
    const failures = { maxFailed: 2, percent: 0 }
    const asks = 'all: with 1 of 4 failed it neither passes nor halts'
    expect(said({ failures, minHealthy: 4 })).toEqual([`${asks}: 4 have to be healthy, and 2 may fail`])
    expect(said({ failures, minHealthy: '100%', deadlineMinutes: 90 })).toEqual([
      `${asks} before its deadline: 4 have to be healthy, and 2 may fail`,
    ])
    expect(said({ failures, minHealthy: 3 })).toEqual([
      'all: with 2 of 4 failed it neither passes nor halts: 3 have to be healthy, and 2 may fail',
    ])
    expect(said({ failures, minHealthy: 2 })).toEqual([])
    expect(said({ failures })).toEqual([])
  })
})

describe('a plan is refused for', () => {
  const refused: readonly [string, () => unknown, string, Record<string, unknown>][] = [
    [
      '0.1 % of 40 racks',
      () => planned(policyOf({ share: '0.1%', soakMinutes: 0 }, rest), fleet(40)),
      'Wave 1 takes 0.1% of 40 racks: 0.04 racks.',
      { share: '0.1%', candidates: 40, racks: 0.04 },
    ],
    [
      'more healthy racks than its wave has',
      () => planned(policyOf({ share: '10%', minHealthy: 5, soakMinutes: 0 }, rest), fleet(20)),
      'Wave 1 has 2 racks, and 5 of them are to be healthy.',
      { racks: 2, minHealthy: 5 },
    ],
    [
      'a first wave of nobody',
      () =>
        planned(
          policyOf({ share: 'rest', selector: { tier: 'canary', region: 'eu' }, soakMinutes: 0 }, rest),
          fleet(10, (n) => (n < 3 ? { leftOut: n < 2 ? 'silent' : 'held' } : {})),
        ),
      'Wave 1 (wave 1) would be empty: 0 of 7 eligible racks have tier=canary, region=eu; left out: 2 silent, 1 held.',
      { racks: 10, eligible: 7 },
    ],
    [
      'a fleet that is silent',
      () =>
        planned(
          rolloutPresets.canary,
          fleet(2, () => ({ leftOut: 'silent' })),
        ),
      'Wave 1 (canary) would be empty: 0 of 0 eligible racks are left for it; left out: 2 silent.',
      { racks: 2, eligible: 0 },
    ],
  ]
  test.each(refused)('%s', (_what, act, says, numbers) => {
    const problem = problemOf(act)
    expect([problem.code, problem.message, problem.numbers]).toEqual(['rollout_unsatisfiable', says, numbers])
  })

  test('with a command that helps: labels choose among none where none is heard', () => {
    const [, ofLabels = () => undefined, ofSilence = () => undefined] = refused.slice(1).map(
      ([, act]) =>
        () =>
          problemOf(act).hint,
    )
    expect(ofLabels()).toContain('headgate rack label')
    expect(ofSilence()).toBe('headgate fleet list --app APP --standing silent   # or: never_heard')
  })

  test('not where nobody is left to prove it to', () => {
    const everybody = fleet(3, () => ({ leftOut: 'pinned' }))
    expect(sizes(planned(rolloutPresets.canary, everybody))).toEqual([0, 0])
    expect(sizes(planned(rolloutPresets.canary, []))).toEqual([0, 0])
    const silent = fleet(3, () => ({ leftOut: 'silent' }))
    expect(sizes(planned(rolloutPresets.canary, silent, { isForNobodyToo: true }))).toEqual([0, 0])
  })

  test('not for a tenth of a percent where that is somebody, nor for an empty wave in the middle', () => {
    expect(sizes(planned(policyOf({ share: '0.1%', soakMinutes: 0 }, rest), fleet(1_500)))).toEqual([
      2, 1_498,
    ])
    const middle = { share: '0.1%', selector: { tier: 'gold' }, soakMinutes: 0 } as const
    expect(sizes(planned(policyOf({ share: 1, soakMinutes: 0 }, middle, rest), fleet(9)))).toEqual([1, 0, 8])
  })
})

describe('for any fleet', () => {
  const somebody = fc.record({
    key: fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }).map((n) => n.toString(16).padStart(16, '0')),
    labels: fc.record({ tier: fc.constantFrom('a', 'b', 'c') }),
    leftOut: fc.constantFrom(undefined, undefined, undefined, 'silent'),
  })
  const someFleet = fc.uniqueArray(somebody, { selector: (rack) => rack.key, minLength: 1, maxLength: 60 })
  const someShare = fc.oneof(
    fc.integer({ min: 1, max: 30 }),
    fc.integer({ min: 1, max: 100 }).map((n) => `${n}%` as const),
  )
  const waves = fc
    .array(fc.record({ share: someShare, isForA: fc.boolean() }), { maxLength: 4 })
    .map((told) =>
      policyOf(
        ...told.map(({ share, isForA }) => ({
          share,
          soakMinutes: 0,
          ...(isForA && { selector: { tier: 'a' } }),
        })),
        rest,
      ),
    )
  const quietly = { isForNobodyToo: true }

  test('every rack is in a wave, the eligible ones exactly where they were counted, and who comes later as well', () => {
    fc.assert(
      fc.property(someFleet, waves, somebody, (racks, policy, late) => {
        const plan = planned(policy, racks, quietly)
        expect(
          members(
            plan,
            racks.filter(({ leftOut }) => leftOut === undefined),
          ),
        ).toEqual(sizes(plan))
        expect(waveOf(plan.waves, cohortOf(late.key, key), late.labels)).toBeGreaterThanOrEqual(0)
        expect(waveOf(plan.waves, 'ffffffffffffffff', {})).toBeGreaterThanOrEqual(0)
      }),
      { numRuns: 400 },
    )
  })

  test('raising a wave removes nobody from it', () => {
    fc.assert(
      fc.property(
        someFleet,
        fc.integer({ min: 1, max: 99 }),
        fc.integer({ min: 1, max: 99 }),
        (racks, a, b) => {
          const inFirst = (percent: number): Set<string> => {
            const plan = planned(policyOf({ share: `${percent}%`, soakMinutes: 0 }, rest), racks, quietly)
            const isFirst = (rack: PlanningRack): boolean =>
              waveOf(plan.waves, cohortOf(rack.key, key), {}) === 0
            return new Set(racks.filter(isFirst).map((rack) => rack.key))
          }
          const [less, more] = [inFirst(Math.min(a, b)), inFirst(Math.max(a, b))]
          expect([...less].filter((rack) => !more.has(rack))).toEqual([])
        },
      ),
      { numRuns: 200 },
    )
  })
})

test('a million racks are planned in steps that let others in between', { timeout: 120_000 }, () => {
  function* racks(): Generator<PlanningRack> {
    for (let n = 1; n <= 1_000_000; n += 1)
      yield { key: keyOf(n), labels: { tier: n % 10 === 0 ? 'canary' : 'plain' }, leftOut: undefined }
  }
  const policy = policyOf(
    { share: '1%', selector: { tier: 'canary' }, soakMinutes: 0 },
    { share: '50%', soakMinutes: 0 },
    rest,
  )
  const steps = planRollout({ policy, key, racks: racks(), at: 0 })
  const took: { readonly wall: number; readonly cpu: number }[] = []
  const begun = performance.now()
  let plan: RolloutPlan | undefined
  while (!plan) {
    const [at, used] = [performance.now(), process.cpuUsage()]
    const step = steps.next()
    const { user, system } = process.cpuUsage(used)
    took.push({ wall: performance.now() - at, cpu: (user + system) / 1_000 })
    if (step.done) plan = step.value
  }
  const worst = (which: 'wall' | 'cpu', share: number): number =>
    took.map((one) => one[which]).sort((a, b) => b - a)[Math.floor(took.length * share)] ?? 0
  console.log(
    `1,000,000 racks planned in ${(performance.now() - begun).toFixed(0)} ms, ${took.length} steps: longest ${worst('wall', 0).toFixed(1)} ms, p99 ${worst('wall', 0.01).toFixed(2)} ms, of the processor ${worst('cpu', 0.01).toFixed(2)} ms`,
  )
  expect(sizes(plan)).toEqual([1_000, 499_500, 499_500])
  expect(took.length).toBeGreaterThan(5_000)
  // Of the processor: what else the machine does falls into some step, and so does the collector.
  expect(worst('cpu', 0.01)).toBeLessThan(5)
})
