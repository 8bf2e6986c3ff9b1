/** Chapters side by side: each lane is a process of its own that plays one chapter after the other. */
import { fork } from 'node:child_process'
import { on } from 'node:events'
import { type Chapter, idOf } from './chapters.ts'
import { runChapter, type Verdict } from './run-chapter.ts'

export interface PlayedChapter {
  readonly chapter: Chapter
  readonly verdicts: readonly Verdict[]
  readonly seconds: number
}

interface Order {
  readonly chapter: Chapter
  readonly seed: number
  readonly only: string
}

type Message = { readonly verdict: Verdict } | { readonly through: string | null }

export interface Play {
  readonly chapters: readonly Chapter[]
  readonly seed: number
  readonly only: string
  readonly lanes: number
  readonly onChapter: (played: PlayedChapter) => void
}

/** The parent's side: whichever lane is free takes the next. */
export async function playInLanes({
  chapters,
  seed,
  only,
  lanes,
  onChapter,
}: Play): Promise<readonly Verdict[]> {
  const waiting = [...chapters]
  const all: Verdict[] = []
  async function lane(): Promise<void> {
    const child = fork(process.argv[1] ?? '', ['lane'], { serialization: 'json' })
    const messages = on(child, 'message', { close: ['exit'] })
    try {
      for (let chapter = waiting.shift(); chapter; chapter = waiting.shift()) {
        const startedAt = performance.now()
        const verdicts: Verdict[] = []
        child.send({ chapter, seed, only } satisfies Order)
        for (;;) {
          const next = await messages.next()
          if (next.done) throw new Error('a lane of the campaign ended by itself')
          const told: Message = next.value[0]
          if ('verdict' in told) verdicts.push(told.verdict)
          else if (told.through !== null) verdicts.push(notOpened(chapter, told.through))
          if ('through' in told) break
        }
        all.push(...verdicts)
        onChapter({ chapter, verdicts, seconds: (performance.now() - startedAt) / 1000 })
      }
    } finally {
      child.kill()
    }
  }
  await Promise.all(Array.from({ length: Math.min(lanes, chapters.length) }, lane))
  return all
}

function notOpened(chapter: Chapter, why: string): Verdict {
  return { id: idOf(chapter), words: 'the chapter itself', end: 'not survived', complaints: [why] }
}

/** The lane's side. */
export function beLane(): void {
  const say = (message: Message) => void process.send?.(message)
  // Whoever gave the orders is gone.
  process.on('disconnect', () => process.exit(1))
  process.on('message', (order: Order) => {
    runChapter({ ...order, tell: (verdict) => say({ verdict }) }).then(
      () => say({ through: null }),
      (error: unknown) =>
        say({ through: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    )
  })
}
