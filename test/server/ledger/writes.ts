/** Every route that changes something governed, each with a request that is good in the same world. */
import { day, toIso } from '../../../shared/domain/instants.ts'
import { brokenGlass, openBreakGlass } from '../../support/open-break-glass.ts'
import { aFinding, raiseFor } from '../../support/raise-alarm.ts'
import { aReport, openTestRegistry, type TestRegistry } from '../../support/test-registry.ts'

export interface GovernedWrite {
  /** Default: POST. */
  readonly method?: 'PUT'
  readonly path: string
  /** Whose token asks; default: the admin's. */
  readonly as?: 'bea'
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
/** Nobody published it here. */
const withdrawn = '20160816150000'

const aPolicy = (gates: object) => ({ promoteOnPublish: false, checkSeconds: 300, gates })

export const writes: readonly GovernedWrite[] = [
  { path: '/v1/apps', json: { app: 'new', scheme: 'semver' }, otherwise: { app: 'newer', scheme: 'semver' } },
  {
    path: '/v1/apps/headgate-synthetic/synthetic/runs',
    json: { levers: ['publish'], limitSeconds: 60 },
    otherwise: { levers: ['promote'], limitSeconds: 60 },
  },
  {
    path: '/v1/apps/rehearsed/synthetic/runs/S-1/end',
    json: { outcome: 'passed', steps: [], left: [] },
    otherwise: { outcome: 'failed', steps: [], left: [] },
  },
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
  { path: '/v1/apps/rack/rollouts/R-1/pause', json: { reason: 'lunch' }, otherwise: { reason: 'dinner' } },
  { path: '/v1/apps/rack/rollouts/R-1/halt', json: { reason: 'INC-2' }, otherwise: { reason: 'INC-3' } },
  {
    path: '/v1/apps/rack/rollouts/R-2/resume',
    json: { reason: 'lunch is over', acknowledge: [] },
    otherwise: { reason: 'dinner is over' },
  },
  {
    path: '/v1/apps/rack/rollouts/R-1/retry',
    json: { reason: 'the lab is mended' },
    otherwise: { reason: 'the lab is gone' },
  },
  {
    as: 'bea',
    path: '/v1/apps/rack/rollouts/R-3/open',
    json: { reason: 'they are all in one room' },
    otherwise: { reason: 'they are few' },
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
  {
    path: '/v1/apps/rack/racks/prod-1/pin',
    json: { version: first, reason: 'wait for the fix' },
    otherwise: { version: first, reason: 'wait' },
  },
  { path: '/v1/apps/rack/racks/prod-2/unpin', json: { reason: 'mended' }, otherwise: { reason: 'gone' } },
  {
    path: '/v1/apps/rack/racks/prod-1/hold',
    json: { until: '2016-08-20T00:00:00Z', reason: 'audit' },
    otherwise: { until: '2016-08-19T00:00:00Z', reason: 'audit' },
  },
  { path: '/v1/apps/rack/racks/prod-2/unhold', json: { reason: 'done' }, otherwise: { reason: 'over' } },
  {
    path: '/v1/apps/rack/fleet/import',
    json: { racks: [{ line: 2, value: { name: 'site-1', channel: 'stable', platform: 'any' } }] },
    otherwise: { racks: [{ line: 2, value: { name: 'site-2', channel: 'stable', platform: 'any' } }] },
  },
  {
    path: '/v1/apps/rack/racks/prod-1/labels',
    json: { labels: { tier: 'canary' } },
    otherwise: { labels: { tier: 'late' } },
  },
  { path: '/v1/alarms/ALARM-1/close', json: { note: 'put back' }, otherwise: { note: 'known' } },
  {
    method: 'PUT',
    path: '/v1/apps/rack/channels/beta/policy',
    json: { policy: aPolicy({ artifacts: true }), reason: 'stricter' },
    otherwise: { policy: aPolicy({}), reason: 'stricter' },
  },
  {
    path: '/v1/apps/rack/channels/gated/nomination',
    json: { version: second, reason: 'to soak' },
    otherwise: { version: first },
  },
  {
    path: '/v1/apps/rack/channels/held/nomination/end',
    json: { reason: 'it soaks no more' },
    otherwise: {},
  },
  {
    path: `/v1/apps/rack/releases/${second}/evidence`,
    json: { name: 'unit', outcome: 'pass', url: 'https://ci.example.com/7' },
    otherwise: { name: 'unit', outcome: 'fail', url: 'https://ci.example.com/7' },
  },
  {
    path: `/v1/apps/rack/releases/${second}/ticks`,
    json: { channel: 'gated', item: 'notes', note: 'read' },
    otherwise: { channel: 'gated', item: 'notes', note: 'read again' },
  },
  {
    path: `/v1/apps/rack/releases/${second}/objections`,
    json: { reason: 'it masks' },
    otherwise: { reason: 'it is slow' },
  },
  { path: '/v1/apps/rack/objections/O-1/answer', json: { note: 'not here' }, otherwise: { note: 'no' } },
  {
    as: 'bea',
    path: `/v1/apps/rack/releases/${second}/known-issues`,
    json: { cause: 'settling: #', note: 'the lab' },
    otherwise: { cause: 'applying: #', note: 'the lab' },
  },
  {
    as: 'bea',
    path: '/v1/apps/rack/proposals/P-1/approve',
    json: { note: 'looked at it' },
    otherwise: { note: 'looked twice' },
  },
  { path: '/v1/apps/rack/proposals/P-2/reject', json: { reason: 'no' }, otherwise: { reason: 'not now' } },
  {
    path: `/v1/break-glass/${brokenGlass}/close`,
    json: { reason: 'signed in again' },
    otherwise: { reason: 'by mistake' },
  },
  { path: '/v1/reviews/R-1/sign', json: { note: 'was right' }, otherwise: { note: 'was wrong' } },
  {
    path: '/v1/apps/rack/advisories/ADV-1/lift',
    json: { reason: 'another build' },
    otherwise: { reason: 'a test' },
  },
]

export interface WorldToChange extends TestRegistry {
  /** Of a second person, who may pass over gates. */
  readonly bea: string
}

export async function aWorldToChange(): Promise<WorldToChange> {
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
  const bea = await mint('maintainer', { name: 'bea', scopes: ['override'] })
  await planRollouts(registry)
  await furnishGates(registry, bea)
  for (const [order, json] of Object.entries({
    pin: { version: second, reason: 'wait' },
    hold: { until: '2016-08-18T00:00:00Z', reason: 'audit' },
  }))
    await call('POST', `/v1/apps/rack/racks/prod-2/${order}`, { json })
  await raiseFor(registry.registry, aFinding())
  await openBreakGlass(registry)
  await withdrawFromRacks(registry)
  await call('POST', '/v1/apps/rehearsed/synthetic/runs', { json: { levers: ['publish'], limitSeconds: 60 } })
  return Object.create(registry, { bea: { value: bea } })
}

/** R-1, which brings a channel its head next week, and R-2, which was to do so and is paused. */
async function planRollouts({ call, clock }: TestRegistry): Promise<void> {
  const rollout = { waves: [{ share: 'rest', soakMinutes: 5 }], onFail: 'halt', silentMinutes: 60 }
  const notBefore = toIso(clock.now() + 7 * day)
  for (const channel of ['slow', 'slower']) {
    const promote = `/v1/apps/rack/channels/${channel}/promote`
    await call('POST', '/v1/apps/rack/channels', { json: { channel, from: 'unstable' } })
    await call('POST', promote, { json: { version: first } })
    const json = { version: second, acknowledge: ['Password'], note: 'read', rollout, notBefore }
    await call('POST', promote, { json })
  }
  await call('POST', '/v1/apps/rack/rollouts/R-2/pause', { json: { reason: 'lunch' } })
}

/** a remedy that is at its first of three racks. */
async function withdrawFromRacks({ call, clock, enroll }: TestRegistry): Promise<void> {
  const proved = [{ version: first, at: toIso(clock.now() - day), parametersHold: true }]
  const json = aReport({ current: withdrawn, proved })
  for (const rack of ['lab-1', 'lab-2', 'lab-3']) {
    const token = await enroll(rack, { current: withdrawn })
    await call('POST', `/v1/racks/${rack}/check`, { token, json })
  }
  await call('POST', '/v1/apps/rack/yanks', {
    json: { range: withdrawn, severity: 'critical', remedy: 'rollback', reason: 'a build of nobody' },
  })
}

/** Something of each kind that waits for a word: P-1 and P-2, O-1, R-1, ADV-1, and a release that racks of `beta` stay on. */
async function furnishGates({ call }: TestRegistry, bea: string): Promise<void> {
  const soak = { minRacks: 1, soakMinutes: 60, dwell: true }
  const checklist = [{ item: 'notes', text: 'The notes were read.' }]
  const channel = (name: string, from: string, gates: object) =>
    call('POST', '/v1/apps/rack/channels', { json: { channel: name, from, policy: { gates } } })
  const promote = (name: string, json: object, token?: string) =>
    call('POST', `/v1/apps/rack/channels/${name}/promote`, { json, ...(token && { token }) })
  await channel('gated', 'unstable', { soak, checklist })
  await channel('held', 'stable', { soak })
  await promote('gated', { version: first })
  await promote('gated', { version: second })
  await promote('held', { version: first, nominate: true })
  await channel('past', 'unstable', { checklist })
  await promote('past', { version: first, override: ['checklist'], reason: 'INC-1' }, bea)
  await call('POST', `/v1/apps/rack/releases/${first}/objections`, { json: { reason: 'it is slow' } })
  await call('POST', '/v1/apps/rack/yanks', {
    json: { range: '20160101000000', severity: 'moderate', remedy: 'stay', reason: 'an old one' },
  })
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
