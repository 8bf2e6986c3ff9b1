// Artifacts over HTTP: whole, in part, from where it broke off; and connections that break leave nothing behind.
import { readdirSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestRegistry, sha256Of, type TestRegistry } from '../../support/test-registry.ts'

let registry: TestRegistry
const bytes = Buffer.from(Array.from({ length: 400_000 }, (_, index) => (index * 7) % 251))
const sha256 = sha256Of(bytes)
const path = `/v1/artifacts/${sha256}`
beforeAll(async () => {
  registry = await openTestRegistry()
  await registry.call('PUT', path, { body: bytes, headers: { 'content-type': 'application/gzip' } })
})
afterAll(() => registry.dispose())

test('is uploaded once, and again without harm', async () => {
  expect(await registry.call('PUT', path, { body: bytes })).toEqual({
    sha256,
    size: bytes.length,
    created: false,
  })
  const { store } = registry.registry
  expect(await store.read.db.select().from(store.read.tables.artifacts)).toMatchObject([
    { sha256, size: bytes.length, mediaType: 'application/gzip', createdBy: 'token:first-admin' },
  ])
})

test('is uploaded in pieces of no announced length', async () => {
  const other = bytes.subarray(1)
  const headers = { 'content-length': undefined, 'transfer-encoding': 'chunked' }
  const stored = await registry.call('PUT', `/v1/artifacts/${sha256Of(other)}`, { body: other, headers })
  expect(stored).toMatchObject({ size: other.length, created: true })
})

test('is downloaded whole, with what a client needs to go on later', async () => {
  const whole = await registry.ask('GET', path)
  expect(whole.status).toBe(200)
  expect(whole.bytes.equals(bytes)).toBe(true)
  expect(whole.headers).toMatchObject({
    etag: `"${sha256}"`,
    'accept-ranges': 'bytes',
    'content-length': String(bytes.length),
    'x-content-type-options': 'nosniff',
  })
  const head = await registry.ask('HEAD', path)
  expect(head).toMatchObject({ status: 200, text: '' })
  expect(head.headers['content-length']).toBe(String(bytes.length))
  expect((await registry.ask('GET', path, { headers: { 'if-none-match': `W/"${sha256}"` } })).status).toBe(
    304,
  )
})

test.each([
  ['bytes=0-0', 0, 0],
  ['bytes=100-', 100, 399_999],
  ['bytes=-5', 399_995, 399_999],
  ['bytes=399999-999999999', 399_999, 399_999],
  ['bytes=-999999999', 0, 399_999],
])('the range %s is bytes %i to %i', async (range, start, end) => {
  const part = await registry.ask('GET', path, { headers: { range, 'if-range': `"${sha256}"` } })
  expect(part.status).toBe(206)
  expect(part.headers['content-range']).toBe(`bytes ${start}-${end}/${bytes.length}`)
  expect(part.bytes.equals(bytes.subarray(start, end + 1))).toBe(true)
})

test.each(['bytes=5-2', 'bytes=a-b', 'bytes=-', 'lines=1-2', 'bytes=0-1,3-4', ''])(
  'the range "%s" is not understood, and the whole is sent, as the RFC says',
  async (range) => {
    const whole = await registry.ask('GET', path, { headers: { range } })
    expect(whole).toMatchObject({ status: 200 })
    expect(whole.bytes.length).toBe(bytes.length)
  },
)

test('a range of what was something else before is answered with the whole', async () => {
  const headers = { range: 'bytes=100-', 'if-range': `"${'ab'.repeat(32)}"` }
  expect((await registry.ask('GET', path, { headers })).status).toBe(200)
})

test('an empty artifact is one', async () => {
  const empty = sha256Of('')
  const headers = { 'content-length': '0' }
  expect(await registry.call('PUT', `/v1/artifacts/${empty}`, { body: '', headers })).toMatchObject({
    size: 0,
  })
  expect(await registry.ask('GET', `/v1/artifacts/${empty}`)).toMatchObject({ status: 200, text: '' })
})

const openFiles = () => readdirSync('/proc/self/fd').length

/** Sends or reads a little, and goes away. */
function breakOff(method: 'GET' | 'PUT', name: string): Promise<void> {
  return new Promise((resolve) => {
    const headers = {
      authorization: `Bearer ${registry.admin}`,
      ...(method === 'PUT' && { 'content-length': bytes.length }),
    }
    const asking = request(
      `${registry.url}/v1/artifacts/${name}`,
      { method, headers, agent: false },
      (response) => {
        response.once('data', () => asking.destroy())
        response.once('close', () => resolve())
      },
    )
    asking.on('error', () => resolve())
    if (method === 'GET') return asking.end()
    asking.write(bytes.subarray(0, 100_000), () => setTimeout(() => asking.destroy(), 5))
  })
}

test('a hundred connections that break leave no file open, no half artifact and no row', async () => {
  const before = openFiles()
  for (let round = 0; round < 10; round += 1) {
    await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        breakOff(
          index % 2 === 0 ? 'GET' : 'PUT',
          index % 2 === 0 ? sha256 : sha256Of(`never ${round} ${index}`),
        ),
      ),
    )
  }
  await expect
    .poll(() => readdirSync(join(registry.dataDir, 'artifacts', 'incoming')), { timeout: 5_000 })
    .toEqual([])
  await expect.poll(openFiles, { timeout: 5_000 }).toBeLessThanOrEqual(before + 5)
  const { store, blobs } = registry.registry
  const listed: string[] = []
  for await (const blob of blobs.list()) listed.push(blob.sha256)
  const rows = await store.read.db.select().from(store.read.tables.artifacts)
  expect(listed.sort()).toEqual(rows.map((row) => row.sha256).sort())
  expect((await registry.ask('GET', path)).bytes.equals(bytes)).toBe(true)
})

test('a report that evidence names is there for people of the app, and neither for its racks nor for other apps', async () => {
  const { call, ask, mint, enroll } = registry
  for (const app of ['rack', 'other']) await call('POST', '/v1/apps', { json: { app, scheme: 'semver' } })
  await call('POST', '/v1/apps/rack/releases', { json: { version: '1.0.0' } })
  const viewer = await mint('viewer', { app: 'rack' })
  expect((await ask('GET', path, { token: viewer })).status).toBe(404)
  await call('POST', '/v1/apps/rack/releases/1.0.0/evidence', {
    json: { name: 'unit', outcome: 'pass', file: { sha256, size: bytes.length } },
  })
  expect((await ask('GET', path, { token: viewer })).status).toBe(200)
  expect((await ask('GET', path, { token: await mint('viewer', { app: 'other' }) })).status).toBe(404)
  expect((await ask('GET', path, { token: await enroll('prod-1') })).status).toBe(404)
})
