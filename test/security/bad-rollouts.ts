/** Rollouts asked for wrongly: policies that could never go on, and acts on what does not stand as they need it. */
import { at, type BadInput } from './bad-input.ts'
import { versions, type World } from './world.ts'

const { first, second } = versions
const invalid = '400 invalid_input'
const date = '400 invalid_date'
const state = '409 rollout_state'

const promote = 'POST /v1/apps/rack/channels/gated/promote'
/** Has a rollout in its policy, and one rack. */
const staged = promote.replace('gated', 'staged')
const policy = 'PUT /v1/apps/rack/channels/gated/policy'
const trial = 'POST /v1/apps/rack/channels/gated/policy/test'
/** R-1 is halted on a failure, R-2 is through, and R-3 is a remedy on its way. */
const act = (verb: string, rollout = 'R-1') => `POST /v1/apps/rack/rollouts/${rollout}/${verb}`

const rest = { share: 'rest', soakMinutes: 5 }
const aRollout = (given: object) => ({ waves: [rest], onFail: 'halt', silentMinutes: 60, ...given })
const waves = (...given: readonly unknown[]) => aRollout({ waves: given })
const of = (share: unknown) => waves({ share, soakMinutes: 5 }, rest)

const policies: readonly [name: string, rollout: unknown, says: RegExp][] = [
  ['a name for a policy', 'canary', /rollout/],
  ['a rollout of nothing', null, /rollout/],
  ['no waves', waves(), /waves/],
  ['twenty-one waves', waves(...Array(20).fill({ share: 1, soakMinutes: 5 }), rest), /waves.*20/],
  ['waves that are a number', aRollout({ waves: 3 }), /waves/],
  ['a wave of 0 racks', of(0), /Wave 1: 0 is nobody/],
  ['a wave of 0 percent', of('0%'), /Wave 1: 0% is nobody/],
  ['a wave of fewer racks than none', of(-1), /share/],
  ['a wave of a bare share', of('0.1'), /share/],
  ['a wave of half a rack', of(0.5), /0\.5 is neither a count of racks nor a share.*"0\.5%"/],
  ['a wave of more than all', of('101%'), /101% is more than there are/],
  ['a wave of everybody', of('all'), /share/],
  ['a wave of endlessly many', of(1e308), /share/],
  ['a wave of no share', waves({ soakMinutes: 5 }, rest), /share/],
  ['a last wave of one rack', waves({ share: 1, soakMinutes: 5 }), /the last wave takes 1.*"rest"/],
  [
    'a last wave of the few',
    waves({ ...rest, selector: { tier: 'gold' } }),
    /the last wave selects by tier.*"rest"/,
  ],
  ['a first wave of the rest', waves(rest, rest), /Wave 1: it takes every rack.*the 1 after it/],
  ['a wave without a soak', waves({ share: 'rest' }), /soakMinutes/],
  ['a soak before it began', waves({ ...rest, soakMinutes: -1 }), /soakMinutes/],
  ['a soak of half a minute', waves({ ...rest, soakMinutes: 0.5 }), /soakMinutes/],
  ['a soak of a lifetime', waves({ ...rest, soakMinutes: 1e9 }), /soakMinutes/],
  [
    'more healthy racks than there are',
    waves({ share: 1, soakMinutes: 5, minHealthy: 2 }, rest),
    /2 racks are to be healthy, and it has 1/,
  ],
  ['nobody healthy', waves({ ...rest, minHealthy: 0 }), /0 is nobody/],
  ['health by a bare share', waves({ ...rest, minHealthy: '0.9' }), /minHealthy/],
  [
    'a deadline before the soak is over',
    waves({ ...rest, deadlineMinutes: 5 }),
    /deadline \(5 minutes\) ends before its soak \(5 minutes\)/,
  ],
  ['failures beyond all', waves({ ...rest, failures: { maxFailed: 0, percent: 101 } }), /failures\.percent/],
  ['failures by half', waves({ ...rest, failures: { percent: 1 } }), /failures\.maxFailed/],
  ['a selector by a list', waves({ ...rest, selector: ['tier'] }, rest), /selector/],
  ['a wave with a field that nobody knows', waves({ ...rest, soakHours: 1 }), /soakHours/],
  ['a field that nobody knows', aRollout({ dryRun: true }), /dryRun/],
  ['nobody at a time', aRollout({ maxInFlight: 0 }), /maxInFlight: 0 is nobody/],
  ['half a rack at a time', aRollout({ maxInFlight: 0.5 }), /maxInFlight: 0\.5/],
  ['a bare share at a time', aRollout({ maxInFlight: '0.1' }), /maxInFlight/],
  ['hope when it fails', aRollout({ onFail: 'hope' }), /onFail/],
  ['nothing when it fails', aRollout({ onFail: undefined }), /onFail/],
  ['silence of no time', aRollout({ silentMinutes: 0 }), /silentMinutes/],
]

const onPolicies: readonly BadInput[] = policies.flatMap(([name, rollout, says]) => {
  const document = { promoteOnPublish: false, checkSeconds: 300, gates: {}, rollout }
  return [
    at(promote, { json: { version: first, rollout } }, invalid, says, `by ${name}`),
    at(policy, { json: { policy: document, reason: 'by waves' } }, invalid, says, `by ${name}`),
    at(trial, { json: document }, invalid, says, `by ${name}`),
  ]
})

const aPromotion = (given: object) => ({ json: { version: first, ...given } })
const next = { version: second, acknowledge: ['Password'], note: 'read' }
/** With all gates passed over. */
const past =
  (rollout: object) =>
  ({ tokens }: World) => ({
    json: { ...next, rollout, override: ['objections'], reason: 'INC-9' },
    token: tokens.bea,
  })
const waiting = { rollout: aRollout({}) }
const onPromotions: readonly BadInput[] = [
  at(
    promote,
    aPromotion(waiting),
    invalid,
    /becomes a proposal; a proposal rolls out as the channel says/,
    'by waves of its own when it has to wait',
  ),
  at(
    promote,
    aPromotion({ notBefore: '2016-09-01T00:00:00Z' }),
    invalid,
    /Without a rollout gated serves a new head at once/,
    'later where it is served at once',
  ),
  at(promote, aPromotion({ ...waiting, notBefore: 'monday' }), invalid, /notBefore/, 'on some monday'),
  at(
    promote,
    aPromotion({ ...waiting, notBefore: '2016-08-16T15:59:59Z' }),
    date,
    /notBefore.*is not in the future/,
    'before now',
  ),
  at(
    promote,
    aPromotion({ ...waiting, notBefore: '2116-01-01T00:00:00Z' }),
    date,
    /notBefore is \d+ days ahead; at most 90/,
    'in a hundred years',
  ),
  at(
    staged,
    { json: { ...next, rollout: aRollout({}) } },
    invalid,
    /staged has its own way to roll out.*with a reason/,
    'by waves of its own for no reason',
  ),
  at(
    staged,
    { json: { ...next, rollout: aRollout({}), reason: ' ' } },
    invalid,
    /reason/,
    'by waves of its own for a space',
  ),
  at(
    staged,
    past(waves({ share: 1, selector: { tier: 'canary' }, soakMinutes: 5 }, rest)),
    '422 rollout_unsatisfiable',
    /Wave 1 \(wave 1\) would be empty: 0 of 1 eligible racks have tier=canary/,
    'by a first wave of nobody',
  ),
  at(
    staged,
    past(of('0.1%')),
    '422 rollout_unsatisfiable',
    /Wave 1 takes 0\.1% of 1 racks: 0\.001 racks/,
    'by a thousandth of a rack',
  ),
]

const reason = { reason: 'INC-9' }
const acts = ['pause', 'halt', 'resume', 'retry', 'open'] as const
const onActs: readonly BadInput[] = [
  ...acts.flatMap((verb): BadInput[] => [
    at(act(verb), { json: {} }, invalid, /reason/, 'for no reason'),
    at(act(verb), { json: { reason: ' ' } }, invalid, /reason/, 'for a space'),
    at(act(verb), { json: { reason: 'x'.repeat(2001) } }, invalid, /reason/, 'for a novel'),
    at(act(verb), { json: { ...reason, wave: 2 } }, invalid, /wave/, 'with a wave'),
    at(`${act(verb)}?dryrun=true`, { json: reason }, invalid, /dryrun/, 'as a misspelt dry run'),
    at(act(verb, 'R-9'), { json: reason }, '404 rollout_not_found', /R-9/, 'of what is not there'),
    at(act(verb, 'constructor'), { json: reason }, '404 rollout_not_found', /constructor/, 'of an object'),
    at(act(verb, 'r-1'), { json: reason }, '404 rollout_not_found', /r-1/, 'in small letters'),
    at(act(verb, 'R-2'), { json: reason }, state, /R-2/, 'of what is over'),
    at(
      act(verb).replace('apps/rack', 'apps/nobody'),
      { json: reason },
      '404 app_not_found',
      /"nobody"/,
      'of an app that is not there',
    ),
    at(
      act(verb).replace('apps/rack', 'apps/other'),
      { json: reason },
      '404 rollout_not_found',
      /other has no rollout R-1/,
      'of another app',
    ),
    at(
      act(verb),
      ({ tokens }) => ({ json: reason, token: tokens.viewer }),
      '403 not_allowed',
      /viewer/,
      'by who only reads',
    ),
    at(
      act(verb),
      { json: reason, headers: { 'if-match': '"1"' } },
      invalid,
      /If-Match/,
      'on a condition that is not understood here',
    ),
  ]),
  at(act('pause'), { json: reason }, state, /R-1 is halted; there is nothing to pause/, 'of what is halted'),
  at(
    act('resume'),
    { json: { ...reason, acknowledge: [] } },
    '422 failures_unacknowledged',
    /1 rack has failed in R-1 by what nobody has acknowledged: settling/,
    'without a look at what failed',
  ),
  at(
    act('resume'),
    { json: { ...reason, acknowledge: ['the weather'] } },
    invalid,
    /No rack of R-1 failed by "the weather"; what failed is: settling/,
    'after another failure',
  ),
  at(act('resume'), { json: { ...reason, acknowledge: 'settling' } }, invalid, /acknowledge/, 'after a word'),
  at(act('resume'), { json: { ...reason, acknowledge: [''] } }, invalid, /acknowledge\.0/, 'after nothing'),
  at(
    act('resume'),
    { json: { ...reason, acknowledge: Array(101).fill('x') } },
    invalid,
    /acknowledge/,
    'after more than anybody has looked at',
  ),
  at(
    act('open'),
    { json: reason },
    state,
    /R-1 brings a head, which goes wave by wave/,
    'of a head that is not proved',
  ),
  at(
    act('open', 'R-3'),
    { json: reason },
    '403 not_allowed',
    /ordered R-3; that all racks move at once is for a second person/,
    'by whoever ordered it',
  ),
]

const list = 'GET /v1/apps/rack/rollouts'
const onQuestions: readonly BadInput[] = [
  at(`${list}?state=going`, {}, invalid, /state/, 'in a state that is none'),
  at(`${list}?standing=running`, {}, invalid, /standing/, 'by a word that is none'),
  at(`${list}?limit=0`, {}, invalid, /limit/, 'none at a time'),
  at(`${list}?after=R-9`, {}, invalid, /"R-9"/, 'after what is not there'),
  at('GET /v1/apps/nobody/rollouts', {}, '404 app_not_found', /"nobody"/, 'of an app that is not there'),
  at(`${list}/R-9`, {}, '404 rollout_not_found', /R-9/, 'one that is not there'),
  at(`${list}/__proto__`, {}, '404 rollout_not_found', /__proto__/, 'the prototype'),
  at(`${list}/${'R'.repeat(65)}`, {}, invalid, /rollout/, 'by a name without end'),
  at(`${list}/R-1`, { token: null }, '401 not_signed_in', /token/, 'by nobody'),
]

const yanks = 'POST /v1/apps/rack/yanks'
const aYank = { range: second, severity: 'critical', remedy: 'rollback', reason: 'it masks' }
const onYanks: readonly BadInput[] = [
  at(yanks, { json: { ...aYank, allAtOnce: 'yes' } }, invalid, /allAtOnce/, 'all at once by a word'),
  at(yanks, { json: { ...aYank, rollout: aRollout({}) } }, invalid, /rollout/, 'by waves of its own'),
]

export const badRollouts: readonly BadInput[] = [
  ...onPolicies,
  ...onPromotions,
  ...onActs,
  ...onQuestions,
  ...onYanks,
]
