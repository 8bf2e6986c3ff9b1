/** Requests that a registry may be asked at random: most of them good, some refused, none a bug. */
import fc from 'fast-check'
import { type Answer, aReport, type TestRegistry } from '../../support/test-registry.ts'

export interface Request {
  readonly who: 'admin' | 'rack'
  readonly method: string
  readonly path: string
  readonly json: unknown
  /** How far time has gone before it. */
  readonly later: number
}

const versions = ['1', '2', '3', '4', '5', '6'].map((digit) => `2016081${digit}000000`)
const version = fc.constantFrom(...versions)
const channel = fc.constantFrom('unstable', 'stable', 'beta')
const rack = fc.constantFrom('prod-1', 'prod-2', 'known')
const reason = fc.constantFrom('it is time', 'a holiday — “soon”', 'x')
const maybe = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined })

const body = <T extends Record<string, fc.Arbitrary<unknown>>>(fields: T) => fc.record(fields)
const post = (path: fc.Arbitrary<string>, json: fc.Arbitrary<unknown>) =>
  fc.record({ who: fc.constant('admin' as const), method: fc.constant('POST'), path, json })
const here = (path: string) => fc.constant(`/v1/apps/rack${path}`)

const parameters = fc.constantFrom(
  {},
  { Password: {} },
  { Password: { masked: true } },
  { Ami: { default: 'x' } },
)

const acts = [
  post(here('/releases'), body({ version, parameters: maybe(parameters), notes: maybe(reason) })),
  post(here('/releases'), body({ version, yanked: fc.constant(true) })),
  post(
    channel.map((name) => `/v1/apps/rack/channels/${name}/promote`),
    body({ version: maybe(version), acknowledge: fc.constantFrom([], ['Password'], ['Ami']), note: reason }),
  ),
  post(
    channel.map((name) => `/v1/apps/rack/channels/${name}/revert`),
    body({ to: maybe(version), recall: fc.boolean(), reason }),
  ),
  post(
    version.map((name) => `/v1/apps/rack/releases/${name}/routing`),
    body({
      routing: fc.record({ required: fc.boolean(), floor: maybe(version), skippable: maybe(fc.boolean()) }),
      reason,
    }),
  ),
  post(
    here('/yanks'),
    body({
      range: fc.oneof(
        version,
        fc.tuple(version, version).map(([a, b]) => (a < b ? `${a}..${b}` : `${b}..${a}`)),
      ),
      severity: fc.constantFrom('moderate', 'critical'),
      remedy: fc.constantFrom('rollback', 'forward', 'stay'),
      reason,
    }),
  ),
  post(
    here('/import'),
    fc
      .array(fc.record({ version, channels: fc.constantFrom([], ['unstable'], ['unstable', 'stable']) }), {
        minLength: 1,
        maxLength: 4,
      })
      .map((rows) => ({ rows })),
  ),
  post(
    fc.constant('/v1/freezes'),
    body({ app: fc.constant('rack'), channel: maybe(channel), all: fc.boolean(), reason }),
  ),
  post(fc.constant('/v1/freezes/lift'), body({ app: fc.constant('rack'), channel: maybe(channel) })),
  post(here('/channels'), body({ channel: fc.constant('beta'), from: maybe(fc.constant('unstable')) })),
  post(
    here('/racks'),
    fc.nat({ max: 5 }).chain((token) =>
      body({
        rack,
        channel,
        platform: fc.constant('any'),
        current: fc.option(version),
        tokenSha256: fc.constant(String(token).repeat(64)),
      }),
    ),
  ),
  post(
    rack.map((name) => `/v1/apps/rack/racks/${name}/channel`),
    body({ channel }),
  ),
  post(
    rack.map((name) => `/v1/apps/rack/racks/${name}/forget`),
    body({ reason }),
  ),
  post(
    fc.constant('/v1/tokens'),
    fc.nat({ max: 3 }).chain((token) =>
      body({
        name: fc.constant(`ci-${token}`),
        role: fc.constantFrom('viewer', 'publisher', 'join'),
        expiresAt: fc.constant('2016-12-01T00:00:00Z'),
        sha256: fc.constant(`${token}a`.repeat(32)),
      }),
    ),
  ),
  post(
    fc.nat({ max: 3 }).map((token) => `/v1/tokens/ci-${token}/revoke`),
    fc.constant({}),
  ),
  fc.record({
    who: fc.constant('rack' as const),
    method: fc.constant('POST'),
    path: fc.constant('/v1/racks/known/check'),
    json: fc
      .record({
        current: fc.option(version),
        pin: maybe(version),
        failed: maybe(version),
        attempt: maybe(
          fc.record({
            id: fc.constant('11111111-1111-4111-8111-111111111111'),
            from: fc.option(version),
            target: version,
            motive: fc.constantFrom('rollout', 'remedy_critical', 'pin'),
            state: fc.constantFrom('fetched', 'settling'),
            isConfirmed: fc.boolean(),
          }),
        ),
      })
      .map(({ current, pin, failed, attempt }) =>
        aReport({
          current,
          proved:
            current === null ? [] : [{ version: current, at: '2016-08-10T00:00:00Z', parametersHold: true }],
          failures:
            failed === undefined ? [] : [{ target: failed, count: 1, lastAt: '2016-08-16T15:00:00Z' }],
          ...(attempt !== undefined && { attempt }),
          ...(pin !== undefined && { pin: { version: pin, owner: 'ada', reason: 'wait' } }),
        }),
      ),
  }),
]

export const aRequest: fc.Arbitrary<Request> = fc
  .tuple(fc.oneof(...acts), fc.constantFrom(0, 0, 1, 60_000, 86_400_000))
  .map(([act, later]) => ({ ...act, later }))

/** The app and a rack whose token the story knows. */
export async function prepare(test: TestRegistry): Promise<string> {
  await test.call('POST', '/v1/apps', { json: { app: 'rack', scheme: 'timestamp' } })
  return test.enroll('known', { channel: 'unstable' })
}

export function askFor(
  test: TestRegistry,
  rackToken: string,
  { who, method, path, json, later }: Request,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  test.clock.advance(later)
  return test.ask(method, path, { json, headers, ...(who === 'rack' && { token: rackToken }) })
}

const readings = [
  '/v1/apps',
  '/v1/apps/rack/releases',
  '/v1/apps/rack/channels',
  '/v1/apps/rack/channels/stable/history',
  '/v1/apps/rack/channels/unstable/history',
  '/v1/apps/rack/advisories',
  '/v1/apps/rack/racks',
  '/v1/apps/rack/racks/known/decision',
  '/v1/freezes',
  '/v1/audit?limit=1000',
  '/v1/audit/verify',
]

/** What it says about everything. */
export async function saidBy(test: TestRegistry): Promise<unknown> {
  const said: unknown[] = []
  for (const path of readings) {
    const { status, json } = await test.ask('GET', path)
    const { requestId: _, ...body } = json
    said.push({ path, status, body })
  }
  return said
}
