/** The registry's ledger as it grows: server-sent events, taken up again where they broke off. */
import type { AuditEntryBody } from '../shared/contract/audit.ts'
import { Problem } from '../shared/domain/problem.ts'
import type { Clock } from './agent/clock.ts'
import type { Registry } from './api.ts'
import type { Report } from './output.ts'
import { textAnswer } from './text-answer.ts'

export interface FollowedEvents {
  readonly registry: Registry
  readonly clock: Clock
  readonly report: Report
  /** Which events, as `/v1/events` takes them. */
  readonly filter: Readonly<Record<string, string>>
  /** The sequence behind which they begin. */
  readonly after: number
  readonly signal: AbortSignal
}

const firstPauseMilliseconds = 500
const longestPauseMilliseconds = 30_000
/** A registry that is started anew is waited for; one that is gone is not. */
const patienceMilliseconds = 10 * 60_000

/** Ends when the signal says so. Raises what the registry refuses, and `registry_unreachable` after long silence. */
export async function* followEvents(asked: FollowedEvents): AsyncGenerator<AuditEntryBody> {
  const { registry, clock, report, filter, signal } = asked
  let place = asked.after
  let pause = firstPauseMilliseconds
  let silentSince: number | undefined
  while (!signal.aborted) {
    try {
      const headers = { 'last-event-id': String(place), accept: 'text/event-stream' }
      const path = `/v1/events?${new URLSearchParams(filter)}`
      for await (const entry of entriesIn(
        textAnswer(registry, path, { headers, type: 'text/event-stream', signal }),
      )) {
        if (entry === 'alive') {
          if (silentSince !== undefined) report.say('The registry answers again.')
          silentSince = undefined
          pause = firstPauseMilliseconds
          continue
        }
        place = entry.sequence
        yield entry
      }
    } catch (error) {
      if (signal.aborted) return
      const now = clock.monotonic()
      if (!(error instanceof Problem) || error.face.exit !== 6) throw error
      if (silentSince === undefined) report.warn(`${error.message} Asking again …`)
      silentSince ??= now
      if (now - silentSince > patienceMilliseconds) throw error
    }
    await clock.sleep(pause, signal)
    pause = Math.min(pause * 2, longestPauseMilliseconds)
  }
}

/** Events of the stream, and `alive` for every part of it that came: comments are its pulse. */
async function* entriesIn(text: AsyncIterable<string>): AsyncGenerator<AuditEntryBody | 'alive'> {
  let rest = ''
  for await (const part of text) {
    yield 'alive'
    const blocks = (rest + part).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const data = block
        .split('\n')
        .filter((line) => line.startsWith('data: '))
        .map((line) => line.slice(6))
      if (data.length > 0) yield JSON.parse(data.join('\n'))
    }
  }
}
