// The program as a process: what starting costs, a registry started beside it, a terminal with a person at it, a proxy.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { version } from '../../shared/contract/version.ts'
import { type BuiltProgram, buildProgram, finished, type RunOptions } from '../support/built-program.ts'
import { scratchDirectory } from '../support/scratch-directory.ts'

let headgate: BuiltProgram
beforeAll(async () => {
  headgate = await buildProgram()
})
afterAll(() => headgate?.remove())

const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))

describe('the version', () => {
  test('is that of the package', async () => {
    expect(manifest).toMatchObject({ version })
    expect(await headgate.run(['--version'])).toEqual({
      code: 0,
      stdout: `headgate ${version}\n`,
      stderr: '',
    })
    expect((await headgate.run(['-V'])).stdout).toBe(`headgate ${version}\n`)
  })

  test('is answered before anything is loaded: the program itself imports only that and node', () => {
    const source = readFileSync(headgate.path, 'utf8')
    const loaded = [...source.matchAll(/^(?:import|\} from)\s.*?"([^"]+)";?$/gm)].map(([, from = '']) => from)
    const chunks = loaded.filter((from) => from.startsWith('.'))
    expect(loaded.filter((from) => !from.startsWith('.') && !from.startsWith('node:'))).toEqual([])
    for (const chunk of chunks) {
      const text = readFileSync(join(headgate.path, '..', chunk), 'utf8')
      expect(text.length, chunk).toBeLessThan(500)
      expect(text).toContain(version)
    }
  })
})

/** A registry as a process, on a free port. */
async function aRegistry() {
  const cwd = scratchDirectory()
  const server = headgate.start(['serve', '--data', './registry', '--port', '0', '--json'], { cwd })
  const end = finished(server)
  onTestFinished(async () => {
    server.kill('SIGKILL')
    await end
  })
  const [line] = await once(server.stdout ?? server, 'data')
  const { url } = JSON.parse(String(line))
  const env: Record<string, string> = { HEADGATE_URL: url, HEADGATE_TOKEN_FILE: './registry/admin.token' }
  const run = (words: readonly string[], options: RunOptions = {}) =>
    headgate.run(words, { cwd, env, ...options })
  return { cwd, url: String(url), env, server, end, run }
}

describe('a registry started by the program', () => {
  test('makes what it needs, serves, is verified while it runs, and drains on SIGTERM', async () => {
    const { cwd, run, server, end } = await aRegistry()
    expect(statSync(join(cwd, 'registry', 'admin.token')).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(cwd, 'registry', 'serve.pid'), 'utf8')).toBe(`${server.pid}\n`)
    expect(await run(['app', 'create', 'rack', '--scheme', 'timestamp'])).toMatchObject({ code: 0 })
    writeFileSync(join(cwd, 'rack.tgz'), Buffer.alloc(3_000_000, 'x'))
    const published = await run([
      'release',
      'publish',
      '20160816140022',
      '--app',
      'rack',
      '--artifact',
      './rack.tgz',
    ])
    expect(published).toMatchObject({ code: 0 })
    expect(published.stderr).toContain('Sent: ')
    const verified = await run(['audit', 'verify', '--data', './registry', '--json'])
    expect(JSON.parse(verified.stdout)).toMatchObject({ kind: 'Chain', holds: true })
    server.kill('SIGTERM')
    expect((await end).code).toBe(0)
    expect(existsSync(join(cwd, 'registry', 'serve.pid'))).toBe(false)
  })

  test('is waited for by who was quicker', async () => {
    const cwd = scratchDirectory()
    const port = String(20_000 + (process.pid % 20_000))
    const env = { HEADGATE_URL: `http://127.0.0.1:${port}`, HEADGATE_TOKEN_FILE: './registry/admin.token' }
    const early = headgate.run(['app', 'create', 'rack'], { cwd, env })
    const server = headgate.start(['serve', '--data', './registry', '--port', port], { cwd })
    const end = finished(server)
    expect(await early).toMatchObject({ code: 0 })
    server.kill('SIGINT')
    expect((await end).code).toBe(0)
  })

  test('a second one on the same folder is refused with what to do', async () => {
    const { run } = await aRegistry()
    const second = await run(['serve', '--data', './registry', '--port', '0', '--json'])
    expect(second.code).toBe(75)
    expect(JSON.parse(second.stderr)).toMatchObject({ kind: 'Problem', code: 'locked' })
  })
})

describe('at a terminal', () => {
  const terminal = fileURLToPath(new URL('terminal.py', import.meta.url))
  const yank = [
    'release',
    'yank',
    '1.0.0',
    '--app',
    'rack',
    '--severity',
    'critical',
    '--reason',
    'it loses data',
  ]

  async function typing(typed: string) {
    const { cwd, env, run } = await aRegistry()
    await run(['app', 'create', 'rack'])
    await run(['release', 'publish', '1.0.0', '--app', 'rack'])
    const words = [terminal, process.execPath, headgate.path, ...yank]
    const child = spawn('python3', words, {
      cwd,
      env: { ...process.env, ...env, LANG: 'C.UTF-8', NO_COLOR: '1', TERM: 'xterm' },
    })
    const screen = await finished(child, typed)
    const list = JSON.parse((await run(['advisory', 'list', '--app', 'rack', '--json'])).stdout)
    return { ...screen, advisories: list.advisories.length }
  }

  test('a severe act shows what it would do, and is done when its name is typed', async () => {
    const { code, stdout, advisories } = await typing('rack\r')
    expect(stdout).toContain('withdrawn   1: 1.0.0')
    expect(stdout).toContain('Type rack to go on')
    expect(stdout).toContain('is withdrawn by ADV-1')
    expect({ code, advisories }).toEqual({ code: 0, advisories: 1 })
  })

  test('another name changes nothing', async () => {
    const { code, stdout, advisories } = await typing('stable\r')
    expect(stdout).toContain('That was not rack: nothing was changed.')
    expect({ code, advisories }).toEqual({ code: 3, advisories: 0 })
  })

  test('Ctrl-C changes nothing', async () => {
    const { code, advisories } = await typing('\u0003')
    expect({ code, advisories }).toEqual({ code: 130, advisories: 0 })
  })
})

describe('the network', () => {
  /** A proxy that notes what is asked of it, and lets nothing through. */
  async function aProxy() {
    const asked: string[] = []
    const server = createServer((incoming, outgoing) => {
      asked.push(`${incoming.method} ${incoming.url}`)
      outgoing.writeHead(502).end()
    })
    server.on('connect', (incoming, socket) => {
      asked.push(`CONNECT ${incoming.url}`)
      socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    const address = server.address()
    return { asked, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}` }
  }

  test('of a proxy is used for another host, and never for this machine', async () => {
    const { env, run } = await aRegistry()
    const { asked, url } = await aProxy()
    const proxied = { ...env, HTTP_PROXY: url }
    expect((await run(['app', 'list'], { env: proxied })).code).toBe(0)
    expect(asked).toEqual([])
    const far = await run(['app', 'list'], {
      env: { ...proxied, HEADGATE_URL: 'http://registry.example.com' },
    })
    expect(far.code).toBe(6)
    expect(asked.join()).toContain('registry.example.com')
    const before = asked.length
    const excepted = { ...proxied, HEADGATE_URL: 'http://registry.invalid', NO_PROXY: 'registry.invalid' }
    expect((await run(['app', 'list'], { env: excepted })).code).toBe(6)
    expect(asked.length).toBe(before)
  })

  test('a reader that goes away is no error', () => {
    const shell = spawnSync(
      'sh',
      ['-c', `"${process.execPath}" "${headgate.path}" help exit-codes | head -1`],
      { encoding: 'utf8' },
    )
    expect(shell).toMatchObject({ status: 0, stderr: '' })
    expect(shell.stdout).toMatch(/^EXIT/)
  })
})
