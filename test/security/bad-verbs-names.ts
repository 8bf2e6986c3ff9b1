/** Names that are none, are taken, or that nobody has: apps, channels, releases, racks, advisories, tokens. */
import type { BadVerb } from './bad-verbs-yard.ts'

const wild = '\u001b[31mred\u001b]0;title\u0007\u009b2J\r\u202e'
const long = 'x'.repeat(100_000)

export const badNames: readonly BadVerb[] = [
  ['an app of capital letters', 'app create Rack', '2 invalid_input', /Rack/],
  ['an app of dots', 'app create ..', '2 invalid_input', /\.\./],
  ['an app without a name', 'app create ""', '2 invalid_input', /app/],
  ['an app of escape sequences', `app create "${wild}"`, '2 invalid_input', /app/],
  ['an app of NUL', 'app create "a\0b"', '2 invalid_input', /app/],
  ['an app of a hundred thousand letters', `app create ${long}`, '2 invalid_input', /app/],
  ['an app that is there', 'app create rack --scheme semver', '3 name_taken', /rack/],
  ['an app that is nowhere', 'release list --app nowhere', '5 app_not_found', /nowhere/],
  ['an app of a path', 'channel list --app ../../tokens', '5 app_not_found', /tokens/],
  ['an app that is a query', 'channel list --app rack?x=1', '5 app_not_found', /rack\?x=1/],
  ['a channel that is nowhere', 'channel show nowhere --app rack', '5 channel_not_found', /nowhere/],
  ['a channel without history', 'channel history nowhere --app rack', '5 channel_not_found', /nowhere/],
  ['a channel of escape sequences', `channel create "${wild}" --app rack`, '2 invalid_input', /channel/],
  ['a channel that is there', 'channel create stable --app rack', '3 name_taken', /stable/],
  [
    'a channel fed by nothing',
    'channel create beta --app rack --from nowhere',
    '5 channel_not_found',
    /nowhere/,
  ],
  ['a channel fed by itself', 'channel create beta --app rack --from beta', '5 channel_not_found', /beta/],
  [
    'releases of a channel that is nowhere',
    'release list --app rack --channel nowhere',
    '5 channel_not_found',
    /nowhere/,
  ],
  [
    'a release that is nowhere',
    'release show 20200101000000 --app rack',
    '5 release_not_found',
    /20200101000000/,
  ],
  ['a release of another scheme', 'release show 1.0.0 --app rack', '5 release_not_found', /1\.0\.0/],
  [
    'a release of escape sequences',
    `release show "${wild}" --app rack`,
    '5 release_not_found',
    /no release \?\[31mred/,
  ],
  ['a rack that is nowhere', 'rack show nowhere --app rack', '5 rack_not_found', /nowhere/],
  ['a rack of another app', 'rack show prod-1 --app other', '5 rack_not_found', /prod-1/],
  ['racks of an app that is nowhere', 'rack list --app nowhere', '5 app_not_found', /nowhere/],
  [
    'forgetting a rack that is nowhere',
    'rack forget nobody --app rack --reason x --confirm nobody',
    '5 rack_not_found',
    /nobody/,
  ],
  ['an advisory that is nowhere', 'advisory show ADV-99 --app rack', '5 advisory_not_found', /ADV-99/],
  ['advisories of an app that is nowhere', 'advisory list --app nowhere', '5 app_not_found', /nowhere/],
  ['a token that is nowhere', 'token revoke nobody', '5 token_not_found', /nobody/],
  ['a token of NUL', 'token revoke "a\0b"', '5 token_not_found', /./],
  ['explaining a rack that is nowhere', 'explain --app rack --rack nowhere', '5 rack_not_found', /nowhere/],
  ['explaining without a rack', 'explain --app rack', '2 invalid_input', /Which rack\?/],
  ['events behind a word', 'audit log --after yesterday', '2 invalid_input', /after/],
]
