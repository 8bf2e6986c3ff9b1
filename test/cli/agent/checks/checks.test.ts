/** The checks, against real servers, commands and disks. */

import { createServer, type RequestListener } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type CheckContext, checksFor, type Phase } from '../../../../cli/agent/checks/check.ts'
import { createCommandCheck } from '../../../../cli/agent/checks/command.ts'
import { createChecks } from '../../../../cli/agent/checks/create-checks.ts'
import { createDiskCheck } from '../../../../cli/agent/checks/disk.ts'
import { createHttpCheck, type HttpCheckConfig } from '../../../../cli/agent/checks/http.ts'
import { valueAt } from '../../../../cli/agent/checks/json-pointer.ts'
import { createVersionCheck } from '../../../../cli/agent/checks/version.ts'
import { Problem } from '../../../../shared/domain/problem.ts'
import { scratchDirectory } from '../../../support/scratch-directory.ts'

const patience = {
  when: ['settle'],
  timeoutSeconds: 2,
  intervalSeconds: 1,
  healthyCount: 1,
  unhealthyCount: 1,
  monitorSeconds: 60,
} as const
const context = (expectedVersion: string | null = '2', ms = 2_000): CheckContext => ({
  expectedVersion,
  signal: AbortSignal.timeout(ms),
})

async function serving(answer: RequestListener): Promise<string> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/healthz`
}

const httpCheck = (url: string, change: Partial<HttpCheckConfig> = {}) =>
  createHttpCheck({ kind: 'http', name: 'web', severity: 'fail', url, status: [200], ...patience, ...change })

describe('the http check', () => {
  const health: RequestListener = (_request, response) => {
    response.setHeader('X-Node', 'blue-7')
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ version: '2', status: 'ok', depth: { 'a/b': [1, true] } }))
  }

  it('is healthy when everything asked for agrees', async () => {
    const url = await serving(health)
    const answer = await httpCheck(url, {
      bodyContains: '"ok"',
      headers: { 'x-node': 'blue', 'Content-Type': '' },
      json: { '/status': 'ok', '/depth/a~1b/0': 1, '/depth/a~1b/1': true },
      versionPointer: '/version',
    }).run(context())
    expect(answer).toMatchObject({ ok: true, detail: `${url} answered 200`, numbers: { status: 200 } })
    expect(answer.durationMs).toBeGreaterThanOrEqual(0)
  })

  it.each([
    [{ status: [204, 301] }, 'answered 200, expected 204 or 301'],
    [{ headers: { 'x-missing': '' } }, 'sent no header x-missing'],
    [{ headers: { 'x-node': 'green' } }, 'sent x-node: "blue-7", expected "green" in it'],
    [{ bodyContains: 'fine' }, 'the body does not contain "fine"'],
    [{ json: { '/status': 'good' } }, '/status is "ok", expected "good"'],
    [{ json: { '/nothing/here': 'x' } }, '/nothing/here is nothing, expected "x"'],
    [{ json: { '/depth/a~1b/0': '1' } }, 'is 1, expected "1"'],
    [{ versionPointer: '/release' }, '/release is nothing, expected version "2"'],
  ] satisfies [Partial<HttpCheckConfig>, string][])(
    '%j says what was found and expected',
    async (change, words) => {
      const answer = await httpCheck(await serving(health), change).run(context())
      expect(answer.ok).toBe(false)
      expect(answer.detail).toContain(words)
    },
  )

  it('takes the version only when it is the expected one', async () => {
    const check = httpCheck(await serving(health), { versionPointer: '/version' })
    const old = await check.run(context('3'))
    expect(old).toMatchObject({ ok: false })
    expect(old.detail).toContain('/version is "2", expected version "3"')
    expect(await check.run(context(null))).toMatchObject({ ok: true })
  })

  it('reads versions that are numbers, unless they are too large to be exact', async () => {
    const timestamp = httpCheck(
      await serving((_request, response) => response.end('{"v":20160816140022,"w":20160816140022123456}')),
      { versionPointer: '/v' },
    )
    expect(await timestamp.run(context('20160816140022'))).toMatchObject({ ok: true })
    const large = await httpCheck(
      await serving((_request, response) => response.end('{"v":20160816140022123456}')),
      { versionPointer: '/v' },
    ).run(context('20160816140022123456'))
    expect(large.detail).toContain('a number too large to compare')
  })

  it('does not follow redirects, and a redirect is what it is', async () => {
    const url = await serving((_request, response) => response.writeHead(302, { location: '/login' }).end())
    expect((await httpCheck(url).run(context())).detail).toContain('answered 302, expected 200')
  })

  it('is unhealthy for every way of not answering', async () => {
    const refused = await httpCheck('http://127.0.0.1:1/').run(context())
    expect(refused.detail).toContain('ECONNREFUSED')
    const silent = await httpCheck(await serving(() => undefined)).run(context('2', 200))
    expect(silent.detail).toContain('did not answer in time')
    const cut = await httpCheck(await serving((request) => void request.socket.destroy())).run(context())
    expect(cut.ok).toBe(false)
    const html = await serving((_request, response) => response.end('<html>'))
    expect((await httpCheck(html, { versionPointer: '/v' }).run(context())).detail).toContain('not JSON')
    const endless = await serving((_request, response) => {
      const timer = setInterval(() => response.write(Buffer.alloc(300_000)), 1)
      response.on('close', () => clearInterval(timer))
    })
    expect((await httpCheck(endless).run(context())).detail).toContain('longer than 1048576 bytes')
    const slow = await serving((_request, response) => void response.write('some'))
    expect((await httpCheck(slow).run(context('2', 200))).detail).toContain('did not answer in time')
  })

  it('is unhealthy where something else listens', async () => {
    const server = createTcpServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    expect(await httpCheck(`http://127.0.0.1:${port}/`).run(context())).toMatchObject({ ok: false })
    expect(await httpCheck(`https://127.0.0.1:${port}/`).run(context())).toMatchObject({ ok: false })
  })

  it('is unhealthy when its authority file is missing', async () => {
    const answer = await httpCheck('https://127.0.0.1:1/', { caFile: '/no/ca.pem' }).run(context())
    expect(answer.detail).toContain('/no/ca.pem')
  })
})

describe('a JSON pointer', () => {
  const document = { foo: ['bar', 'baz'], '': 0, 'a/b': 1, 'm~n': 8, deep: { er: null } }
  it.each([
    ['', document],
    ['/foo/0', 'bar'],
    ['/', 0],
    ['/a~1b', 1],
    ['/m~0n', 8],
    ['/deep/er', null],
    ['/deep/er/est', undefined],
    ['/foo/2', undefined],
    ['/foo/length', undefined],
    ['/foo/01', undefined],
    ['/constructor', undefined],
    ['/__proto__', undefined],
  ])('%j (RFC 6901)', (pointer, value) => {
    expect(valueAt(document, pointer)).toEqual(value)
  })
})

describe('the command check', () => {
  const check = (command: string, dir = scratchDirectory(), timeoutSeconds = 2) =>
    createCommandCheck(
      { kind: 'command', name: 'own', severity: 'fail', command, ...patience, timeoutSeconds },
      { dir, env: { PATH: process.env.PATH, HEADGATE_TOKEN: 'secret' }, redact: ['hunter2'] },
    )

  it('is healthy when it exits 0, and shows its last line', async () => {
    const dir = scratchDirectory()
    const answer = await check('echo checking; echo $HEADGATE_VERSION in $PWD', dir).run(context())
    expect(answer).toMatchObject({ ok: true, detail: `2 in ${dir}`, numbers: { code: 0 } })
  })

  it('is unhealthy when it fails, takes too long, or cannot be started', async () => {
    expect((await check('echo no route >&2; exit 2').run(context())).detail).toBe(
      'the command exited 2: no route',
    )
    const late = await check('sleep 60', scratchDirectory(), 0.2).run(context())
    expect(late.detail).toBe('the command took longer than 0.2 s and was ended: it said nothing')
    expect(late.numbers).toMatchObject({ timedOut: true })
    const gone = await check('true', join(scratchDirectory(), 'gone')).run(context())
    expect(gone).toMatchObject({ ok: false })
  })

  it('is ended when whoever asks gives up', async () => {
    const startedAt = Date.now()
    const answer = await check('sleep 60').run(context('2', 200))
    expect(answer.ok).toBe(false)
    expect(Date.now() - startedAt).toBeLessThan(3_000)
  })

  it('gets no credential, and shows none', async () => {
    expect((await check('echo "[$HEADGATE_TOKEN]"').run(context())).detail).toBe('[]')
    expect((await check('echo password hunter2').run(context())).detail).toBe('password [redacted]')
  })
})

describe('the disk check', () => {
  const check = (change: object) =>
    createDiskCheck({
      kind: 'disk',
      name: 'disk',
      severity: 'fail',
      path: scratchDirectory(),
      ...patience,
      ...change,
    })

  it('has the numbers whatever it decides', async () => {
    const good = await check({ minFreeBytes: 1, minFreePercent: 0.1 }).run(context())
    expect(good.ok).toBe(true)
    expect(good.numbers.freeBytes).toBeGreaterThan(1)
    const bytes = await check({ minFreeBytes: 2 ** 52 }).run(context())
    expect(bytes.detail).toMatch(/ has \d+ bytes free \([\d.]+ %\), needs 4503599627370496 bytes/)
    const percent = await check({ minFreePercent: 100 }).run(context())
    expect(percent.detail).toContain('needs 100 %')
  })

  it('is unhealthy for a path that is not there', async () => {
    const answer = await check({ path: '/no/such/path', minFreeBytes: 1 }).run(context())
    expect(answer.detail).toContain('/no/such/path: ENOENT')
  })
})

describe('the version check', () => {
  it('compares what the driver says, and a driver that cannot tell is unhealthy', async () => {
    const says = (version: string | null) =>
      createVersionCheck({ current: async () => version }).run(context())
    expect(await says('2')).toMatchObject({ ok: true, detail: '2 is installed' })
    expect(await says('1')).toMatchObject({
      ok: false,
      detail: '1 is installed, expected 2',
      numbers: { version: '1' },
    })
    expect(await says(null)).toMatchObject({ ok: false, detail: 'nothing is installed, expected 2' })
    const nothing = await createVersionCheck({ current: async () => null }).run(context(null))
    expect(nothing.ok).toBe(true)
    const current = () => Promise.reject(new Problem('preflight_failed', 'Cannot tell.'))
    expect(await createVersionCheck({ current }).run(context())).toMatchObject({
      ok: false,
      detail: 'Cannot tell.',
    })
  })
})

describe('the checks of a rack', () => {
  const driver = { current: async () => '2' }
  const place = { dir: '/', env: {}, now: Date.now, redact: ['hg_secret'] }
  const version = { kind: 'version', name: 'v', ...patience } as const

  it('always have one that decides on the version', () => {
    expect(createChecks([], driver, place).map((check) => check.kind)).toEqual(['version'])
    const warned = createChecks([{ ...version, severity: 'warn' }], driver, place)
    expect(warned.map((check) => check.severity)).toEqual(['fail', 'warn'])
    const own = createChecks([{ ...version, severity: 'fail', healthyCount: 7 }], driver, place)
    expect(own.map((check) => check.healthyCount)).toEqual([7])
    const elsewhere = createChecks([{ ...version, severity: 'fail', when: ['monitor'] }], driver, place)
    expect(elsewhere.map(({ when }) => when)).toEqual([['settle'], ['monitor']])
  })

  it('are asked in their phases', () => {
    const own = createChecks(
      [{ ...version, severity: 'warn', when: ['preflight', 'monitor'] }],
      driver,
      place,
    )
    const named = (phase: Phase) => checksFor(phase, own).map(({ name }) => name)
    expect([named('preflight'), named('settle'), named('monitor')]).toEqual([['v'], ['version'], ['v']])
  })

  it('tell nothing that is secret, whatever they found', async () => {
    const url = await serving((_request, response) => response.setHeader('x-a', 'hg_secret and more').end())
    const config = { kind: 'http', name: 'web', severity: 'fail', url, status: [200], ...patience } as const
    const [, check] = createChecks([{ ...config, headers: { 'x-a': 'b' } }], driver, place)
    const answer = await check?.run(context())
    expect(answer?.detail).toContain('sent x-a: "[redacted] and more"')
  })
})
