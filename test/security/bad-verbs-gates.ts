/** The verbs of the path to production, asked wrongly: policies that cannot be, words to nobody, and by whom they do not count. */
import type { BadVerb } from './bad-verbs-yard.ts'
import { versions } from './world.ts'

const { first, second } = versions
const nowhere = '20200101000000'
const wild = '\u001b[31mred\u001b]0;title\u0007\u009b2J\r\u202e'
const long = 'x'.repeat(100_000)
const set = 'channel policy set gated --app rack --reason x'
const add = `evidence add unit --app rack --release ${first} --outcome pass`
const tick = `checklist tick notes --app rack --to gated --release ${first} --note read`

const policies: readonly BadVerb[] = [
  [
    'a policy of a channel that is nowhere',
    'channel policy show nowhere --app rack',
    '5 channel_not_found',
    /nowhere/,
  ],
  [
    'a policy shown as a picture',
    'channel policy show gated --app rack --document png',
    '2 invalid_input',
    /toml/,
  ],
  ['a policy of nothing', set, '2 invalid_input', /either a --file or a --preset/],
  ['a policy of both', `${set} --file gated.json --preset team`, '2 invalid_input', /either/],
  ['a policy of a preset that is none', `${set} --preset strict`, '2 invalid_input', /regulated/],
  [
    'a policy for no reason',
    'channel policy set gated --app rack --preset team',
    '2 invalid_input',
    /--reason/,
  ],
  ['a policy in a file that is nowhere', `${set} --file nowhere.toml`, '2 invalid_input', /nowhere\.toml/],
  ['a policy in a folder', `${set} --file a-folder`, '2 invalid_input', /a-folder.*folder/],
  ['a policy in an empty file', `${set} --file empty.json`, '2 invalid_input', /gates/],
  ['a policy that is half a document', `${set} --file not.json`, '2 invalid_input', /not JSON/],
  ['a policy that is a list', `${set} --file list.json`, '2 invalid_input', /neither JSON nor TOML/],
  ['a policy of words', `${set} --file notes.txt`, '2 invalid_input', /neither JSON nor TOML/],
  ['a policy with a gate of luck', `${set} --file luck.toml`, '2 invalid_input', /gates.*luck/s],
  [
    'a policy that asks a feeder that is none',
    'channel policy set lonely --app rack --preset team --reason x',
    '2 invalid_input',
    /lonely has none: it would never pass/,
  ],
  [
    'a policy of a channel that takes every build',
    'channel policy set unstable --app rack --preset regulated --reason x',
    '2 invalid_input',
    /no gate would be asked/,
  ],
  [
    'a trial of two policies',
    'channel policy test gated --app rack --file gated.json --preset team',
    '2 invalid_input',
    /either/,
  ],
  [
    'a trial on a channel that is nowhere',
    'channel policy test nowhere --app rack --preset team',
    '5 channel_not_found',
    /nowhere/,
  ],
  [
    'a policy without its verb in full',
    'channel policy change gated --app rack',
    '2 invalid_input',
    /[Uu]nknown command 'change'/,
  ],
]

const proposals: readonly BadVerb[] = [
  [
    'proposals that stand on their head',
    'proposal list --app rack --standing reversed',
    '2 invalid_input',
    /stale/,
  ],
  ['proposals of nobody', 'proposal list --app nowhere', '5 app_not_found', /nowhere/],
  ['proposals after none', 'proposal list --app rack --after P-99', '2 invalid_input', /P-99/],
  ['a proposal that is nowhere', 'proposal show P-99 --app rack', '5 proposal_not_found', /P-99/],
  [
    'a proposal of escape sequences',
    `proposal show "${wild}" --app rack`,
    '5 proposal_not_found',
    /no proposal/,
  ],
  ['a proposal of nothing', 'proposal show "" --app rack', '2 invalid_input', /proposal/],
  ['an approval of what is nowhere', 'proposal approve P-99 --app rack', '5 proposal_not_found', /P-99/],
  ['an approval of what one proposed', 'proposal approve P-1 --app rack', '3 self_approval', /proposed it/],
  [
    'an approval with a note of nothing',
    'proposal approve P-1 --app rack --note ""',
    '2 invalid_input',
    /note/,
  ],
  ['a rejection for no reason', 'proposal reject P-1 --app rack', '2 invalid_input', /--reason/],
  [
    'a rejection of what is nowhere',
    'proposal reject P-99 --app rack --reason x',
    '5 proposal_not_found',
    /P-99/,
  ],
  ['a rejection without end', `proposal reject P-1 --app rack --reason ${long}`, '2 invalid_input', /reason/],
]

const evidence: readonly BadVerb[] = [
  ['evidence of nothing', 'evidence add --app rack --release 1 --outcome pass', '2 invalid_input', /'name'/],
  [
    'evidence without an outcome',
    `evidence add unit --app rack --release ${first}`,
    '2 invalid_input',
    /--outcome/,
  ],
  [
    'evidence that perhaps passed',
    `evidence add unit --app rack --release ${first} --outcome maybe`,
    '2 invalid_input',
    /pass, fail/,
  ],
  [
    'evidence with a path for a name',
    `evidence add ../unit --app rack --release ${first} --outcome pass`,
    '2 invalid_input',
    /not a name/,
  ],
  [
    'evidence for what is nowhere',
    `evidence add unit --app rack --release ${nowhere} --outcome pass`,
    '5 release_not_found',
    new RegExp(nowhere),
  ],
  ['evidence from what is nowhere', `${add} --from ${nowhere}`, '5 release_not_found', new RegExp(nowhere)],
  ['evidence at no address', `${add} --report-url nowhere`, '2 invalid_input', /url/],
  ['evidence at an address that runs', `${add} --report-url javascript:alert(1)`, '2 invalid_input', /url/],
  [
    'evidence in a file that is nowhere',
    `${add} --file nowhere.xml`,
    '3 artifact_unavailable',
    /nowhere\.xml/,
  ],
  ['evidence in a folder', `${add} --file a-folder`, '3 artifact_unavailable', /folder/],
  [
    'evidence in a file, refused before it is sent',
    `evidence add unit --app rack --release ${nowhere} --outcome pass --file never-sent.tgz`,
    '5 release_not_found',
    new RegExp(nowhere),
  ],
  ['evidence with a note without end', `${add} --note ${long}`, '2 invalid_input', /note/],
]

const words: readonly BadVerb[] = [
  [
    'a checklist of nobody',
    'checklist show --app rack --to nowhere --release 1',
    '5 channel_not_found',
    /nowhere/,
  ],
  [
    'a checklist for what is nowhere',
    `checklist show --app rack --to gated --release ${nowhere}`,
    '5 release_not_found',
    new RegExp(nowhere),
  ],
  ['a tick without a word', tick.replace(' --note read', ''), '2 invalid_input', /--note/],
  [
    'a tick of an item that is none',
    tick.replace('notes', 'luck'),
    '2 invalid_input',
    /has no item "luck"; it has: notes/,
  ],
  ['a tick of escape sequences', tick.replace('notes', `"${wild}"`), '2 invalid_input', /item/],
  ['a tick for what is nowhere', tick.replace(first, nowhere), '5 release_not_found', new RegExp(nowhere)],
  ['an objection for no reason', `object ${first} --app rack`, '2 invalid_input', /--reason/],
  ['an objection to nothing', 'object --app rack --reason x', '2 invalid_input', /The version is missing/],
  ['an objection of no app', `object ${first} --reason x`, '2 invalid_input', /--app is missing/],
  [
    'an objection to what is nowhere',
    `object ${nowhere} --app rack --reason x`,
    '5 release_not_found',
    new RegExp(nowhere),
  ],
  [
    'an objection by a rack in another name',
    'object --dir prod-1 --app rack --reason x',
    '2 invalid_input',
    /its registry, app and token are its own/,
  ],
  ['an objection by no rack', 'object --dir a-folder --reason x', '2 not_enrolled', /a-folder/],
  [
    'an objection by a rack without a token',
    'object --dir no-token --reason x',
    '2 not_enrolled',
    /rack\.token/,
  ],
  [
    'an objection by a rack whose token all can read',
    'object --dir open-token --reason x',
    '4 not_signed_in',
    /mode 0644/,
  ],
  [
    'an objection by a rack with the wrong token',
    'object --dir wrong-token --reason x',
    '4 not_signed_in',
    /token/,
  ],
  [
    'an objection by a rack to what is nowhere',
    `object ${nowhere} --dir prod-1 --reason x`,
    '5 release_not_found',
    new RegExp(nowhere),
  ],
  ['an answer to nothing', 'objection answer O-99 --app rack --note x', '5 objection_not_found', /O-99/],
  ['an answer without a word', 'objection answer O-1 --app rack', '2 invalid_input', /--note/],
  [
    'an issue without a cause',
    `release known-issue ${first} --app rack --note x`,
    '2 invalid_input',
    /--cause/,
  ],
  [
    'an issue named by whoever published',
    `release known-issue ${first} --app rack --cause "settling: #" --note x`,
    '3 self_approval',
    /somebody else/,
  ],
  [
    'an issue of what is nowhere',
    `release known-issue ${nowhere} --app rack --cause x --note x`,
    '5 release_not_found',
    new RegExp(nowhere),
  ],
  ['an advisory lifted for no reason', 'release unyank ADV-1 --app rack', '2 invalid_input', /--reason/],
  [
    'an advisory lifted that is nowhere',
    'release unyank ADV-99 --app rack --reason x',
    '5 advisory_not_found',
    /ADV-99/,
  ],
  ['reviews of an app', 'review list --app rack', '2 invalid_input', /[Uu]nknown option '--app'/],
  ['a review that is nowhere', 'review sign R-99 --note x', '5 review_not_found', /R-99/],
  ['a review signed without a word', 'review sign R-1', '2 invalid_input', /--note/],
]

const promotions: readonly BadVerb[] = [
  [
    'a promotion past a gate that is none',
    `promote ${first} --app rack --to gated --override luck --reason x`,
    '2 invalid_input',
    /luck/,
  ],
  [
    'a promotion past a gate for no reason',
    `promote ${first} --app rack --to gated --override soak`,
    '4 not_allowed',
    /scope override/,
  ],
  [
    'a promotion past a gate without the scope',
    `promote ${first} --app rack --to gated --override soak --reason x`,
    '4 not_allowed',
    /scope override/,
  ],
  [
    'a nomination where no rack stays',
    `promote ${second} --app rack --to stable --nominate --dry-run`,
    '2 invalid_input',
    /no soak with dwell/,
  ],
  [
    'the end of a nomination, and a version',
    `promote ${first} --app rack --to gated --end-nomination`,
    '2 invalid_input',
    /promotes nothing/,
  ],
  [
    'the end of a nomination that is nowhere',
    'promote --app rack --to nowhere --end-nomination',
    '5 channel_not_found',
    /nowhere/,
  ],
  ['a dry run of what waits', `promote ${second} --app rack --to gated --dry-run`, '3 gates_open', /soak/],
]

export const badGates: readonly BadVerb[] = [...policies, ...proposals, ...evidence, ...words, ...promotions]
