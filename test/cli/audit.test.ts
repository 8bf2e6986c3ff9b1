// The verbs of the ledger, in a shell and as processes of their own: read, followed, kept elsewhere, verified, redacted.
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { exportLedger, verifyExport, verifyLedger } from '../../server/main.ts'
import { headgate, startHeadgate, startRegistry } from '../support/real-registry.ts'
import { scratchDirectory } from '../support/scratch-directory.ts'
import { aDesk, type Desk } from './registry-shell.ts'

async function aDeskWithHistory(): Promise<Desk> {
  const desk = await aDesk()
  for (const words of [
    ['app', 'create', 'rack', '--scheme', 'timestamp'],
    ['release', 'publish', '20160816140022', '--app', 'rack'],
    ['promote', '--app', 'rack', '--to', 'stable', '--reason', 'hunter2 was pasted here'],
  ]) {
    const { code, stderr } = await desk.headgate(...words)
    expect(code, stderr).toBe(0)
  }
  return desk
}

/** The server's bundle, as it is built, on this process's own registry. */
function withServer({ shell }: Desk) {
  const serve = () => Promise.reject(new Error('one is served already'))
  return shell({ loadServer: async () => ({ serve, verifyLedger, exportLedger, verifyExport }) })
}

describe('audit log', () => {
  test('takes filters, and times that lie back', async () => {
    const { headgate } = await aDeskWithHistory()
    const promoted = await headgate(
      'audit',
      'log',
      '--type',
      'channel.promoted',
      '--channel',
      'stable',
      '--json',
    )
    expect(promoted.json.entries).toMatchObject([{ reason: 'hunter2 was pasted here' }])
    const version = await headgate(
      'audit',
      'log',
      '--release',
      '20160816140022',
      '--actor',
      'first-admin',
      '--json',
    )
    expect(version.json.entries).toHaveLength(3)
    expect((await headgate('audit', 'log', '--since', '1h', '--json')).json.entries).not.toEqual([])
    expect((await headgate('audit', 'log', '--until', '1h', '--json')).json.entries).toEqual([])
    expect(await headgate('audit', 'log', '--since', '2099-01-01')).toMatchObject({ code: 2 })
    expect(await headgate('audit', 'log', '--follow', '--after', '3')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--after does not fit'),
    })
  })
})

describe('audit export', () => {
  test('writes a new file for its owner alone, whole or not at all, and says how to verify it', async () => {
    const desk = await aDeskWithHistory()
    const { headgate, folder, registry } = desk
    const exported = await headgate('audit', 'export', '--out', 'ledger.ndjson')
    const { sequence, hash } = registry.ledger.head
    expect(exported).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(`--file ledger.ndjson --head ${hash}`),
    })
    const text = readFileSync(join(folder, 'ledger.ndjson'), 'utf8')
    expect(text.trimEnd().split('\n')).toHaveLength(sequence)
    expect(statSync(join(folder, 'ledger.ndjson')).mode & 0o777).toBe(0o600)
    expect(existsSync(join(folder, 'ledger.ndjson.part'))).toBe(false)

    const again = await headgate('audit', 'export', '--out', 'ledger.ndjson')
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('is there already') })
    expect(readFileSync(join(folder, 'ledger.ndjson'), 'utf8')).toBe(text)
    const nowhere = await headgate('audit', 'export', '--out', 'no/such/folder.ndjson')
    expect(nowhere).toMatchObject({ code: 2, stderr: expect.stringContaining('ENOENT') })

    const printed = await headgate('audit', 'export')
    expect(printed.stdout).toBe(text)
    expect(printed.stderr).toContain(`${sequence} events, head ${hash}`)
    expect((await headgate('audit', 'export', '--json')).json).toMatchObject({ code: 'invalid_input' })
    const fromDisk = await withServer(desk)('audit', 'export', '--data', './registry')
    expect(fromDisk.stdout).toBe(text)
  })

  test('that breaks off leaves no file', async () => {
    const desk = await aDeskWithHistory()
    const cut = desk.shell({
      fetch: async (input, init) => {
        const response = await desk.fetch(input, init)
        if (!String(input).endsWith('/export')) return response
        const reader = response.body?.getReader()
        const first = await reader?.read()
        const body = new ReadableStream({
          start(controller) {
            controller.enqueue(first?.value?.slice(0, 100))
          },
          pull(controller) {
            controller.error(new Error('cut'))
          },
        })
        return new Response(body, response)
      },
    })
    const broken = await cut('audit', 'export', '--out', 'ledger.ndjson', '--json')
    expect(broken).toMatchObject({ code: 6, json: { code: 'registry_unreachable' } })
    for (const name of ['ledger.ndjson', 'ledger.ndjson.part'])
      expect(existsSync(join(desk.folder, name))).toBe(false)
  })
})

describe('audit verify', () => {
  test('of an export alone: holds, a cut tail by its head, an altered line by its place', async () => {
    const desk = await aDeskWithHistory()
    const { folder, registry } = desk
    const headgate = withServer(desk)
    await headgate('audit', 'export', '--out', 'ledger.ndjson')
    const { hash, sequence } = registry.ledger.head
    const verify = (...words: string[]) => headgate('audit', 'verify', ...words, '--json')
    expect((await verify('--file', 'ledger.ndjson', '--head', hash)).json).toMatchObject({
      holds: true,
      sequence,
      hash,
    })
    expect((await verify('--head', hash)).json).toMatchObject({ holds: true, redacted: 0 })
    expect((await verify('--data', './registry', '--head', hash)).json).toMatchObject({ holds: true })
    const lines = readFileSync(join(folder, 'ledger.ndjson'), 'utf8').split('\n')
    writeFileSync(join(folder, 'cut.ndjson'), `${lines.slice(0, -2).join('\n')}\n`)
    expect((await verify('--file', 'cut.ndjson')).json).toMatchObject({ holds: true })
    expect(await verify('--file', 'cut.ndjson', '--head', hash)).toMatchObject({
      code: 1,
      json: { code: 'chain_broken', detail: expect.stringContaining('its tail was cut') },
    })
    writeFileSync(join(folder, 'altered.ndjson'), lines.join('\n').replace('hunter2', 'hunter3'))
    expect(await verify('--file', 'altered.ndjson')).toMatchObject({
      code: 1,
      json: { numbers: { sequence }, detail: expect.stringContaining('its body or salt was altered') },
    })
    expect(await verify('--file', 'nothing.ndjson')).toMatchObject({
      code: 2,
      json: { code: 'invalid_input' },
    })
    expect(await verify('--head', 'abc')).toMatchObject({ code: 2 })
    expect(await verify('--file', 'x', '--data', 'y')).toMatchObject({ code: 2 })
  })
})

describe('audit redact', () => {
  test('wants to be confirmed by the sequence, shows what stands, and says what it does not touch', async () => {
    const desk = await aDeskWithHistory()
    const { headgate, registry } = desk
    const sequence = String(registry.ledger.head.sequence)
    const redact = ['audit', 'redact', sequence, '--field', '/reason', '--reason', 'a password']
    const dry = await headgate(...redact, '--dry-run')
    expect(dry).toMatchObject({ code: 0, stderr: expect.stringContaining('nothing was erased') })
    expect(dry.stdout).toContain('"reason":"[redacted]"')
    expect(await headgate(...redact)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining(`--confirm ${sequence}`),
    })
    expect(registry.ledger.head.sequence).toBe(Number(sequence))
    const done = await headgate(...redact, '--confirm', sequence)
    expect(done).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('Not touched: what racks reported'),
    })
    const log = await headgate('audit', 'log', '--limit', '2')
    expect(log.stdout).not.toContain('hunter2')
    expect(log.stdout).toContain(`event ${sequence}`)
    expect((await headgate('audit', 'verify')).stdout).toContain('1, each announced by a later event')
    const structural = await headgate(
      'audit',
      'redact',
      sequence,
      '--field',
      '/version',
      '--reason',
      'x',
      '--confirm',
      sequence,
    )
    expect(structural).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('part of what the registry reckons with'),
    })
    expect(await headgate('audit', 'redact', '0', '--field', '/reason', '--reason', 'x')).toMatchObject({
      code: 2,
    })
    expect(await headgate('audit', 'redact', sequence, '--reason', 'x')).toMatchObject({ code: 2 })
  })
})

describe('earlier times', () => {
  test('are shown with how old each input is, and refused with the arithmetic', async () => {
    const { headgate, now } = await aDeskWithHistory()
    const at = new Date(now()).toISOString()
    const shown = await headgate('channel', 'show', 'stable', '--app', 'rack', '--at', at)
    expect(shown.stdout).toMatch(/serves +20160816140022/)
    expect(shown.stdout).toMatch(/As of 2016-08-16T14:00:00.000Z, event \d+\n/)
    expect(shown.stdout).toMatch(/state +ledger +2016-/)
    const release = await headgate('release', 'show', '20160816140022', '--app', 'rack', '--at', at, '--json')
    expect(release.json).toMatchObject({ headOf: ['unstable', 'stable'], past: { at } })
    expect(await headgate('channel', 'show', 'stable', '--app', 'rack', '--at', '3d')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is 3d before this registry was made'),
    })
    expect(await headgate('explain', '--app', 'rack', '--rack', 'prod-1', '--at', at)).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('there never was one of that name'),
    })
    expect(await headgate('explain', '--dir', '.', '--at', '3d')).toMatchObject({ code: 2 })
  })
})

describe('audit log --follow', () => {
  test('as a process: prints what happens, goes on over a restart of the registry, and Ctrl-C ends it cleanly', async () => {
    const cwd = scratchDirectory()
    const registry = await startRegistry(cwd)
    const { env } = registry
    const where = { cwd, env }
    await headgate(['app', 'create', 'rack', '--scheme', 'timestamp'], where)
    const following = startHeadgate(['audit', 'log', '--follow', '--limit', '1', '--app', 'rack'], where)
    onTestFinished(() => following.kill('SIGKILL'))
    const said = () => following.stdoutSoFar().split('\n').filter(Boolean)
    await vi.waitFor(() => expect(said()).toHaveLength(1), { timeout: 10_000 })
    await headgate(['freeze', '--app', 'rack', '--reason', 'INC-42'], where)
    await vi.waitFor(() => expect(said()).toHaveLength(2), { timeout: 10_000 })

    const stopped = await registry.stop()
    expect(stopped.code).toBe(0)
    await startRegistry(cwd, Number(new URL(registry.url).port))
    await headgate(['unfreeze', '--app', 'rack'], where)
    await vi.waitFor(() => expect(said()).toHaveLength(3), { timeout: 30_000 })
    following.kill('SIGINT')
    const ended = await following.ended
    expect({ code: ended.code, signal: ended.signal }).toEqual({ code: 0, signal: null })
    expect(said()[1]).toMatch(/^\d+ {2}2\d{3}-\S+Z {2}token:first-admin {2}freeze\.set {2}rack .*INC-42$/)
    expect(said()[2]).toContain('freeze.lifted')
    expect(ended.stdout).not.toContain(String.fromCharCode(27))
  }, 90_000)
})
