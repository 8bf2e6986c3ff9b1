/** Directories that are no rack, or a damaged one: settings, memory, token, registry. */
import type { BadVerb } from './bad-verbs-yard.ts'
import { versions } from './world.ts'

const { first } = versions
const wild = '\u001b[31mred\u001b]0;title\u0007\u009b2J\r\u202e'
const long = 'x'.repeat(100_000)

export const badDirectories: readonly BadVerb[] = [
  [
    'a directory that is nowhere',
    'status --dir nowhere',
    '2 not_enrolled',
    /There is no .*nowhere\/rack\.toml/,
  ],
  [
    'a rack in an empty folder',
    'check --dir a-folder',
    '2 not_enrolled',
    /not enrolled.*Try: {2}headgate enroll --dir/s,
  ],
  ['a rack that is a file', 'update --dir a-file --yes', '2 not_enrolled', /a-file/],
  ['a rack of escape sequences', `doctor --dir "${wild}"`, '2 not_enrolled', /not enrolled/],
  ['a rack of a hundred thousand letters', `history --dir ${long}`, '3 preflight_failed', /ENAMETOOLONG/],
  ['a rack nowhere to update', 'update --dir nowhere --yes', '2 not_enrolled', /nowhere/],
  ['a rack nowhere to hold', 'hold --dir nowhere --for 4h --reason x', '2 not_enrolled', /nowhere/],
  ['a rack nowhere to explain', 'explain --dir nowhere', '2 not_enrolled', /nowhere/],
  ['an agent that is nowhere', 'agent run --dir nowhere', '2 not_enrolled', /nowhere/],
  ['one round of an agent that is nowhere', 'agent once --dir nowhere', '2 not_enrolled', /nowhere/],
  ['whether an agent runs nowhere', 'agent status --dir nowhere', '2 not_enrolled', /nowhere/],
  [
    'an agent whose settings are not TOML',
    'agent run --dir broken-toml',
    '2 invalid_input',
    /this is not TOML/,
  ],
  [
    'settings that are not TOML',
    'check --dir broken-toml',
    '2 invalid_input',
    /rack\.toml:1:\d+: this is not TOML/,
  ],
  [
    'settings that are not TOML, looked at',
    'status --dir broken-toml',
    '2 invalid_input',
    /this is not TOML/,
  ],
  [
    'settings that are not TOML, asked for a diagnosis',
    'doctor --dir broken-toml',
    '2 invalid_input',
    /this is not TOML/,
  ],
  [
    'settings with an address of another protocol',
    'plan --dir odd-url',
    '2 invalid_input',
    /\[registry\] url must be an http or https address/,
  ],
  [
    'settings with a word that is none',
    'check --dir odd-key',
    '2 invalid_input',
    /chanel is not a setting \(did you mean "channel"\?\)/,
  ],
  [
    'settings with a number below nothing',
    'verify --dir odd-number',
    '2 invalid_input',
    /graceSeconds must be a whole number from 0/,
  ],
  ['settings without a rack', 'retry --dir no-rack', '2 invalid_input', /\[rack\] name is missing/],
  ['a memory that is cut', 'check --dir bad-state', '21 stuck', /state\.json cannot be read/],
  [
    'a memory that is cut, before an update',
    'update --dir bad-state --yes',
    '21 stuck',
    /it is not the state of a rack/,
  ],
  ['a memory that is cut, before an order', 'pin --dir bad-state --reason x', '21 stuck', /state\.json/],
  ['a memory that is empty', 'status --dir empty-state', '21 stuck', /state\.json cannot be read/],
  [
    'a memory of a later program',
    `rollback --dir later-state --to ${first} --reason x --yes`,
    '21 stuck',
    /state\.json/,
  ],
  ['a token of mode 0644', 'check --dir open-token', '4 not_signed_in', /has mode 0644.*Try: {2}chmod 600/s],
  ['a token of mode 0644 for an update', 'update --dir open-token --yes', '4 not_signed_in', /has mode 0644/],
  ['a token that is empty', 'check --dir empty-token', '4 not_signed_in', /does not hold a token/],
  ['a rack token that nobody knows', 'check --dir wrong-token', '4 not_signed_in', /./],
  ['a token that nobody knows, to switch', 'switch unstable --dir wrong-token', '4 not_signed_in', /./],
  ['no token', 'plan --dir no-token', '2 not_enrolled', /this rack cannot sign in/],
  ['a registry that is a web page, for a check', 'check --dir html-1', '6 bad_answer', /./],
  ['a registry that is a web page, for an update', 'update --dir html-1 --yes', '6 bad_answer', /./],
  ['a registry that is a web page, to switch', 'switch unstable --dir html-1', '6 bad_answer', /./],
  [
    'a registry that nobody listens on, for a check',
    'check --dir silent-1',
    '6 registry_unreachable',
    /The rack keeps running what it runs/,
  ],
  [
    'a registry that nobody listens on, for an update',
    'update --dir silent-1 --yes',
    '6 registry_unreachable',
    /./,
  ],
  ['a registry that nobody listens on, for a plan', 'plan --dir silent-1', '6 registry_unreachable', /./],
  [
    'a registry that nobody listens on, to switch',
    'switch unstable --dir silent-1',
    '6 registry_unreachable',
    /./,
  ],
]
