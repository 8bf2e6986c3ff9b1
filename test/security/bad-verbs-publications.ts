/** Releases that cannot be: versions, artifacts, parameter contracts, notes and ends. */
import type { BadVerb } from './bad-verbs-yard.ts'
import { versions } from './world.ts'

const { first } = versions
const wild = '\u001b[31mred\u001b]0;title\u0007\u009b2J\r\u202e'
const publish = 'release publish 20180101000000 --app rack'
const digest = 'a'.repeat(64)

export const badPublications: readonly BadVerb[] = [
  ['a version that is no timestamp', 'release publish 1.4.0 --app rack', '2 invalid_version', /1\.4\.0/],
  ['a version that is no semver', `release publish v.one --app other`, '2 invalid_version', /v\.one/],
  ['a version of a path', 'release publish ../../etc/passwd --app other', '2 invalid_version', /passwd/],
  ['a version of escape sequences', `release publish "${wild}" --app other`, '2 invalid_version', /./],
  [
    'a version of a hundred thousand digits',
    `release publish ${'1'.repeat(100_000)} --app other`,
    '2 invalid_input',
    /./,
  ],
  [
    'a version that is no timestamp, with its artifact',
    'release publish 1.4.0 --app rack --artifact never-sent.tgz',
    '2 invalid_version',
    /1\.4\.0/,
  ],
  [
    'a version of an app that is nowhere, with its artifact',
    'release publish 1.4.0 --app nowhere --artifact never-sent.tgz',
    '5 app_not_found',
    /nowhere/,
  ],
  [
    'a version that was published with other bytes',
    `release publish ${first} --app rack --artifact never-sent.tgz --parameters plain.json`,
    '3 release_differs',
    /never changes|differ/,
  ],
  [
    'a version that was published with other parameters',
    `release publish ${first} --app rack --artifact first.tgz --parameters masked.json`,
    '3 release_differs',
    /./,
  ],
  [
    'a version in a withdrawn week',
    'release publish 20170103000000 --app rack',
    '3 inside_open_yank',
    /20170103000000/,
  ],
  [
    'a version in a withdrawn week, with its artifact',
    'release publish 20170103000000 --app rack --artifact never-sent.tgz',
    '3 inside_open_yank',
    /./,
  ],
  [
    'withdrawn and mended at once',
    'release publish 20170103000000 --app rack --yanked --fixes ADV-2',
    '2 invalid_input',
    /yanked|fixes/,
  ],
  [
    'mends an advisory that is nowhere',
    'release publish 20170103000000 --app rack --fixes ADV-99',
    '5 advisory_not_found',
    /ADV-99/,
  ],
  [
    'a release for a channel that is nowhere',
    `${publish} --channel nowhere --artifact never-sent.tgz`,
    '5 channel_not_found',
    /nowhere/,
  ],
  [
    'an artifact that is not there',
    `${publish} --artifact nowhere.tgz`,
    '3 artifact_unavailable',
    /there is no such file.*Try: {2}ls -l/s,
  ],
  [
    'an artifact that is a folder',
    `${publish} --artifact a-folder`,
    '3 artifact_unavailable',
    /it is a folder/,
  ],
  ['an artifact without a file', `${publish} --artifact linux/amd64=`, '2 invalid_input', /names no file/],
  ['an artifact of NUL', `${publish} --artifact "a\0b"`, '3 artifact_unavailable', /./],
  [
    'two artifacts for one platform',
    `${publish} --artifact linux/amd64=first.tgz --artifact linux/amd64=never-sent.tgz`,
    '2 invalid_input',
    /linux\/amd64/,
  ],
  [
    'a file and an address for one platform',
    `${publish} --artifact never-sent.tgz --artifact-url any=https://a.test/x,${digest},5`,
    '2 invalid_input',
    /any/,
  ],
  [
    'an artifact elsewhere of nothing',
    `${publish} --artifact-url x`,
    '2 invalid_input',
    /PLATFORM=URL,SHA256,SIZE/,
  ],
  [
    'an artifact elsewhere with a short digest',
    `${publish} --artifact-url any=https://a.test/x,abc,5`,
    '2 invalid_input',
    /"abc" is not a sha256/,
  ],
  [
    'an artifact elsewhere of escape sequences',
    `${publish} --artifact-url "${wild}=${wild},${wild},${wild}"`,
    '2 invalid_input',
    /PLATFORM=URL/,
  ],
  [
    'an artifact elsewhere on a disk',
    `${publish} --artifact-url any=file:///etc/passwd,${digest},5`,
    '2 invalid_input',
    /not an http or https address/,
  ],
  [
    'an artifact elsewhere of no size',
    `${publish} --artifact-url any=https://a.test/x,${digest},-1`,
    '2 invalid_input',
    /"-1" is not a size/,
  ],
  [
    'parameters that are not there',
    `${publish} --parameters nowhere.json`,
    '2 invalid_input',
    /there is no such file/,
  ],
  ['parameters that are a folder', `${publish} --parameters a-folder`, '2 invalid_input', /it is a folder/],
  [
    'parameters that are empty',
    `${publish} --parameters empty.json`,
    '2 invalid_input',
    /empty\.json is not JSON/,
  ],
  ['parameters that are cut', `${publish} --parameters not.json`, '2 invalid_input', /not\.json is not JSON/],
  ['parameters that are a list', `${publish} --parameters list.json`, '2 invalid_input', /is not an object/],
  [
    'a parameter that is a text',
    `${publish} --parameters text.json`,
    '2 invalid_input',
    /Password is not an object/,
  ],
  [
    'a parameter masked by a text',
    `${publish} --parameters masked-text.json`,
    '2 invalid_input',
    /masked is "yes", expected true or false/,
  ],
  ['parameters of NUL', `${publish} --parameters "a\0b"`, '2 invalid_input', /./],
  [
    'notes that are not there',
    `${publish} --notes-file nowhere.txt`,
    '2 invalid_input',
    /--notes-file nowhere\.txt/,
  ],
  [
    'valid until the past',
    `${publish} --valid-until 2015-01-01`,
    '2 invalid_date',
    /--valid-until 2015-01-01/,
  ],
  [
    'valid until a day that is not in the calendar',
    `${publish} --valid-until 2017-02-30`,
    '2 invalid_date',
    /2017-02 has 28 days/,
  ],
  ['valid for no time', `${publish} --valid-until 0d`, '2 invalid_date', /no time at all/],
  ['valid for ever and a day', `${publish} --valid-until 9999999d`, '2 invalid_date', /--valid-until/],
]
