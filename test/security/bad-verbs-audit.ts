/** The ledger's verbs, and earlier times, typed wrongly. */
import type { BadVerb } from './bad-verbs-yard.ts'
import { versions } from './world.ts'

const { first } = versions
const redact = 'audit redact 3 --reason x --confirm 3'

export const badAudit: readonly BadVerb[] = [
  [
    'events of a type that is none',
    'audit log --type release.publishd',
    '2 invalid_input',
    /no type of event/,
  ],
  ['events since a word', 'audit log --since yesterday', '2 invalid_date', /--since "yesterday"/],
  ['events since what has not come', 'audit log --since 2099-01-01', '2 invalid_date', /has not come yet/],
  ['events since no time at all', 'audit log --since 0h', '2 invalid_date', /no time at all/],
  [
    'events of a span that runs backwards',
    'audit log --since 2016-08-02 --until 2016-08-01',
    '2 invalid_date',
    /which is 1d before that/,
  ],
  ['events until the 31st of June', 'audit log --until 2016-06-31', '2 invalid_date', /2016-06 has 30 days/],
  ['events by nobody', 'audit log --actor ""', '2 invalid_input', /actor/],
  [
    'events followed until a time',
    'audit log --follow --until 2016-08-01',
    '2 invalid_input',
    /--until does not fit/,
  ],
  ['events followed behind one', 'audit log --follow --after 3', '2 invalid_input', /--after does not fit/],
  ['an export over a file', 'audit export --out a-file', '2 invalid_input', /is there already/],
  [
    'an export into a file as a folder',
    'audit export --out a-file/x',
    '2 invalid_input',
    /cannot be written/,
  ],
  ['an export to nowhere', 'audit export --out nowhere/x', '2 invalid_input', /ENOENT/],
  ['verifying a file that is not there', 'audit verify --file nowhere', '2 invalid_input', /no such file/],
  ['verifying a folder', 'audit verify --file a-folder', '2 invalid_input', /is a folder/],
  ['verifying what is no export', 'audit verify --file a-file', '1 chain_broken', /line 1/],
  [
    'verifying two things',
    'audit verify --file a-file --data .',
    '2 invalid_input',
    /Either --data or --file/,
  ],
  ['verifying with half a head', 'audit verify --head abc', '2 invalid_input', /is no hash/],
  [
    "verifying with another ledger's head",
    `audit verify --head ${'ab'.repeat(32)}`,
    '1 chain_broken',
    /its tail was cut, or it is another ledger/,
  ],
  ['erasing nothing', 'audit redact 3 --reason x', '2 invalid_input', /Which words/],
  [
    'erasing of no event',
    'audit redact 0 --field /reason --reason x',
    '2 invalid_input',
    /"0" is not the sequence/,
  ],
  ['erasing of a name', 'audit redact first --field /reason --reason x', '2 invalid_input', /"first" is not/],
  [
    'erasing of an event to come',
    'audit redact 99999 --field /reason --reason x --confirm 99999',
    '5 event_not_found',
    /no event 99999/,
  ],
  ['erasing a fact', `${redact} --field /app`, '2 invalid_input', /part of what the registry reckons with/],
  ['erasing what is not there', `${redact} --field /nothing`, '2 invalid_input', /has nothing at/],
  ['erasing without a reason', 'audit redact 3 --field /reason', '2 invalid_input', /--reason/],
  ['erasing unconfirmed', 'audit redact 3 --field /reason --reason x', '3 confirmation_required', /name 3/],
  [
    'erasing what another number confirms',
    'audit redact 3 --field /reason --reason x --confirm 4',
    '3 confirmation_required',
    /says "4"/,
  ],
  [
    'a channel tomorrow',
    'channel show stable --app rack --at 2099-01-01',
    '2 invalid_date',
    /has not come yet/,
  ],
  [
    'a channel before there was any',
    'channel show stable --app rack --at 2001-01-01',
    '2 invalid_date',
    /before this registry/,
  ],
  ['a release at a word', `release show ${first} --app rack --at noon`, '2 invalid_date', /--at "noon"/],
  [
    'explaining the year 1',
    'explain --app rack --rack prod-1 --at 0001-01-01',
    '2 invalid_date',
    /before this registry/,
  ],
  [
    'explaining the past of a rack that is nowhere',
    'explain --app rack --rack nowhere --at now',
    '5 rack_not_found',
    /nowhere/,
  ],
  ['explaining the past on the rack', 'explain --dir . --at 3d', '2 invalid_input', /--at goes with/],
]
