/**
 * Rehearsals by a synthetic rack: every lever is pulled in an app that exists for nothing else, again and again, so that
 * a broken one is found before somebody needs it. Which levers there are, when each last worked, and what is too slow.
 */
import { lastRehearsedAt } from './break-glass.ts'
import { day } from './instants.ts'
import type { State } from './state.ts'

/** In the order in which a run pulls them. */
export const levers = [
  'publish',
  'promote',
  'update',
  'halt',
  'freeze',
  'yank-rollback',
  'yank-forward',
  'yank-stay',
  'revert',
  'recall',
  'break-glass',
] as const
export type Lever = (typeof levers)[number]

/**
 * `not_rehearsed`: it could not be tried from there, such as break-glass away from the server's disk. `not_reached`: what
 * comes before it did not work, so nothing is known of it.
 */
export const stepOutcomes = ['passed', 'failed', 'not_rehearsed', 'not_reached'] as const
export type StepOutcome = (typeof stepOutcomes)[number]

export interface StepResult {
  readonly lever: Lever
  readonly outcome: StepOutcome
  readonly milliseconds: number
  /** Longer than that is slow, whatever earlier runs took. */
  readonly limitMilliseconds: number
  /** The code of the problem, where one was the cause. */
  readonly code?: string
  /** What was seen, and what was expected. */
  readonly detail?: string
}

export const runOutcomes = ['passed', 'failed', 'interrupted'] as const
export type RunOutcome = (typeof runOutcomes)[number]

export interface SyntheticRun {
  readonly id: string
  readonly levers: readonly Lever[]
  readonly beganAt: number
  readonly beganBy: string
  /** After that nobody waits for it any more. */
  readonly until: number
}

export interface EndedRun extends SyntheticRun {
  readonly endedAt: number
  readonly outcome: RunOutcome
  readonly steps: readonly StepResult[]
  /** What could not be cleared away. */
  readonly left: readonly string[]
}

export interface LastTried {
  readonly run: string
  readonly at: number
  readonly outcome: 'passed' | 'failed'
  readonly milliseconds: number
}

export interface LeverStory {
  readonly lastTried: LastTried
  /** When it last worked. */
  readonly passedAt?: number
}

/** An app that a rehearsal created, and in which rehearsals alone take place. */
export interface SyntheticApp {
  readonly app: string
  /** How many runs began here; the next one's id is one more. */
  readonly runsBegun: number
  readonly underWay?: SyntheticRun
  /** The newest last, `runsKept` at most. */
  readonly runs: readonly EndedRun[]
  readonly levers: Readonly<Partial<Record<Lever, LeverStory>>>
  /** Whoever runs them promised the next one within this time. */
  readonly promise?: { readonly withinMilliseconds: number; readonly dueAt: number }
}

/** Enough for a median, and few enough to be kept in every state. */
export const runsKept = 20

/** How long a lever may go untried: what is pulled every day anyway, and what nobody pulls until it is needed. */
const limitDays: Readonly<Record<Lever, number>> = {
  publish: 30,
  promote: 30,
  update: 30,
  halt: 30,
  freeze: 30,
  'yank-rollback': 30,
  'yank-forward': 30,
  'yank-stay': 30,
  revert: 30,
  recall: 30,
  'break-glass': 90,
}

export interface LeverStanding {
  readonly lever: Lever
  /** When it last worked, by whichever rehearsal; undefined: never. */
  readonly rehearsedAt: number | undefined
  readonly limitDays: number
  readonly lastTried: LastTried | undefined
}

/** Of the apps given, the newest word on each lever. Never first, then the one that was longest ago. */
export function leverStandings(state: State, apps: Iterable<SyntheticApp>): LeverStanding[] {
  const known = [...apps]
  const standings = levers.map((lever): LeverStanding => {
    const stories = known.flatMap((one) => one.levers[lever] ?? [])
    const tried = stories.map(({ lastTried }) => lastTried).toSorted((a, b) => a.at - b.at)
    return {
      lever,
      rehearsedAt: rehearsedAtOf(state, lever, stories),
      limitDays: limitDays[lever],
      lastTried: tried.at(-1),
    }
  })
  return standings.toSorted((a, b) => (a.rehearsedAt ?? -Infinity) - (b.rehearsedAt ?? -Infinity) || 0)
}

/** People rehearse break-glass as well: what opened, used and closed it is the one word on it, whoever did. */
function rehearsedAtOf(state: State, lever: Lever, stories: readonly LeverStory[]): number | undefined {
  if (lever === 'break-glass') return lastRehearsedAt(state)
  const times = stories.flatMap(({ passedAt }) => passedAt ?? [])
  return times.length === 0 ? undefined : Math.max(...times)
}

export function isTooLongAgo({ rehearsedAt, limitDays: days }: LeverStanding, now: number): boolean {
  return rehearsedAt === undefined || now - rehearsedAt > days * day
}

/** Fewer say nothing about what is usual. */
const fewestForUsual = 5
const timesUsual = 3
/** A machine that is busy for a moment alarms nobody. */
const neverSlowMilliseconds = 2_000

/** Why a step that passed was too slow, in words; undefined: it was not. */
export function slownessOf(step: StepResult, earlier: readonly EndedRun[]): string | undefined {
  const { lever, outcome, milliseconds, limitMilliseconds } = step
  if (outcome !== 'passed') return undefined
  if (milliseconds > limitMilliseconds)
    return `it took ${milliseconds} ms, its limit is ${limitMilliseconds} ms`
  const usual = usualMilliseconds(lever, earlier)
  if (usual === undefined || milliseconds <= neverSlowMilliseconds || milliseconds <= timesUsual * usual)
    return undefined
  return `it took ${milliseconds} ms, and in earlier runs ${usual} ms: more than ${timesUsual} times as long`
}

/** The median of the runs in which it worked. */
export function usualMilliseconds(lever: Lever, runs: readonly EndedRun[]): number | undefined {
  const times = runs
    .flatMap(({ steps }) => steps.filter((step) => step.lever === lever && step.outcome === 'passed'))
    .map(({ milliseconds }) => milliseconds)
    .toSorted((a, b) => a - b)
  return times.length < fewestForUsual ? undefined : times[Math.floor(times.length / 2)]
}

/** Timers drift and runs take their time: a quarter of the interval more, and never less than ten minutes. */
export function dueAfter(at: number, withinMilliseconds: number): number {
  return at + withinMilliseconds + Math.max(withinMilliseconds / 4, 600_000)
}
