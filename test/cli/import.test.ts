// Taking over a history: in chunks, with every row that is refused by name, again without harm, and removing nothing.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readImportRows } from '../../cli/import-rows.ts'
import {
  convertRackHistory,
  convertV3History,
  parseRackHistory,
  parseV3History,
  toJsonLines,
} from '../../demo/convert-convox.ts'
import { scratchDirectory } from '../support/scratch-directory.ts'
import { aDesk, type Desk } from './registry-shell.ts'

const dataFile = (name: string) => readFileSync(new URL(`../../demo/data/${name}`, import.meta.url), 'utf8')

async function aDeskWithFile(content: string, scheme = 'timestamp'): Promise<Desk & { file: string }> {
  const desk = await aDesk()
  const file = join(desk.folder, 'history.jsonl')
  writeFileSync(file, content)
  await desk.headgate('app', 'create', 'rack', '--scheme', scheme)
  return { ...desk, file }
}

const convox = JSON.stringify([
  { version: '20160816140022', description: 'Good', published: true, required: false },
  { version: '20160816150000', description: '', published: true, required: true },
  { version: '20160816160115', description: 'Masks the password', published: false, required: true },
  { version: '20160328231208-my-branch', description: 'A branch', published: false, required: false },
  { version: 'not-a-version', description: '', published: false, required: false },
  { description: 'nameless', published: true },
])

describe('the real histories', () => {
  test('all 836 releases of Convox v2: taken once, in chunks of 100, and becameMasked is there once', async () => {
    const lines = toJsonLines(convertRackHistory(parseRackHistory(dataFile('convox-rack-releases.json'))))
    const { headgate, asked } = await aDeskWithFile(lines)
    const first = await headgate('import', 'history.jsonl', '--app', 'rack', '--json')
    expect(first).toMatchObject({
      code: 0,
      json: {
        kind: 'ImportReport',
        rows: 836,
        taken: 836,
        present: 0,
        refused: [],
        tidied: [],
        notInFile: [],
      },
    })
    expect(asked.filter((line) => line.includes('/import'))).toHaveLength(9)
    const again = await headgate('import', 'history.jsonl', '--app', 'rack', '--json')
    expect(again).toMatchObject({ code: 0, json: { rows: 836, taken: 0, present: 836, refused: [] } })
    const diff = await headgate('release', 'diff', '--history', '--app', 'rack', '--json')
    const { changes } = diff.json
    expect(Array.isArray(changes) && changes.filter(({ change }) => change === 'becameMasked')).toMatchObject(
      [{ to: '20160816160115', name: 'Password' }],
    )
  })

  test('of Convox v3 says how each untidy id was read', async () => {
    const lines = toJsonLines(convertV3History(parseV3History(dataFile('convox-v3-releases.json'))))
    const { headgate } = await aDeskWithFile(lines, 'semver')
    const imported = await headgate('import', 'history.jsonl', '--app', 'rack', '--json')
    expect(imported.json).toMatchObject({ rows: 337 })
    expect(imported.json.tidied).toEqual(
      expect.arrayContaining([
        { version: '3.24.9rc1', readAs: '3.24.9-rc.1' },
        { version: '3.11.2-try1', readAs: '3.11.2-try.1' },
      ]),
    )
    const listed = await headgate('release', 'list', '--app', 'rack', '--limit', 'all', '--json')
    const { releases } = listed.json
    const versions = Array.isArray(releases) ? releases.map(({ version }) => version) : []
    expect(versions.indexOf('3.24.3rc10')).toBeLessThan(versions.indexOf('3.24.3rc2'))
  })
})

describe("Convox's versions.json", () => {
  test('puts what was published on stable, and says what it did with the rest', async () => {
    const { headgate } = await aDeskWithFile(convox)
    const imported = await headgate('import', 'history.jsonl', '--app', 'rack', '--format', 'convox-versions')
    expect(imported.code).toBe(1)
    await expect(imported.stdout).toMatchFileSnapshot('../golden/cli/import.txt')
    const listed = await headgate('release', 'list', '--app', 'rack', '--json')
    expect(listed.json.releases).toMatchObject([
      { version: '20160816160115', headOf: ['unstable'], servedOn: ['unstable'], routing: {} },
      { version: '20160816150000', headOf: ['stable'], routing: { required: true } },
      { version: '20160816140022', servedOn: ['unstable', 'stable'] },
      { version: '20160328231208-my-branch' },
    ])
    const shown = await headgate('release', 'show', '20160816140022', '--app', 'rack', '--json')
    expect(shown.json).toMatchObject({ notes: 'Good', publishedAt: '2016-08-16T14:00:22.000Z' })
  })

  test('that lost a release removes nothing: it is reported', async () => {
    const { headgate, file } = await aDeskWithFile(convox)
    await headgate('import', 'history.jsonl', '--app', 'rack', '--format', 'convox-versions')
    writeFileSync(
      file,
      '[{"version":"20160816140022","description":"Good","published":true,"required":false}]',
    )
    const again = await headgate(
      'import',
      'history.jsonl',
      '--app',
      'rack',
      '--format',
      'convox-versions',
      '--json',
    )
    expect(again).toMatchObject({
      code: 0,
      json: {
        taken: 0,
        present: 1,
        notInFile: ['20160816160115', '20160816150000', '20160328231208-my-branch'],
      },
    })
    expect((await headgate('release', 'show', '20160816150000', '--app', 'rack')).code).toBe(0)
  })
})

describe('an import', () => {
  test('takes the good rows and names the bad ones by their line', async () => {
    const lines = [
      '{"version":"1.0.0","channels":["unstable"]}',
      '',
      'no json at all',
      '{"version":"1.1.0","required":"yes"}',
      '{"version":"1.2.0","colour":"red"}',
      '[1]',
      '{"version":"1.3.0"}\r',
    ]
    const { headgate } = await aDeskWithFile(lines.join('\n'), 'semver')
    const imported = await headgate('import', 'history.jsonl', '--app', 'rack', '--json')
    expect(imported).toMatchObject({ code: 1, json: { rows: 6, taken: 2 } })
    expect(imported.json.refused).toMatchObject([
      { row: 3, version: null, code: 'invalid_input' },
      { row: 4, version: '1.1.0', code: 'invalid_input' },
      { row: 5, version: '1.2.0', code: 'invalid_input' },
      { row: 6, version: null, code: 'invalid_input' },
    ])
  })

  test('that stopped in the middle goes on where it was', async () => {
    const lines = Array.from({ length: 250 }, (_, index) => JSON.stringify({ version: `1.${index}.0` })).join(
      '\n',
    )
    const { shell, headgate, fetch } = await aDeskWithFile(lines, 'semver')
    let chunks = 0
    const breaking = shell({
      fetch: (input, init) => {
        if (String(input).includes('/import') && ++chunks > 2)
          return Promise.reject(new TypeError('the line is dead'))
        return fetch(input, init)
      },
    })
    const broken = await breaking('import', 'history.jsonl', '--app', 'rack')
    expect(broken.code).toBe(6)
    expect(broken.stderr).toContain(
      'The first 200 rows are through; the same command again goes on behind them.',
    )
    expect((await headgate('import', 'history.jsonl', '--app', 'rack', '--json')).json).toMatchObject({
      taken: 50,
      present: 200,
    })
  })

  test('in a dry run changes nothing', async () => {
    const { headgate, changes } = await aDeskWithFile(convox)
    const before = await changes()
    const dry = await headgate(
      'import',
      'history.jsonl',
      '--app',
      'rack',
      '--format',
      'convox-versions',
      '--dry-run',
      '--json',
    )
    expect(dry.json).toMatchObject({ dryRun: true, taken: 4 })
    expect(await changes()).toBe(before)
  })

  test('reads what is piped into it', async () => {
    const { shell } = await aDeskWithFile('', 'semver')
    async function* bytes(): AsyncGenerator<Uint8Array> {
      // Cut in the middle of a character, as pipes do.
      const whole = Buffer.from('{"version":"1.0.0","notes":"Gäste"}\n')
      const cut = whole.indexOf(0xc3) + 1
      yield whole.subarray(0, cut)
      yield whole.subarray(cut)
    }
    const headgate = shell({ stdin: { isTerminal: false, read: bytes } })
    expect((await headgate('import', '-', '--app', 'rack', '--json')).json).toMatchObject({ taken: 1 })
    expect((await headgate('release', 'show', '1.0.0', '--app', 'rack', '--json')).json).toMatchObject({
      notes: 'Gäste',
    })
  })

  test.each([
    ['missing.jsonl', 'cannot be read: there is no such file'],
    ['.', 'cannot be read: it is a folder'],
    ['object.json', 'is one object; expected a JSON array, or one object a line'],
    ['array.json', 'begins as a JSON array and is none'],
  ])('of %s is refused: it %s', async (file, why) => {
    const { headgate, folder } = await aDeskWithFile('')
    writeFileSync(join(folder, 'object.json'), '{\n  "releases": []\n}')
    writeFileSync(join(folder, 'array.json'), '[{"version":"1.0.0"}')
    const refused = await headgate('import', file, '--app', 'rack', '--json')
    expect(refused).toMatchObject({ code: 2, json: { code: 'invalid_input' } })
    expect(refused.json.detail).toContain(why)
  })
})

test('a history of any length needs the memory of its longest line', async () => {
  const cwd = scratchDirectory()
  let handed = 0
  async function* endless(): AsyncGenerator<Uint8Array> {
    const line = Buffer.from(`${JSON.stringify({ version: '1.0.0', notes: 'x'.repeat(1000) })}\n`)
    for (;;) {
      handed++
      yield line
    }
  }
  let rows = 0
  for await (const _ of readImportRows({ cwd, stdin: { isTerminal: false, read: endless } }, '-')) {
    if (++rows === 5000) break
  }
  expect(handed).toBeLessThanOrEqual(5001)
})
