// Enrolling, switching and forgetting: one token for one name, decided one after the other, with a line for each.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aReport, sha256Of } from '../../support/test-registry.ts'
import { aFleet, type FleetWorld, v1, v2 } from './fleet-world.ts'

let fleet: FleetWorld
beforeEach(async () => {
  fleet = await aFleet()
  await fleet.serve(v1)
})
afterEach(() => fleet.dispose())

const enrolment = (rack: string, token: string, given: object = {}) => ({
  json: { rack, channel: 'stable', platform: 'any', current: null, tokenSha256: sha256Of(token), ...given },
})
const check = (rack: string, token: string) =>
  fleet.ask('POST', `/v1/racks/${rack}/check`, { token, json: aReport({ current: v1 }) })

async function history(rack: string) {
  const { store } = fleet.registry
  const rows = await store.read.db.select().from(store.read.tables.rackHistory)
  return rows
    .filter((row) => row.rack === rack)
    .map(({ change, actor, before, after, reason }) => ({ change, actor, before, after, reason }))
}

test('twenty who want one name at once: one gets it, and its token works', async () => {
  const tokens = Array.from({ length: 20 }, (_, number) => `token-${number}`)
  const answers = await Promise.all(
    tokens.map((token) => fleet.ask('POST', '/v1/apps/rack/racks', enrolment('prod-1', token))),
  )
  const winners = tokens.filter((_, index) => answers[index]?.status === 200)
  expect(winners).toHaveLength(1)
  expect(new Set(answers.filter(({ status }) => status !== 200).map(({ json }) => json.code))).toEqual(
    new Set(['name_taken']),
  )
  for (const token of tokens)
    expect((await check('prod-1', token)).status).toBe(token === winners[0] ? 200 : 401)
  await fleet.restart()
  expect((await check('prod-1', winners[0] ?? '')).status).toBe(200)
  expect(await history('prod-1')).toHaveLength(1)
})

test('nor do two get one name when nothing keeps their requests apart', async () => {
  const { enrolments } = fleet.registry
  const enrol = (token: string) =>
    enrolments.enroll(
      {
        app: 'rack',
        rack: 'prod-1',
        channel: 'stable',
        platform: 'any',
        current: null,
        labels: {},
        switchChannels: [],
        ephemeralHours: null,
        tokenSha256: sha256Of(token),
      },
      { actor: 'token:first-admin', isDryRun: false, answer: ({ row }) => row.tokenSha256 },
    )
  const [first, ...others] = await Promise.allSettled(['a', 'b', 'c'].map(enrol))
  expect(first).toEqual({ status: 'fulfilled', value: sha256Of('a') })
  expect(others).toMatchObject([{ reason: { code: 'name_taken' } }, { reason: { code: 'name_taken' } }])
  expect((await check('prod-1', 'a')).status).toBe(200)
})

test('the same token again is the same enrolment, also all at once', async () => {
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => fleet.ask('POST', '/v1/apps/rack/racks', enrolment('prod-1', 'mine'))),
  )
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
  expect(await history('prod-1')).toHaveLength(1)
})

test('a name that is taken up again begins anew, now and after a restart', async () => {
  const rack = await fleet.rack('prod-1', { current: v1, switchChannels: ['unstable'] })
  await rack.check({ current: v1, pin: { version: v1, owner: 'ada', reason: 'wait' } })
  await fleet.registry.checkIns.flush()
  fleet.clock.advance(1000)
  await fleet.call('POST', '/v1/apps/rack/racks/prod-1/forget', { json: { reason: 'sold' } })
  expect((await rack.check()).status).toBe(401)
  fleet.clock.advance(1000)
  await fleet.call('POST', '/v1/apps/rack/racks', enrolment('prod-1', 'another', { current: v2 }))
  const expected = { current: v2, pin: null, lastSeenAt: null, adopted: v2 }
  expect(await fleet.call('GET', '/v1/apps/rack/racks/prod-1')).toMatchObject(expected)
  await fleet.restart()
  expect(await fleet.call('GET', '/v1/apps/rack/racks/prod-1')).toMatchObject(expected)
  expect((await rack.check()).status).toBe(401)
  expect((await check('prod-1', 'another')).status).toBe(200)
})

test('the digest of a rack that was forgotten is not taken up under another name', async () => {
  await fleet.call('POST', '/v1/apps/rack/racks', enrolment('prod-1', 'mine'))
  await fleet.call('POST', '/v1/apps/rack/racks/prod-1/forget', { json: { reason: 'sold' } })
  const other = await fleet.ask('POST', '/v1/apps/rack/racks', enrolment('prod-2', 'mine'))
  expect(other).toMatchObject({ status: 409, json: { code: 'name_taken' } })
  expect((await fleet.ask('POST', '/v1/apps/rack/racks', enrolment('prod-1', 'mine'))).status).toBe(200)
})

test('a rack switches itself where its enrolment lets it, and people switch it anywhere', async () => {
  const rack = await fleet.rack('prod-1', { switchChannels: ['unstable'] })
  await fleet.call('POST', '/v1/apps/rack/channels', { json: { channel: 'beta', from: 'unstable' } })
  const to = (channel: string, token?: string) =>
    fleet.ask('POST', '/v1/apps/rack/racks/prod-1/channel', { json: { channel }, ...(token && { token }) })
  expect((await to('beta', rack.token)).json).toMatchObject({ code: 'not_allowed' })
  expect((await to('unstable', rack.token)).json).toMatchObject({ channel: 'unstable' })
  expect((await to('beta')).json).toMatchObject({ channel: 'beta' })
  expect((await to('beta')).status).toBe(200)
  expect(await history('prod-1')).toMatchObject([
    { change: 'enrolled' },
    {
      change: 'switched',
      actor: 'rack:rack/prod-1',
      before: { channel: 'stable' },
      after: { channel: 'unstable' },
    },
    {
      change: 'switched',
      actor: 'token:first-admin',
      before: { channel: 'unstable' },
      after: { channel: 'beta' },
    },
  ])
})

test("labels of a join token are the rack's, whatever it says itself", async () => {
  const token = 'hg_join_labelled'
  await fleet.call('POST', '/v1/tokens', {
    json: {
      name: 'join-eu',
      role: 'join',
      app: 'rack',
      channel: 'stable',
      labels: { region: 'eu' },
      expiresAt: '2016-12-01T00:00:00Z',
      sha256: sha256Of(token),
    },
  })
  const asking = enrolment('prod-1', 'mine', { labels: { region: 'us', tier: 'gold' } })
  await fleet.call('POST', '/v1/apps/rack/racks', { ...asking, token })
  expect(await fleet.call('GET', '/v1/apps/rack/racks/prod-1')).toMatchObject({
    labels: { region: 'eu', tier: 'gold' },
    enrolledBy: 'token:join-eu',
  })
  const elsewhere = enrolment('prod-2', 'other', { switchChannels: ['unstable'] })
  expect((await fleet.ask('POST', '/v1/apps/rack/racks', { ...elsewhere, token })).status).toBe(403)
})

test('what a person went back from is remembered by the name, over a lost directory and a restart', async () => {
  const first = await fleet.ask('POST', '/v1/apps/rack/racks', enrolment('prod-1', 'first'))
  expect(first.json).not.toHaveProperty('bar')
  const bar = { above: v1, upTo: v2 }
  const json = aReport({ current: v1, bar })
  await fleet.ask('POST', '/v1/racks/prod-1/check', { token: 'first', json })
  await fleet.call('POST', '/v1/apps/rack/racks/prod-1/forget', { json: { reason: 'its disk died' } })
  await fleet.restart()
  const anew = () => fleet.call('POST', '/v1/apps/rack/racks', enrolment('prod-1', 'second'))
  expect((await anew()).bar).toEqual(bar)
  await fleet.serve(v2)
  const told = await fleet.ask('POST', '/v1/racks/prod-1/check', { token: 'second', json })
  expect(told.json).toMatchObject({ action: 'wait', reason: 'rolled_back_here' })
  expect((await check('prod-1', 'second')).json).toMatchObject({ action: 'update' })
  // Another name is another rack.
  const other = await fleet.call('POST', '/v1/apps/rack/racks', enrolment('prod-2', 'third'))
  expect(other).not.toHaveProperty('bar')
})
