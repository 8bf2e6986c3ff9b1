// The disk under a running registry is full: checks are answered all the same, writes say clearly that they were not
// done, nothing that was acknowledged is lost, and when there is space again it goes on by itself.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { verifyStoredChain } from '../../../server/ledger/verify.ts'
import { openStore } from '../../../server/store/connection.ts'
import { type BuiltProgram, buildProgram } from '../../support/built-program.ts'
import { scratchDirectory } from '../../support/scratch-directory.ts'
import { aReport, sha256Of } from '../../support/test-registry.ts'
import { killed, type Serving, serving } from './serving.ts'

let program: BuiltProgram
beforeAll(async () => {
  program = await buildProgram()
})
afterAll(() => program?.remove())

/** The kernel's limit on the size of a file: what lies beyond cannot be written, as on a disk that is full. */
function limitFiles({ pid }: Serving, bytes: number | 'unlimited'): void {
  execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:unlimited`])
}

const racks = ['a', 'b', 'c'].map((letter) => ({
  name: `prod-${letter}`,
  token: `hg_rack_${letter.repeat(49)}`,
}))

test('a full disk stops what has to be written, and nothing else', { timeout: 60_000 }, async () => {
  const cwd = scratchDirectory()
  const registry = await serving(program, cwd)
  onTestFinished(() => void registry.child.kill('SIGKILL'))
  const post = (path: string, json: unknown, key?: string) =>
    registry.ask('POST', path, json, key === undefined ? {} : { key })
  const check = ({ name, token }: (typeof racks)[number], current: string | null) =>
    registry.ask('POST', `/v1/racks/${name}/check`, aReport({ current }), { token })

  await post('/v1/apps', { app: 'rack', scheme: 'timestamp' })
  for (const { name, token } of racks)
    await post('/v1/apps/rack/racks', {
      rack: name,
      channel: 'unstable',
      platform: 'any',
      current: '1',
      tokenSha256: sha256Of(token),
    })
  const acknowledged: string[] = []
  for (const version of ['1', '2']) {
    expect((await post('/v1/apps/rack/releases', { version })).status).toBe(200)
    acknowledged.push(version)
  }
  const before = await registry.ask('GET', '/v1/audit/verify')

  limitFiles(registry, 4096)
  const writes: readonly (readonly [string, string, unknown, { token?: string; key?: string }?])[] = [
    ['POST', '/v1/apps/rack/releases', { version: '3' }, { key: 'third' }],
    ['POST', '/v1/apps/rack/channels/stable/promote', {}],
    ['POST', '/v1/freezes', { reason: 'the disk' }],
    ['POST', '/v1/apps/rack/racks/prod-a/channel', { channel: 'stable' }],
    ['POST', '/v1/tokens/first-admin/revoke', {}],
    [
      'PUT',
      `/v1/racks/prod-a/attempts/11111111-1111-4111-8111-111111111111`,
      anOutcome(),
      { token: racks[0]?.token ?? '' },
    ],
    ['POST', '/v1/racks/prod-a/attempts', aGrant(), { token: racks[0]?.token ?? '' }],
  ]
  for (const [method, path, json, more] of writes) {
    const { status, json: body } = await registry.ask(method, path, json, more)
    if (path.endsWith('revoke')) expect(body.code).toBe('not_allowed')
    else expect({ path, status, code: body.code }).toEqual({ path, status: 503, code: 'store_unavailable' })
    if (status === 503) expect(String(body.detail)).toContain('Nothing was changed')
  }
  const upload = await fetch(`${registry.url}/v1/artifacts/${sha256Of('x'.repeat(10_000))}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${registry.admin}` },
    body: 'x'.repeat(10_000),
  })
  expect(upload.status).toBe(503)
  expect((await registry.ask('GET', '/readyz')).status).toBe(503)
  expect((await registry.ask('GET', '/healthz')).status).toBe(200)

  let answered = 0
  for (let round = 0; round < 100; round += 1) {
    for (const rack of racks) {
      const { status, json } = await check(rack, '1')
      expect(status).toBe(200)
      expect(json).toMatchObject({ action: 'wait', reason: 'store_unavailable', target: { version: '2' } })
      answered += 1
    }
  }
  for (const path of ['/v1/apps/rack/releases', '/v1/apps/rack/racks', '/v1/apps/rack/channels/unstable'])
    expect((await registry.ask('GET', path)).status).toBe(200)
  expect((await registry.ask('GET', '/v1/audit/verify')).json).toEqual(before.json)

  limitFiles(registry, 'unlimited')
  let waitedMs = 0
  while ((await registry.ask('GET', '/readyz')).status !== 200) {
    await pause(50)
    waitedMs += 50
    expect(waitedMs).toBeLessThan(5_000)
  }
  console.log(
    `checks answered on a full disk ${answered} of ${answered}; writable again after about ${waitedMs} ms`,
  )
  expect((await check(racks[0] ?? { name: '', token: '' }, '1')).json).toMatchObject({ action: 'update' })
  const third = await post('/v1/apps/rack/releases', { version: '3' }, 'third')
  expect(third).toMatchObject({ status: 200, json: { isNew: true } })
  acknowledged.push('3')
  await pause(1_200)
  await killed(registry)

  const store = await openStore(join(cwd, 'registry'))
  expect(await verifyStoredChain(store.read)).toMatchObject({ holds: true })
  const rows = await store.read.db.select().from(store.read.tables.ledger)
  const published = rows
    .filter(({ type }) => type === 'release.published')
    .map(({ body }) => JSON.parse(body ?? '{}'))
  expect(published.map(({ version }) => version)).toEqual(acknowledged)
  const seen = await store.read.db.select().from(store.read.tables.racks)
  expect(seen.filter(({ lastSeenAt }) => lastSeenAt !== null)).toHaveLength(racks.length)
  await store.close()
})

function anOutcome() {
  const startedAt = '2016-08-16T16:00:00Z'
  return {
    from: '1',
    target: '2',
    action: 'update',
    motive: 'rollout',
    reason: 'offered',
    startedAt,
    events: [],
  }
}

function aGrant() {
  const id = '22222222-2222-4222-8222-222222222222'
  return { id, target: '2', action: 'update', motive: 'rollout', plan: {}, report: aReport({ current: '1' }) }
}

test('a registry that cannot write ends all the same, with everything that was acknowledged', async () => {
  const cwd = scratchDirectory()
  const registry = await serving(program, cwd)
  onTestFinished(() => void registry.child.kill('SIGKILL'))
  const [rack] = racks
  await registry.ask('POST', '/v1/apps', { app: 'rack', scheme: 'timestamp' })
  const json = { rack: 'prod-a', channel: 'unstable', platform: 'any', current: '1' }
  await registry.ask('POST', '/v1/apps/rack/racks', { ...json, tokenSha256: sha256Of(rack?.token ?? '') })
  limitFiles(registry, 4096)
  await registry.ask('POST', '/v1/racks/prod-a/check', aReport({ current: '2' }), {
    token: rack?.token ?? '',
  })
  const { code } = await killed(registry, 'SIGTERM')
  expect(code).toBe(0)
  const next = await serving(program, cwd)
  onTestFinished(() => void next.child.kill('SIGKILL'))
  expect((await next.ask('GET', '/v1/apps/rack/racks/prod-a')).json).toMatchObject({ current: '1' })
  await killed(next)
})
