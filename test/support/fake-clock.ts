/**
 * A clock that jumps: whenever nothing else is going on, time moves to the next sleeper. Hours of settling pass in
 * milliseconds, in the order in which they would have passed.
 */

import type { Clock } from '../../cli/agent/clock.ts'

interface Sleeper {
  readonly at: number
  wake(): void
}

export function fakeClock(startAt = Date.UTC(2016, 7, 16)): Clock {
  let elapsed = 0
  let sleepers: Sleeper[] = []
  let scheduled = false

  function advance(): void {
    scheduled = false
    const next = sleepers.toSorted((a, b) => a.at - b.at)[0]
    if (next === undefined) return
    elapsed = Math.max(elapsed, next.at)
    sleepers = sleepers.filter((each) => each !== next)
    next.wake()
    schedule()
  }
  // Two turns of the loop, so that what a wake-up sets off (and its real files) comes before the next one.
  function schedule(): void {
    if (scheduled || sleepers.length === 0) return
    scheduled = true
    setImmediate(() => setImmediate(advance))
  }

  return {
    now: () => startAt + elapsed,
    monotonic: () => elapsed,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve()
        const wakeEarly = () => {
          sleepers = sleepers.filter((each) => each !== sleeper)
          resolve()
        }
        const wake = () => {
          signal?.removeEventListener('abort', wakeEarly)
          resolve()
        }
        const sleeper = { at: elapsed + ms, wake }
        sleepers.push(sleeper)
        signal?.addEventListener('abort', wakeEarly)
        schedule()
      }),
  }
}
