/** Addresses, methods, headers and queries that lead nowhere. */
import type { OutgoingHttpHeaders } from 'node:http'
import { at, type BadInput } from './bad-input.ts'
import { versions } from './world.ts'

const { first } = versions
const invalid = '400 invalid_input'
const rackDecision = 'GET /v1/apps/rack/channels/stable/decision'

const nobody = (where: string): BadInput =>
  at(where, { token: null }, '401 not_signed_in', /needs a token/, 'as nobody')

const header = (name: string, headers: OutgoingHttpHeaders, says: RegExp): BadInput =>
  at('GET /v1/me', { token: null, headers }, '401 not_signed_in', says, name)

const write = (name: string, headers: OutgoingHttpHeaders, says: RegExp): BadInput =>
  at('POST /v1/apps', { json: { app: 'third', scheme: 'semver' }, headers }, invalid, says, name)

const get = (where: string, answers: string, says: RegExp, name: string): BadInput =>
  at(`GET ${where}`, {}, answers, says, name)

export const badAddresses: readonly BadInput[] = [
  ...[
    'GET /v1/me',
    'GET /v1/apps',
    'GET /v1/apps/rack',
    'GET /v1/apps/rack/releases',
    'GET /v1/apps/rack/racks',
    'GET /v1/audit',
    'GET /v1/audit/verify',
    'GET /v1/audit/export',
    'GET /v1/events',
    'GET /v1/tokens',
    'GET /v1/freezes',
    'GET /metrics',
    'GET /v1/nowhere',
    'POST /v1/racks/prod-1/check',
  ].map(nobody),
  header('no scheme', { authorization: 'hg_admin_x' }, /not "Bearer TOKEN"/),
  header('another scheme', { authorization: 'Basic YWRtaW46YWRtaW4=' }, /not "Bearer TOKEN"/),
  header('no token', { authorization: 'Bearer' }, /not "Bearer TOKEN"/),
  header('a token without end', { authorization: `Bearer ${'x'.repeat(5000)}` }, /not "Bearer TOKEN"/),
  header('a token of nobody', { authorization: 'Bearer hg_admin_guess' }, /does not know that token/),
  header('two tokens', { authorization: 'Bearer a, Bearer b' }, /does not know/),
  header('a digest for a token', { authorization: `Bearer ${'ab'.repeat(32)}` }, /does not know/),
  write('an empty key', { 'idempotency-key': '' }, /Idempotency-Key/),
  write('a key with spaces', { 'idempotency-key': 'a b' }, /Idempotency-Key.*without spaces/),
  write('a key without end', { 'idempotency-key': 'k'.repeat(201) }, /Idempotency-Key.*200/),
  write('a key beyond ASCII', { 'idempotency-key': 'schl\u00fcssel' }, /Idempotency-Key/),
  write('a condition that is not understood here', { 'if-match': '"1"' }, /If-Match.*not here/),
  at(
    'POST /v1/apps?dryRun=maybe',
    { json: { app: 'third', scheme: 'semver' } },
    invalid,
    /dryRun/,
    'a dry run that is none',
  ),
  at(
    'POST /v1/apps?dryrun=true',
    { json: { app: 'third', scheme: 'semver' } },
    invalid,
    /dryrun/,
    'a dry run misspelt',
  ),
  at(
    'POST /v1/apps?dryRun=true&dryRun=false',
    { json: { app: 'third', scheme: 'semver' } },
    invalid,
    /dryRun/,
    'a dry run and none',
  ),
  at('GET /v2/apps', {}, '404 not_found', /GET \/v2\/apps/, 'another version'),
  at('GET /', {}, '404 not_found', /GET \//, 'the root'),
  at('GET /v1/apps/', {}, '404 not_found', /\/v1\/apps\//, 'a slash too many'),
  at('GET /v1/../admin.token', {}, '404 not_found', /admin\.token/, 'one folder up'),
  at('GET /v1/%2e%2e/%2e%2e/admin.token', {}, '404 not_found', /admin\.token/, 'two folders up, encoded'),
  at('GET //v1/apps', {}, '404 not_found', /apps/, 'two slashes'),
  at('GET /v1/apps/rack/releases/x/y/z', {}, '404 not_found', /x\/y\/z/, 'deeper than there is'),
  at('DELETE /v1/apps/rack', {}, '405 method_not_allowed', /does not answer DELETE/, 'a method of others'),
  at('PUT /v1/apps', {}, '405 method_not_allowed', /does not answer PUT/, 'a method of others'),
  at(
    'GET /v1/racks/prod-1/check',
    {},
    '405 method_not_allowed',
    /does not answer GET/,
    'a check that is read',
  ),
  at(
    'DELETE /v1/racks/prod-1/attempts',
    {},
    '405 method_not_allowed',
    /does not answer DELETE/,
    'attempts taken away',
  ),
  at(
    'POST /v1/apps/rack/channels/stable',
    { json: {} },
    '405 method_not_allowed',
    /does not answer POST/,
    'a pointer that is written',
  ),
  at(
    'PATCH /v1/tokens/first-admin/revoke',
    { json: {} },
    '405 method_not_allowed',
    /does not answer PATCH/,
    'a token that is patched',
  ),
  at(
    'OPTIONS /v1/apps',
    {},
    '405 method_not_allowed',
    /does not answer OPTIONS/,
    'a question from elsewhere',
  ),
  at(
    'POST /healthz',
    { json: {} },
    '405 method_not_allowed',
    /does not answer POST/,
    'health that is written',
  ),
  get('/v1/apps/nobody', '404 app_not_found', /"nobody"/, 'an unknown app'),
  get('/v1/apps/nobody/channels', '404 app_not_found', /"nobody"/, 'channels of nobody'),
  get('/v1/apps/nobody/advisories', '404 app_not_found', /"nobody"/, 'advisories of nobody'),
  get('/v1/apps/__proto__', '404 app_not_found', /"__proto__"/, 'the prototype'),
  get('/v1/apps/rack%2Fchannels', '404 app_not_found', /"rack\/channels"/, 'an encoded slash'),
  get('/v1/apps/rack%00', '404 app_not_found', /There is no app/, 'a NUL'),
  get('/v1/apps/%zz', '404 app_not_found', /There is no app/, 'an encoding that is none'),
  get('/v1/apps/%ff%fe', '404 app_not_found', /There is no app/, 'bytes that are no UTF-8'),
  get(`/v1/apps/${'a'.repeat(65)}`, invalid, /app.*64/, 'a name without end'),
  get('/v1/apps/rack/channels/beta', '404 channel_not_found', /"beta"/, 'an unknown pointer'),
  get('/v1/apps/nobody/channels/stable', '404 app_not_found', /"nobody"/, 'a pointer of nobody'),
  get('/v1/apps/rack/channels/beta/details', '404 channel_not_found', /"beta"/, 'an unknown channel'),
  get('/v1/apps/rack/channels/stable/history?after=99', invalid, /"99"/, 'a history after nothing'),
  get('/v1/apps/rack/channels/stable/history?limit=0', invalid, /limit/, 'a page of nothing'),
  get('/v1/apps/rack/releases?limit=1001', invalid, /limit/, 'a page of everything'),
  get('/v1/apps/rack/releases?limit=ten', invalid, /limit/, 'a word for a number'),
  get('/v1/apps/rack/releases?after=nothing', invalid, /"nothing"/, 'a page after nothing'),
  get('/v1/apps/rack/releases?channel=beta', '404 channel_not_found', /"beta"/, 'an unknown channel'),
  get('/v1/apps/rack/releases?chanel=stable', invalid, /chanel/, 'a filter misspelt'),
  get('/v1/apps/rack/releases/1.2.3', '404 release_not_found', /1\.2\.3/, 'an unknown release'),
  get('/v1/apps/rack/releases/..%2f..%2fetc', '404 release_not_found', /\.\.\/\.\.\/etc/, 'a path'),
  get('/v1/apps/rack/diff', invalid, /from and to/, 'a difference of nothing'),
  get(`/v1/apps/rack/diff?from=${first}`, invalid, /from and to/, 'half a difference'),
  get(
    `/v1/apps/rack/diff?from=${first}&to=1`,
    '404 release_not_found',
    /no release 1/,
    'to an unknown release',
  ),
  get('/v1/apps/rack/diff?history=all', invalid, /history/, 'a word for a boolean'),
  get('/v1/apps/rack/advisories/ADV-9', '404 advisory_not_found', /ADV-9/, 'an unknown advisory'),
  get('/v1/apps/rack/racks/nobody', '404 rack_not_found', /"nobody"/, 'an unknown rack'),
  get('/v1/apps/rack/racks/web-1', '404 rack_not_found', /"web-1"/, "another app's rack"),
  get('/v1/apps/other/racks/prod-1/decision', '404 rack_not_found', /"prod-1"/, "another app's rack"),
  get('/v1/apps/rack/racks?after=zzz', invalid, /"zzz"/, 'racks after nobody'),
  get('/v1/apps/rack/racks/prod-1/attempts?after=1', invalid, /made no attempt "1"/, 'attempts after none'),
  get(
    '/v1/apps/rack/racks/prod-2/attempts?after=11111111-1111-4111-8111-111111111111',
    invalid,
    /prod-2 made no attempt/,
    "after another rack's attempt",
  ),
  get('/v1/audit?after=-1', invalid, /after/, 'before the beginning'),
  get('/v1/audit?after=1e5', invalid, /after/, 'an odd number'),
  get('/v1/audit?order=random', invalid, /order/, 'an unknown order'),
  get('/v1/audit?aap=rack', invalid, /aap/, 'a filter misspelt'),
  at(`${rackDecision}?current=1.2.3`, {}, '400 invalid_version', /1\.2\.3/, 'a version of the other scheme'),
  at(`${rackDecision}?current=`, {}, invalid, /current/, 'no version'),
  at(`${rackDecision}?trace=yes`, {}, invalid, /trace/, 'a word for a boolean'),
  at(`${rackDecision}?curent=${first}`, {}, invalid, /curent/, 'a question misspelt'),
]
