/** Somebody outside who asks all the time, as a monitor does, and counts what is answered. */

export interface Seen {
  /** How often each answer was given. */
  readonly counts: Readonly<Record<string, number>>
  /** The longest time without the good answer, in milliseconds. */
  readonly worstMs: number
}

export interface Onlooker {
  /** Up to now. */
  seen(): Seen
  /** Asks no more. */
  leaves(): Promise<Seen>
}

const everyMs = 25

/** `asks` gives the answer as a word, and does not reject. */
export function anOnlooker(asks: () => Promise<string>, good: string): Onlooker {
  const counts: Record<string, number> = {}
  let worstMs = 0
  let hasLeft = false
  const watching = (async () => {
    let wasGoodAt = performance.now()
    while (!hasLeft) {
      const answer = await asks()
      const now = performance.now()
      counts[answer] = (counts[answer] ?? 0) + 1
      if (answer === good) wasGoodAt = now
      else worstMs = Math.max(worstMs, now - wasGoodAt)
      await new Promise((resolve) => setTimeout(resolve, everyMs))
    }
  })()
  const seen = (): Seen => ({ counts: { ...counts }, worstMs })
  return {
    seen,
    async leaves() {
      hasLeft = true
      await watching
      return seen()
    },
  }
}
