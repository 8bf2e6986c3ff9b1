/**
 * A clock for racks whose hooks and checks are real processes: it runs faster than the world, so that seconds of
 * settling take little of a test, and it can be set forward by hours.
 */
import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../../cli/agent/clock.ts'

export interface HurriedClock extends Clock {
  /** The wall clock jumps; durations within a run do not. */
  skip(milliseconds: number): void
  /** From now on it is so many times as fast as the world; who sleeps already is woken as it was told. */
  runs(times: number): void
}

export function hurriedClock(times = 20, startAt = Date.UTC(2016, 7, 16, 16)): HurriedClock {
  let pace = times
  let from = { real: performance.now(), elapsed: 0 }
  const elapsed = () => from.elapsed + (performance.now() - from.real) * pace
  let skipped = 0
  return {
    now: () => Math.round(startAt + skipped + elapsed()),
    monotonic: elapsed,
    sleep: (ms, signal) =>
      delay(Math.min(ms / pace, 2 ** 31 - 1), undefined, signal === undefined ? {} : { signal }).then(
        () => undefined,
        () => undefined,
      ),
    skip(milliseconds) {
      skipped += milliseconds
    },
    runs(times) {
      from = { real: performance.now(), elapsed: elapsed() }
      pace = times
    },
  }
}

/** The time of the machine, for racks that run as processes of their own. */
export function machineClock(): HurriedClock {
  return hurriedClock(1, Date.now())
}
