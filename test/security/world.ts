/**
 * The registry that is asked wrongly: two apps, releases on both channels, a hosted artifact, racks, an attempt under way,
 * rollouts.
 */
import type { RackReport } from '../../shared/contract/rack.ts'
import { day, toIso } from '../../shared/domain/instants.ts'
import { aFinding, raiseFor } from '../support/raise-alarm.ts'
import { aReport, openTestRegistry, sha256Of, type TestRegistry } from '../support/test-registry.ts'

export interface World extends TestRegistry {
  readonly digestOf: (token: string) => string
  readonly tokens: {
    /** Of a maintainer who may pass over gates. */
    readonly bea: string
    readonly prod1: string
    readonly prod2: string
    readonly elsewhere: string
    readonly viewer: string
    readonly join: string
  }
}

export const versions = {
  first: '20160816140022',
  second: '20160816160115',
  third: '20160818013241',
} as const
const artifact = 'the bytes of a release'
export const artifactSha256 = sha256Of(artifact)
/** Nobody published it here, and a rack runs it. */
const unpublished = '20160816150000'
const failedId = '99999999-9999-4999-8999-999999999999'
export const attemptId = '11111111-1111-4111-8111-111111111111'

export async function aWorld(): Promise<World> {
  const test = await openTestRegistry({ limits: { artifactBytes: 64 * 1024, bodyBytes: 256 * 1024 } })
  const { call, enroll, mint } = test
  await call('POST', '/v1/apps', { json: { app: 'rack', scheme: 'timestamp' } })
  await call('POST', '/v1/apps', { json: { app: 'other', scheme: 'semver' } })
  await call('PUT', `/v1/artifacts/${artifactSha256}`, { body: artifact })
  const artifacts = [{ platform: 'any', sha256: artifactSha256, size: artifact.length }]
  const { first, second, third } = versions
  await call('POST', '/v1/apps/rack/releases', {
    json: { version: first, artifacts, parameters: { Password: {} } },
  })
  await call('POST', '/v1/apps/rack/channels/stable/promote', { json: {} })
  await call('POST', '/v1/apps/rack/releases', {
    json: { version: second, parameters: { Password: { masked: true } } },
  })
  await call('POST', '/v1/apps/other/releases', { json: { version: '1.0.0' } })
  await call('POST', '/v1/apps/rack/yanks', {
    json: {
      range: `${third}..20160819000000`,
      severity: 'moderate',
      remedy: 'stay',
      reason: 'not this one either',
    },
  })
  const bea = await mint('maintainer', { name: 'bea', scopes: ['override'] })
  await furnishRollouts(test)
  await furnishGates(test, bea)
  const tokens = {
    bea,
    prod1: await enroll('prod-1'),
    prod2: await enroll('prod-2'),
    elsewhere: await enroll('web-1', { app: 'other' }),
    viewer: await mint('viewer'),
    join: await mint('join', { app: 'rack', channel: 'stable' }),
  }
  await raiseFor(test.registry, aFinding())
  await call('POST', '/v1/racks/prod-1/attempts', { token: tokens.prod1, json: anAttempt() })
  return { ...test, tokens, digestOf: sha256Of }
}

/**
 * R-1, which halted on the failure of its only rack, R-2, which is through, R-3, a remedy on its way, and `staged`, which
 * has a rollout of its own for what comes next.
 */
async function furnishRollouts({ call, enroll, registry, clock }: TestRegistry): Promise<void> {
  const { first, second } = versions
  const app = '/v1/apps/rack'
  const rollout = { waves: [{ share: 'rest', soakMinutes: 5 }], onFail: 'halt', silentMinutes: 60 }
  const promote = (channel: string, version: string, given: object = {}) =>
    call('POST', `${app}/channels/${channel}/promote`, { json: { version, ...given } })
  const looked = { acknowledge: ['Password'], note: 'read' }
  const serve = async (channel: string) => {
    const policy = { gates: {}, rollout }
    await call('POST', `${app}/channels`, { json: { channel, from: 'unstable', policy } })
    await promote(channel, first)
  }
  const heard = async (rack: string, channel: string, current: string) => {
    const token = await enroll(rack, { channel, current })
    const proved = [{ version: first, at: toIso(clock.now() - day), parametersHold: true }]
    const report = aReport({ current, proved })
    await call('POST', `/v1/racks/${rack}/check`, { token, json: report })
    return { token, report }
  }
  for (const channel of ['waves', 'over', 'staged']) await serve(channel)
  const { token, report } = await heard('waves-1', 'waves', first)
  await heard('staged-1', 'staged', first)
  await promote('waves', second, looked)
  await promote('over', second, looked)
  const attempt = { target: second, action: 'update', motive: 'rollout' }
  const path = '/v1/racks/waves-1/attempts'
  await call('POST', path, { token, json: { ...attempt, id: failedId, plan: {}, report } })
  const failed = { from: first, outcome: 'returned', step: 'settling', message: 'it burns' }
  await call('PUT', `${path}/${failedId}`, { token, json: anOutcome({ ...attempt, ...failed, events: [] }) })
  await registry.rollouts.tick()
  await heard('lab-1', 'stable', unpublished)
  await call('POST', `${app}/yanks`, {
    json: { range: unpublished, severity: 'critical', remedy: 'rollback', reason: 'a build of nobody' },
  })
}

/**
 * `gated`, for which P-1 waits and P-2 was rejected; `past`, which bea moved past its checklist, and R-1 asks about it; an
 * objection that is open, and one that was answered.
 */
async function furnishGates({ call }: TestRegistry, bea: string): Promise<void> {
  const { first, second } = versions
  const checklist = [{ item: 'notes', text: 'The notes were read.' }]
  const soak = { minRacks: 1, soakMinutes: 60, dwell: true }
  const channel = (name: string, gates: object) =>
    call('POST', '/v1/apps/rack/channels', { json: { channel: name, from: 'unstable', policy: { gates } } })
  await channel('gated', { soak, checklist })
  await channel('past', { checklist })
  const promote = '/v1/apps/rack/channels/gated/promote'
  await call('POST', promote, { json: { version: first } })
  await call('POST', promote, { json: { version: second } })
  await call('POST', '/v1/apps/rack/proposals/P-2/reject', { json: { reason: 'not this one' } })
  await call('POST', '/v1/apps/rack/channels/past/promote', {
    token: bea,
    json: { version: first, override: ['checklist'], reason: 'INC-1' },
  })
  const objections = `/v1/apps/rack/releases/${second}/objections`
  await call('POST', objections, { json: { reason: 'it masks' } })
  await call('POST', objections, { json: { reason: 'it is slow' } })
  await call('POST', '/v1/apps/rack/objections/O-2/answer', { json: { note: 'not here' } })
}

/** What prod-1 asks for: its first version. */
export function anAttempt(given: Record<string, unknown> = {}, report: Partial<RackReport> = {}) {
  return {
    id: attemptId,
    target: versions.first,
    action: 'update',
    motive: 'bootstrap',
    plan: {},
    report: aReport(report),
    ...given,
  }
}

export function anOutcome(given: Record<string, unknown> = {}) {
  return {
    from: null,
    target: versions.first,
    action: 'update',
    motive: 'bootstrap',
    reason: 'offered',
    startedAt: '2016-08-16T16:00:00Z',
    events: [{ index: 0, at: '2016-08-16T16:00:01Z', state: 'planned', detail: '' }],
    ...given,
  }
}
