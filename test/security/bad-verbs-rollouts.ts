/** Rollouts, asked wrongly: nobody's, in states that do not fit, by whom they are not to be opened, and waves that cannot be. */
import type { BadVerb } from './bad-verbs-yard.ts'
import { versions } from './world.ts'

const { second } = versions
const wild = '\u001b[31mred\u001b]0;title\u0007\u009b2J\r\u202e'
const long = 'x'.repeat(100_000)
const r1 = 'R-1 --app rack'
const promote = `promote ${second} --app rack --to stable --acknowledge Password --note read`
const set = 'channel policy set waves --app rack --reason x'

const looked: readonly BadVerb[] = [
  ['rollouts of nothing', 'rollout list', '2 invalid_input', /--app/],
  ['rollouts of an app that is nowhere', 'rollout list --app nowhere', '5 app_not_found', /nowhere/],
  ['rollouts that fly', 'rollout list --app rack --state flying', '2 invalid_input', /superseded/],
  ['no rollouts at all', 'rollout list --app rack --limit 0', '2 invalid_input', /--limit "0"/],
  ['rollouts behind none', 'rollout list --app rack --after R-9', '2 invalid_input', /R-9/],
  ['a rollout that is nowhere', 'rollout show R-9 --app rack', '5 rollout_not_found', /R-9/],
  ['a rollout without a name', 'rollout show "" --app rack', '2 invalid_input', /name of a rollout/],
  ['a rollout above', 'rollout show .. --app rack', '2 invalid_input', /name of a rollout/],
  [
    'a rollout with a long name',
    `rollout show ${long.slice(0, 1_000)} --app rack`,
    '2 invalid_input',
    /rollout/,
  ],
  [
    'a rollout that steers the terminal',
    `rollout show "${wild}" --app rack`,
    '5 rollout_not_found',
    /\?\[31mred/,
  ],
  ['a watch of nothing', 'rollout watch --app rack', '2 invalid_input', /Which rollout\?/],
  ['a watch of a rollout that is nowhere', 'rollout watch R-9 --app rack', '5 rollout_not_found', /R-9/],
  ['a watch of two things', `rollout watch ${r1} --channel waves`, '2 invalid_input', /not by both/],
  [
    'a watch of a channel that had no rollout',
    'rollout watch --channel gated --app rack',
    '5 rollout_not_found',
    /gated of rack has had no rollout/,
  ],
  ['a watch for no time', `rollout watch ${r1} --timeout 0s`, '2 invalid_date', /no time at all/],
  ['a watch for a while', `rollout watch ${r1} --timeout soon`, '2 invalid_date', /--timeout "soon"/],
]

const acts: readonly BadVerb[] = [
  ['a pause for no reason', `rollout pause ${r1}`, '2 invalid_input', /--reason/],
  ['a pause for an empty reason', `rollout pause ${r1} --reason " "`, '2 invalid_input', /reason/],
  ['a pause for a reason without end', `rollout pause ${r1} --reason ${long}`, '2 invalid_input', /reason/],
  ['a pause of what is nowhere', 'rollout pause R-9 --app rack --reason x', '5 rollout_not_found', /R-9/],
  ['a halt of what is nowhere', 'rollout halt R-9 --app rack --reason x', '5 rollout_not_found', /R-9/],
  ['a retry of what is nowhere', 'rollout retry R-9 --app rack --reason x', '5 rollout_not_found', /R-9/],
  [
    'going on with what was never stopped',
    `rollout resume ${r1} --reason x`,
    '3 rollout_state',
    /R-1 is planned; there is nothing to resume/,
  ],
  [
    'all waves of what brings a head',
    `rollout open ${r1} --reason x`,
    '3 rollout_state',
    /R-1 brings a head, which goes wave by wave/,
  ],
  [
    'a rollout stopped by a publisher',
    `rollout halt ${r1} --reason x --token-file ci.token`,
    '4 not_allowed',
    /ci/,
  ],
  [
    'a rollout turned back',
    `rollout reverse ${r1} --reason x`,
    '2 invalid_input',
    /[Uu]nknown command 'reverse'/,
  ],
]

const waves: readonly BadVerb[] = [
  [
    'a promotion by a preset that is none',
    `${promote} --rollout carefully`,
    '2 invalid_input',
    /at-once, canary, staged/,
  ],
  [
    'a promotion by waves that are nowhere',
    `${promote} --rollout ./no.toml`,
    '2 invalid_input',
    /no\.toml.*no such file/,
  ],
  ['a promotion by waves in a folder', `${promote} --rollout ./a-folder`, '2 invalid_input', /folder/],
  [
    'a promotion by half a document',
    `${promote} --rollout not.json`,
    '2 invalid_input',
    /not\.json is not JSON/,
  ],
  ['a promotion by words', `${promote} --rollout notes.txt`, '2 invalid_input', /neither JSON nor TOML/],
  ['a promotion by no waves', `${promote} --rollout object.json`, '2 invalid_input', /object\.json: /],
  [
    'a promotion by a fraction of a rack',
    `${promote} --rollout fraction.json`,
    '2 invalid_input',
    /0\.1 is neither a count of racks nor a share; for 0\.1 percent write "0\.1%"/,
  ],
  [
    'a promotion that leaves racks out',
    `${promote} --rollout half.json`,
    '2 invalid_input',
    /takes 50%, so some racks would be in no wave/,
  ],
  [
    'a promotion by a first wave that nobody is in',
    `${promote} --rollout nobody.json`,
    '3 rollout_unsatisfiable',
    /Wave 1 \(canary\) would be empty/,
  ],
  [
    'a promotion not before last year',
    `${promote} --rollout canary --not-before 2015-01-01`,
    '2 invalid_date',
    /not in the future/,
  ],
  [
    'a promotion not before some day',
    `${promote} --rollout canary --not-before someday`,
    '2 invalid_date',
    /someday/,
  ],
  [
    'a promotion not before a time, and at once',
    `${promote} --not-before 2h`,
    '2 invalid_input',
    /Without a rollout/,
  ],
  [
    'a policy by a rollout that is none',
    `${set} --rollout slowly`,
    '2 invalid_input',
    /There is no rollout "slowly"/,
  ],
]

export const badRollouts: readonly BadVerb[] = [...looked, ...acts, ...waves]
