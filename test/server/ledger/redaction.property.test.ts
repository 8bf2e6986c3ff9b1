// Any story, and words of any of its events erased at any place, with a restart: the state is the same but for these words,
// the chain holds, and the words are in no file of the database and in no answer.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { erasablePointers } from '../../../shared/domain/redaction.ts'
import { plainState } from '../../domain/plain-state.ts'
import { openTestRegistry, type TestRegistry } from '../../support/test-registry.ts'
import { aRequest, askFor, prepare, type Request, saidBy } from './requests.ts'

const story = fc.array(aRequest, { minLength: 15, maxLength: 50 })
let drawn = 0

/** Every text that is said in a request is one of its own, so that it can be looked for. */
function withOwnWords(request: Request): Request {
  const own: Record<string, unknown> = { ...Object(request.json) }
  for (const name of ['reason', 'note', 'notes'])
    if (typeof own[name] === 'string')
      own[name] = `${own[name]} — word-${++drawn}-${'x'.repeat((drawn * 977) % 1900)}.`
  return { ...request, json: own }
}

interface Entry {
  readonly sequence: number
  readonly event: { readonly type: string; readonly v: number } | null
}

/** Those events that have words which can be erased, each with where. */
async function withWords(test: TestRegistry): Promise<{ sequence: number; pointer: string; text: string }[]> {
  const { entries } = await test.call('GET', '/v1/audit?limit=1000&order=oldest')
  return (entries as Entry[]).flatMap(({ sequence, event }) =>
    (event ? erasablePointers(event) : []).map((pointer) => ({
      sequence,
      pointer,
      text: String(
        pointer
          .split('/')
          .slice(1)
          .reduce<unknown>((value, name) => Object(value)[name], event),
      ),
    })),
  )
}

function filesWith(test: TestRegistry, text: string): string[] {
  return readdirSync(test.dataDir).filter(
    (name) => name.startsWith('registry.sqlite') && readFileSync(join(test.dataDir, name)).includes(text),
  )
}

const blank = (json: string, text: string): unknown =>
  JSON.parse(json, (_, value) => (typeof value === 'string' ? value.replaceAll(text, '[redacted]') : value))

test('any words of any story are forgotten, and nothing else is', { timeout: 180_000 }, async () => {
  let erased = 0
  const forgets = fc.asyncProperty(
    story,
    fc.nat(1000),
    fc.nat(1000),
    fc.boolean(),
    async (requests, where, which, isRestarted) => {
      const test = await openTestRegistry()
      try {
        const rack = await prepare(test)
        const place = where % requests.length
        for (const [index, request] of requests.entries()) {
          const headers = index % 2 === 0 ? { 'idempotency-key': `key-${index}` } : {}
          await askFor(test, rack, withOwnWords(request), headers)
          if (index !== place && index !== requests.length - 1) continue
          const all = (await withWords(test)).filter(({ text }) => text.includes('word-'))
          const chosen = all[which % Math.max(1, all.length)]
          if (!chosen) continue
          const { sequence, pointer, text } = chosen
          const before = JSON.stringify(plainState(test.registry.ledger.state))
          const { alsoIn } = await test.call('POST', `/v1/audit/${sequence}/redact`, {
            json: { fields: [pointer], reason: 'erased' },
          })
          // A promotion that came with a publication says the same words again.
          for (const other of alsoIn as number[]) {
            for (const one of await withWords(test))
              if (one.sequence === other && one.text.includes(text))
                await test.call('POST', `/v1/audit/${other}/redact`, {
                  json: { fields: [one.pointer], reason: 'erased' },
                })
          }
          if (isRestarted) await test.restart()
          erased += 1
          const [mark = ''] = /word-\d+-/.exec(text) ?? []
          expect(JSON.parse(JSON.stringify(plainState(test.registry.ledger.state)))).toEqual(
            blank(before, text),
          )
          expect(await test.call('GET', '/v1/audit/verify')).toMatchObject({ holds: true })
          expect(filesWith(test, mark)).toEqual([])
          expect(JSON.stringify(await saidBy(test))).not.toContain(mark)
          const state = plainState(test.registry.ledger.state)
          await test.restart()
          expect(plainState(test.registry.ledger.state)).toEqual(state)
        }
      } finally {
        await test.dispose()
      }
    },
  )
  await fc.assert(forgets, { numRuns: 30, seed: 20160816, interruptAfterTimeLimit: 90_000 })
  console.log(`redactions ${erased}`)
  expect(erased).toBeGreaterThan(10)
})
