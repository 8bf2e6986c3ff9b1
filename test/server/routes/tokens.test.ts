// Tokens: made by whoever uses them, the same again is the same, revoked by name or id, the last admin stays.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openTestRegistry, sha256Of, type TestRegistry } from '../../support/test-registry.ts'

let registry: TestRegistry
beforeEach(async () => {
  registry = await openTestRegistry()
  await registry.call('POST', '/v1/apps', { json: { app: 'rack', scheme: 'timestamp' } })
})
afterEach(() => registry.dispose())

const aToken = (given: object = {}) => ({
  json: {
    name: 'ci',
    role: 'publisher',
    expiresAt: '2016-12-01T00:00:00Z',
    sha256: sha256Of('secret'),
    ...given,
  },
})
const create = (given: object = {}) => registry.ask('POST', '/v1/tokens', aToken(given))
const me = (token: string) => registry.ask('GET', '/v1/me', { token })

test('works from the moment that its digest is known, and knows what it is good for', async () => {
  expect((await me('secret')).status).toBe(401)
  await create({ app: 'rack', scopes: ['stop'] })
  expect((await me('secret')).json).toMatchObject({
    name: 'token:ci',
    role: 'publisher',
    app: 'rack',
    channel: null,
    scopes: ['stop'],
    expiresAt: '2016-12-01T00:00:00.000Z',
  })
  const { tokens } = await registry.call('GET', '/v1/tokens')
  expect(tokens).toMatchObject([{ name: 'first-admin' }, { name: 'ci', lastUsedAt: expect.any(String) }])
  expect(JSON.stringify(tokens)).not.toContain(sha256Of('secret'))
})

test('the same again is the same token; the same digest for something else is refused', async () => {
  const { json } = await create()
  registry.clock.advance(1000)
  expect((await create({ expiresAt: '2016-12-02T00:00:00Z' })).json).toEqual(json)
  for (const other of [{ role: 'admin' }, { app: 'rack' }, { scopes: ['override'] }, { name: 'ci-2' }])
    expect((await create(other)).json.code).toBe('name_taken')
  await registry.call('POST', '/v1/tokens/ci/revoke', { json: {} })
  expect((await create()).json.code).toBe('name_taken')
})

test('ends when it ends, to the millisecond', async () => {
  await create({ expiresAt: '2016-08-16T16:00:10.000Z' })
  registry.clock.advance(9_999)
  expect((await me('secret')).status).toBe(200)
  registry.clock.advance(1)
  expect((await me('secret')).json).toMatchObject({
    code: 'not_signed_in',
    detail: expect.stringContaining('ended at'),
  })
})

test('a revoked token ends at once, and what was revoked is what is answered', async () => {
  const first = await create()
  await create({ name: String(first.json.id), sha256: sha256Of('other') })
  const revoked = await registry.call('POST', `/v1/tokens/${first.json.id}/revoke`, { json: {} })
  expect(revoked).toMatchObject({ id: first.json.id, name: 'ci', state: 'revoked' })
  expect((await me('secret')).json).toMatchObject({
    code: 'not_signed_in',
    detail: expect.stringContaining('revoked'),
  })
  expect((await me('other')).status).toBe(200)
})

test('an admin of one app makes tokens of that app, and none beyond it', async () => {
  const admin = await registry.mint('admin', { app: 'rack' })
  const asked = (given: object) => registry.ask('POST', '/v1/tokens', { ...aToken(given), token: admin })
  expect((await asked({})).json.code).toBe('not_allowed')
  expect((await asked({ app: 'rack' })).status).toBe(200)
  const one = await registry.mint('admin', { app: 'rack', channel: 'stable' })
  const wider = { ...aToken({ app: 'rack', name: 'wider', sha256: sha256Of('wider') }), token: one }
  expect((await registry.ask('POST', '/v1/tokens', wider)).json.code).toBe('not_allowed')
})
