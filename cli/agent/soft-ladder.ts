/**
 * What failed before it changed anything (not ready, not fetched, not whole) the agent tries again after 5 minutes, a
 * quarter of an hour, and then hourly. It is the agent's own rhythm, kept over its restarts: no registry counts it, and
 * a person's `update` is not kept waiting.
 */
import { describeDuration, hour, minute } from '../../shared/domain/instants.ts'
import type { Plan } from './plan.ts'
import type { Rack } from './rack.ts'
import type { FailedHere } from './rack-state.ts'

const ladder = [5 * minute, 15 * minute, hour]

/** Milliseconds; 0: at once. Never longer than its step, whatever clock dated the failure. */
export function softWaitMs(failures: readonly FailedHere[] | undefined, target: string, now: number): number {
  const failed = failures?.find((one) => one.target === target)
  if (!failed) return 0
  const step = ladder[Math.min(failed.count, ladder.length) - 1] ?? 0
  return Math.min(step, Math.max(0, failed.lastAt + step - now))
}

/** The words of a round that leaves a plan for later; undefined: it may begin. */
export function restBefore({ state, time }: Rack, { input }: Plan): string | undefined {
  const waitMs = softWaitMs(state.softFailures, input.to, time.now())
  if (waitMs === 0) return undefined
  const { count = 0 } = state.softFailures?.find(({ target }) => target === input.to) ?? {}
  const times = count === 1 ? 'once' : `${count} times`
  return `${input.to} could not be begun ${times}; the agent tries again in ${describeDuration(waitMs)}`
}
