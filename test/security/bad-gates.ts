/** Policies, proposals, evidence and everything else on the path to production, asked for wrongly. */
import { at, type BadInput } from './bad-input.ts'
import { artifactSha256, versions } from './world.ts'

const { first, second, third } = versions
const invalid = '400 invalid_input'
const long = 'x'.repeat(2001)

const policy = 'PUT /v1/apps/rack/channels/gated/policy'
const trial = 'POST /v1/apps/rack/channels/gated/policy/test'
const nomination = 'POST /v1/apps/rack/channels/gated/nomination'
const promote = 'POST /v1/apps/rack/channels/gated/promote'
const evidence = `POST /v1/apps/rack/releases/${first}/evidence`
const ticks = `POST /v1/apps/rack/releases/${first}/ticks`
const objections = `POST /v1/apps/rack/releases/${first}/objections`
const answer = 'POST /v1/apps/rack/objections/O-1/answer'
const issues = `POST /v1/apps/rack/releases/${first}/known-issues`
const approve = 'POST /v1/apps/rack/proposals/P-1/approve'
const reject = 'POST /v1/apps/rack/proposals/P-1/reject'
const sign = 'POST /v1/reviews/R-1/sign'
const lift = 'POST /v1/apps/rack/advisories/ADV-1/lift'

const document = (gates: unknown, given: object = {}) => ({
  promoteOnPublish: false,
  checkSeconds: 300,
  gates,
  ...given,
})
const gated = (gates: unknown, given: object = {}) => ({
  json: { policy: document(gates, given), reason: 'stricter' },
})
const anEvidence = (given: object) => ({ json: { name: 'unit', outcome: 'pass', ...given } })
const aTick = (given: object) => ({ json: { channel: 'gated', item: 'notes', note: 'read', ...given } })
const aPromotion = (given: object) => ({ json: { version: first, ...given } })

const policies: readonly [name: string, gates: unknown, says: RegExp][] = [
  ['a gate that nobody knows', { luck: true }, /luck/],
  ['no gates at all', undefined, /gates/],
  ['a list of gates', ['soak'], /gates/],
  ['a soak of no rack', { soak: { minRacks: 0, soakMinutes: 60 } }, /minRacks/],
  ['a soak of half a rack', { soak: { minRacks: 0.04, soakMinutes: 60 } }, /minRacks/],
  ['a soak of no time', { soak: { minRacks: 1, soakMinutes: 0 } }, /soakMinutes/],
  ['a soak of a lifetime', { soak: { minRacks: 1, soakMinutes: 1e9 } }, /soakMinutes/],
  ['a soak without an end', { soak: { minRacks: 1, soakMinutes: null } }, /soakMinutes/],
  ['a soak that says more', { soak: { minRacks: 1, soakMinutes: 1, luck: 1 } }, /luck/],
  ['fewer failures than none', { failures: { maxFailed: -1, percent: 0 } }, /maxFailed/],
  ['more failures than racks', { failures: { maxFailed: 0, percent: 101 } }, /percent/],
  ['failures by half', { failures: { maxFailed: 1 } }, /percent/],
  ['evidence without a name', { evidence: [{ name: '', maxAgeHours: 1 }] }, /name/],
  ['evidence that is never young', { evidence: [{ name: 'unit', maxAgeHours: 0 }] }, /maxAgeHours/],
  [
    'evidence asked for twice',
    {
      evidence: [
        { name: 'unit', maxAgeHours: 1 },
        { name: 'unit', maxAgeHours: 2 },
      ],
    },
    /"unit" twice/,
  ],
  ['more evidence than anybody reads', { evidence: Array(51).fill({ name: 'a', maxAgeHours: 1 }) }, /50/],
  ['an item without words', { checklist: [{ item: 'notes', text: ' ' }] }, /text/],
  [
    'an item that stands twice',
    {
      checklist: [
        { item: 'notes', text: 'a' },
        { item: 'notes', text: 'b' },
      ],
    },
    /"notes" twice/,
  ],
  ['a lifetime of no days', { lifetime: { minRemainingDays: 0 } }, /minRemainingDays/],
  ['an approval by fewer than nobody', { approvals: { count: -1, role: 'maintainer' } }, /count/],
  ['approvals by a crowd', { approvals: { count: 21, role: 'maintainer' } }, /count/],
  ['approvals by viewers', { approvals: { count: 1, role: 'viewer' } }, /role/],
]

const onPolicies: readonly BadInput[] = [
  ...policies.flatMap(([name, gates, says]) => [
    at(policy, gated(gates), invalid, says, name),
    at(trial, { json: document(gates) }, invalid, says, name),
  ]),
  at(policy, { json: { policy: document({}) } }, invalid, /reason/, 'for no reason'),
  at(policy, gated({}, { checkSeconds: 0 }), invalid, /checkSeconds/, 'asked every 0 seconds'),
  at(policy, gated({}, { promoteOnPublish: true }), invalid, /cannot both be fed/, 'fed and taking builds'),
  at(policy, gated({}, { owner: 'ada' }), invalid, /owner/, 'with an owner'),
  at(
    policy.replace('gated', 'unstable'),
    gated({ soak: { minRacks: 1, soakMinutes: 1 } }),
    invalid,
    /unstable has none: it would never pass/,
    'a soak with no feeder',
  ),
  at(
    policy.replace('gated', 'unstable'),
    gated({ artifacts: true }, { promoteOnPublish: true }),
    invalid,
    /no gate would be asked: artifacts/,
    'gates that nobody passes',
  ),
  at(policy.replace('gated', 'beta'), gated({}), '404 channel_not_found', /"beta"/, 'an unknown channel'),
  at(trial.replace('gated', 'beta'), { json: document({}) }, '404 channel_not_found', /"beta"/, 'nowhere'),
]

const onNominations: readonly BadInput[] = [
  at(nomination, { json: { version: '' } }, invalid, /version/, 'of nothing'),
  at(nomination, { json: { version: first, until: 'ever' } }, invalid, /until/, 'until ever'),
  at(nomination, { json: { version: third } }, '404 release_not_found', new RegExp(third), 'of nobody'),
  at(
    nomination.replace('gated', 'stable'),
    { json: { version: first } },
    invalid,
    /no soak with dwell/,
    'for a channel that lets no rack stay',
  ),
  at(
    nomination.replace('gated', 'beta'),
    { json: { version: first } },
    '404 channel_not_found',
    /"beta"/,
    'nowhere',
  ),
  at(
    'POST /v1/apps/rack/channels/beta/nomination/end',
    { json: {} },
    '404 channel_not_found',
    /"beta"/,
    'the end of one that is nowhere',
  ),
  at(
    'POST /v1/apps/rack/channels/gated/nomination/end?dryRun=perhaps',
    { json: {} },
    invalid,
    /dryRun/,
    'perhaps ended',
  ),
]

const onPromotions: readonly BadInput[] = [
  at(promote, aPromotion({ override: ['luck'] }), invalid, /override\.0/, 'past a gate that there is not'),
  at(promote, aPromotion({ override: 'soak' }), invalid, /override/, 'past a word'),
  at(
    promote,
    aPromotion({ override: ['soak'], reason: 'now' }),
    '403 not_allowed',
    /does not have the scope override/,
    'past a gate without the scope',
  ),
  at(
    promote,
    ({ tokens }) => ({ ...aPromotion({ override: ['soak'] }), token: tokens.bea }),
    invalid,
    /passed over for a reason/,
    'past a gate for no reason',
  ),
  at(
    promote,
    ({ tokens }) => ({ ...aPromotion({ override: ['path'], reason: 'now' }), token: tokens.bea }),
    invalid,
    /The gate path passes.*in the way are: soak/,
    'past a gate that passes',
  ),
  at(
    promote,
    ({ tokens }) => ({ ...aPromotion({ override: ['lifetime'], reason: 'now' }), token: tokens.bea }),
    invalid,
    /The gate lifetime is not asked here/,
    'past a gate that nobody asks',
  ),
  at(promote, aPromotion({ whenReady: 'soon' }), invalid, /whenReady/, 'soon'),
  at(promote, aPromotion({ nominate: 1 }), invalid, /nominate/, 'nominated by a number'),
  at(
    promote.replace('gated', 'past'),
    aPromotion({ version: second, nominate: true }),
    invalid,
    /no soak with dwell/,
    'nominated where no rack stays',
  ),
]

const onEvidence: readonly BadInput[] = [
  at(evidence, anEvidence({ name: '' }), invalid, /name/, 'without a name'),
  at(
    evidence,
    anEvidence({ name: '../unit' }),
    invalid,
    /"\.\.\/unit" is not a name/,
    'with a path for a name',
  ),
  at(evidence, anEvidence({ name: 'x'.repeat(64) }), invalid, /name/, 'with a name without end'),
  at(evidence, anEvidence({ outcome: 'perhaps' }), invalid, /outcome/, 'that perhaps passed'),
  at(evidence, { json: { name: 'unit' } }, invalid, /outcome/, 'without an outcome'),
  at(evidence, anEvidence({ url: 'javascript:alert(1)' }), invalid, /url/, 'with a program for an address'),
  at(evidence, anEvidence({ url: 'https://' }), invalid, /url/, 'with half an address'),
  at(evidence, anEvidence({ note: long }), invalid, /note/, 'with a note without end'),
  at(
    evidence,
    anEvidence({ from: third }),
    '404 release_not_found',
    new RegExp(third),
    'with what nobody published',
  ),
  at(
    evidence,
    anEvidence({ file: { sha256: 'abc', size: 1 } }),
    invalid,
    /file\.sha256/,
    'with half a digest',
  ),
  at(
    evidence,
    anEvidence({ file: { sha256: 'ab'.repeat(32), size: 1 } }),
    '404 artifact_not_found',
    /send it before/,
    'with a file that is not here',
  ),
  at(
    evidence,
    anEvidence({ file: { sha256: artifactSha256, size: 7 } }),
    '422 digest_mismatch',
    /22 bytes, the evidence says 7/,
    'with a file of another size',
  ),
  at(evidence, anEvidence({ at: '2016-01-01T00:00:00Z' }), invalid, /at/, 'dated back'),
  at(evidence.replace(first, third), anEvidence({}), '404 release_not_found', new RegExp(third), 'of nobody'),
]

const onWords: readonly BadInput[] = [
  at(ticks, aTick({ note: ' ' }), invalid, /note/, 'a tick without a word'),
  at(ticks, aTick({ item: 'luck' }), invalid, /no item "luck"; it has: notes/, 'an item that there is not'),
  at(
    ticks,
    aTick({ channel: 'stable' }),
    invalid,
    /stable has no item "notes"; it has: none/,
    'of no checklist',
  ),
  at(ticks, aTick({ channel: 'beta' }), '404 channel_not_found', /"beta"/, 'of an unknown channel'),
  at(ticks, aTick({ actor: 'bea' }), invalid, /actor/, 'in the name of somebody else'),
  at(
    ticks.replace(first, third),
    aTick({}),
    '404 release_not_found',
    new RegExp(third),
    'of what nobody published',
  ),
  at(objections, { json: {} }, invalid, /reason/, 'without a reason'),
  at(objections, { json: { reason: long } }, invalid, /reason/, 'with a reason without end'),
  at(
    objections.replace(first, third),
    { json: { reason: 'bad' } },
    '404 release_not_found',
    new RegExp(third),
    'to what nobody published',
  ),
  at(answer, { json: { note: '' } }, invalid, /note/, 'without a word'),
  at(answer.replace('O-1', 'O-9'), { json: { note: 'x' } }, '404 objection_not_found', /O-9/, 'to nothing'),
  at(
    answer.replace('O-1', 'O-2'),
    { json: { note: 'again' } },
    invalid,
    /O-2 was answered by/,
    'given before',
  ),
  at(issues, { json: { cause: '', note: 'x' } }, invalid, /cause/, 'of no cause'),
  at(issues, { json: { cause: 'settling: #' } }, invalid, /note/, 'without a word'),
  at(issues, { json: { cause: 'x'.repeat(301), note: 'x' } }, invalid, /cause/, 'of a cause without end'),
  at(
    issues,
    { json: { cause: 'settling: #', note: 'x' } },
    '422 self_approval',
    /published.*somebody else/,
    'by whoever published it',
  ),
]

const onProposals: readonly BadInput[] = [
  at('GET /v1/apps/rack/proposals?standing=maybe', {}, invalid, /standing/, 'those that maybe stand'),
  at('GET /v1/apps/rack/proposals?after=P-99', {}, invalid, /"P-99"/, 'after nothing'),
  at('GET /v1/apps/nobody/proposals', {}, '404 app_not_found', /"nobody"/, 'of an unknown app'),
  at('GET /v1/apps/rack/proposals/P-99', {}, '404 proposal_not_found', /P-99/, 'one that there is not'),
  at('GET /v1/apps/rack/proposals/__proto__', {}, '404 proposal_not_found', /__proto__/, 'the prototype'),
  at(approve, { json: {} }, '422 self_approval', /proposed it/, 'by whoever proposed it'),
  at(approve, { json: { note: ' ' } }, invalid, /note/, 'with a note of nothing'),
  at(approve, { json: { role: 'admin' } }, invalid, /role/, 'as somebody else'),
  at(approve.replace('P-1', 'P-99'), { json: {} }, '404 proposal_not_found', /P-99/, 'of nothing'),
  at(
    approve.replace('P-1', 'P-2'),
    { json: {} },
    '409 proposal_closed',
    /P-2 is rejected/,
    'of what is over',
  ),
  at(reject, { json: {} }, invalid, /reason/, 'for no reason'),
  at(
    reject.replace('P-1', 'P-99'),
    { json: { reason: 'x' } },
    '404 proposal_not_found',
    /P-99/,
    'of nothing',
  ),
  at(
    reject.replace('P-1', 'P-2'),
    { json: { reason: 'again' } },
    '409 proposal_closed',
    /P-2 is rejected/,
    'of what is over',
  ),
]

const onReviews: readonly BadInput[] = [
  at('GET /v1/reviews?all=perhaps', {}, invalid, /all/, 'perhaps all'),
  at('GET /v1/reviews?app=rack', {}, invalid, /app/, 'a filter that there is not'),
  at(sign, { json: {} }, invalid, /note/, 'without a word'),
  at(sign.replace('R-1', 'R-99'), { json: { note: 'x' } }, '404 review_not_found', /R-99/, 'of nothing'),
  at(
    sign,
    ({ tokens }) => ({ json: { note: 'it was me' }, token: tokens.bea }),
    '422 self_approval',
    /somebody else has to review R-1/,
    'by whoever did it',
  ),
]

const onLifts: readonly BadInput[] = [
  at(lift, { json: {} }, invalid, /reason/, 'for no reason'),
  at(lift, { json: { reason: 'x', to: first } }, invalid, /to/, 'to somewhere'),
  at(
    lift.replace('ADV-1', 'ADV-9'),
    { json: { reason: 'x' } },
    '404 advisory_not_found',
    /ADV-9/,
    'of nothing',
  ),
]

export const badGates: readonly BadInput[] = [
  ...onPolicies,
  ...onNominations,
  ...onPromotions,
  ...onEvidence,
  ...onWords,
  ...onProposals,
  ...onReviews,
  ...onLifts,
]
