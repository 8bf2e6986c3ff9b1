/** A few lines on a terminal that are redrawn in place, under the words that scroll by. */
import type { Sink } from './output.ts'

export interface LiveLines {
  readonly update: (lines: readonly string[]) => void
  /** Writes words above the lines. */
  readonly around: (write: () => void) => void
  /** The lines stay as they were last; what follows stands below them. */
  readonly end: () => void
}

/** A terminal's height is not told: more lines than about this would scroll away what is redrawn. */
export const mostLiveLines = 16

export function createLiveLines(sink: Sink): LiveLines {
  let shown: readonly string[] = []
  const erase = () => {
    if (shown.length > 0) sink.write(`\u001b[${shown.length}A\u001b[J`)
  }
  const draw = () => {
    for (const line of shown) sink.write(`${line}\n`)
  }
  return {
    update(lines) {
      erase()
      shown = lines.map((line) => fitting(line, sink.width))
      draw()
    },
    around(write) {
      erase()
      write()
      draw()
    },
    end() {
      shown = []
    },
  }
}

/** No line may wrap: going up by the number of lines must end where they began. */
function fitting(line: string, width: number): string {
  return [...line].slice(0, Math.max(10, width - 1)).join('')
}
