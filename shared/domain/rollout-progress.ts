/**
 * How far one rack of a wave is. An ordered list of rules; the first that applies is the word. What counts is what was
 * observed: a report of success is nothing while the rack runs another version, and silence after a grant is failure.
 */
import type { Health } from './health.ts'
import { complaintsOf } from './health.ts'
import { describeDuration, minute } from './instants.ts'
import { causeOf } from './release-record.ts'
import type { RolloutFailure } from './rollout.ts'

/** The newest attempt of a rack under the rollout. */
export interface RolloutAttempt {
  readonly id: string
  readonly grantedAt: number
  /** Null while it is under way. */
  readonly outcome: string | null
  readonly finishedAt: number | null
  readonly step: string | null
  readonly message: string | null
  /** At any attempt under the rollout: lost data is not brought back by a later success. */
  readonly hasLostData: boolean
}

export interface RackInRollout {
  readonly rack: string
  readonly current: string | undefined
  /** It runs what the rollout leads to, or no longer what it leads away from. */
  readonly isThere: boolean
  /** It ran it when the rollout was planned: it shows nothing about how it comes there. */
  readonly wasThere: boolean
  readonly health: Health | undefined
  /** Healthy rack-time with what it runs. */
  readonly soakedMinutes: number
  /** Time in which the registry was receiving, since it was last heard. */
  readonly silentMinutes: number
  readonly lastSeenAt: number | undefined
  readonly attempt: RolloutAttempt | undefined
  /** It proved what it runs after that attempt was over: somebody moved it, by a take-back, a remedy or an order. */
  readonly hasProvedSince: boolean
  /** A person went back on it, or holds it, or it cannot take what it is offered: why it is missed by nobody. */
  readonly leftOut: string | undefined
}

export type Progress =
  | { readonly is: 'left_out'; readonly why: string }
  | { readonly is: 'waiting' }
  | { readonly is: 'under_way' }
  | { readonly is: 'soaked' }
  | { readonly is: 'soaking'; readonly soakedMinutes: number }
  | { readonly is: 'failed'; readonly failure: RolloutFailure }

export interface ProgressLimits {
  readonly soakMinutes: number
  readonly silentMinutes: number
  readonly plannedAt: number
  readonly now: number
}

type Rule = (rack: RackInRollout, limits: ProgressLimits) => Progress | undefined

const rules: readonly Rule[] = [
  lostData,
  attemptFailed,
  silentAfterGrant,
  wentBack,
  leftByOrder,
  thereBefore,
  unhealthy,
  there,
  silentBeforeGrant,
  underWay,
]

export function progressOf(rack: RackInRollout, limits: ProgressLimits): Progress {
  for (const rule of rules) {
    const progress = rule(rack, limits)
    if (progress) return progress
  }
  return { is: 'waiting' }
}

/** The cause by which a rack that says nothing is counted. */
export const silenceCause = causeOf('silence', 'nothing was heard after the grant')
export const wentBackCause = causeOf('regression', 'the rack went back by itself')

function lostData(rack: RackInRollout): Progress | undefined {
  const { attempt } = rack
  if (!attempt?.hasLostData) return undefined
  const failed = failureOf(rack, causeOf(attempt.step, attempt.message), attempt.message, attempt.finishedAt)
  return { is: 'failed', failure: { ...failed, isDataLoss: true } }
}

function attemptFailed(rack: RackInRollout): Progress | undefined {
  const { attempt, isThere } = rack
  // Observed there in the meantime: a later success replaces the failure.
  if (!attempt || isThere || (attempt.outcome !== 'returned' && attempt.outcome !== 'stuck')) return undefined
  const { step, message, finishedAt } = attempt
  return { is: 'failed', failure: failureOf(rack, causeOf(step, message), message, finishedAt) }
}

function silentAfterGrant(rack: RackInRollout, { silentMinutes, now }: ProgressLimits): Progress | undefined {
  const { attempt } = rack
  const isOver = attempt?.outcome === 'failed' || attempt?.outcome === 'aborted'
  if (!attempt || isOver || rack.silentMinutes <= silentMinutes) return undefined
  const message = `not heard for ${describeDuration(rack.silentMinutes * minute)} after its grant`
  return { is: 'failed', failure: failureOf(rack, silenceCause, message, now) }
}

function leftByOrder({ leftOut, isThere }: RackInRollout): Progress | undefined {
  if (leftOut === undefined || isThere) return undefined
  return { is: 'left_out', why: leftOut }
}

function wentBack(rack: RackInRollout): Progress | undefined {
  const { attempt, isThere, current } = rack
  if (isThere || attempt?.outcome !== 'proved' || rack.hasProvedSince) return undefined
  const message = `it proved the version and runs ${current ?? 'nothing'} now`
  return { is: 'failed', failure: failureOf(rack, wentBackCause, message, rack.lastSeenAt ?? null) }
}

/** Unless it falls ill now: that may be the version's doing, whoever runs it. */
function thereBefore(
  { wasThere, health }: RackInRollout,
  { plannedAt }: ProgressLimits,
): Progress | undefined {
  const isNews = health?.state === 'unhealthy' && health.since > plannedAt
  return wasThere && !isNews ? { is: 'left_out', why: 'there' } : undefined
}

function unhealthy(rack: RackInRollout): Progress | undefined {
  const { health, isThere, attempt } = rack
  if (!isThere || health?.state !== 'unhealthy') return undefined
  // What was ill before it came there, and is not well yet, is not this version's doing; it earns no soak either.
  if (attempt && attempt.finishedAt !== null && health.since < attempt.finishedAt)
    return { is: 'soaking', soakedMinutes: 0 }
  const message = complaintsOf(health)
  return { is: 'failed', failure: failureOf(rack, causeOf('health', message), message, health.since) }
}

function there({ isThere, soakedMinutes }: RackInRollout, limits: ProgressLimits): Progress | undefined {
  if (!isThere) return undefined
  return soakedMinutes >= limits.soakMinutes ? { is: 'soaked' } : { is: 'soaking', soakedMinutes }
}

function silentBeforeGrant(rack: RackInRollout, { silentMinutes }: ProgressLimits): Progress | undefined {
  if (rack.lastSeenAt !== undefined && rack.silentMinutes <= silentMinutes) return undefined
  return { is: 'left_out', why: 'silent' }
}

function underWay({ attempt }: RackInRollout): Progress | undefined {
  return attempt?.outcome === null ? { is: 'under_way' } : undefined
}

function failureOf(
  { rack, attempt }: RackInRollout,
  cause: string,
  message: string | null,
  at: number | null,
): RolloutFailure {
  return {
    rack,
    at: at ?? attempt?.grantedAt ?? 0,
    cause,
    message,
    attempt: attempt?.id ?? null,
    isDataLoss: false,
  }
}
