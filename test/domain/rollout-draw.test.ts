// Racks in the order of their cohorts, kept as numbers: the same waves as from a sorted list, however many racks there are.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cohortOf } from '../../shared/domain/cohort.ts'
import { createDraw, racksInOneStep } from '../../shared/domain/rollout-draw.ts'

const key = '00000000000000aa'
const keyOf = (n: number): string => cohortOf(n.toString(16).padStart(16, '0'), 'feedfeedfeedfeed')
const tierOf = (n: number): string => (n % 3 === 0 ? 'canary' : 'plain')

function atOnce<Result>(steps: Generator<undefined, Result>): Result {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

test('each wave closes at the hash of its last rack, as in a list that is sorted, and what it took is gone', () => {
  const wave = fc.record({
    share: fc.integer({ min: 1, max: 100 }),
    tier: fc.constantFrom(undefined, 'canary', 'plain'),
  })
  const waves = fc.array(wave, { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5000 }), waves, (count, asked) => {
      const draw = createDraw(key, true)
      let oracle = Array.from({ length: count }, (_, n) => ({
        hash: cohortOf(keyOf(n), key),
        tier: tierOf(n),
      }))
      oracle.forEach(({ tier }, n) => void draw.add(keyOf(n), { tier }))
      oracle = oracle.sort((a, b) => (a.hash < b.hash ? -1 : 1))
      expect(draw.size).toBe(count)
      for (const { share, tier } of asked) {
        const candidates = oracle.filter((rack) => tier === undefined || rack.tier === tier)
        const racks = Math.ceil((candidates.length * share) / 100)
        expect(atOnce(draw.select(tier === undefined ? undefined : { tier }))).toBe(candidates.length)
        const cutoff = atOnce(draw.nthOfSelected(racks))
        expect(cutoff).toBe(candidates[racks - 1]?.hash ?? '0000000000000000')
        atOnce(draw.take(cutoff))
        const taken = new Set(candidates.slice(0, racks))
        oracle = oracle.filter((rack) => !taken.has(rack))
      }
      expect(atOnce(draw.select({}))).toBe(oracle.length)
      atOnce(draw.take(undefined))
      expect(atOnce(draw.select(undefined))).toBe(0)
    }),
    { numRuns: 40 },
  )
})

test('more are asked for than there are: the last one closes it', () => {
  const draw = createDraw(key, false)
  for (let n = 0; n < 3; n += 1) draw.add(keyOf(n), {})
  atOnce(draw.select(undefined))
  const hashes = [0, 1, 2].map((n) => cohortOf(keyOf(n), key)).sort()
  expect(atOnce(draw.nthOfSelected(7))).toBe(hashes[2])
})

test('asks its driver again after so many racks, in everything that goes through all of them', () => {
  const draw = createDraw(key, false)
  const steps = 5
  for (let n = 0; n < steps * racksInOneStep; n += 1) draw.add(keyOf(n), {})
  for (const work of [draw.select(undefined), draw.nthOfSelected(10), draw.take(undefined)])
    expect([...work]).toHaveLength(steps)
})
