/** Every address that takes a body, given each kind of body that none of them takes. */
import type { Asking } from '../support/test-registry.ts'
import { at, type BadInput } from './bad-input.ts'
import { anAttempt, anOutcome, attemptId, versions, type World } from './world.ts'

export interface Write {
  readonly where: string
  readonly json: Record<string, unknown>
  readonly as?: 'prod1'
}

const sha256 = 'ab'.repeat(32)
const { first, second } = versions

/** Each with a body that would be taken. */
export const writes: readonly Write[] = [
  { where: 'POST /v1/apps', json: { app: 'third', scheme: 'semver' } },
  { where: 'POST /v1/apps/rack/channels', json: { channel: 'beta', from: 'unstable' } },
  { where: 'POST /v1/apps/rack/releases', json: { version: '20160817000000' } },
  {
    where: `POST /v1/apps/rack/releases/${first}/routing`,
    json: { routing: { required: true }, reason: 'a stone' },
  },
  {
    where: 'POST /v1/apps/rack/channels/stable/promote',
    json: { version: second, acknowledge: ['Password'], note: 'fine' },
  },
  { where: 'POST /v1/apps/rack/channels/unstable/revert', json: { to: first, reason: 'no good' } },
  {
    where: 'POST /v1/apps/rack/yanks',
    json: { range: second, severity: 'critical', remedy: 'rollback', reason: 'masks' },
  },
  { where: 'POST /v1/apps/rack/import', json: { rows: [{ version: '20150101000000' }] } },
  { where: 'POST /v1/audit/10/redact', json: { fields: ['/reason'], reason: 'a name' } },
  { where: 'POST /v1/freezes', json: { app: 'rack', reason: 'a holiday' } },
  { where: 'POST /v1/freezes/lift', json: { app: 'rack' } },
  {
    where: 'POST /v1/apps/rack/racks',
    json: { rack: 'prod-9', channel: 'stable', platform: 'any', current: null, tokenSha256: sha256 },
  },
  { where: 'POST /v1/apps/rack/racks/prod-2/channel', json: { channel: 'unstable' } },
  { where: 'POST /v1/apps/rack/racks/prod-2/forget', json: { reason: 'gone' } },
  { where: 'POST /v1/apps/rack/racks/prod-2/pin', json: { version: first, reason: 'wait' } },
  {
    where: 'POST /v1/apps/rack/racks/prod-2/hold',
    json: { until: '2016-08-17T00:00:00Z', reason: 'audit' },
  },
  { where: 'POST /v1/apps/rack/racks/prod-2/labels', json: { labels: { tier: 'canary' } } },
  { where: 'POST /v1/alarms/ALARM-1/close', json: { note: 'put back on purpose' } },
  {
    where: 'PUT /v1/apps/rack/channels/gated/policy',
    json: { policy: { promoteOnPublish: false, checkSeconds: 60, gates: {} }, reason: 'less' },
  },
  {
    where: 'POST /v1/apps/rack/channels/gated/policy/test',
    json: { promoteOnPublish: false, checkSeconds: 60, gates: {} },
  },
  { where: 'POST /v1/apps/rack/channels/gated/nomination', json: { version: first } },
  { where: 'POST /v1/apps/rack/simulate', json: { suppositions: [{ suppose: 'freeze' }] } },
  { where: 'POST /v1/apps/rack/channels/gated/nomination/end', json: { reason: 'enough' } },
  { where: `POST /v1/apps/rack/releases/${first}/evidence`, json: { name: 'unit', outcome: 'pass' } },
  {
    where: `POST /v1/apps/rack/releases/${first}/ticks`,
    json: { channel: 'gated', item: 'notes', note: 'read' },
  },
  { where: `POST /v1/apps/rack/releases/${first}/objections`, json: { reason: 'it is slow' } },
  { where: 'POST /v1/apps/rack/objections/O-1/answer', json: { note: 'not here' } },
  {
    where: `POST /v1/apps/rack/releases/${first}/known-issues`,
    json: { cause: 'settling: #', note: 'the lab' },
  },
  { where: 'POST /v1/apps/rack/proposals/P-1/approve', json: { note: 'looked at it' } },
  { where: 'POST /v1/apps/rack/proposals/P-1/reject', json: { reason: 'no' } },
  { where: 'POST /v1/reviews/R-1/sign', json: { note: 'was right' } },
  { where: 'POST /v1/apps/rack/advisories/ADV-1/lift', json: { reason: 'it was another build' } },
  {
    where: 'POST /v1/tokens',
    json: { name: 'ci', role: 'publisher', expiresAt: '2017-01-01T00:00:00Z', sha256 },
  },
  { where: 'POST /v1/tokens/first-admin/revoke', json: { reason: 'leaked' } },
  { where: 'POST /v1/racks/prod-1/attempts', json: anAttempt(), as: 'prod1' },
  { where: `PUT /v1/racks/prod-1/attempts/${attemptId}`, json: anOutcome(), as: 'prod1' },
]

type Break = (write: Write) => readonly [Asking, answers: string, says: RegExp]

const json = { 'content-type': 'application/json' }
const invalid = '400 invalid_input'

const breaks: Readonly<Record<string, Break>> = {
  'cut off in the middle': ({ json: body }) => [
    { body: JSON.stringify(body).slice(0, -1), headers: json },
    invalid,
    /is not JSON/,
  ],
  'an array': ({ json: body }) => [{ json: [body] }, invalid, /expected object/],
  'a word': () => [{ body: '"yes"', headers: json }, invalid, /expected object/],
  'a field that nobody knows': ({ json: body }) => [{ json: { ...body, isAdmin: true } }, invalid, /isAdmin/],
  'a name that stands twice': ({ json: body }) => [
    { body: `{"reason":"a","reason":"b",${JSON.stringify(body).slice(1)}`, headers: json },
    invalid,
    /"reason" twice/,
  ],
  'bytes that are no UTF-8': ({ json: body }) => [
    {
      body: Buffer.concat([
        Buffer.from(`{"note":"`),
        Buffer.from([0xc3, 0x28]),
        Buffer.from(`",${JSON.stringify(body).slice(1)}`),
      ]),
      headers: json,
    },
    invalid,
    /not UTF-8/,
  ],
  'as a form': ({ json: body }) => [
    {
      body: new URLSearchParams({ body: JSON.stringify(body) }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    },
    '415 unsupported_media_type',
    /x-www-form-urlencoded.*application\/json/,
  ],
}

const spoiled = (write: Write): BadInput[] =>
  Object.entries(breaks).map(([name, make]) => {
    const [asking, answers, says] = make(write)
    return at(write.where, withToken(write, asking), answers, says, name)
  })

/** One address of each kind: in front of the framework, on the framework, written by hand. */
const large: readonly BadInput[] = [
  at(
    'POST /v1/apps/rack/releases',
    { json: { version: '20160817000000', notes: 'x'.repeat(300_000) } },
    '413 body_too_large',
    /262144 bytes/,
    'more than a body may have',
  ),
  at(
    'POST /v1/apps/rack/releases',
    { json: { version: '20160817000000', notes: 'x'.repeat(100_001) } },
    invalid,
    /notes: .*100000/,
    'notes that are too long',
  ),
  at(
    'POST /v1/racks/prod-1/check',
    ({ tokens }) => ({ token: tokens.prod1, json: { agent: 'x'.repeat(300_000) } }),
    '413 body_too_large',
    /262144 bytes/,
    'a report as large as an artifact',
  ),
  at(
    'POST /v1/racks/prod-1/attempts',
    ({ tokens }) => ({ token: tokens.prod1, json: anAttempt({ plan: { log: 'x'.repeat(300_000) } }) }),
    '413 body_too_large',
    /262144 bytes/,
    'a plan as large as an artifact',
  ),
  at(
    'POST /v1/racks/prod-1/attempts',
    ({ tokens }) => ({
      token: tokens.prod1,
      headers: json,
      body: JSON.stringify(anAttempt({ plan: { a: 0 } })).replace(
        '"a":0',
        `"a":${'['.repeat(30_000)}${']'.repeat(30_000)}`,
      ),
    }),
    invalid,
    /64 levels deep/,
    'a plan that is nested without end',
  ),
  at(
    'POST /v1/apps/rack/import',
    { json: { rows: Array.from({ length: 201 }, () => ({ version: '1' })) } },
    invalid,
    /rows: .*200/,
    'more rows than a chunk has',
  ),
  at('POST /v1/apps/rack/import', { json: { rows: [] } }, invalid, /rows: /, 'no rows'),
  at(
    'POST /v1/apps/rack/import',
    {
      body: `{"rows":[${'['.repeat(30_000)}${']'.repeat(30_000)}]}`,
      headers: { ...json, 'idempotency-key': 'deep' },
    },
    invalid,
    /64 levels deep/,
    'rows that are nested without end',
  ),
]

const odd: readonly BadInput[] = [
  at('POST /v1/apps', {}, invalid, /app: .*expected string/, 'nothing at all'),
  at('POST /v1/apps', { body: '', headers: json }, invalid, /Malformed JSON|not JSON/, 'an empty body'),
  at(
    'POST /v1/apps',
    { body: '{"app":"x","scheme":"semver"}' },
    '415 unsupported_media_type',
    /no Content-Type/,
    'no content type',
  ),
  at(
    'POST /v1/apps',
    {
      body: Buffer.from('{"app":"x","scheme":"semver"}', 'utf16le'),
      headers: { 'content-type': 'application/json; charset=utf-16le' },
    },
    '415 unsupported_media_type',
    /utf-16le/,
    'another charset',
  ),
  at(
    'POST /v1/freezes',
    { body: '{"app":"rack","reason":"half \\ud83d a word"}', headers: json },
    invalid,
    /half a character/,
    'half a character',
  ),
  at(
    'POST /v1/freezes',
    { body: '{"app":"rack","reason":"the end\\u0000 and more"}', headers: json },
    invalid,
    /NUL/,
    'a NUL',
  ),
  at(
    'POST /v1/apps/rack/releases',
    { body: '{"version":"20160817000000","parameters":{"__proto__":{"masked":true}}}', headers: json },
    invalid,
    /__proto__/,
    'a parameter that is the prototype',
  ),
  at(
    'POST /v1/apps',
    { body: 'a'.repeat(1000), headers: { ...json, 'content-encoding': 'gzip' } },
    invalid,
    /not JSON/,
    'what would be gzip',
  ),
]

export const badBodies: readonly BadInput[] = [...writes.flatMap(spoiled), ...large, ...odd]

function withToken({ as }: Write, asking: Asking): BadInput['asking'] {
  return as === undefined ? asking : ({ tokens }: World) => ({ ...asking, token: tokens[as] })
}
