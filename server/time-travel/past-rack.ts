/**
 * A rack as it was, put together from its history (what was ordered, kept for ever) and its attempts (what they left
 * running). What nothing tells is unknown: a version counts as known only if what is known of later agrees.
 */
import type { OutsideChange } from '../../shared/domain/outside.ts'
import type { Bar, FailedTarget, ProvedVersion, UnderWay } from '../../shared/domain/rack.ts'
import { motives } from '../../shared/domain/reasons.ts'
import type { Placed } from '../../shared/domain/rollout-standing.ts'
import type { PastAttempt } from '../store/past.ts'
import { columnIn, type RackHistoryRow } from '../store/rack-history.ts'
import type { OrderedHold, OrderedPin, RackRow } from '../store/racks.ts'
import { placeIn } from './past-place.ts'
import { type PastVersion, versionAt } from './past-version.ts'

export interface PastRack {
  readonly name: string
  readonly enrolledAt: number
  readonly forgottenAt: number | undefined
  readonly channel: string
  readonly platform: string
  readonly orderedPin: OrderedPin | null
  readonly orderedHold: OrderedHold | null
  /** When the last of those changed. */
  readonly orderedAt: number
  /** In the waves of rollouts; undefined when nothing tells. */
  readonly placed: Placed | undefined
  readonly current: PastVersion
  /** Newest first. */
  readonly proved: readonly ProvedVersion[]
  readonly failures: readonly FailedTarget[]
  readonly bar: Bar | undefined
  readonly attempt: UnderWay | undefined
  /** The last attempt at each version that was over by then. */
  readonly outcomes: ReadonlyMap<string, PastAttempt>
}

/** What is known of the rack now, by which what is said of then is checked. */
export interface Today {
  readonly enrolledAt: number
  readonly current: string | undefined
  readonly outside: OutsideChange | undefined
}

/** Everything of the rack's, oldest first. */
export interface RackPast {
  readonly history: readonly RackHistoryRow[]
  readonly attempts: readonly PastAttempt[]
  readonly today: Today | undefined
  /** What is stored under its name, also when it was forgotten. */
  readonly row: Pick<RackRow, 'enrolledAt' | 'rackKey' | 'labels'> | undefined
}

/** Undefined when no rack of that name was enrolled then. */
export function pastRack(
  name: string,
  { history, attempts, today, row }: RackPast,
  at: number,
): PastRack | undefined {
  const enrolled = history.findLast((line) => line.change === 'enrolled' && line.at <= at)
  if (!enrolled) return undefined
  const again = history.find(({ change, id }) => change === 'enrolled' && id > enrolled.id)
  const lines = history.filter((line) => line.id >= enrolled.id && line.at <= at)
  const own = attempts.filter(
    ({ grantedAt }) => grantedAt >= enrolled.at && (again === undefined || grantedAt < again.at),
  )
  const over = own.filter((attempt) => isOverAt(attempt, at)).sort((a, b) => endOf(a) - endOf(b))
  const open = own.findLast((attempt) => attempt.grantedAt <= at && !isOverAt(attempt, at))
  const ofIt = history.filter(({ id }) => id >= enrolled.id && (again === undefined || id < again.id))
  const isLast = again === undefined && today?.enrolledAt === enrolled.at
  const isStored = again === undefined && row?.enrolledAt === enrolled.at
  return {
    name,
    enrolledAt: enrolled.at,
    forgottenAt: lastGiven(lines, 'forgottenAt') ?? undefined,
    channel: lastGiven(lines, 'channel') ?? '',
    platform: lastGiven(lines, 'platform') ?? '',
    orderedPin: lastGiven(lines, 'orderedPin') ?? null,
    orderedHold: lastGiven(lines, 'orderedHold') ?? null,
    orderedAt: lines.findLast(({ change }) => change !== 'health')?.at ?? enrolled.at,
    placed: placeIn(ofIt, isStored ? row : undefined),
    current: versionAt({ enrolled, own, over, open, today: isLast ? today : undefined, at }),
    proved: provedIn(over),
    failures: failuresIn(over),
    bar: barIn(over),
    attempt: open && underWay(open),
    outcomes: new Map(over.map((attempt) => [attempt.target, attempt])),
  }
}

function lastGiven<Column extends Parameters<typeof columnIn>[1]>(
  lines: readonly RackHistoryRow[],
  column: Column,
) {
  return lines.map((line) => columnIn(line, column)).findLast((value) => value !== undefined)
}

function isOverAt({ outcome, finishedAt }: PastAttempt, at: number): boolean {
  return outcome !== null && finishedAt !== null && finishedAt <= at
}

function endOf({ finishedAt }: PastAttempt): number {
  return finishedAt ?? 0
}

const mostProved = 20

function provedIn(over: readonly PastAttempt[]): ProvedVersion[] {
  const last = new Map<string, number>()
  for (const one of over) if (one.outcome === 'proved') last.set(one.target, endOf(one))
  return [...last]
    .sort(([, a], [, b]) => b - a)
    .slice(0, mostProved)
    .map(([version, provedAt]) => ({ version, at: provedAt, parametersHold: true }))
}

/** Counted until the target was proved. That a person wished to `retry` is known to the rack alone. */
function failuresIn(over: readonly PastAttempt[]): FailedTarget[] {
  const counts = new Map<string, FailedTarget>()
  for (const one of over) {
    const { target, outcome } = one
    if (outcome === 'proved') counts.delete(target)
    if (outcome !== 'returned' && outcome !== 'stuck') continue
    counts.set(target, { target, count: (counts.get(target)?.count ?? 0) + 1, lastAt: endOf(one) })
  }
  return [...counts.values()]
}

/** What a person's rollback left, unless the rack has been proved on something newer since. */
function barIn(over: readonly PastAttempt[]): Bar | undefined {
  const last = over.findLast(({ outcome }) => outcome === 'proved')
  if (last?.motive !== 'person' || last.action !== 'rollback' || last.fromVersion === null) return undefined
  return { above: last.target, upTo: last.fromVersion }
}

function underWay({ id, fromVersion, target, motive }: PastAttempt): UnderWay {
  const known = motives.find((one) => one === motive) ?? 'rollout'
  // Whether it had been confirmed by then its own events tell (time-travel.ts).
  return { id, target, motive: known, isConfirmed: false, ...(fromVersion !== null && { from: fromVersion }) }
}
