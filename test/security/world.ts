/** The registry that is asked wrongly: two apps, releases on both channels, a hosted artifact, racks, an attempt under way. */
import type { RackReport } from '../../shared/contract/rack.ts'
import { aFinding, raiseFor } from '../support/raise-alarm.ts'
import { aReport, openTestRegistry, sha256Of, type TestRegistry } from '../support/test-registry.ts'

export interface World extends TestRegistry {
  readonly digestOf: (token: string) => string
  readonly tokens: {
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
  const tokens = {
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
