// Who may do what: every route, asked with every kind of credential, against a table written by hand from the design.
// y: it is done (200) · -: 403 · n: 404, for what lies outside of the credential's app.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { day } from '../../shared/domain/instants.ts'
import { brokenGlass, openBreakGlass } from '../support/open-break-glass.ts'
import { aFinding, raiseFor } from '../support/raise-alarm.ts'
import {
  type Answer,
  type Asking,
  aReport,
  isGovernedWrite,
  openTestRegistry,
  sha256Of,
  type TestRegistry,
} from '../support/test-registry.ts'
import { underRehearsal } from '../support/under-rehearsal.ts'

// All of the app rack; `channel` is a maintainer of stable only, `elsewhere` one of unstable only, `stranger` an admin
// of the app other only, `on call` a viewer with the scope stop. The rack is prod-1, which most routes are about.
const table = `
                                                viewer rack rack2 publisher maintainer admin join oncall app channel elsewhere stranger
GET /healthz                                         y    y     y         y          y     y    y      y   y       y         y        y
GET /readyz                                          y    y     y         y          y     y    y      y   y       y         y        y
GET /openapi.json                                    y    y     y         y          y     y    y      y   y       y         y        y
GET /metrics                                         y    -     -         y          y     y    -      y   -       -         -        -
GET /v1/me                                           y    y     y         y          y     y    y      y   y       y         y        y
GET /v1/apps                                         y    -     -         y          y     y    -      y   y       y         y        y
POST /v1/apps                                        -    -     -         -          -     y    -      -   -       -         -        -
GET /v1/apps/:app                                    y    -     -         y          y     y    -      y   y       y         y        -
GET /v1/apps/:app/channels                           y    -     -         y          y     y    -      y   y       y         y        -
POST /v1/apps/:app/channels                          -    -     -         -          -     y    -      -   -       -         -        -
GET /v1/apps/:app/channels/:channel                  y    y     y         y          y     y    y      y   y       y         y        y
GET /v1/apps/:app/channels/:channel/details          y    -     -         y          y     y    -      y   y       y         -        -
GET /v1/apps/:app/channels/:channel/history          y    -     -         y          y     y    -      y   y       y         -        -
GET /v1/apps/:app/channels/:channel/decision         y    y     y         y          y     y    -      y   y       y         -        -
GET /v1/apps/:app/channels/:channel/decision?rack    y    y     -         y          y     y    -      y   y       y         -        -
POST /v1/apps/:app/channels/:channel/promote         -    -     -         -          y     y    -      -   y       y         -        -
POST /v1/apps/:app/channels/:channel/revert          -    -     -         -          y     y    -      -   y       y         -        -
POST /v1/apps/:app/channels/:channel/promote?past    -    -     -         -          -     -    -      -   -       -         -        -
PUT /v1/apps/:app/channels/:channel/policy           -    -     -         -          -     y    -      -   -       -         -        -
POST /v1/apps/:app/channels/:channel/policy/test     y    -     -         y          y     y    -      y   y       y         -        -
POST /v1/apps/:app/channels/:channel/nomination      -    -     -         -          y     y    -      -   y       y         -        -
POST /v1/apps/:app/channels/:channel/nomination/end  -    -     -         -          y     y    -      -   y       y         -        -
GET /v1/apps/:app/proposals                          y    -     -         y          y     y    -      y   y       y         y        -
GET /v1/apps/:app/proposals/:proposal                y    -     -         y          y     y    -      y   y       y         y        -
POST /v1/apps/:app/proposals/:proposal/approve       -    -     -         -          y     y    -      -   y       y         -        -
POST /v1/apps/:app/proposals/:proposal/reject        -    -     -         -          y     y    -      -   y       y         -        -
GET /v1/reviews                                      y    -     -         y          y     y    -      y   y       y         y        y
POST /v1/reviews/:review/sign                        -    -     -         -          y     y    -      -   y       -         -        -
GET /v1/break-glass                                  y    -     -         y          y     y    -      y   -       -         -        -
POST /v1/break-glass/:breakGlass/close               -    -     -         -          -     y    -      -   -       -         -        -
GET /v1/synthetic                                    y    -     -         y          y     y    -      y   y       y         y        y
POST /v1/apps/:app/synthetic/runs                    -    -     -         -          y     y    -      -   y       -         -        -
POST /v1/apps/:app/synthetic/runs/:run/end           -    -     -         -          y     y    -      -   y       -         -        -
GET /v1/apps/:app/releases                           y    -     -         y          y     y    -      y   y       y         y        -
POST /v1/apps/:app/releases                          -    -     -         y          y     y    -      -   y       -         y        -
GET /v1/apps/:app/releases/:version                  y    -     -         y          y     y    -      y   y       y         y        -
POST /v1/apps/:app/releases/:version/routing         -    -     -         -          y     y    -      -   y       -         -        -
POST /v1/apps/:app/releases/:version/evidence        -    -     -         y          y     y    -      -   y       -         -        -
POST /v1/apps/:app/releases/:version/ticks           -    -     -         -          y     y    -      -   y       y         -        -
POST /v1/apps/:app/releases/:version/objections      y    y     y         y          y     y    -      y   y       y         y        -
POST /v1/apps/:app/objections/:objection/answer      -    -     -         -          y     y    -      -   y       -         -        -
POST /v1/apps/:app/releases/:version/known-issues    -    -     -         -          y     y    -      -   y       -         -        -
GET /v1/apps/:app/diff                               y    -     -         y          y     y    -      y   y       y         y        -
POST /v1/apps/:app/yanks                             -    -     -         -          y     y    -      y   y       -         -        -
POST /v1/apps/:app/yanks?to                          -    -     -         -          y     y    -      -   y       -         -        -
GET /v1/apps/:app/advisories                         y    -     -         y          y     y    -      y   y       y         y        -
GET /v1/apps/:app/advisories/:advisory               y    -     -         y          y     y    -      y   y       y         y        -
POST /v1/apps/:app/advisories/:advisory/lift         -    -     -         -          y     y    -      -   y       -         -        -
GET /v1/apps/:app/rollouts                           y    -     -         y          y     y    -      y   y       y         y        -
GET /v1/apps/:app/rollouts/:rollout                  y    -     -         y          y     y    -      y   y       y         y        -
POST /v1/apps/:app/rollouts/:rollout/pause           -    -     -         -          y     y    -      y   y       y         -        -
POST /v1/apps/:app/rollouts/:rollout/pause?lab       -    -     -         -          y     y    -      y   y       -         -        -
POST /v1/apps/:app/rollouts/:rollout/halt            -    -     -         -          y     y    -      y   y       y         -        -
POST /v1/apps/:app/rollouts/:rollout/halt?lab        -    -     -         -          y     y    -      y   y       -         -        -
POST /v1/apps/:app/rollouts/:rollout/resume          -    -     -         -          y     y    -      -   y       y         -        -
POST /v1/apps/:app/rollouts/:rollout/resume?lab      -    -     -         -          y     y    -      -   y       -         -        -
POST /v1/apps/:app/rollouts/:rollout/retry           -    -     -         -          y     y    -      -   y       y         -        -
POST /v1/apps/:app/rollouts/:rollout/open?lab        -    -     -         -          y     y    -      -   y       -         -        -
POST /v1/apps/:app/import                            -    -     -         -          y     y    -      -   y       -         -        -
GET /v1/freezes                                      y    y     y         y          y     y    -      y   y       y         y        y
POST /v1/freezes                                     -    -     -         -          y     y    -      y   -       -         -        -
POST /v1/freezes?app                                 -    -     -         -          y     y    -      y   y       -         -        -
POST /v1/freezes?channel                             -    -     -         -          y     y    -      y   y       y         -        -
POST /v1/freezes/lift                                -    -     -         -          y     y    -      -   y       -         -        -
GET /v1/apps/:app/racks                              y    -     -         y          y     y    -      y   y       y         y        -
POST /v1/apps/:app/racks                             -    -     -         -          y     y    y      -   y       y         -        -
GET /v1/apps/:app/racks/:rack                        y    y     -         y          y     y    -      y   y       y         y        -
GET /v1/apps/:app/racks/:rack/decision               y    y     -         y          y     y    -      y   y       y         y        -
GET /v1/apps/:app/racks/:rack/attempts               y    y     -         y          y     y    -      y   y       y         y        -
POST /v1/apps/:app/racks/:rack/channel               -    y     -         -          y     y    -      -   y       -         -        -
POST /v1/apps/:app/racks/:rack/forget                -    -     -         -          y     y    -      -   y       y         -        -
POST /v1/apps/:app/racks/:rack/pin                   -    -     -         -          y     y    -      -   y       y         -        -
POST /v1/apps/:app/racks/:rack/unpin                 -    -     -         -          y     y    -      -   y       y         -        -
POST /v1/apps/:app/racks/:rack/hold                  -    -     -         -          y     y    -      -   y       y         -        -
POST /v1/apps/:app/racks/:rack/unhold                -    -     -         -          y     y    -      -   y       y         -        -
POST /v1/apps/:app/racks/:rack/labels                -    -     -         -          y     y    -      -   y       y         -        -
GET /v1/alarms                                       y    -     -         y          y     y    -      y   y       y         y        y
GET /v1/alarms?app                                   y    -     -         y          y     y    -      y   y       y         y        -
GET /v1/alarms/:alarm                                y    -     -         y          y     y    -      y   y       y         y        n
POST /v1/alarms/:alarm/close                         -    -     -         -          y     y    -      -   y       -         -        n
GET /v1/apps/:app/fleet                              y    -     -         y          y     y    -      y   y       y         y        -
GET /v1/apps/:app/fleet/racks                        y    -     -         y          y     y    -      y   y       y         y        -
GET /v1/apps/:app/fleet/failures                     y    -     -         y          y     y    -      y   y       y         y        -
GET /v1/apps/:app/fleet/adoption                     y    -     -         y          y     y    -      y   y       y         y        -
POST /v1/apps/:app/fleet/import                      -    -     -         -          y     y    -      -   y       y         -        -
POST /v1/apps/:app/simulate                          y    -     -         y          y     y    -      y   y       y         y        -
GET /v1/forecast                                     y    -     -         y          y     y    -      y   y       y         y        y
GET /v1/forecast?app                                 y    -     -         y          y     y    -      y   y       y         y        -
GET /v1/tokens                                       -    -     -         -          -     y    -      -   -       -         -        -
POST /v1/tokens                                      -    -     -         -          -     y    -      -   -       -         -        -
POST /v1/tokens?join                                 -    -     -         -          y     y    -      -   y       -         -        -
POST /v1/tokens?stable                               -    -     -         -          y     y    -      -   y       y         -        -
POST /v1/tokens/:token/revoke                        -    -     -         -          -     y    -      -   -       -         -        -
GET /v1/audit                                        y    -     -         y          y     y    -      y   -       -         -        -
GET /v1/audit?app                                    y    -     -         y          y     y    -      y   y       y         y        -
GET /v1/audit/verify                                 y    -     -         y          y     y    -      y   -       -         -        -
GET /v1/audit/export                                 y    -     -         y          y     y    -      y   -       -         -        -
POST /v1/audit/:sequence/redact                      -    -     -         -          -     y    -      -   -       -         -        -
GET /v1/events                                       y    -     -         y          y     y    -      y   -       -         -        -
GET /v1/events?app                                   y    -     -         y          y     y    -      y   y       y         y        -
PUT /v1/artifacts/:sha256                            -    -     -         y          y     y    -      -   y       y         y        y
GET /v1/artifacts/:sha256                            y    y     y         y          y     y    -      y   y       y         y        n
POST /v1/racks/:rack/check                           -    y     -         -          -     -    -      -   -       -         -        -
POST /v1/racks/:rack/attempts                        -    y     -         -          -     -    -      -   -       -         -        -
PUT /v1/racks/:rack/attempts/:id                     -    y     -         -          -     -    -      -   -       -         -        -
`
const anonymous = ['/healthz', '/readyz', '/openapi.json', '/v1/apps/:app/channels/:channel']

const [first, second, next] = ['20160816140022', '20160816160115', '20160817120000']
/** Planned, and not begun before all of this is over. */
const staged = {
  rollout: { waves: [{ share: 'rest', soakMinutes: 5 }], onFail: 'halt', silentMinutes: 60 },
  notBefore: '2016-09-01T00:00:00Z',
}
const aPolicy = (gates: object) => ({ promoteOnPublish: false, checkSeconds: 300, gates })
const bytes = 'an artifact'
const values: Readonly<Record<string, string>> = {
  app: 'rack',
  channel: 'stable',
  version: second,
  advisory: 'ADV-1',
  rack: 'prod-1',
  token: 'spare',
  sha256: sha256Of(bytes),
  id: '11111111-1111-4111-8111-111111111111',
  sequence: '10',
  alarm: 'ALARM-1',
  proposal: 'P-1',
  review: 'R-1',
  breakGlass: brokenGlass,
  run: 'S-1',
  objection: 'O-1',
}
const attempt = { target: second, action: 'update', motive: 'rollout' }
const aToken = { name: 'new', expiresAt: '2017-01-01T00:00:00Z', sha256: 'ef'.repeat(32) }

interface Request extends Asking {
  readonly query?: string
  /** Instead of R-1, which brings stable its head: R-2 takes back the head of lab. */
  readonly rollout?: 'R-2'
}

/** What is sent where something has to be sent; what changes the registry is sent as a dry run. */
const requests: Readonly<Record<string, Request>> = {
  'POST /v1/apps': { json: { app: 'third', scheme: 'semver' } },
  'POST /v1/apps/:app/channels': { json: { channel: 'gamma' } },
  'GET /v1/apps/:app/channels/:channel/decision?rack': { query: 'rack=prod-1' },
  'POST /v1/apps/:app/channels/:channel/promote': { json: { version: second } },
  'POST /v1/apps/:app/channels/:channel/promote?past': {
    json: { version: next, override: ['checklist'], reason: 'INC-2' },
  },
  'PUT /v1/apps/:app/channels/:channel/policy': { json: { policy: aPolicy({}), reason: 'less' } },
  'POST /v1/apps/:app/channels/:channel/policy/test': { json: aPolicy({}) },
  'POST /v1/apps/:app/channels/:channel/nomination': { json: { version: next } },
  'POST /v1/apps/:app/channels/:channel/nomination/end': { json: {} },
  'POST /v1/apps/:app/proposals/:proposal/approve': { json: {} },
  'POST /v1/apps/:app/proposals/:proposal/reject': { json: { reason: 'no' } },
  'POST /v1/break-glass/:breakGlass/close': { json: {} },
  'POST /v1/apps/:app/synthetic/runs': { json: { levers: ['publish'], limitSeconds: 60, takesOver: 'S-1' } },
  'POST /v1/apps/:app/synthetic/runs/:run/end': { json: { outcome: 'passed', steps: [], left: [] } },
  'POST /v1/reviews/:review/sign': { json: { note: 'it was right' } },
  'POST /v1/apps/:app/releases/:version/evidence': { json: { name: 'unit', outcome: 'pass' } },
  'POST /v1/apps/:app/releases/:version/ticks': {
    json: { channel: 'stable', item: 'notes', note: 'read' },
  },
  'POST /v1/apps/:app/releases/:version/objections': { json: { reason: 'it is slow' } },
  'POST /v1/apps/:app/objections/:objection/answer': { json: { note: 'not here' } },
  'POST /v1/apps/:app/releases/:version/known-issues': { json: { cause: 'settling: #', note: 'the lab' } },
  'POST /v1/apps/:app/advisories/:advisory/lift': { json: { reason: 'another build' } },
  'POST /v1/apps/:app/channels/:channel/revert': { json: { reason: 'back' } },
  'POST /v1/apps/:app/releases': { json: { version: '20160818013241' } },
  'POST /v1/apps/:app/releases/:version/routing': {
    json: { routing: { required: true }, reason: 'a stone' },
  },
  'GET /v1/apps/:app/diff': { query: `from=${first}&to=${second}` },
  'POST /v1/apps/:app/yanks': {
    json: { range: second, severity: 'critical', remedy: 'rollback', reason: 'bad' },
  },
  'POST /v1/apps/:app/yanks?to': {
    json: { range: second, severity: 'critical', remedy: 'rollback', reason: 'bad', to: first },
  },
  'POST /v1/apps/:app/rollouts/:rollout/pause': { json: { reason: 'lunch' } },
  'POST /v1/apps/:app/rollouts/:rollout/pause?lab': { json: { reason: 'lunch' }, rollout: 'R-2' },
  'POST /v1/apps/:app/rollouts/:rollout/halt': { json: { reason: 'INC-3' } },
  'POST /v1/apps/:app/rollouts/:rollout/halt?lab': { json: { reason: 'INC-3' }, rollout: 'R-2' },
  'POST /v1/apps/:app/rollouts/:rollout/resume': { json: { reason: 'it was the lab' } },
  'POST /v1/apps/:app/rollouts/:rollout/resume?lab': { json: { reason: 'it was the lab' }, rollout: 'R-2' },
  'POST /v1/apps/:app/rollouts/:rollout/retry': { json: { reason: 'the lab is mended' } },
  'POST /v1/apps/:app/rollouts/:rollout/open?lab': { json: { reason: 'the lab is small' }, rollout: 'R-2' },
  'POST /v1/apps/:app/import': { json: { rows: [{ version: '20150101000000' }] } },
  'POST /v1/freezes': { json: { reason: 'a holiday' } },
  'POST /v1/freezes?app': { json: { app: 'rack', reason: 'a holiday' } },
  'POST /v1/freezes?channel': { json: { app: 'rack', channel: 'stable', reason: 'a holiday' } },
  'POST /v1/freezes/lift': { json: { app: 'rack', channel: 'beta' } },
  'POST /v1/apps/:app/racks': {
    json: { rack: 'prod-9', channel: 'stable', platform: 'any', current: null, tokenSha256: 'cd'.repeat(32) },
  },
  'POST /v1/apps/:app/racks/:rack/channel': { json: { channel: 'unstable' } },
  'POST /v1/apps/:app/racks/:rack/forget': { json: { reason: 'gone' } },
  'POST /v1/apps/:app/racks/:rack/pin': { json: { version: first, reason: 'wait' } },
  'POST /v1/apps/:app/racks/:rack/unpin': { json: {} },
  'POST /v1/apps/:app/racks/:rack/hold': { json: { until: '2016-08-20T00:00:00Z', reason: 'audit' } },
  'POST /v1/apps/:app/racks/:rack/unhold': { json: {} },
  'POST /v1/apps/:app/racks/:rack/labels': { json: { labels: { tier: 'canary' } } },
  'POST /v1/apps/:app/fleet/import': {
    json: { racks: [{ line: 1, value: { name: 'prod-8', channel: 'stable', platform: 'any' } }] },
  },
  'GET /v1/alarms?app': { query: 'app=rack' },
  'POST /v1/alarms/:alarm/close': { json: { note: 'put back on purpose' } },
  'POST /v1/apps/:app/simulate': { json: { suppositions: [{ suppose: 'freeze' }] } },
  'GET /v1/forecast?app': { query: 'app=rack' },
  'POST /v1/tokens': { json: { ...aToken, role: 'publisher', app: 'rack' } },
  'POST /v1/tokens?join': { json: { ...aToken, role: 'join', app: 'rack' } },
  'POST /v1/tokens?stable': { json: { ...aToken, role: 'join', app: 'rack', channel: 'stable' } },
  'POST /v1/tokens/:token/revoke': { json: {} },
  'GET /v1/audit?app': { query: 'app=rack' },
  'POST /v1/audit/:sequence/redact': { json: { fields: ['/reason'], reason: 'a name' } },
  'GET /v1/events?app': { query: 'app=rack' },
  'PUT /v1/artifacts/:sha256': { body: bytes },
  'POST /v1/racks/:rack/check': { json: aReport({ current: first }) },
  'POST /v1/racks/:rack/attempts': {
    json: { ...attempt, id: values.id, plan: {}, report: aReport({ current: first }) },
  },
  'PUT /v1/racks/:rack/attempts/:id': {
    json: { ...attempt, from: first, reason: 'offered', startedAt: '2016-08-16T16:00:00Z', events: [] },
  },
}

const [head = [], ...rows] = table
  .trim()
  .split('\n')
  .map((line) => line.trim().split(/ +/))
const lines = rows.map(([method = '', path = '', ...cells]) => ({
  name: `${method} ${path}`,
  method,
  path,
  cells,
}))
const statuses: Readonly<Record<string, number>> = { y: 200, '-': 403, n: 404 }

let here: TestRegistry
let tokens: Readonly<Record<string, string>>
let strangers: Readonly<Record<string, string | null>>
beforeAll(async () => {
  here = await openTestRegistry()
  const { call, mint, enroll, admin } = here
  await call('POST', '/v1/apps', { json: { app: 'rack', scheme: 'timestamp' } })
  await call('POST', '/v1/apps', { json: { app: 'other', scheme: 'semver' } })
  await call('POST', '/v1/apps/rack/channels', { json: { channel: 'beta' } })
  await call('POST', '/v1/freezes', { json: { app: 'rack', channel: 'beta', reason: 'not yet' } })
  await call('PUT', `/v1/artifacts/${values.sha256}`, { body: bytes })
  const artifacts = [{ platform: 'any', sha256: values.sha256, size: bytes.length }]
  // Whoever publishes or proposes has no second word in it; of those below nobody does.
  const author = await mint('maintainer', { name: 'author', scopes: ['override'] })
  const write = (path: string, json: object) => call('POST', `/v1/apps/rack${path}`, { token: author, json })
  for (const version of ['20160815000000', first, second]) {
    await write('/releases', { version, artifacts })
    await write('/channels/stable/promote', version === second ? staged : {})
  }
  const checklist = [{ item: 'notes', text: 'The notes were read.' }]
  const policy = aPolicy({ checklist, soak: { minRacks: 1, soakMinutes: 60, dwell: true } })
  await call('PUT', '/v1/apps/rack/channels/stable/policy', { json: { policy, reason: 'stricter' } })
  await call('POST', '/v1/apps/rack/channels', {
    json: { channel: 'past', from: 'unstable', policy: { gates: { checklist } } },
  })
  await write('/channels/past/promote', { version: first, override: ['checklist'], reason: 'INC-1' })
  await write('/releases', { version: next })
  await write('/channels/stable/promote', { version: next })
  await write(`/releases/${next}/objections`, { reason: 'it is slow' })
  await call('POST', '/v1/apps/rack/yanks', {
    json: { range: '20160701000000', severity: 'moderate', remedy: 'stay', reason: 'old' },
  })
  const rack = await enroll('prod-1', { switchChannels: ['unstable'] })
  // To the version that its attempt goes to; what is lifted has to be there.
  await call('POST', '/v1/apps/rack/racks/prod-1/pin', { json: { version: second, reason: 'wait' } })
  await call('POST', '/v1/apps/rack/racks/prod-1/hold', {
    json: { until: '2016-08-17T00:00:00Z', reason: 'audit' },
  })
  await write('/rollouts/R-1/pause', { reason: 'not this week' })
  await takeBackInLab(here, write)
  await raiseFor(here.registry, aFinding())
  await openBreakGlass(here)
  await underRehearsal(here, 'rack')
  tokens = {
    viewer: await mint('viewer'),
    rack,
    rack2: await enroll('prod-2'),
    publisher: await mint('publisher'),
    maintainer: await mint('maintainer'),
    admin,
    join: await mint('join', { app: 'rack', channel: 'stable' }),
    oncall: await mint('viewer', { scopes: ['stop'] }),
    app: await mint('maintainer', { app: 'rack' }),
    channel: await mint('maintainer', { app: 'rack', channel: 'stable' }),
    elsewhere: await mint('maintainer', { app: 'rack', channel: 'unstable' }),
    stranger: await mint('admin', { app: 'other' }),
  }
  const revoked = await mint('admin', { name: 'revoked' })
  await call('POST', '/v1/tokens/revoked/revoke', { json: {} })
  const forgotten = await enroll('prod-3')
  await call('POST', '/v1/apps/rack/racks/prod-3/forget', { json: { reason: 'sold' } })
  strangers = {
    none: null,
    unknown: 'hg_admin_guess',
    revoked,
    forgotten,
    'of one day': await mint('admin', { days: 1 }),
  }
  here.clock.advance(2 * day)
  await mint('viewer', { name: 'spare' })
})
afterAll(() => here.dispose())

type Write = (path: string, json: object) => Promise<Answer['json']>

/** R-2, ordered by the author: on its way, because its one rack has not gone back yet. */
async function takeBackInLab({ call, enroll }: TestRegistry, write: Write): Promise<void> {
  await call('POST', '/v1/apps/rack/channels', { json: { channel: 'lab', from: 'unstable' } })
  for (const version of [first, second]) await write('/channels/lab/promote', { version })
  const token = await enroll('lab-1', { channel: 'lab', current: second })
  await call('POST', '/v1/racks/lab-1/check', { token, json: aReport({ current: second }) })
  await write('/channels/lab/revert', { to: first, recall: true, reason: 'too early' })
}

async function statusOf(
  name: string,
  token: string | null,
): Promise<{ status: number; code: unknown; detail: unknown }> {
  const [method = '', template = ''] = name.split(' ')
  const { query, rollout = 'R-1', ...asking } = requests[name] ?? {}
  const isDry = isGovernedWrite(`${method} ${template.replace(/\?.*$/, '')}`)
  const named: Readonly<Record<string, string>> = { ...values, rollout }
  const path = template.replace(/\?.*$/, '').replace(/:(\w+)/g, (_, key: string) => named[key] ?? key)
  const search = [query, isDry && 'dryRun=true'].filter(Boolean).join('&')
  const { status, json } = await here.ask(method, search ? `${path}?${search}` : path, { ...asking, token })
  return { status, code: json.code, detail: json.detail }
}

test('the table names every route, and no other', () => {
  const named = new Set(lines.map(({ method, path }) => `${method} ${path.replace(/\?.*$/, '')}`))
  expect([...named].sort()).toEqual([...here.routes].sort())
  expect(head).toEqual(Object.keys(tokens))
})

describe.each(lines)('$name', ({ name, path, cells }) => {
  test('is done for whom the table says, and for nobody else', async () => {
    expect(cells).toHaveLength(head.length)
    for (const [index, who] of head.entries()) {
      const expected = statuses[cells[index] ?? '']
      const { status, code, detail } = await statusOf(name, tokens[who] ?? '')
      expect({ who, status }, String(detail)).toEqual({ who, status: expected })
      if (expected === 403) expect(code).toBe('not_allowed')
    }
  })

  test('is 401 for a credential that is none, unless anybody may ask', async () => {
    const expected = anonymous.includes(path) ? 200 : 401
    for (const [who, token] of Object.entries(strangers)) {
      const { status, code } = await statusOf(name, token)
      expect({ who, status }).toEqual({ who, status: expected })
      if (expected === 401) expect(code).toBe('not_signed_in')
    }
  })
})
