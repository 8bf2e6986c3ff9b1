/** Reading the ledger: which events are meant, a page of them at a time, and what each says today. */
import type { AuditEntryBody } from '../../shared/contract/audit.ts'
import { toIso } from '../../shared/domain/instants.ts'
import type { Read } from '../store/connection.ts'
import { headOf, type LedgerRow } from '../store/ledger.ts'
import { listRows } from '../store/ledger-pages.ts'
import { storedEventOf } from './read-event.ts'
import type { Redactions } from './redactions.ts'

export interface EntryFilter {
  readonly app?: string | undefined
  readonly type?: string | undefined
  /** `token:ada`, or `ada` for whatever bears that name. */
  readonly actor?: string | undefined
  readonly channel?: string | undefined
  readonly version?: string | undefined
  /** Milliseconds since the epoch; `until` itself is not in it. */
  readonly since?: number | undefined
  readonly until?: number | undefined
}

export interface EntryPage {
  readonly order: 'newest' | 'oldest'
  readonly limit: number
  /** The sequence to go on behind. */
  readonly from?: number | undefined
}

export interface Entries {
  readonly entries: AuditEntryBody[]
  /** Where the next page goes on; null at the end. A page may be short, or empty, before that. */
  readonly next: number | null
  /** Everything up to here was looked at, when there is no next page. */
  readonly through: number
}

/** Sequences looked through between two breaths, and rows read at once. */
const stretch = 5_000
const slice = 500
/** What one request looks through; whoever wants more asks for the next page. */
const mostStretches = 40

export async function readEntries(
  read: Read,
  redactions: Redactions,
  filter: EntryFilter,
  { order, limit, from }: EntryPage,
): Promise<Entries> {
  const { sequence: last } = await headOf(read)
  const isBack = order === 'newest'
  const entries: AuditEntryBody[] = []
  let place = isBack ? Math.min(from ?? last + 1, last + 1) : (from ?? 0)
  for (let stretches = 0; stretches < mostStretches; stretches += 1) {
    const end = isBack ? Math.max(0, place - 1 - stretch) : place + stretch
    const [above, below] = isBack ? [end, place] : [place, end + 1]
    const { app, type, since, until } = filter
    const rows = await listRows(read, { order, limit: slice, above, below, app, type, since, until })
    for (const row of rows) {
      const entry = entryOf(row, redactions)
      if (!isMeant(entry, filter)) continue
      entries.push(entry)
      if (entries.length === limit) return { entries, next: row.sequence, through: row.sequence }
    }
    const isRead = rows.length < slice
    if (isRead && (isBack ? end === 0 : end >= last))
      return { entries, next: null, through: isBack ? 0 : last }
    place = isRead ? (isBack ? end + 1 : end) : (rows.at(-1)?.sequence ?? end)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { entries, next: place, through: place }
}

function entryOf(row: LedgerRow, redactions: Redactions): AuditEntryBody {
  const event = storedEventOf(row, redactions)
  const { actor, reason } = { actor: textIn(event, 'actor'), reason: textIn(event, 'reason') }
  return {
    sequence: row.sequence,
    at: toIso(row.at),
    type: row.type,
    actor: actor ?? 'redacted',
    app: row.app,
    reason: reason ?? null,
    hash: row.hash,
    event: event ? { ...event } : null,
    redactedBy: row.body === null ? (redactions.of(row.sequence)?.by ?? null) : null,
  }
}

/** App, type and time are asked of the database; what is inside of an event only here. */
function isMeant({ actor, event }: AuditEntryBody, filter: EntryFilter): boolean {
  const isNamed = (name: 'channel' | 'version'): boolean =>
    filter[name] === undefined ||
    textIn(event, name) === filter[name] ||
    textIn(event?.proposed, name) === filter[name]
  const isTheirs = filter.actor === undefined || actor === filter.actor || actor.endsWith(`:${filter.actor}`)
  return isTheirs && isNamed('channel') && isNamed('version')
}

function textIn(value: unknown, name: string): string | undefined {
  const text: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
  return typeof text === 'string' ? text : undefined
}
