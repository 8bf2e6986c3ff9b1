// How a rollout is to go: what contradicts itself is refused with its arithmetic, and what is merely small is not.
import { describe, expect, test } from 'vitest'
import {
  checkRolloutPolicy,
  type RolloutPolicy,
  racksOf,
  remedyAtOnce,
  remedyPolicy,
  rolloutPresets,
  type WavePolicy,
} from '../../shared/domain/rollout-policy.ts'
import { problemOf } from '../support/builders.ts'

const rest: WavePolicy = { share: 'rest', soakMinutes: 60 }
const policyOf = (waves: readonly WavePolicy[], more: Partial<RolloutPolicy> = {}): RolloutPolicy => ({
  waves,
  onFail: 'halt',
  silentMinutes: 60,
  ...more,
})
const first = (wave: Partial<WavePolicy>): RolloutPolicy => policyOf([{ ...rest, share: 1, ...wave }, rest])

const refused: readonly [string, RolloutPolicy, string][] = [
  ['no wave at all', policyOf([]), 'A rollout without waves reaches nobody.'],
  ['0 racks', first({ share: 0 }), 'Wave 1: 0 is nobody; leave the wave out instead.'],
  ['0 percent', first({ share: '0%' }), 'Wave 1: 0% is nobody; leave the wave out instead.'],
  ['less than nobody', first({ share: -1 }), 'Wave 1: -1 is nobody; leave the wave out instead.'],
  ['more than all', first({ share: '101%' }), 'Wave 1: 101% is more than there are.'],
  [
    'a fraction where a share is meant',
    first({ share: 0.1 }),
    'Wave 1: 0.1 is neither a count of racks nor a share; for 0.1 percent write "0.1%".',
  ],
  [
    'what is no number',
    first({ share: Number.NaN }),
    'Wave 1: NaN is neither a count of racks nor a share; for NaN percent write "NaN%".',
  ],
  [
    'more healthy racks than the wave has',
    first({ share: 3, minHealthy: 4 }),
    'Wave 1: 4 racks are to be healthy, and it has 3.',
  ],
  [
    'nobody healthy',
    first({ minHealthy: 0 }),
    'Wave 1: 0 is nobody; left out, minHealthy is all but the tolerated failures.',
  ],
  [
    'a deadline before its soak',
    first({ soakMinutes: 60, deadlineMinutes: 60 }),
    'Wave 1: its deadline (60 minutes) ends before its soak (60 minutes) can.',
  ],
  [
    'a last wave for some',
    policyOf([{ share: '10%', soakMinutes: 60 }]),
    'Wave 1: the last wave takes 10%, so some racks would be in no wave; end with { "share": "rest" }.',
  ],
  [
    'a last wave for some labels',
    policyOf([{ ...rest, selector: { region: 'eu', tier: 'a' } }]),
    'Wave 1: the last wave selects by region, tier, so some racks would be in no wave; end with { "share": "rest" }.',
  ],
  [
    'a wave behind the last rack',
    policyOf([rest, { share: 1, soakMinutes: 0 }, rest]),
    'Wave 1: it takes every rack, so that the 2 after it would be empty.',
  ],
  [
    'slots in fractions',
    policyOf([rest], { maxInFlight: 0.5 }),
    'maxInFlight: 0.5 is neither a count of racks nor a share; for 0.5 percent write "0.5%".',
  ],
  [
    'no slot',
    policyOf([rest], { maxInFlight: 0 }),
    'maxInFlight: 0 is nobody; leave it out for as many as ask.',
  ],
]

describe('a policy is refused for', () => {
  test.each(refused)('%s', (_what, policy, says) => {
    const { code, message, hint } = problemOf(() => checkRolloutPolicy(policy))
    expect([code, message, hint]).toEqual(['invalid_input', says, 'headgate help rollouts'])
  })

  test('the wave that is wrong, which need not be the first', () => {
    const policy = policyOf([{ share: 1, soakMinutes: 0 }, { share: 0.5, soakMinutes: 0 }, rest])
    expect(problemOf(() => checkRolloutPolicy(policy)).message).toMatch(/^Wave 2: 0\.5 /)
  })
})

const accepted: readonly [string, RolloutPolicy][] = [
  ...Object.entries(rolloutPresets),
  ['the usual remedy', remedyPolicy],
  ['a remedy at once', remedyAtOnce],
  ['a single wave', policyOf([rest])],
  ['every rack with a label, before the rest', first({ share: 'rest', selector: { tier: 'canary' } })],
  ['as many healthy racks as the wave has', first({ share: 3, minHealthy: 3 })],
  ['a share of a count, which the plan judges', first({ share: 3, minHealthy: '100%' })],
  ['a deadline a minute after the soak', first({ soakMinutes: 60, deadlineMinutes: 61 })],
  ['a tenth of a percent, which the plan judges', first({ share: '0.1%' })],
  ['no soak', first({ soakMinutes: 0 })],
]

test.each(accepted)('%s is accepted', (_what, policy) => {
  expect(() => checkRolloutPolicy(policy)).not.toThrow()
})

test('a share is a count as it is, or percent of those there are, not rounded', () => {
  expect([racksOf(3, 40), racksOf('10%', 40), racksOf('0.1%', 40), racksOf('100%', 40)]).toEqual([
    3, 4, 0.04, 40,
  ])
  expect(racksOf('12.5%', 8)).toBe(1)
})
