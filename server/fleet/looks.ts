/** What the registry does by itself, again and again: looks that nobody asks for, never two of a kind at a time. */

export interface Looks {
  /** A look now, or the one that is under way; raises what keeps it from looking. */
  now(): Promise<void>
  start(): void
  /** When the one under way is over. */
  stop(): Promise<void>
}

export interface LooksAsked {
  look(): Promise<void>
  readonly everyMilliseconds: number
  /** What a look that nobody asked for met. */
  readonly onFailure: (error: unknown) => void
}

export function createLooks({ look, everyMilliseconds, onFailure }: LooksAsked): Looks {
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<void> | undefined

  function now(): Promise<void> {
    looking ??= look().finally(() => {
      looking = undefined
    })
    return looking
  }

  return {
    now,
    start() {
      timer = setInterval(() => {
        now().catch(onFailure)
      }, everyMilliseconds)
      timer.unref()
    },
    async stop() {
      clearInterval(timer)
      await looking?.catch(() => undefined)
    },
  }
}
