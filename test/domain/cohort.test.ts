import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cohortOf, isSelected, waveOf } from '../../shared/domain/cohort.ts'

const mask = 0xffff_ffff_ffff_ffffn

/** The finalizer as its paper writes it, on integers that do not overflow. */
function mix64(value: bigint): bigint {
  let z = value
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask
  return z ^ (z >> 31n)
}

const hex64 = fc.bigInt({ min: 0n, max: mask }).map((value) => value.toString(16).padStart(16, '0'))

describe('the cohort of a rack', () => {
  it('is splitmix64 of both keys, for whatever keys', () => {
    fc.assert(
      fc.property(hex64, hex64, (rack, rollout) => {
        const expected = mix64(BigInt(`0x${rack}`) ^ BigInt(`0x${rollout}`))
        expect(cohortOf(rack, rollout)).toBe(expected.toString(16).padStart(16, '0'))
      }),
      { numRuns: 2_000 },
    )
  })

  it('agrees with the published sequence', () => {
    // The first two numbers of splitmix64 seeded with 0: mixes of one and two golden gammas.
    expect(cohortOf('9e3779b97f4a7c15', '0000000000000000')).toBe('e220a8397b1dcdaf')
    expect(cohortOf('3c6ef372fe94f82a', '0000000000000000')).toBe('6e789e6aa1b965f4')
  })

  it('is reshuffled by every rollout: who comes first in one is nobody special in the next', () => {
    const racks = Array.from({ length: 10_000 }, (_, n) =>
      cohortOf(n.toString(16).padStart(16, '0'), 'a'.repeat(16)),
    )
    const firstOf = (key: string) =>
      new Set(
        racks
          .map((rack) => ({ rack, h: cohortOf(rack, key) }))
          .sort((a, b) => (a.h < b.h ? -1 : 1))
          .slice(0, 1_000)
          .map(({ rack }) => rack),
      )
    const [one, other] = [firstOf('1111111111111111'), firstOf('1111111111111112')]
    const inBoth = [...one].filter((rack) => other.has(rack)).length
    // A tenth of a tenth, give or take.
    expect(inBoth).toBeGreaterThan(50)
    expect(inBoth).toBeLessThan(160)
  })
})

describe('the wave of a rack', () => {
  const waves = [
    { selector: { canary: 'yes' }, cutoff: '4000000000000000' },
    { selector: {}, cutoff: '8000000000000000' },
    {},
  ]

  it('is the first that selects it and has not closed before its hash', () => {
    expect(waveOf(waves, '3fffffffffffffff', { canary: 'yes' })).toBe(0)
    expect(waveOf(waves, '4000000000000000', { canary: 'yes' })).toBe(0)
    expect(waveOf(waves, '4000000000000001', { canary: 'yes' })).toBe(1)
    expect(waveOf(waves, '3fffffffffffffff', { canary: 'no' })).toBe(1)
    expect(waveOf(waves, '8000000000000000', {})).toBe(1)
    expect(waveOf(waves, '8000000000000001', {})).toBe(2)
    expect(waveOf(waves, 'ffffffffffffffff', { canary: 'yes' })).toBe(2)
  })

  it('is none where every wave is closed to it', () => {
    expect(waveOf(waves.slice(0, 2), 'ffffffffffffffff', {})).toBe(-1)
  })

  it('asks for every label of the selector', () => {
    expect(isSelected(undefined, {})).toBe(true)
    expect(isSelected({ region: 'eu', tier: 'a' }, { region: 'eu', tier: 'a', more: 'x' })).toBe(true)
    expect(isSelected({ region: 'eu', tier: 'a' }, { region: 'eu' })).toBe(false)
  })
})
