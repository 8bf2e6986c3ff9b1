// The registry's beginning and end as a process: what is under way is finished, what was noted is written, one at a time.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { type BuiltProgram, buildProgram } from '../../support/built-program.ts'
import { scratchDirectory } from '../../support/scratch-directory.ts'
import { aReport, sha256Of } from '../../support/test-registry.ts'
import { killed, type Serving, serving } from './serving.ts'

let program: BuiltProgram
beforeAll(async () => {
  program = await buildProgram()
})
afterAll(() => program?.remove())

const rackToken = `hg_rack_${'r'.repeat(49)}`

async function aRegistry(cwd: string): Promise<Serving> {
  const registry = await serving(program, cwd)
  onTestFinished(() => void registry.child.kill('SIGKILL'))
  return registry
}

async function withRack(registry: Serving): Promise<void> {
  await registry.ask('POST', '/v1/apps', { app: 'rack', scheme: 'timestamp' })
  await registry.ask('POST', '/v1/apps/rack/releases', { version: '1' })
  const json = { rack: 'prod-1', channel: 'unstable', platform: 'any', current: null }
  await registry.ask('POST', '/v1/apps/rack/racks', { ...json, tokenSha256: sha256Of(rackToken) })
}

const checkIn = (registry: Serving, current: string) =>
  registry.ask('POST', '/v1/racks/prod-1/check', aReport({ current }), { token: rackToken })

test('SIGTERM: the upload that is under way is finished, nothing new is taken, the last check-in is written', async () => {
  const cwd = scratchDirectory()
  const registry = await aRegistry(cwd)
  await withRack(registry)
  await checkIn(registry, '1')
  const { status } = await checkIn(registry, '2')
  expect(status).toBe(200)

  const bytes = Buffer.alloc(300_000, 'x')
  const sha256 = sha256Of(bytes)
  const upload = request(`${registry.url}/v1/artifacts/${sha256}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${registry.admin}`, 'content-length': bytes.length },
  })
  const answered = new Promise<number>((resolve, reject) => {
    upload.on('error', reject)
    upload.on('response', (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
  })
  upload.write(bytes.subarray(0, 100_000))
  await pause(200)
  registry.child.kill('SIGTERM')
  await pause(300)
  await expect(registry.ask('GET', '/healthz')).rejects.toThrow()
  expect(existsSync(join(cwd, 'registry', 'serve.pid'))).toBe(true)
  upload.end(bytes.subarray(100_000))
  expect(await answered).toBe(200)
  expect(await registry.end).toMatchObject({ code: 0 })
  expect(existsSync(join(cwd, 'registry', 'serve.pid'))).toBe(false)

  const next = await aRegistry(cwd)
  const { json } = await next.ask('GET', '/v1/apps/rack/racks/prod-1')
  expect(json).toMatchObject({ current: '2', lastSeenAt: expect.any(String) })
  const kept = await fetch(`${next.url}/v1/artifacts/${sha256}`, {
    headers: { authorization: `Bearer ${next.admin}` },
  })
  expect(sha256Of(new Uint8Array(await kept.arrayBuffer()))).toBe(sha256)
  await killed(next)
})

test('SIGTERM does not wait for clients that keep their connections', async () => {
  const registry = await aRegistry(scratchDirectory())
  const agent = new Agent({ keepAlive: true })
  onTestFinished(() => agent.destroy())
  let isOver = false
  async function knock(): Promise<void> {
    while (!isOver) {
      await new Promise<void>((resolve) => {
        const asking = request(`${registry.url}/healthz`, { agent }, (response) => {
          response.resume().on('end', resolve)
        })
        asking.on('error', () => resolve()).end()
      })
      await pause(5)
    }
  }
  const knocking = Promise.all([knock(), knock(), knock()])
  await pause(100)
  const before = performance.now()
  registry.child.kill('SIGTERM')
  const { code } = await registry.end
  isOver = true
  await knocking
  expect(code).toBe(0)
  expect(performance.now() - before).toBeLessThan(3_000)
})

test('a second registry on the same folder is refused, and leaves the first and its files alone', async () => {
  const cwd = scratchDirectory()
  const registry = await aRegistry(cwd)
  const pid = readFileSync(join(cwd, 'registry', 'serve.pid'), 'utf8')
  const second = await program.run(['serve', '--data', './registry/../registry', '--port', '0', '--json'], {
    cwd,
  })
  expect(second.code).toBe(75)
  expect(JSON.parse(second.stderr)).toMatchObject({ code: 'locked' })
  expect(readFileSync(join(cwd, 'registry', 'serve.pid'), 'utf8')).toBe(pid)
  expect((await registry.ask('POST', '/v1/apps', { app: 'rack', scheme: 'semver' })).status).toBe(200)
  await killed(registry)
  const next = await aRegistry(cwd)
  expect((await next.ask('GET', '/v1/apps/rack')).status).toBe(200)
  await killed(next, 'SIGTERM')
})

test('a port that is taken is told, and the process ends instead of waiting', async () => {
  const cwd = scratchDirectory()
  const squatter = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void squatter.close())
  await new Promise((resolve) => squatter.once('listening', resolve))
  const address = squatter.address()
  const port = String(typeof address === 'object' ? address?.port : 0)
  const { code, stderr } = await program.run(['serve', '--data', './registry', '--port', port, '--json'], {
    cwd,
  })
  expect(code).toBe(2)
  expect(JSON.parse(stderr).detail).toContain(`The port ${port} on 127.0.0.1 is taken`)
})

test('a ledger that somebody has changed is not served', async () => {
  const cwd = scratchDirectory()
  const registry = await aRegistry(cwd)
  await withRack(registry)
  await killed(registry, 'SIGTERM')
  const file = join(cwd, 'registry', 'registry.sqlite')
  const bytes = readFileSync(file)
  const at = bytes.indexOf('"scheme":"timestamp"')
  expect(at).toBeGreaterThan(0)
  bytes.write('"scheme":"semverrrr"', at)
  writeFileSync(file, bytes)
  const { code, stderr } = await program.run(['serve', '--data', './registry', '--port', '0', '--json'], {
    cwd,
  })
  expect(code).toBe(1)
  expect(JSON.parse(stderr)).toMatchObject({
    code: 'chain_broken',
    detail: expect.stringContaining('its body or salt was altered'),
  })
})
