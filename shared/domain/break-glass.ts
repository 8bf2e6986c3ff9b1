/**
 * Break-glass: access by the server's own disk, for when tokens and sign-in do not work. It is short, loud and reviewed;
 * a rehearsal of it is the same in everything but the review.
 */
import { hour, minute } from './instants.ts'
import type { State } from './state.ts'

export interface BreakGlass {
  readonly id: string
  /** Of its token, which only the one who opened it has. */
  readonly sha256: string
  /** Who was at the disk, as the operating system says. */
  readonly by: string
  readonly reason: string
  readonly openedAt: number
  readonly expiresAt: number
  readonly isRehearsal: boolean
  readonly usedAt?: number
  readonly closed?: { readonly at: number; readonly actor: string }
}

export const usualBreakGlassMinutes = 60
export const longestBreakGlass = 24 * hour
export const shortestBreakGlass = minute

export type BreakGlassStanding = 'open' | 'expired' | 'closed'

export function standingOfBreakGlass({ closed, expiresAt }: BreakGlass, now: number): BreakGlassStanding {
  if (closed) return 'closed'
  return now < expiresAt ? 'open' : 'expired'
}

/** When somebody last went through all of it: opened, used and closed as a rehearsal. */
export function lastRehearsedAt(state: State): number | undefined {
  const times = [...state.breakGlass.values()].flatMap(({ isRehearsal, usedAt, closed }) =>
    isRehearsal && usedAt !== undefined && closed ? [closed.at] : [],
  )
  return times.length === 0 ? undefined : Math.max(...times)
}
