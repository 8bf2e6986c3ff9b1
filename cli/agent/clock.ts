/**
 * Time as the rack's parts receive it: the wall clock for what is written down, a monotonic one for durations
 * (a wall clock that jumps must neither shorten a soak nor fire a timeout), and a sleep that can be cut short.
 */

import { uptime } from 'node:os'
import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { bootId } from './boot.ts'

export interface Clock {
  /** Milliseconds since the epoch, UTC. */
  now(): number
  /** Milliseconds from an arbitrary start; never goes back within a process. */
  monotonic(): number
  /** Resolves after `ms` (24 days at most), or at once when `signal` is aborted; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** The system's boot and the milliseconds since, sleep included: what counts on between processes. Null: not told. */
  boot?(): { readonly id: string; readonly ms: number } | null
}

// Beyond this a Node timer fires at once; who needs longer sleeps again.
const longestMs = 2 ** 31 - 1

/** No process outlives a boot. */
let bootOfThisProcess: string | null = null

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    delay(Math.min(ms, longestMs), undefined, signal === undefined ? {} : { signal }).then(
      () => undefined,
      () => undefined,
    ),
  boot() {
    bootOfThisProcess ??= bootId()
    const id = bootOfThisProcess
    return id === null ? null : { id, ms: Math.round(uptime() * 1000) }
  },
}
