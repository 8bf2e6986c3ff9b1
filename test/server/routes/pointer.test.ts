// The pointer: for anybody, cacheable, and the same whichever way it comes in.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, aReport, openTestRegistry, type TestRegistry } from '../../support/test-registry.ts'

let registry: TestRegistry
let rack: string
beforeAll(async () => {
  registry = await openTestRegistry()
  await registry.call('POST', '/v1/apps', { json: { app: 'rack', scheme: 'timestamp' } })
  await registry.call('POST', '/v1/apps/rack/releases', { json: { version: '1' } })
  rack = await registry.enroll('prod-1', { channel: 'unstable' })
})
afterAll(() => registry.dispose())

const path = '/v1/apps/rack/channels/unstable'
const read = (headers = {}, at = path) => registry.ask('GET', at, { token: null, headers })

test('is read by anybody, and kept by caches for a moment', async () => {
  const { status, json, headers } = await read()
  expect(status).toBe(200)
  expect(json).toEqual({
    app: 'rack',
    channel: 'unstable',
    version: '1',
    head: '1',
    revision: 1,
    rollout: null,
  })
  expect(headers['cache-control']).toBe('public, max-age=5, stale-if-error=86400')
})

test('is not sent again to whoever has it, also behind a cache that weakens tags', async () => {
  const { etag = '' } = (await read()).headers
  for (const known of [etag, `W/${etag}`, `"other", ${etag}`, `"other",W/${etag}`, '*']) {
    const again = await read({ 'if-none-match': known })
    expect({ known, status: again.status, text: again.text }).toEqual({ known, status: 304, text: '' })
    expect(again.headers.etag).toBe(etag)
  }
  for (const unknown of ['"other"', 'W/"other"', etag.slice(1, -1), ''])
    expect((await read({ 'if-none-match': unknown })).status).toBe(200)
})

test('is new when the channel moved, and only then', async () => {
  const { etag = '' } = (await read()).headers
  await registry.call('POST', '/v1/apps/rack/releases/1/routing', {
    json: { routing: { floor: '1' }, reason: 'x' },
  })
  await registry.call('POST', '/v1/freezes', { json: { app: 'rack', reason: 'a holiday' } })
  await registry.call('POST', '/v1/freezes/lift', { json: { app: 'rack' } })
  expect((await read({ 'if-none-match': etag })).status).toBe(304)
  await registry.call('POST', '/v1/apps/rack/releases', { json: { version: '2' } })
  const moved = await read({ 'if-none-match': etag })
  expect(moved).toMatchObject({ status: 200, json: { version: '2', revision: 2 } })
})

/** In front of the framework and on it: what is asked with a query that changes nothing takes the longer way. */
const alike = ({ status, headers, text }: Answer) => ({
  status,
  type: headers['content-type'],
  cache: headers['cache-control'],
  etag: headers.etag,
  body: text.replace(/request-\d+/, 'request'),
})

test('answers the same in front of the framework and on it', async () => {
  for (const [at, headers] of [
    [path, {}],
    [path, { 'if-none-match': '*' }],
    ['/v1/apps/rack/channels/beta', {}],
    ['/v1/apps/nobody/channels/stable', {}],
  ] as const) {
    const [short, long] = [await read(headers, at), await read(headers, `${at}?way=long`)]
    expect(alike(short)).toEqual(alike(long))
    expect(short.status).not.toBe(500)
  }
})

test('as does a check, also when it is refused', async () => {
  const asked = [
    { token: rack, json: aReport({ current: '1' }) },
    { token: rack, json: aReport({ current: 'nonsense' }) },
    { token: rack, body: '{' },
    { token: rack, json: { protocol: 3 } },
    { token: null, json: aReport() },
    { json: aReport() },
  ]
  for (const asking of asked) {
    const short = await registry.ask('POST', '/v1/racks/prod-1/check', asking)
    const long = await registry.ask('POST', '/v1/racks/prod-1/check?way=long', asking)
    expect(alike(short)).toEqual(alike(long))
  }
  const traced = { token: rack, json: aReport({ current: '1' }) }
  const short = await registry.ask('POST', '/v1/racks/prod-1/check?trace=true', traced)
  const long = await registry.ask('POST', '/v1/racks/prod-1/check?way=long&trace=true', traced)
  expect(short.json.trace).toEqual(
    expect.arrayContaining([expect.objectContaining({ rule: 'motive rollout' })]),
  )
  expect(alike(short)).toEqual(alike(long))
})
