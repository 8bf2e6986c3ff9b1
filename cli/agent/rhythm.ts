/**
 * When the agent asks again: as the registry says, a little later at random; after silence ever more rarely, with full
 * jitter, so that a fleet does not come back all at once. Pure: the chance is passed in.
 * (Full jitter: Brooker, "Exponential Backoff And Jitter", 2015.)
 */

/** How a round ended, as far as the next one depends on it. */
export type RoundEnd =
  | {
      readonly kind: 'answered'
      readonly askAgainSeconds: number
      readonly windowMinutes: number | undefined
    }
  /** Unreachable, unreadable or stale: the registry is not to be pressed. */
  | { readonly kind: 'silent'; readonly retryAfterSeconds: number | undefined }
  /** The registry answered, and the rack is not ready: no attempt was made. */
  | { readonly kind: 'failed' }
  /** Another run is at work on the rack. */
  | { readonly kind: 'locked' }

export interface Rhythm {
  readonly silences: number
  readonly failures: number
}

export const calm: Rhythm = { silences: 0, failures: 0 }

const firstSilenceSeconds = 5
const longestSilenceSeconds = 15 * 60
const failureLadderSeconds = [5 * 60, 15 * 60, 60 * 60]
const lockedSeconds = 30
const soonSeconds = 9
const shareOfJitter = 0.1
/** Racks that wait for the same window come in over its first tenth. */
const shareOfWindow = 0.1

/** `chance` is from 0 up to 1. The seconds are at least one. */
export function afterRound(
  rhythm: Rhythm,
  end: RoundEnd,
  chance: number,
): { rhythm: Rhythm; seconds: number } {
  switch (end.kind) {
    case 'answered': {
      const spread =
        end.windowMinutes === undefined
          ? end.askAgainSeconds * shareOfJitter
          : end.windowMinutes * 60 * shareOfWindow
      return { rhythm: calm, seconds: atLeastOne(end.askAgainSeconds + spread * chance) }
    }
    case 'silent': {
      const silences = rhythm.silences + 1
      const longest = Math.min(longestSilenceSeconds, firstSilenceSeconds * 2 ** (silences - 1))
      // Many racks were told the same time to come again.
      const told = (end.retryAfterSeconds ?? 0) * (1 + shareOfJitter * chance)
      const seconds = Math.max(told, longest * chance)
      return { rhythm: { ...rhythm, silences }, seconds: atLeastOne(seconds) }
    }
    case 'failed': {
      const failures = rhythm.failures + 1
      const step = failureLadderSeconds[Math.min(failures, failureLadderSeconds.length) - 1] ?? lockedSeconds
      return { rhythm: { silences: 0, failures }, seconds: step * (1 + shareOfJitter * chance) }
    }
    case 'locked':
      return { rhythm, seconds: lockedSeconds * (0.5 + chance) }
  }
}

/** When the rack's health has changed: soon, and not all racks at once, since what they run may fail everywhere. */
export function afterChange(chance: number): number {
  return 1 + soonSeconds * chance
}

function atLeastOne(seconds: number): number {
  return Math.max(1, seconds)
}
