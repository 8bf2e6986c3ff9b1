/**
 * The ledger as it grows, for as many readers as there are room for. Each reads from the store by its own place, so that
 * nothing is kept for anybody: a reader who does not take what he asked for is dropped, and comes back with his place.
 */
import type { AuditEntryBody } from '../../shared/contract/audit.ts'
import { Problem } from '../../shared/domain/problem.ts'
import type { Store } from '../store/connection.ts'
import { type EntryFilter, readEntries } from './entries.ts'
import type { Ledger } from './ledger.ts'

export interface EventStreams {
  readonly size: number
  /** Raises `too_many_requests` when there is no room, for all or for this reader. */
  open(reader: EventReader): ReadableStream<Uint8Array>
  /** Ends all of them, and takes no more. */
  end(): void
}

export interface EventReader {
  /** Who reads: each has room for a few streams. */
  readonly who: string
  readonly filter: EntryFilter
  /** Events behind this sequence are sent. */
  readonly after: number
  /** Asked before everything that is sent: it throws when the reader may read no longer. */
  readonly stillMay: () => void
  /** Cuts the connection of a reader who does not read: what waits for it would keep it open. */
  readonly drop: () => void
}

export interface EventStreamsDeps {
  readonly store: Store
  readonly ledger: Ledger
  readonly limits?: Partial<StreamLimits>
}

interface StreamLimits {
  readonly streams: number
  readonly streamsOfOne: number
  readonly heartbeatMilliseconds: number
  /** So long may what was sent lie there unread. */
  readonly patienceMilliseconds: number
}

const usualLimits: StreamLimits = {
  streams: 500,
  streamsOfOne: 20,
  heartbeatMilliseconds: 15_000,
  patienceMilliseconds: 30_000,
}
const page = 50

export function createEventStreams({ store, ledger, limits: given }: EventStreamsDeps): EventStreams {
  const limits = { ...usualLimits, ...given }
  const open = new Map<() => void, string>()
  let hasEnded = false

  function requireRoom(who: string): void {
    const ofOne = [...open.values()].filter((one) => one === who).length
    if (!hasEnded && open.size < limits.streams && ofOne < limits.streamsOfOne) return
    const why = hasEnded
      ? 'This registry is about to stop'
      : ofOne < limits.streamsOfOne
        ? `All ${limits.streams} streams of events are taken`
        : `${who} has ${ofOne} streams of events already`
    throw new Problem('too_many_requests', `${why}.`, { hint: 'Try again in a minute: headgate audit log' })
  }

  /** Resolves true when something was appended, false after a while without. */
  function news(signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const done = (isNews: boolean): void => {
        clearTimeout(timer)
        stop()
        signal.removeEventListener('abort', abort)
        resolve(isNews)
      }
      const abort = (): void => done(false)
      const stop = ledger.subscribe((what) => what === 'appended' && done(true))
      const timer = setTimeout(() => done(false), limits.heartbeatMilliseconds)
      signal.addEventListener('abort', abort)
    })
  }

  return {
    get size() {
      return open.size
    },
    open({ who, filter, after, stillMay, drop }) {
      requireRoom(who)
      const ended = new AbortController()
      let place = after
      let patience: NodeJS.Timeout | undefined
      let end = (): void => undefined

      /** False when it has left already. */
      function leave(): boolean {
        ended.abort()
        clearTimeout(patience)
        return open.delete(end)
      }

      function send(controller: ReadableStreamDefaultController<Uint8Array>, text: string): void {
        controller.enqueue(encoder.encode(text))
        patience = setTimeout(() => {
          end()
          drop()
        }, limits.patienceMilliseconds)
      }

      /** What comes next: events, or a comment that says that the line is alive. */
      async function next(): Promise<string> {
        while (!ended.signal.aborted) {
          const isBehind = place < ledger.head.sequence
          if (!isBehind && !(await news(ended.signal))) return ': still here\n\n'
          if (ended.signal.aborted) break
          const from = place
          const read = await readEntries(store.read, ledger.redactions, filter, {
            order: 'oldest',
            limit: page,
            from,
          })
          place = read.next ?? Math.max(place, read.through)
          if (read.entries.length > 0) return read.entries.map(eventText).join('')
        }
        return ''
      }

      return new ReadableStream<Uint8Array>({
        start(controller) {
          end = () => {
            if (leave()) controller.close()
          }
          open.set(end, who)
          send(controller, ': the events of this registry\nretry: 3000\n\n')
        },
        async pull(controller) {
          clearTimeout(patience)
          try {
            const text = await next()
            if (ended.signal.aborted) return
            stillMay()
            send(controller, text)
          } catch {
            // The token has ended, or the store: whoever comes back is told by the answer.
            end()
          }
        },
        cancel: () => {
          leave()
        },
      })
    },
    end() {
      hasEnded = true
      for (const end of [...open.keys()]) end()
    },
  }
}

const encoder = new TextEncoder()

/** Without a name, so that a browser's `onmessage` hears every type. */
function eventText(entry: AuditEntryBody): string {
  return `id: ${entry.sequence}\ndata: ${JSON.stringify(entry)}\n\n`
}
