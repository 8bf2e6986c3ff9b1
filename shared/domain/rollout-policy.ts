/**
 * How a rollout is to go: waves, what each has to show before the next opens, and how many racks move at a time. Part of
 * a channel's policy, or given with one promotion. Shares have units, and nothing that is missing means "everybody".
 */
import type { FailurePolicy } from './policy.ts'
import { Problem } from './problem.ts'

/** A count of racks, or a share of them in percent, fractions allowed. */
export type Share = number | `${number}%`

export interface WavePolicy {
  readonly name?: string | undefined
  /** Labels that a rack of this wave has, each with this value. */
  readonly selector?: Readonly<Record<string, string>> | undefined
  /** Of the eligible racks that the selector matches and no earlier wave has; `rest`: all of them, also those to come. */
  readonly share: Share | 'rest'
  /** Of the wave's racks, so many have to be healthy for the soak time; undefined: all but the tolerated failures. */
  readonly minHealthy?: Share | undefined
  readonly soakMinutes: number
  /** Undefined: none is tolerated. */
  readonly failures?: FailurePolicy | undefined
  /** The wave has failed when it is not through by then. */
  readonly deadlineMinutes?: number | undefined
  /** It does not open sooner than this after the rollout began. */
  readonly afterMinutes?: number | undefined
}

export type OnFail = 'halt' | 'halt-and-revert'

export interface RolloutPolicy {
  readonly waves: readonly WavePolicy[]
  /** Racks under way at a time; undefined: as many as ask. */
  readonly maxInFlight?: Share | undefined
  readonly onFail: OnFail
  /** A rack that says nothing for so long after its grant has failed; before it, it is not eligible. */
  readonly silentMinutes: number
}

export const mostWaves = 20

export const rolloutPresets = {
  'at-once': { waves: [{ share: 'rest', soakMinutes: 0 }], onFail: 'halt', silentMinutes: 60 },
  canary: {
    waves: [
      { name: 'canary', share: 1, soakMinutes: 60 },
      { name: 'rest', share: 'rest', soakMinutes: 60, failures: { maxFailed: 0, percent: 10 } },
    ],
    onFail: 'halt',
    silentMinutes: 60,
  },
  staged: {
    waves: [
      { name: 'canary', share: 1, soakMinutes: 60 },
      { name: 'early', share: '10%', soakMinutes: 240, failures: { maxFailed: 0, percent: 10 } },
      { name: 'half', share: '50%', soakMinutes: 720, failures: { maxFailed: 0, percent: 10 } },
      { name: 'rest', share: 'rest', soakMinutes: 60, failures: { maxFailed: 0, percent: 10 } },
    ],
    maxInFlight: '25%',
    onFail: 'halt',
    silentMinutes: 60,
  },
} as const satisfies Readonly<Record<string, RolloutPolicy>>

export type RolloutPresetName = keyof typeof rolloutPresets

/** What moves racks that run something withdrawn: one, a tenth, all; it stops at its own first failure. */
export const remedyPolicy: RolloutPolicy = {
  waves: [
    { name: 'canary', share: 1, soakMinutes: 5 },
    { name: 'tenth', share: '10%', soakMinutes: 5 },
    { name: 'rest', share: 'rest', soakMinutes: 5 },
  ],
  maxInFlight: '10%',
  onFail: 'halt',
  silentMinutes: 30,
}

export const remedyAtOnce: RolloutPolicy = {
  waves: [{ name: 'all', share: 'rest', soakMinutes: 5 }],
  onFail: 'halt',
  silentMinutes: 30,
}

/** Racks: a count as it is, a percentage of `of`, not rounded. */
export function racksOf(share: Share, of: number): number {
  return typeof share === 'number' ? share : (Number(share.slice(0, -1)) * of) / 100
}

/** Raises `invalid_input`, with the arithmetic, for a policy that contradicts itself. Shapes are the contract's matter. */
export function checkRolloutPolicy(policy: RolloutPolicy): void {
  const { waves } = policy
  if (waves.length === 0) refuse('A rollout without waves reaches nobody.')
  for (const [index, wave] of waves.entries())
    for (const rule of waveRules) {
      const complaint = rule(wave, index, waves)
      if (complaint !== undefined) refuse(`Wave ${index + 1}: ${complaint}`)
    }
  if (policy.maxInFlight !== undefined) {
    const complaint = complaintAbout(policy.maxInFlight, 'leave it out for as many as ask')
    if (complaint !== undefined) refuse(`maxInFlight: ${complaint}`)
  }
}

type WaveRule = (wave: WavePolicy, index: number, waves: readonly WavePolicy[]) => string | undefined

const waveRules: readonly WaveRule[] = [
  shareMakesSense,
  lastIsForEverybody,
  onlyTheLastTakesTheRest,
  minHealthyFits,
  deadlineLeavesRoom,
]

function shareMakesSense({ share, minHealthy }: WavePolicy): string | undefined {
  return (
    (share === 'rest' ? undefined : complaintAbout(share, 'leave the wave out instead')) ??
    (minHealthy === undefined
      ? undefined
      : complaintAbout(minHealthy, 'left out, minHealthy is all but the tolerated failures'))
  )
}

/** `instead`: what is written by whoever means nobody. */
function complaintAbout(share: Share, instead: string): string | undefined {
  const amount = typeof share === 'number' ? share : Number(share.slice(0, -1))
  if (typeof share === 'number' && !Number.isInteger(share))
    return `${share} is neither a count of racks nor a share; for ${share} percent write "${share}%".`
  if (!(amount > 0)) return `${share} is nobody; ${instead}.`
  if (typeof share === 'string' && amount > 100) return `${share} is more than there are.`
  return undefined
}

/** Whoever matches no wave would never get the release: not the racks that come later, and nobody would be told. */
function lastIsForEverybody({ share, selector }: WavePolicy, index: number, waves: readonly WavePolicy[]) {
  if (index < waves.length - 1) return undefined
  const labels = Object.keys(selector ?? {})
  if (share === 'rest' && labels.length === 0) return undefined
  const why = share === 'rest' ? `selects by ${labels.join(', ')}` : `takes ${share}`
  return `the last wave ${why}, so some racks would be in no wave; end with { "share": "rest" }.`
}

function onlyTheLastTakesTheRest(
  { share, selector }: WavePolicy,
  index: number,
  waves: readonly WavePolicy[],
) {
  if (index === waves.length - 1 || share !== 'rest' || Object.keys(selector ?? {}).length > 0)
    return undefined
  return `it takes every rack, so that the ${waves.length - 1 - index} after it would be empty.`
}

function minHealthyFits({ share, minHealthy }: WavePolicy): string | undefined {
  if (typeof share !== 'number' || typeof minHealthy !== 'number' || minHealthy <= share) return undefined
  return `${minHealthy} racks are to be healthy, and it has ${share}.`
}

function deadlineLeavesRoom({ deadlineMinutes, soakMinutes }: WavePolicy): string | undefined {
  if (deadlineMinutes === undefined || deadlineMinutes > soakMinutes) return undefined
  return `its deadline (${deadlineMinutes} minutes) ends before its soak (${soakMinutes} minutes) can.`
}

function refuse(detail: string): never {
  throw new Problem('invalid_input', detail, {
    hint: 'headgate help rollouts',
  })
}
