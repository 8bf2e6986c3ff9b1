// Racks that are known from elsewhere: made all together or not at all, and taken over by whoever enrols them.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { mintToken } from '../../../shared/trust/token.ts'
import { aReport, openTestRegistry, sha256Of, type TestRegistry } from '../../support/test-registry.ts'

let fleet: TestRegistry
beforeEach(async () => {
  fleet = await openTestRegistry()
  await fleet.call('POST', '/v1/apps', { json: { app: 'rack', scheme: 'semver' } })
})
afterEach(() => fleet.dispose())

const prod1 = { name: 'prod-1', channel: 'stable', platform: 'linux/amd64', labels: { tier: 'gold' } }
const prod2 = { name: 'prod-2', channel: 'stable', platform: 'linux/amd64', current: '1.2.0' }

function imports(values: readonly unknown[], query = ''): Promise<Record<string, unknown>> {
  const racks = values.map((value, index) => ({ line: index + 2, value }))
  return fleet.call('POST', `/v1/apps/rack/fleet/import${query}`, { json: { racks } })
}

const count = async () => (await fleet.call('GET', '/v1/apps/rack/fleet')).racks

function enrolling(given: Record<string, unknown>, token = mintToken('rack', new Uint8Array(32).fill(7))) {
  const json = { platform: 'linux/amd64', current: null, tokenSha256: sha256Of(token), ...given }
  return fleet.ask('POST', '/v1/apps/rack/racks', { json })
}

test('a dry run makes nothing, the first run all of them, and the same again none', async () => {
  expect(await imports([prod1, prod2], '?dryRun=true')).toMatchObject({ made: 2, dryRun: true })
  expect(await count()).toBe(0)
  expect(await imports([prod1, prod2])).toMatchObject({ made: 2, changed: 0, present: 0, bad: [] })
  expect(await imports([prod1, prod2])).toMatchObject({ made: 0, changed: 0, present: 2 })
  expect(await imports([{ ...prod1, labels: { tier: 'silver' } }])).toMatchObject({ made: 0, changed: 1 })
  await fleet.restart()
  expect(await imports([prod2])).toMatchObject({ made: 0, present: 1 })
  expect(await fleet.call('GET', '/v1/apps/rack/racks/prod-2')).toMatchObject({
    current: '1.2.0',
    isAwaited: true,
    lastSeenAt: null,
  })
})

test('with one bad line nothing is made, and every bad line is named', async () => {
  const report = await imports([
    prod1,
    { ...prod2, channel: 'nowhere' },
    { ...prod2, current: 'latest' },
    { ...prod1, platform: 'any' },
    { name: '../etc', channel: 'stable', platform: 'any' },
    { name: 'x', channel: 'stable' },
    'prod-9',
    { ...prod2, name: 'y', labels: { 'a label': 'x' } },
    { ...prod2, name: 'z', owner: 'ada' },
    { ...prod2, name: 'w', labels: 'tier=gold' },
  ])
  expect(report).toMatchObject({ made: 0, changed: 0 })
  expect(report.bad).toMatchObject([
    { line: 3, what: 'prod-2', why: expect.stringContaining('nowhere') },
    { line: 4, what: 'prod-2', why: expect.stringContaining('latest') },
    { line: 5, what: 'prod-1', why: 'the rack prod-1 stands in line 2 already' },
    { line: 6, what: '../etc' },
    { line: 7, what: 'x', why: 'platform is missing: expected text' },
    { line: 8, what: '?', why: 'the line: expected names with values, found text' },
    { line: 9, what: 'y', why: expect.stringContaining('a label') },
    { line: 10, what: 'z', why: expect.stringContaining('owner') },
    { line: 11, what: 'w', why: 'labels: expected names with values, found text' },
  ])
  expect(await count()).toBe(0)
})

test('nobody speaks for an imported rack until it is enrolled, and then its labels and orders go on', async () => {
  await imports([prod1])
  const pin = { json: { version: '1.0.0', reason: 'audit' } }
  await fleet.call('POST', '/v1/apps/rack/releases', { json: { version: '1.0.0' } })
  await fleet.call('POST', '/v1/apps/rack/channels/stable/promote', { json: {} })
  await fleet.call('POST', '/v1/apps/rack/racks/prod-1/pin', pin)
  const check = { token: 'none rack/prod-1', json: aReport() }
  expect((await fleet.ask('POST', '/v1/racks/prod-1/check', check)).status).toBe(401)
  const elsewhere = await enrolling({ rack: 'prod-1', channel: 'unstable' })
  expect(elsewhere.json).toMatchObject({
    code: 'name_taken',
    detail: expect.stringContaining('imported for stable'),
  })
  const token = mintToken('rack', new Uint8Array(32).fill(8))
  const labels = { region: 'eu' }
  expect((await enrolling({ rack: 'prod-1', channel: 'stable', labels }, token)).status).toBe(200)
  expect(await fleet.call('POST', '/v1/racks/prod-1/check', { token, json: aReport() })).toMatchObject({
    orders: { pin: { version: '1.0.0' } },
  })
  expect(await fleet.call('GET', '/v1/apps/rack/racks/prod-1')).toMatchObject({
    labels: { tier: 'gold', region: 'eu' },
    isAwaited: false,
  })
  // Enrolled, it speaks for itself: an import of the same name changes nothing.
  expect(await imports([{ ...prod1, channel: 'unstable' }])).toMatchObject({ present: 1, changed: 0 })
})

test('an import of one channel’s credential makes racks of that channel only, and a join token makes none', async () => {
  const racks = (channel: string) => ({ json: { racks: [{ line: 1, value: { ...prod1, channel } }] } })
  const token = await fleet.mint('maintainer', { app: 'rack', channel: 'unstable' })
  const asked = (channel: string, by: string) =>
    fleet.ask('POST', '/v1/apps/rack/fleet/import', { ...racks(channel), token: by })
  expect((await asked('stable', token)).status).toBe(403)
  expect((await asked('unstable', await fleet.mint('join', { app: 'rack' }))).status).toBe(403)
  expect((await asked('unstable', token)).status).toBe(200)
})

test('ten thousand racks are made in a few seconds, and forecasts know that they have no token to end', async () => {
  const many = Array.from({ length: 10_000 }, (_, index) => ({ ...prod2, name: `site-${index}` }))
  const startedAt = performance.now()
  expect(await imports(many)).toMatchObject({ made: 10_000 })
  expect(performance.now() - startedAt).toBeLessThan(20_000)
  expect(await count()).toBe(10_000)
  const tokens = async () => /the token of each rack/.test(JSON.stringify(await fleet.call('GET', forecast)))
  const forecast = '/v1/forecast?app=rack&until=2018-01-01T00:00:00Z'
  expect(await tokens()).toBe(false)
  await fleet.enroll('enrolled')
  expect(await tokens()).toBe(true)
}, 60_000)
