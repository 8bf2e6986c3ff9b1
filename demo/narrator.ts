/**
 * Tells the story as it happens: who does what, the real exit code, and what came of it. Columns are plain text;
 * colour only repeats what the words say.
 */
import { styleText } from 'node:util'

export interface Paper {
  readonly write: (text: string) => void
  readonly hasColour: boolean
}

export interface Outcome {
  /** Of every command of the act, in order. */
  readonly codes: readonly number[]
  readonly text: string
  /** Lines below, for what one line cannot hold. */
  readonly more?: readonly string[]
}

export interface Narrator {
  readonly line: (text?: string) => void
  readonly heading: (text: string) => void
  /** Writes who does what, waits for what comes of it, and completes the line. */
  readonly act: (who: string, what: string, does: () => Promise<Outcome>) => Promise<void>
}

const whoWidth = 10
const whatWidth = 44
const codeWidth = 9

export function createNarrator({ write, hasColour }: Paper): Narrator {
  const styled = (style: 'bold' | 'dim' | 'green' | 'yellow', text: string) =>
    hasColour ? styleText(style, text, { validateStream: false }) : text
  const line = (text = '') => write(`${text.trimEnd()}\n`)
  const below = ' '.repeat(whoWidth + 2)
  return {
    line,
    heading: (text) => line(styled('bold', text)),
    async act(who, what, does) {
      write(`${styled('dim', ` ${who}`.padEnd(whoWidth))}${what.padEnd(whatWidth)}`)
      let outcome: Outcome
      try {
        outcome = await does()
      } catch (error) {
        line()
        throw error
      }
      const { codes, text, more = [] } = outcome
      // What is too long to have its outcome beside it stands above it.
      if (what.length > whatWidth) write(`\n${' '.repeat(whoWidth + whatWidth)}`)
      const isPlain = codes.every((code) => code === 0)
      line(`${styled(isPlain ? 'green' : 'yellow', exitText(codes).padStart(codeWidth))} ${text}`)
      for (const detail of more) line(`${below}${detail}`)
    },
  }
}

/** `exit 3`; of several that are alike, one. */
function exitText(codes: readonly number[]): string {
  return `exit ${[...new Set(codes)].join(',')}`
}
