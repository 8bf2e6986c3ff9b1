/**
 * The rack's now: the wall clock, but never earlier than what is known to have passed since the registry told the
 * time, nor, where that can be counted, a day later. What a clock that was wrong has dated is mended when the registry
 * tells the time again. (Design: 4-rack, "Clocks"; docs/rack-clock.md.)
 */
import { day, minute } from '../../shared/domain/instants.ts'
import type { Clock } from './clock.ts'
import type { RackState } from './rack-state.ts'

/** What the registry said, and what it can be counted on from. */
export interface TrustedTime {
  readonly at: number
  /** The newest journal line then: what is dated after it may count, what was dated before it is past. */
  readonly n: number
  readonly boot?: { readonly id: string; readonly ms: number }
}

export interface RackClock extends Clock {
  /**
   * The wall clock is more than a day ahead of what was last known, over a restart that nothing counted across: it may
   * have been switched off for so long, and its clock may be wrong. Who acts on an expiry asks the registry first.
   */
  isDoubtful(): boolean
  /** What has certainly come: what ends by then has ended. Now, unless that is doubtful. */
  certainly(): number
  /** The wall clock's lead over the time that is counted since the registry's word; undefined when it cannot be. */
  leadMs(): number | undefined
  /** Takes the registry's word; what to keep of it. */
  learn(saidAt: number): TrustedTime
}

export interface Known {
  readonly time: TrustedTime | undefined
  /** The journal's newest line. */
  readonly line: { readonly n: number; readonly at: number } | undefined
}

/** A clock that leads by less is taken at its word. */
const mostLeadMs = day
/** An answer is on its way for so long at most; less than that is no step back. */
const slackMs = minute

export function createRackClock(clock: Clock, known: () => Known): RackClock {
  let learnt: { readonly time: TrustedTime; readonly monotonic: number } | undefined

  const trusted = (): TrustedTime | undefined => learnt?.time ?? known().time

  /** The registry's word and what has passed since; undefined when that was not counted. */
  function counted(): number | undefined {
    const time = trusted()
    if (!time) return undefined
    const boot = clock.boot?.()
    if (boot && time.boot && boot.id === time.boot.id && boot.ms >= time.boot.ms) {
      return time.at + (boot.ms - time.boot.ms)
    }
    return learnt ? time.at + (clock.monotonic() - learnt.monotonic) : undefined
  }

  /** It is later than that by the registry's word alone: a journal line may have been dated by a clock that was wrong. */
  const told = (): number | undefined => counted() ?? trusted()?.at

  /** It is later than that, whatever the wall clock says. */
  function least(): number {
    const { line } = known()
    const dated = line && line.n > (trusted()?.n ?? 0) ? line.at : -Infinity
    return Math.max(told() ?? -Infinity, dated)
  }

  const isAhead = (): boolean => clock.now() - (told() ?? Infinity) > mostLeadMs

  const isDoubtful = (): boolean => isAhead() && counted() === undefined

  function now(): number {
    if (isAhead() && counted() !== undefined) return Math.round(least())
    return Math.round(Math.max(clock.now(), least()))
  }

  return {
    ...clock,
    now,
    isDoubtful,
    certainly: () => (isDoubtful() ? Math.round(told() ?? 0) : now()),
    leadMs() {
      const time = counted()
      return time === undefined ? undefined : clock.now() - time
    },
    learn(saidAt) {
      const { line } = known()
      const time = trusted()
      // A registry whose own clock was set back is not believed against what was counted, unless the wall clock agrees.
      const isBack = saidAt < least() - slackMs
      if (time && isBack && Math.abs(clock.now() - saidAt) > mostLeadMs) return time
      const boot = clock.boot?.()
      const learned: TrustedTime = { at: saidAt, n: line?.n ?? 0, ...(boot && { boot }) }
      learnt = { time: learned, monotonic: clock.monotonic() }
      return learned
    },
  }
}

/**
 * The memory with the registry's word in it. What is dated later was dated by a clock that ran ahead, and happened now
 * at the latest: otherwise one failure would hold the rack for as long as that clock was wrong.
 */
export function withTrustedTime(state: RackState, time: TrustedTime): RackState {
  // A word that was not believed has told nothing.
  if (time === state.time) return state
  const latest = time.at + slackMs
  const dated = (at: number): number => (at > latest ? time.at : at)
  const datedFailures = <One extends { readonly lastAt: number }>(failures: readonly One[]): One[] =>
    failures.map((failed) => ({ ...failed, lastAt: dated(failed.lastAt) }))
  return {
    ...state,
    time,
    failures: datedFailures(state.failures),
    ...(state.softFailures && { softFailures: datedFailures(state.softFailures) }),
    proved: state.proved.map((one) => ({ ...one, at: dated(one.at) })),
  }
}
