/** Waiting until a Convox rack is settled: for what is under way, with patience for a rack that says nothing. */

import type { Clock } from '../clock.ts'
import type { Answer } from './convox-cli.ts'
import type { Look, Lookout } from './convox-look.ts'
import type { ConvoxProblems } from './convox-problems.ts'

export interface Waiting {
  /** For an update that is under way. */
  readonly limitMs: number
  /** For a rack that says nothing, or nothing that is known. */
  readonly patienceMs: number
  /** How many settled answers in a row, all with one version. */
  readonly times: number
  /** Another version than this one counts only after `graceMs`, or once something was under way. */
  readonly awaited?: { readonly version: string; readonly graceMs: number }
  readonly note: (line: string) => void
}

export interface Settled {
  readonly look: Look
  /** Something was under way meanwhile. */
  readonly wasChanging: boolean
}

/** Rejects with a Problem: `stuck` for a broken rack, `preflight_failed` for one that does not settle. */
export type Settle = (waiting: Waiting) => Promise<Settled>

export function createSettle(
  lookout: Pick<Lookout, 'look'>,
  problems: ConvoxProblems,
  pollMs: number,
  clock: Clock,
): Settle {
  return async ({ limitMs, patienceMs, times, awaited, note }) => {
    const startedAt = clock.monotonic()
    const passedMs = () => clock.monotonic() - startedAt
    const minutes = Math.round(limitMs / 60_000)
    const graceMs = awaited?.graceMs ?? 0
    let quietAt: number | null = null
    let wasChanging = false
    let calm: readonly Look[] = []

    function judge(said: Answer<Look>): Settled | null {
      const isQuiet = 'silence' in said || said.answer.meaning === 'unclear'
      quietAt = isQuiet ? (quietAt ?? passedMs()) : null
      if (isQuiet) calm = []
      // All together: a rack that answers only now and then would be waited for without an end.
      const isOver = passedMs() >= limitMs + patienceMs + graceMs + 2 * pollMs
      const isTooQuiet = quietAt !== null && (isOver || passedMs() - quietAt >= patienceMs)
      if ('silence' in said) {
        if (isTooQuiet) throw problems.silent(said.silence)
        return null
      }
      const look = said.answer
      if (look.meaning === 'broken') throw problems.broken(look)
      if (isTooQuiet) throw problems.unclear(look)
      if (look.meaning === 'settled') {
        calm = calm.at(-1)?.version === look.version ? [...calm, look] : [look]
        const isAwaited = awaited === undefined || look.version === awaited.version
        const counts = isAwaited || wasChanging || passedMs() >= graceMs
        if (calm.length >= times && counts) return { look, wasChanging }
      }
      if (look.meaning === 'changing' || look.meaning === 'converging') {
        calm = []
        wasChanging ||= look.meaning === 'changing'
        if (passedMs() >= limitMs) throw problems.busy(look, minutes)
      }
      if (isOver && calm.length < times) throw problems.busy(look, minutes)
      return null
    }

    for (let told = ''; ; ) {
      const said = await lookout.look()
      const word = 'answer' in said ? `${said.answer.word} (${said.answer.version})` : 'no answer'
      const isNews = word !== told && (told !== '' || 'silence' in said || said.answer.meaning !== 'settled')
      if (isNews) note(`waiting for the rack: ${word}`)
      told = word
      const settled = judge(said)
      if (settled) return settled
      await clock.sleep(pollMs)
    }
  }
}
