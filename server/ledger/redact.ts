/**
 * Redacting: the words of one event are erased from its row, from the redactions that repeated them and from the answers
 * that are kept for repetitions, in the transaction that records the redaction.
 */
import type { CommandContext } from '../../shared/domain/commands/command.ts'
import { redactEvent } from '../../shared/domain/commands/redact.ts'
import type { EventOf } from '../../shared/domain/events.ts'
import { Problem } from '../../shared/domain/problem.ts'
import { redactedWords } from '../../shared/domain/redaction.ts'
import type { Read, Tx } from '../store/connection.ts'
import { rewriteIdempotent } from '../store/idempotency.ts'
import { eraseRow, findRow, type LedgerRow, readRows } from '../store/ledger.ts'
import { storedEventOf } from './read-event.ts'
import type { Redactions } from './redactions.ts'

export interface RedactionAsked {
  readonly sequence: number
  /** JSON pointers. */
  readonly fields: readonly string[]
  readonly reason: string
}

export interface PlannedRedaction {
  readonly redaction: EventOf<'event.redacted'>
  /** Other events in which the same words stand: each wants a redaction of its own. */
  readonly alsoIn: readonly number[]
  erase(tx: Tx): Promise<void>
}

const slice = 500
const mostNamed = 100

/** Raises `event_not_found`, or `invalid_input` for a field that is no free text. */
export async function planRedaction(
  read: Read,
  redactions: Redactions,
  asked: RedactionAsked,
  context: CommandContext,
): Promise<PlannedRedaction> {
  const row = await findRow(read, asked.sequence)
  const event = row && storedEventOf(row, redactions)
  if (!row || !event) throw notFound(asked.sequence, row)
  const supersedes = redactions.about(row.sequence)
  const { redaction, words } = redactEvent({ ...asked, app: row.app, event, supersedes }, context)
  const erased = new Set([row.sequence, ...supersedes])
  return {
    redaction,
    alsoIn: await saying(read, words, erased),
    async erase(tx) {
      for (const sequence of erased) await eraseRow(tx, sequence)
      await rewriteIdempotent(tx, (body) => bodyWithout(body, words))
    },
  }
}

function notFound(sequence: number, row: LedgerRow | undefined): Problem {
  const why = row
    ? `Event ${sequence} is a redaction whose place a later one took; nothing is left of it to erase.`
    : `The ledger has no event ${sequence}.`
  return new Problem('event_not_found', why, { hint: 'headgate audit log' })
}

async function saying(read: Read, words: readonly string[], except: ReadonlySet<number>): Promise<number[]> {
  const marks = words.map(markOf)
  const found: number[] = []
  for (let after = 0; found.length < mostNamed; ) {
    const rows = await readRows(read, after, slice)
    if (rows.length === 0) break
    for (const { sequence, body } of rows) {
      if (!except.has(sequence) && body !== null && marks.some((mark) => body.includes(mark)))
        found.push(sequence)
    }
    after = rows.at(-1)?.sequence ?? after
    await new Promise((resolve) => setImmediate(resolve))
  }
  return found.slice(0, mostNamed)
}

/** Shorter words are looked for as a whole text only: `ok` stands in many. */
const shortestPart = 4

function markOf(text: string): string {
  const json = JSON.stringify(text)
  return text.length < shortestPart ? json : json.slice(1, -1)
}

function bodyWithout(body: string, words: readonly string[]): string | undefined {
  if (!words.some((text) => body.includes(markOf(text)))) return undefined
  const blanked: unknown = JSON.parse(body, (_, value: unknown) =>
    typeof value === 'string' ? without(value, words) : value,
  )
  return JSON.stringify(blanked)
}

function without(text: string, words: readonly string[]): string {
  return words.reduce(
    (left, one) =>
      left === one ? redactedWords : one.length < shortestPart ? left : left.replaceAll(one, redactedWords),
    text,
  )
}
