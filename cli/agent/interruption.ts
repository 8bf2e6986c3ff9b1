/**
 * Ctrl-C and SIGTERM in the middle of an attempt: what has not acted yet stops there; what has is finished or undone,
 * and says so. The second signal ends the process, and the next command does what the journal says.
 */
import { type Attempt, hasActed, type LineData } from './attempt.ts'
import type { RackPlace } from './rack.ts'

export interface Interruption {
  /** What to write down instead of the next step; undefined: go on. */
  stopBefore(attempt: Attempt): LineData | undefined
  /** The attempt is over: nobody listens any more. */
  end(): void
}

/** `present` is the attempt as it is when the signal comes. */
export function watchForInterruption(
  { interruption, watch }: RackPlace,
  present: () => Attempt,
): Interruption {
  const signal = interruption?.()
  const tell = (): void => watch.onNote(wordsOf(present()))
  signal?.addEventListener('abort', tell, { once: true })
  return {
    stopBefore: (attempt) => (signal?.aborted && mayStop(attempt) ? stoppedBefore(attempt) : undefined),
    end: () => signal?.removeEventListener('abort', tell),
  }
}

/** A rehearsal's way back is what ends it safely: that is not stopped. */
function mayStop({ state, input }: Attempt): boolean {
  return !hasActed(state) && input.rehearsal !== 'back'
}

function stoppedBefore({ state }: Attempt): LineData {
  return {
    trouble: {
      step: state,
      code: 'interrupted',
      message: 'It was interrupted before anything was changed.',
      hint: null,
      lastLines: [],
    },
  }
}

function wordsOf(attempt: Attempt): string {
  if (mayStop(attempt)) return 'interrupted: it stops here, before anything is changed'
  const { state, input } = attempt
  const rest = state === 'returning' ? `going back to ${input.from ?? 'nothing'}` : `${input.to} is ${state}`
  return `interrupted: ${rest}, which is finished or undone first; a second signal leaves that to the next command`
}
