/**
 * The gate of a wave: what its racks have shown, against what the plan asks of it. Looked at while it runs, while it is
 * paused, and by whoever wants to know.
 */
import { describeDuration, minute, toIso } from './instants.ts'
import type { AcknowledgedFailure, PlannedWave, RolloutFailure } from './rollout.ts'
import { tolerated } from './rollout-plan.ts'
import type { Progress } from './rollout-progress.ts'

/** What the racks of one wave have shown, counted at one time. */
export interface WaveCount {
  readonly waiting: number
  readonly underWay: number
  readonly soaking: number
  readonly soaked: number
  /** One for each failed rack, acknowledged or not. */
  readonly failures: readonly RolloutFailure[]
  readonly leftOut: Readonly<Record<string, number>>
  /** Minutes of rack-time of those that soak, longest first; as many as decide. */
  readonly soakingMinutes: readonly number[]
}

export interface RolloutCounts {
  readonly at: number
  /** One for each wave of the plan. */
  readonly waves: readonly WaveCount[]
}

export interface WaveVerdict {
  readonly outcome: 'pass' | 'fail' | 'waiting'
  readonly needs?: 'time' | 'data' | 'person'
  readonly detail: string
  readonly numbers: Readonly<Record<string, number>>
  /** Failures that count. */
  readonly failures: readonly RolloutFailure[]
  /** When it would pass by itself. */
  readonly until?: number
}

export interface WaveQuestion {
  readonly wave: PlannedWave
  readonly count: WaveCount
  readonly now: number
  /** When its deadline began to run; undefined: it is not the newest open wave. */
  readonly openedAt: number | undefined
  /** While nobody of it is there to go, others need not wait for it. */
  readonly mayBePassedOver: boolean
  readonly acknowledged: readonly AcknowledgedFailure[]
  /** Named by a second person: shown, not counted. */
  readonly knownCauses: ReadonlySet<string>
}

export function judgeWave(question: WaveQuestion): WaveVerdict {
  const { wave, count, now, mayBePassedOver } = question
  const counted = count.failures.filter((failure) => counts(failure, question))
  const allowed = tolerated(wave.failures, wave.racks)
  const members = membersOf(count)
  const excused = count.failures.length - counted.length
  // Where a person has looked at all that there is, it goes on by that person's word.
  const isSeen = count.failures.filter((failure) => isAcknowledged(failure, question)).length === members
  const minHealthy = Math.min(wave.minHealthy, Math.max(isSeen ? 0 : 1, members - excused))
  const dataLoss = counted.filter(({ isDataLoss }) => isDataLoss).length
  const numbers = {
    racks: wave.racks,
    members,
    waiting: count.waiting,
    underWay: count.underWay,
    soaking: count.soaking,
    healthy: count.soaked,
    minHealthy,
    failed: counted.length,
    acknowledged: excused,
    allowed,
    dataLoss,
    leftOut: Object.values(count.leftOut).reduce((sum, one) => sum + one, 0),
  }
  const verdict = { numbers, failures: counted }
  if (dataLoss > 0 || counted.length > allowed) {
    const lost = dataLoss > 0 ? ` ${dataLoss} reported lost data, and one is too many.` : ''
    const detail = `${counted.length} of ${wave.racks} racks failed; ${allowed} are tolerated.${lost} ${causesIn(counted)}`
    return { outcome: 'fail', needs: 'person', detail, ...verdict }
  }
  if (members === 0 && wave.racks > 0) {
    const detail = `nobody of it can go: ${absenceOf(wave, count)}.`
    if (mayBePassedOver) return { outcome: 'pass', detail, ...verdict }
    return { ...(deadline(question) ?? { outcome: 'waiting', needs: 'data', detail }), ...verdict }
  }
  if (count.soaked >= minHealthy) {
    const detail = `${count.soaked} of ${members} racks are healthy for ${describeDuration(wave.soakMinutes * minute)}; ${minHealthy} are asked.`
    return { outcome: 'pass', detail, ...verdict }
  }
  const late = deadline(question)
  if (late) return { ...late, ...verdict }
  const decidingMinutes = count.soakingMinutes[minHealthy - count.soaked - 1]
  const detail = `${count.soaked} of ${minHealthy} racks are healthy for ${describeDuration(wave.soakMinutes * minute)}; ${count.soaking} soak, ${count.underWay} under way, ${count.waiting} to come.`
  if (decidingMinutes === undefined) return { outcome: 'waiting', needs: 'data', detail, ...verdict }
  const until = now + Math.max(0, wave.soakMinutes - decidingMinutes) * minute
  return { outcome: 'waiting', needs: 'time', detail, until, ...verdict }
}

/** Racks that show something, or are yet to. */
export function membersOf({ waiting, underWay, soaking, soaked, failures }: WaveCount): number {
  return waiting + underWay + soaking + soaked + failures.length
}

/** `2 racks were planned; 1 held`. */
function absenceOf({ racks }: PlannedWave, { leftOut }: WaveCount): string {
  const why = Object.entries(leftOut).map(([word, count]) => `${count} ${word.replaceAll('_', ' ')}`)
  const planned = racks === 1 ? '1 rack was planned' : `${racks} racks were planned`
  return `${planned}; ${why.length === 0 ? 'they have left' : why.join(', ')}`
}

function deadline({
  wave,
  openedAt,
  now,
}: WaveQuestion): Pick<WaveVerdict, 'outcome' | 'needs' | 'detail'> | undefined {
  if (wave.deadlineMinutes === undefined || openedAt === undefined) return undefined
  const until = openedAt + wave.deadlineMinutes * minute
  if (now <= until) return undefined
  const detail = `it was to be through by ${toIso(until)}, ${describeDuration(wave.deadlineMinutes * minute)} after it opened.`
  return { outcome: 'fail', needs: 'person', detail }
}

function counts(failure: RolloutFailure, question: WaveQuestion): boolean {
  if (isAcknowledged(failure, question)) return false
  return failure.isDataLoss || !question.knownCauses.has(failure.cause)
}

/** By rack and cause: the same failure told again is the same one, on another rack it is a new one. */
function isAcknowledged(failure: RolloutFailure, { acknowledged }: WaveQuestion): boolean {
  return acknowledged.some(({ rack, cause }) => rack === failure.rack && cause === failure.cause)
}

export function causesIn(failures: readonly RolloutFailure[]): string {
  const causes = new Map<string, number>()
  for (const { cause } of failures) causes.set(cause, (causes.get(cause) ?? 0) + 1)
  return [...causes]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, 3)
    .map(([cause, racks]) => `${cause} (${racks})`)
    .join('; ')
}

interface Growing {
  waiting: number
  underWay: number
  soaking: number
  soaked: number
  readonly failures: RolloutFailure[]
  readonly leftOut: Record<string, number>
  readonly soakingMinutes: number[]
}

export interface Counting {
  add(wave: number, progress: Progress): void
  done(at: number): RolloutCounts
}

/** Adds up what each rack shows, wave by wave. */
export function countWaves(waves: readonly PlannedWave[]): Counting {
  const counts = waves.map(
    (): Growing => ({
      waiting: 0,
      underWay: 0,
      soaking: 0,
      soaked: 0,
      failures: [],
      leftOut: {},
      soakingMinutes: [],
    }),
  )
  return {
    add(wave, progress) {
      const count = counts[wave]
      if (!count) return
      if (progress.is === 'waiting') count.waiting += 1
      else if (progress.is === 'under_way') count.underWay += 1
      else if (progress.is === 'soaked') count.soaked += 1
      else if (progress.is === 'failed') count.failures.push(progress.failure)
      else if (progress.is === 'left_out')
        count.leftOut[progress.why] = (count.leftOut[progress.why] ?? 0) + 1
      else if (progress.is === 'soaking') {
        count.soaking += 1
        count.soakingMinutes.push(progress.soakedMinutes)
      }
    },
    done(at) {
      for (const count of counts) count.soakingMinutes.sort((a, b) => b - a)
      return { at, waves: counts }
    },
  }
}
