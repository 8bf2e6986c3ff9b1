/**
 * The chain: each event's hash holds the hash of the event before, so that no row can be changed, removed, moved or put in
 * without it being found by whoever has seen a later head. A cut tail is found only by comparing with such a head.
 *
 * The exact bytes (UTF-8, digests as 64 lower-case hex digits):
 *   bodyHash = sha256( salt ‖ body )                         salt is 32 hex digits, body the JSON text as it is stored
 *   hash     = sha256( JSON of [previousHash, sequence, at, type, app, bodyHash] )     without spaces; app may be null
 * The fixed length of the salt and the JSON array leave no second way to cut the same bytes. Salt and body can be erased
 * together (a redaction) and the chain still holds; without the salt, a short body could be guessed from its hash.
 */
import { createHash } from 'node:crypto'
import { emptyLedger, type LedgerHead, type LedgerRow } from '../store/ledger.ts'

export interface UnsealedEvent {
  readonly sequence: number
  readonly at: number
  readonly type: string
  readonly app: string | null
  /** JSON text, well-formed Unicode: `JSON.stringify` gives no other. */
  readonly body: string
  /** 32 hex digits, lower case: 16 random bytes, fresh for every event. */
  readonly salt: string
}

export type ChainVerdict =
  | {
      readonly ok: true
      /** The head that was reached, to compare with one seen before. */
      readonly sequence: number
      readonly hash: string
      readonly events: number
      /** Sequences whose body was erased: each must be announced by a later event. */
      readonly redacted: readonly number[]
    }
  | { readonly ok: false; readonly atSequence: number; readonly why: string }

const saltPattern = /^[0-9a-f]{32}$/
const loneSurrogate = /\p{Surrogate}/u

/** The row that is stored, chained to `previous`: the head (`emptyLedger` for the first event) or the row before it. */
export function sealEvent(previous: LedgerHead, event: UnsealedEvent): LedgerRow {
  const { sequence, at, type, app, body, salt } = event
  if (sequence !== previous.sequence + 1) {
    throw new Error(`Event ${sequence} cannot follow ${previous.sequence}.`)
  }
  if (!saltPattern.test(salt)) throw new Error('A salt is 32 lower-case hex digits.')
  // Text with half a character is stored as something else than what was hashed.
  if (loneSurrogate.test(body)) throw new Error('The body of an event is not well-formed Unicode.')
  const bodyHash = sha256(salt + body)
  return {
    sequence,
    at,
    type,
    app,
    salt,
    body,
    bodyHash,
    hash: linkHash(previous.hash, { sequence, at, type, app, bodyHash }),
  }
}

/**
 * Checks rows in order, each against the one before. A long ledger is checked in batches: go on `from` the verdict on the
 * batch before.
 */
export function verifyChain(rows: Iterable<LedgerRow>, from: LedgerHead = emptyLedger): ChainVerdict {
  let { sequence, hash } = from
  let events = 0
  const redacted: number[] = []
  for (const row of rows) {
    const why = whyNotNext(row, sequence, hash)
    if (why !== undefined) return { ok: false, atSequence: sequence + 1, why }
    if (row.body === null) redacted.push(row.sequence)
    events += 1
    sequence = row.sequence
    hash = row.hash
  }
  return { ok: true, sequence, hash, events, redacted }
}

function whyNotNext(row: LedgerRow, previousSequence: number, previousHash: string): string | undefined {
  if (row.sequence !== previousSequence + 1) {
    return `event ${previousSequence + 1} is missing: ${row.sequence} stands in its place`
  }
  if (row.salt === null || row.body === null) {
    if (row.salt !== row.body) return 'it is half erased: a redaction erases the salt and the body together'
  } else if (!saltPattern.test(row.salt) || sha256(row.salt + row.body) !== row.bodyHash) {
    return 'its body or salt was altered: their hash is not the stored one'
  }
  if (linkHash(previousHash, row) !== row.hash) {
    return 'its hash does not follow from the event before and its own time, type, app and body hash'
  }
  return undefined
}

type Linked = Pick<LedgerRow, 'sequence' | 'at' | 'type' | 'app' | 'bodyHash'>

function linkHash(previousHash: string, { sequence, at, type, app, bodyHash }: Linked): string {
  return sha256(JSON.stringify([previousHash, sequence, at, type, app, bodyHash]))
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
