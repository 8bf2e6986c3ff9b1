// The chain finds every change to a row, every row that is gone, moved or put in, and still allows a body to be erased.
import { describe, expect, test } from 'vitest'
import { type ChainVerdict, sealEvent, verifyChain } from '../../../server/ledger/chain.ts'
import { emptyLedger, type LedgerRow } from '../../../server/store/ledger.ts'
import { sha256, someEvents } from '../store/rows.ts'

const chain = someEvents(6)

function rowAt(index: number): LedgerRow {
  const row = chain[index]
  if (row === undefined) throw new Error(`no row ${index}`)
  return row
}

function withRow(index: number, changes: Partial<LedgerRow>): LedgerRow[] {
  return chain.map((row, at) => (at === index ? { ...row, ...changes } : row))
}

/** Verified as stored, up to a head that somebody saw before: the only way to notice a tail that was cut. */
function isSound(rows: LedgerRow[]): boolean {
  const verdict = verifyChain(rows)
  return verdict.ok && verdict.sequence === 6 && verdict.hash === rowAt(5).hash
}

/** Every text that differs in one byte by one bit, and stays text. */
function* flipped(text: string): Generator<string> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += 1) {
    for (let bit = 0; bit < 8; bit += 1) {
      const other = Buffer.from(bytes)
      other.writeUInt8(bytes.readUInt8(at) ^ (1 << bit), at)
      yield other.toString()
    }
  }
}

describe('a chain', () => {
  test('that was left alone holds, and names its head', () => {
    expect(verifyChain(chain)).toEqual({
      ok: true,
      sequence: 6,
      hash: rowAt(5).hash,
      events: 6,
      redacted: [],
    })
    expect(verifyChain([])).toEqual({ ok: true, ...emptyLedger, events: 0, redacted: [] })
  })

  test('is made of the bytes that its documentation gives', () => {
    const { at, salt, body, type } = rowAt(0)
    const bodyHash = sha256(`${salt}${body}`)
    expect(rowAt(0)).toMatchObject({
      sequence: 1,
      bodyHash,
      hash: sha256(`["${'0'.repeat(64)}",1,${at},"${type}","rack","${bodyHash}"]`),
    })
    const third = rowAt(2)
    expect(third.hash).toBe(
      sha256(`["${rowAt(1).hash}",3,${third.at},"release_published",null,"${third.bodyHash}"]`),
    )
  })

  test('can be checked in batches, each from where the last one ended', () => {
    let verdict: ChainVerdict = verifyChain(chain.slice(0, 2))
    if (verdict.ok) verdict = verifyChain(chain.slice(2, 5), verdict)
    if (verdict.ok) verdict = verifyChain(chain.slice(5), verdict)
    expect(verdict).toMatchObject({ ok: true, sequence: 6, hash: rowAt(5).hash, events: 1 })
    expect(verifyChain(chain.slice(3), { sequence: 3, hash: rowAt(1).hash })).toMatchObject({
      ok: false,
      atSequence: 4,
    })
  })
})

describe('tampering', () => {
  test('with any bit of any text of any row is found at that row', () => {
    let tried = 0
    for (const [index, row] of chain.entries()) {
      for (const column of ['type', 'app', 'salt', 'body', 'bodyHash', 'hash'] as const) {
        for (const text of flipped(row[column] ?? '')) {
          tried += 1
          expect(verifyChain(withRow(index, { [column]: text }))).toMatchObject({
            ok: false,
            atSequence: index + 1,
          })
        }
      }
    }
    expect(tried).toBeGreaterThan(10_000)
  })

  test('with any digit of any number is found at that row', () => {
    for (const [index, row] of chain.entries()) {
      for (const column of ['sequence', 'at'] as const) {
        const digits = String(row[column])
        for (let at = 0; at < digits.length; at += 1) {
          for (const digit of '0123456789') {
            if (digits[at] === digit) continue
            const number = Number(digits.slice(0, at) + digit + digits.slice(at + 1))
            expect(verifyChain(withRow(index, { [column]: number }))).toMatchObject({
              ok: false,
              atSequence: index + 1,
            })
          }
        }
      }
    }
  })

  test('with where one column ends and the next begins is found', () => {
    const { salt, body, app } = rowAt(0)
    const moved = withRow(0, { salt: `${salt}${body?.[0]}`, body: body?.slice(1) ?? null })
    expect(verifyChain(moved)).toMatchObject({ ok: false, atSequence: 1 })
    expect(verifyChain(withRow(0, { app: null }))).toMatchObject({ ok: false, atSequence: 1 })
    expect(verifyChain(withRow(2, { app: '' }))).toMatchObject({ ok: false, atSequence: 3 })
    expect(verifyChain(withRow(0, { app: `${app}"` }))).toMatchObject({ ok: false, atSequence: 1 })
  })

  test('by removing any row is found where it is missing, and a cut tail by the head that was seen', () => {
    for (const index of chain.keys()) {
      const without = chain.filter((_, at) => at !== index)
      expect(isSound(without)).toBe(false)
      if (index < 5) expect(verifyChain(without)).toMatchObject({ ok: false, atSequence: index + 1 })
    }
    expect(verifyChain(chain.slice(1))).toMatchObject({ ok: false, atSequence: 1 })
  })

  test('by removing a row and numbering the rest anew is found', () => {
    for (const index of chain.keys()) {
      const without = chain.filter((_, at) => at !== index).map((row, at) => ({ ...row, sequence: at + 1 }))
      expect(isSound(without)).toBe(false)
    }
  })

  test('by swapping any two rows is found, with their numbers or without', () => {
    for (const [one, first] of chain.entries()) {
      for (const [two, second] of chain.entries()) {
        if (one >= two) continue
        const swapped = chain.map((row, at) => (at === one ? second : at === two ? first : row))
        expect(verifyChain(swapped)).toMatchObject({ ok: false, atSequence: one + 1 })
        const renumbered = swapped.map((row, at) => ({ ...row, sequence: at + 1 }))
        expect(verifyChain(renumbered)).toMatchObject({ ok: false, atSequence: one + 1 })
      }
    }
  })

  test('by putting in a row, copied or well sealed, is found', () => {
    for (const index of chain.keys()) {
      const head = index === 0 ? emptyLedger : rowAt(index - 1)
      const { at, type, app } = rowAt(index)
      const forged = sealEvent(head, { sequence: index + 1, at, type, app, body: '{}', salt: 'f'.repeat(32) })
      const rest = chain.slice(index)
      for (const extra of [forged, rowAt(index)]) {
        const longer = [...chain.slice(0, index), extra, ...rest]
        expect(verifyChain(longer).ok).toBe(false)
        expect(verifyChain(longer.map((row, number) => ({ ...row, sequence: number + 1 }))).ok).toBe(false)
      }
      expect(isSound([...chain.slice(0, index), forged, ...chain.slice(index + 1)])).toBe(false)
    }
  })
})

describe('a redaction', () => {
  test('erases salt and body, and the chain holds and names the row', () => {
    const redacted = withRow(3, { salt: null, body: null })
    expect(verifyChain(redacted)).toEqual({
      ok: true,
      sequence: 6,
      hash: rowAt(5).hash,
      events: 6,
      redacted: [4],
    })
  })

  test('leaves what is left protected', () => {
    const erased = { salt: null, body: null }
    const { at, bodyHash } = rowAt(3)
    for (const change of [
      { at: at + 1 },
      { type: 'yanked' },
      { app: 'billing' },
      { bodyHash: sha256(bodyHash) },
    ]) {
      expect(verifyChain(withRow(3, { ...erased, ...change }))).toMatchObject({ ok: false, atSequence: 4 })
    }
  })

  test('of one of the two only is none', () => {
    expect(verifyChain(withRow(3, { salt: null }))).toMatchObject({ ok: false, atSequence: 4 })
    expect(verifyChain(withRow(3, { body: null }))).toMatchObject({ ok: false, atSequence: 4 })
  })
})

describe('sealing', () => {
  const event = { sequence: 1, at: 0, type: 't', app: null, body: '{}', salt: '0'.repeat(32) }

  test('refuses another sequence than the next', () => {
    for (const sequence of [0, 2, -1, 1.5, Number.NaN]) {
      expect(() => sealEvent(emptyLedger, { ...event, sequence })).toThrow('cannot follow 0')
    }
  })

  test('refuses a salt that is not 32 hex digits', () => {
    for (const salt of ['', '0'.repeat(31), '0'.repeat(33), 'G'.repeat(32), 'A'.repeat(32)]) {
      expect(() => sealEvent(emptyLedger, { ...event, salt })).toThrow('A salt is 32')
    }
  })

  test('refuses half a character, which would be stored as another', () => {
    expect(() => sealEvent(emptyLedger, { ...event, body: '"\ud83d"' })).toThrow('well-formed')
    expect(verifyChain([sealEvent(emptyLedger, { ...event, body: '"🚲"' })]).ok).toBe(true)
  })
})
