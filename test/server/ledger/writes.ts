/** Every route that changes something governed, each with a request that is good in the same world. */
import { openTestRegistry, type TestRegistry } from '../../support/test-registry.ts'

export interface GovernedWrite {
  readonly path: string
  readonly json: Record<string, unknown>
  /** The same address, asked for something else. */
  readonly otherwise: Record<string, unknown>
}

const [first, second, third, fourth] = [
  '20160816140022',
  '20160816160115',
  '20160818013241',
  '20160901000000',
] as const

export const writes: readonly GovernedWrite[] = [
  { path: '/v1/apps', json: { app: 'new', scheme: 'semver' }, otherwise: { app: 'newer', scheme: 'semver' } },
  { path: '/v1/apps/rack/channels', json: { channel: 'new' }, otherwise: { channel: 'newer' } },
  { path: '/v1/apps/rack/releases', json: { version: third }, otherwise: { version: fourth } },
  {
    path: `/v1/apps/rack/releases/${first}/routing`,
    json: { routing: { required: true, floor: first }, reason: 'a migration' },
    otherwise: { routing: { required: true }, reason: 'a migration' },
  },
  {
    path: '/v1/apps/rack/channels/stable/promote',
    json: { version: second, acknowledge: ['Password'], note: 'looked at it' },
    otherwise: { acknowledge: ['Password'], note: 'looked at it again' },
  },
  {
    path: '/v1/apps/rack/channels/unstable/revert',
    json: { to: first, recall: true, reason: 'too early' },
    otherwise: { to: first, reason: 'too early' },
  },
  {
    path: '/v1/apps/rack/yanks',
    json: { range: `${second}..20160817175216`, severity: 'critical', remedy: 'rollback', reason: 'masks' },
    otherwise: { range: second, severity: 'moderate', remedy: 'stay', reason: 'masks' },
  },
  {
    path: '/v1/apps/rack/import',
    json: { rows: [{ version: '20150101000000' }, { version: 'nonsense' }, { version: first }] },
    otherwise: { rows: [{ version: '20150102000000' }] },
  },
  {
    path: '/v1/freezes',
    json: { app: 'rack', channel: 'stable', all: true, reason: 'a holiday', until: '2016-08-20T00:00:00Z' },
    otherwise: { app: 'rack', reason: 'a holiday' },
  },
  { path: '/v1/freezes/lift', json: { app: 'rack', channel: 'beta' }, otherwise: { app: 'rack' } },
  {
    path: '/v1/apps/rack/racks',
    json: {
      rack: 'prod-9',
      channel: 'stable',
      platform: 'any',
      current: first,
      tokenSha256: '9a'.repeat(32),
    },
    otherwise: {
      rack: 'prod-8',
      channel: 'stable',
      platform: 'any',
      current: null,
      tokenSha256: '8a'.repeat(32),
    },
  },
  {
    path: '/v1/apps/rack/racks/prod-1/channel',
    json: { channel: 'unstable' },
    otherwise: { channel: 'beta' },
  },
  { path: '/v1/apps/rack/racks/prod-1/forget', json: { reason: 'sold' }, otherwise: { reason: 'stolen' } },
  {
    path: '/v1/tokens',
    json: {
      name: 'ci',
      role: 'publisher',
      app: 'rack',
      expiresAt: '2016-12-01T00:00:00Z',
      sha256: 'ef'.repeat(32),
    },
    otherwise: {
      name: 'ci',
      role: 'viewer',
      app: 'rack',
      expiresAt: '2016-12-01T00:00:00Z',
      sha256: 'ee'.repeat(32),
    },
  },
  {
    path: '/v1/audit/14/redact',
    json: { fields: ['/reason'], reason: 'a name' },
    otherwise: { fields: ['/reason'], reason: 'another name' },
  },
  { path: '/v1/tokens/spare/revoke', json: { reason: 'leaked' }, otherwise: { reason: 'lost' } },
]

export async function aWorldToChange(): Promise<TestRegistry> {
  const registry = await openTestRegistry()
  const { call, mint, enroll } = registry
  await call('POST', '/v1/apps', { json: { app: 'rack', scheme: 'timestamp' } })
  await call('POST', '/v1/apps/rack/channels', { json: { channel: 'beta', from: 'unstable' } })
  await call('POST', '/v1/apps/rack/releases', { json: { version: first, parameters: { Password: {} } } })
  await call('POST', '/v1/apps/rack/channels/stable/promote', { json: {} })
  await call('POST', '/v1/apps/rack/releases', {
    json: { version: second, parameters: { Password: { masked: true } } },
  })
  await call('POST', '/v1/freezes', { json: { app: 'rack', channel: 'beta', reason: 'not yet' } })
  await enroll('prod-1', { current: first, switchChannels: ['unstable'] })
  await enroll('prod-2', { current: second, channel: 'unstable' })
  await mint('viewer', { name: 'spare' })
  return registry
}

/** Time passes, and everything that the requests were about has changed again. */
export async function moveOn({ ask, clock }: TestRegistry): Promise<void> {
  clock.advance(86_400_000)
  await ask('POST', '/v1/freezes/lift', { json: { app: 'rack', channel: 'stable' } })
  await ask('POST', '/v1/freezes', { json: { app: 'rack', channel: 'beta', reason: 'again' } })
  await ask('POST', '/v1/apps/rack/releases', { json: { version: '20161001000000' } })
  await ask('POST', '/v1/apps/rack/channels/stable/promote', { json: {} })
  await ask('POST', '/v1/apps/rack/yanks', {
    json: { range: `${first}..${fourth}`, severity: 'critical', remedy: 'stay', reason: 'all of them' },
  })
  await ask('POST', '/v1/apps/rack/racks/prod-1/channel', { json: { channel: 'stable' } })
  await ask('POST', '/v1/apps/rack/racks/prod-1/forget', { json: { reason: 'at last' } })
  await ask('POST', '/v1/apps/rack/racks/prod-9/forget', { json: { reason: 'at last' } })
  await ask('POST', '/v1/tokens/ci/revoke', { json: {} })
}
