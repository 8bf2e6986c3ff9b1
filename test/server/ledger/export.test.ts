// An export is verified without the registry by the program of docs/audit.md, run as a process of its own; and every way of
// tampering with it is found, by that program and by `audit verify --file` alike.
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { verifyExport } from '../../../server/ledger/export.ts'
import { openTestRegistry, type TestRegistry } from '../../support/test-registry.ts'

const page = readFileSync('docs/audit.md', 'utf8')
const [, recipe = ''] = /<!-- recipe -->\n```js\n([\s\S]*?)```/.exec(page) ?? []

let here: TestRegistry
let folder: string
let good: string
let head: string
beforeAll(async () => {
  here = await openTestRegistry()
  folder = mkdtempSync(join(tmpdir(), 'headgate-export-'))
  writeFileSync(join(folder, 'verify.mjs'), recipe)
  const { call } = here
  await call('POST', '/v1/apps', { json: { app: 'rack', scheme: 'timestamp' } })
  const notes = 'Zoë’s words, on two lines\nwith "quotes", a \\, a \u2028 and 🚲'
  await call('POST', '/v1/apps/rack/releases', { json: { version: '20160816140022', notes } })
  await call('POST', '/v1/freezes', { json: { app: 'rack', reason: 'hunter2' } })
  const frozen = here.registry.ledger.head.sequence
  await call('POST', `/v1/audit/${frozen}/redact`, { json: { fields: ['/reason'], reason: 'a password' } })
  await call('POST', '/v1/freezes/lift', { json: { app: 'rack' } })
  good = (await here.ask('GET', '/v1/audit/export')).text
  head = here.registry.ledger.head.hash
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await here.dispose()
})

interface Verdicts {
  readonly byRecipe: boolean
  readonly byUs: boolean
  readonly words: string
}

async function verdictsOn(text: string, seen?: string): Promise<Verdicts> {
  const file = join(folder, `${Math.random()}.ndjson`)
  writeFileSync(file, text)
  const ran = await new Promise<{ code: number; said: string }>((resolve) => {
    execFile(
      process.execPath,
      [join(folder, 'verify.mjs'), file, ...(seen ? [seen] : [])],
      (error, out, err) => resolve({ code: error ? 1 : 0, said: out + err }),
    )
  })
  const ours = await verifyExport(parts(text), seen)
  return { byRecipe: ran.code === 0, byUs: ours.holds, words: `${ran.said} ${ours.why}` }
}

/** In pieces that end anywhere, as a disk gives them. */
async function* parts(text: string): AsyncGenerator<string> {
  for (let from = 0; from < text.length; from += 997) yield text.slice(from, from + 997)
}

const lines = (): string[] => good.trimEnd().split('\n')
const text = (rows: readonly string[]): string => `${rows.join('\n')}\n`

async function expectFound(tampered: string, seen?: string): Promise<void> {
  const { byRecipe, byUs, words } = await verdictsOn(tampered, seen)
  expect({ byRecipe, byUs }, words).toEqual({ byRecipe: false, byUs: false })
}

describe('an export', () => {
  test('has the fields of the page and nothing else, and not the words that were erased', () => {
    for (const line of lines())
      expect(Object.keys(JSON.parse(line))).toEqual([
        'sequence',
        'at',
        'type',
        'app',
        'salt',
        'body',
        'bodyHash',
        'hash',
      ])
    expect(good).not.toContain('hunter2')
    expect(lines().filter((line) => JSON.parse(line).body === null)).toHaveLength(1)
  })

  test('is verified by the program of the page, of at most 30 lines, and by ours', async () => {
    expect(recipe.trimEnd().split('\n').length).toBeLessThanOrEqual(30)
    for (const seen of [undefined, head, JSON.parse(lines()[2] ?? '').hash]) {
      const { byRecipe, byUs, words } = await verdictsOn(good, seen)
      expect({ byRecipe, byUs }, words).toEqual({ byRecipe: true, byUs: true })
      expect(words).toContain(`${lines().length} events, head ${head}`)
    }
  })

  test('is refused to a credential of one app', async () => {
    const token = await here.mint('admin', { app: 'rack' })
    const refused = await here.ask('GET', '/v1/audit/export', { token })
    expect(refused).toMatchObject({ status: 403, json: { code: 'not_allowed' } })
    expect((await here.ask('GET', '/v1/audit/export?app=rack')).json.code).toBe('invalid_input')
  })
})

describe('tampering is found', () => {
  test('with a line removed, wherever it is; at the end by the head that was seen', async () => {
    for (const index of lines().keys()) await expectFound(text(lines().toSpliced(index, 1)), head)
    const { byRecipe, byUs } = await verdictsOn(text(lines().slice(0, -1)))
    expect({ byRecipe, byUs }).toEqual({ byRecipe: true, byUs: true })
  })

  test('with two lines swapped, and with one put in twice or made up', async () => {
    const all = lines()
    for (const index of all.keys()) {
      const [one = '', two = ''] = [all[index], all[index + 1]]
      if (index + 1 < all.length) await expectFound(text(all.toSpliced(index, 2, two, one)))
      await expectFound(text(all.toSpliced(index, 0, one)))
    }
    const { sequence, hash, ...last } = JSON.parse(all.at(-1) ?? '')
    await expectFound(text([...all, JSON.stringify({ sequence: sequence + 1, ...last, hash })]))
  })

  test('with an event erased that nobody redacted, and with half of one', async () => {
    for (const change of [{ salt: null, body: null }, { salt: null }, { body: null }]) {
      const erased = { ...JSON.parse(lines()[1] ?? ''), ...change }
      await expectFound(text(lines().with(1, JSON.stringify(erased))))
    }
  })

  test('with the same meaning in other bytes', async () => {
    const [first = ''] = lines()
    for (const other of [
      first.replace(':', ': '),
      first.replace('"at"', '"\\u0061t"'),
      `${first.slice(0, -1)},"more":1}`,
    ])
      await expectFound(text(lines().with(0, other)))
  })

  test('with a bit of any byte altered: all by ours, a sample of them by the recipe', async () => {
    const bytes = Buffer.from(good)
    let tried = 0
    for (let at = 0; at < bytes.length; at += 1) {
      const other = Buffer.from(bytes)
      other.writeUInt8(bytes.readUInt8(at) ^ (1 << (at % 8)), at)
      const verdict = await verifyExport(parts(other.toString()), head)
      expect(verdict.holds, `byte ${at}`).toBe(false)
      if (at % 97 === 0) await expectFound(other.toString(), head)
      tried += 1
    }
    expect(tried).toBeGreaterThan(3_000)
  }, 120_000)
})
