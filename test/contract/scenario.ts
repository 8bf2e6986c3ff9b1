/** One request for each operation, in an order in which each is good; and a few that are refused, to pin what problems look like. */
import { aFinding, raiseFor } from '../support/raise-alarm.ts'
import {
  type Answer,
  type Asking,
  aReport,
  openTestRegistry,
  sha256Of,
  type TestRegistry,
} from '../support/test-registry.ts'
import { gateSteps } from './scenario-gates.ts'
import { rolloutSteps } from './scenario-rollouts.ts'

export interface Step {
  /** The file in test/golden/wire, without its ending. */
  readonly name: string
  readonly method: string
  readonly path: string
  readonly asking?: Asking
  /** What nobody can ask for. */
  readonly before?: (test: TestRegistry) => Promise<void>
}

export interface Told extends Step {
  readonly request: unknown
  readonly answer: Answer
}

const [first, second, third] = ['20160816140022', '20160816160115', '20160818013241']
const bytes = 'the bytes of a release\n'
const sha256 = sha256Of(bytes)
const id = '5f0c2f6e-6d2b-4a53-9f0e-0d8f6a1c7b11'
const rackToken = `hg_rack_${'p'.repeat(49)}`

const get = (name: string, path: string, asking: Asking = {}): Step => ({
  name,
  method: 'GET',
  path,
  asking,
})
const post = (name: string, path: string, json: unknown): Step => ({
  name,
  method: 'POST',
  path,
  asking: { json },
})
const asRack = (json?: unknown): Asking => ({ token: rackToken, ...(json !== undefined && { json }) })
const report = aReport({
  current: first ?? '',
  proved: [{ version: first ?? '', at: '2016-08-16T14:10:00Z', parametersHold: true }],
})
const attempt = { target: second, action: 'update', motive: 'rollout' }

export const steps: readonly Step[] = [
  get('healthz', '/healthz', { token: null }),
  get('readyz', '/readyz', { token: null }),
  get('me', '/v1/me'),
  post('app-create', '/v1/apps', { app: 'rack', scheme: 'timestamp' }),
  post('channel-create', '/v1/apps/rack/channels', {
    channel: 'beta',
    from: 'unstable',
    policy: { checkSeconds: 120 },
  }),
  { name: 'artifact-upload', method: 'PUT', path: `/v1/artifacts/${sha256}`, asking: { body: bytes } },
  get('artifact-download', `/v1/artifacts/${sha256}`, { headers: { range: 'bytes=4-8' } }),
  post('release-publish', '/v1/apps/rack/releases', {
    version: first,
    artifacts: [{ platform: 'linux/amd64', sha256, size: bytes.length }],
    notes: 'A build.',
    source: { repository: 'github.com/convox/rack', commit: '5f1d6f0' },
    parameters: { Password: { type: 'String' }, InstanceCount: { type: 'Number', default: '3' } },
  }),
  post('promote', '/v1/apps/rack/channels/stable/promote', { reason: 'as planned' }),
  post('release-publish-masked', '/v1/apps/rack/releases', {
    version: second,
    parameters: {
      Password: { type: 'String', masked: true },
      InstanceCount: { type: 'Number', default: '3' },
    },
  }),
  post('promote-refused', '/v1/apps/rack/channels/stable/promote', {}),
  post('promote-dry-run', '/v1/apps/rack/channels/stable/promote?dryRun=true', {
    version: second,
    acknowledge: ['Password'],
    note: 'it no longer writes back what it reads',
  }),
  get('release-diff', `/v1/apps/rack/diff?from=${first}&to=${second}`),
  post('rack-enroll', '/v1/apps/rack/racks', {
    rack: 'prod-1',
    channel: 'unstable',
    platform: 'linux/amd64',
    current: first,
    labels: { region: 'eu' },
    switchChannels: ['stable'],
    tokenSha256: sha256Of(rackToken),
  }),
  { name: 'check', method: 'POST', path: '/v1/racks/prod-1/check?trace=true', asking: asRack(report) },
  {
    name: 'attempt-grant',
    method: 'POST',
    path: '/v1/racks/prod-1/attempts',
    asking: asRack({ ...attempt, id, plan: { steps: ['fetch', 'apply'] }, report }),
  },
  {
    name: 'attempt-report',
    method: 'PUT',
    path: `/v1/racks/prod-1/attempts/${id}`,
    asking: asRack({
      ...attempt,
      from: first,
      reason: 'offered',
      startedAt: '2016-08-16T16:00:15Z',
      events: [
        { index: 0, at: '2016-08-16T16:00:16Z', state: 'applying', detail: '' },
        { index: 1, at: '2016-08-16T16:00:17Z', state: 'returned', detail: 'the API key is ****' },
      ],
      outcome: 'returned',
      step: 'settling',
      message: 'healthz answered 500',
      log: ['params set', 'API key mismatch'],
    }),
  },
  get('rack-list', '/v1/apps/rack/racks'),
  get('rack-show', '/v1/apps/rack/racks/prod-1'),
  get('rack-explain', '/v1/apps/rack/racks/prod-1/decision'),
  get('rack-attempts', '/v1/apps/rack/racks/prod-1/attempts?limit=10'),
  get('release-show', `/v1/apps/rack/releases/${second}`),
  post('yank', '/v1/apps/rack/yanks', {
    range: `${second}..20160817175216`,
    severity: 'critical',
    remedy: 'rollback',
    reason: 'params set writes **** as the API key',
  }),
  get('advisory-list', '/v1/apps/rack/advisories'),
  get('advisory-show', '/v1/apps/rack/advisories/ADV-1'),
  post('release-route', `/v1/apps/rack/releases/${first}/routing`, {
    routing: { required: true, floor: first },
    channels: ['stable'],
    reason: 'the migration of July',
  }),
  get('release-list', '/v1/apps/rack/releases?limit=1'),
  post('import', '/v1/apps/rack/import', {
    rows: [
      { version: '20160301000000', publishedAt: '2016-03-01T00:00:00Z', channels: ['beta'] },
      { version: first },
      { version: 'v1' },
    ],
  }),
  post('revert', '/v1/apps/rack/channels/beta/revert', { reason: 'nothing to go back to' }),
  post('publish-fix', '/v1/apps/rack/releases', { version: third }),
  post('revert-recall', '/v1/apps/rack/channels/unstable/revert', { recall: true, reason: 'not yet' }),
  get('pointer', '/v1/apps/rack/channels/stable', { token: null }),
  get('channel-list', '/v1/apps/rack/channels'),
  get('channel-show', '/v1/apps/rack/channels/unstable/details'),
  get('channel-history', '/v1/apps/rack/channels/unstable/history?limit=2'),
  get('channel-decision', `/v1/apps/rack/channels/stable/decision?current=${second}&platform=linux/amd64`),
  get('app-list', '/v1/apps'),
  get('app-show', '/v1/apps/rack'),
  post('freeze', '/v1/freezes', { app: 'rack', reason: 'a holiday', until: '2016-08-20T00:00:00Z' }),
  get('freeze-list', '/v1/freezes'),
  post('freeze-lift', '/v1/freezes/lift', { app: 'rack', reason: 'back at work' }),
  post('rack-pin', '/v1/apps/rack/racks/prod-1/pin', {
    version: first,
    reason: 'INC-42: wait for the fix',
    until: '2016-08-23T00:00:00Z',
  }),
  post('rack-hold', '/v1/apps/rack/racks/prod-1/hold', { until: '2016-08-17T00:00:00Z', reason: 'audit' }),
  post('rack-unpin', '/v1/apps/rack/racks/prod-1/unpin', { reason: 'INC-42 is mended' }),
  post('rack-unhold', '/v1/apps/rack/racks/prod-1/unhold', {}),
  post('rack-labels', '/v1/apps/rack/racks/prod-1/labels', { labels: { tier: 'canary', region: null } }),
  post('rack-switch', '/v1/apps/rack/racks/prod-1/channel', { channel: 'stable' }),
  post('rack-forget', '/v1/apps/rack/racks/prod-1/forget', { reason: 'sold' }),
  post('token-create', '/v1/tokens', {
    name: 'ci',
    role: 'publisher',
    app: 'rack',
    expiresAt: '2016-12-01T00:00:00Z',
    sha256: 'c1'.repeat(32),
  }),
  get('token-list', '/v1/tokens'),
  post('token-revoke', '/v1/tokens/ci/revoke', { reason: 'leaked' }),
  get('audit', '/v1/audit?order=oldest&limit=3'),
  get('audit-verify', '/v1/audit/verify'),
  post('audit-redact', '/v1/audit/8/redact?dryRun=true', { fields: ['/content/notes'], reason: 'a name' }),
  get('audit-export', '/v1/audit/export'),
  get('events', '/v1/events?after=3&type=release.published'),
  { ...get('alarm-list', '/v1/alarms'), before: ({ registry }) => raiseFor(registry, aFinding()) },
  get('alarm-show', '/v1/alarms/ALARM-1'),
  post('alarm-close', '/v1/alarms/ALARM-1/close', { note: 'INC-7: put back from a backup' }),
  post('fleet-import', '/v1/apps/rack/fleet/import', {
    racks: [
      { line: 2, value: { name: 'site-1', channel: 'stable', platform: 'any', labels: { tier: 'gold' } } },
    ],
    reason: 'from the old list',
  }),
  post('fleet-import-bad', '/v1/apps/rack/fleet/import', {
    racks: [{ line: 2, value: { name: 'site-2', channel: 'nowhere', platform: 'any' } }],
  }),
  get('fleet', '/v1/apps/rack/fleet?channel=stable'),
  get('fleet-racks', '/v1/apps/rack/fleet/racks?standing=never_heard&limit=1'),
  get('fleet-failures', '/v1/apps/rack/fleet/failures'),
  get('fleet-adoption', '/v1/apps/rack/fleet/adoption'),
  get('forecast', '/v1/forecast?app=rack&until=2017-12-31T00:00:00Z'),
  post('simulate', '/v1/apps/rack/simulate', {
    suppositions: [
      { suppose: 'freeze', channel: 'stable', all: true },
      { suppose: 'time', at: '2017-01-01T00:00:00Z' },
    ],
  }),
  ...gateSteps,
  ...rolloutSteps,
  post('problem-invalid-input', '/v1/apps', { app: 'rack', scheme: 'calver', extra: 1 }),
  get('problem-not-signed-in', '/v1/apps', { token: null }),
  get('problem-not-allowed', '/v1/tokens', asRack()),
  { name: 'problem-method-not-allowed', method: 'DELETE', path: '/v1/apps/rack' },
]

/** Tells the whole story to a fresh registry; a second passes before each request. */
export async function tellScenario(): Promise<{ registry: TestRegistry; told: readonly Told[] }> {
  const registry = await openTestRegistry({ now: Date.UTC(2016, 7, 16, 16) })
  const told: Told[] = []
  for (const step of steps) {
    registry.clock.advance(1000)
    const { asking = {}, before } = step
    await before?.(registry)
    const answer = await registry.ask(step.method, step.path, asking)
    told.push({ ...step, request: requestOf(step, asking), answer })
  }
  return { registry, told }
}

function holderOf(token: string): string {
  return token === rackToken ? 'the rack' : 'a second person'
}

function requestOf({ method, path }: Step, { token, json, body, headers }: Asking): unknown {
  const who = token === null ? 'nobody' : token === undefined ? 'the admin' : holderOf(token)
  return {
    method,
    path,
    as: who,
    ...(headers && { headers }),
    ...(json !== undefined && { json }),
    ...(body && { body }),
  }
}
