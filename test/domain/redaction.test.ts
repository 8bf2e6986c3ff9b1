// What of each event can be erased, against every golden event; and what never can.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { currentVersions, type LedgerEvent } from '../../shared/domain/events.ts'
import { foldEvents } from '../../shared/domain/fold.ts'
import { announcedBy, blankWords, erasablePointers, isRedaction } from '../../shared/domain/redaction.ts'
import { emptyState } from '../../shared/domain/state.ts'
import { type StoredEvent, upcast } from '../../shared/domain/upcast.ts'
import { plainState } from './plain-state.ts'

const golden = readFileSync(new URL('../golden/events.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line): StoredEvent => JSON.parse(line))

const folded = (events: readonly StoredEvent[]): string =>
  JSON.stringify(
    plainState(
      foldEvents(
        emptyState(),
        events.map((event) => upcast(event) as LedgerEvent),
      ),
    ),
  )

describe('every golden event', () => {
  test('without any of its words folds to the same state but for these words', () => {
    let erased = 0
    const before = folded(golden)
    for (const [index, event] of golden.entries()) {
      for (const pointer of erasablePointers(event)) {
        const { event: blanked, words } = blankWords(event, [pointer])
        const after = folded(golden.with(index, blanked))
        // The same words may be said elsewhere: what differs may differ by the words alone.
        const text = (json: string) => json.split(String(words[0])).join('[redacted]')
        expect(text(after), `${event.type} ${pointer}`).toBe(text(before))
        expect(erasablePointers(blanked)).not.toContain(pointer)
        erased += 1
      }
    }
    expect(erased).toBeGreaterThan(20)
  })

  test('keeps everything else: whatever is no free text is refused', () => {
    for (const event of golden) {
      const allowed = new Set(erasablePointers(event))
      for (const pointer of textsIn(event).filter((one) => !allowed.has(one)))
        expect(() => blankWords(event, [pointer]), `${event.type} ${pointer}`).toThrow('reckons with')
    }
  })

  test('is left as it was', () => {
    const [event] = golden.filter((one) => erasablePointers(one).length > 0)
    const before = JSON.stringify(event)
    if (event) blankWords(event, erasablePointers(event))
    expect(JSON.stringify(event)).toBe(before)
  })
})

describe('the table', () => {
  const event = (type: string, given: object): StoredEvent => ({ type, v: 1, ...given })

  test.each([
    [
      'release.published',
      { content: { artifacts: [{ url: 'https://x' }], notes: 'a', source: { url: 'b', commit: 'c' } } },
      ['/content/notes', '/content/source/url'],
    ],
    ['evidence.added', { url: 'https://x', note: 'n', name: 'unit' }, ['/note', '/url']],
    [
      'channel.promoted',
      {
        reason: 'r',
        verdicts: [
          { gate: 'path', detail: 'd' },
          { gate: 'soak', detail: 'e' },
        ],
      },
      ['/reason', '/verdicts/0/detail', '/verdicts/1/detail'],
    ],
    ['break_glass.opened', { reason: 'r', by: 'root@registry' }, ['/reason', '/by']],
    ['token.created', { name: 'ada', labels: { reason: 'x', by: 'y', url: 'z' } }, []],
    ['contract.declared', { parameters: { note: { default: 'x' }, reason: { default: 'y' } } }, []],
    ['release.routed', { routing: { requires: { note: '>=1' } }, reason: 'r' }, ['/reason']],
    ['event.redacted', { reason: 'r', replacement: { reason: 'kept' }, fields: ['/note'] }, ['/reason']],
  ])('%s', (type, given, pointers) => {
    expect(erasablePointers(event(type, given)).sort()).toEqual([...pointers].sort())
    expect(Object.hasOwn(currentVersions, type)).toBe(true)
  })
})

test('a redaction announces its subject, what it supersedes, and so do the redactions in it', () => {
  const inner = {
    type: 'event.redacted',
    v: 1,
    sequence: 5,
    replacement: { type: 'freeze.set', v: 1 },
    fields: [],
    supersedes: [7],
  }
  const outer = {
    type: 'event.redacted',
    v: 1,
    sequence: 10,
    replacement: inner,
    fields: [],
    supersedes: [11],
  }
  if (!isRedaction(outer)) throw new Error('it is one')
  expect(announcedBy(outer)).toEqual([10, 11, 5, 7])
})

/** Where a text stands, as JSON pointers. */
function textsIn(value: unknown, prefix = ''): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) =>
    typeof inner === 'string' ? [`${prefix}/${name}`] : textsIn(inner, `${prefix}/${name}`),
  )
}
