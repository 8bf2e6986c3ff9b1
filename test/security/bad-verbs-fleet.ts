/** Orders to racks from the registry, and alarms, typed wrongly. */
import type { BadVerb } from './bad-verbs-yard.ts'
import { versions } from './world.ts'

const { second, third } = versions
const wild = '\u001b[31mred\u001b]0;title\u0007\u009b2J\r\u202e'
const long = 'x'.repeat(2_001)

export const badFleet: readonly BadVerb[] = [
  ['an order to nobody', 'rack pin nobody --app rack --reason x', '5 rack_not_found', /nobody/],
  [
    'an order in an app that is nowhere',
    'rack pin prod-1 --app nowhere --reason x',
    '5 app_not_found',
    /nowhere/,
  ],
  [
    'an order to escape sequences',
    `rack pin "${wild}" --app rack --reason x`,
    '5 rack_not_found',
    /has no rack/,
  ],
  ['an order to a path', 'rack pin .. --app rack --reason x', '2 invalid_input', /not the name of a rack/],
  ['an ordered pin without a reason', 'rack pin prod-1 --app rack', '2 invalid_input', /--reason/],
  ['an ordered pin for a book', `rack pin prod-1 --app rack --reason ${long}`, '2 invalid_input', /2000/],
  [
    'an ordered pin to what nobody published',
    'rack pin prod-1 20200101000000 --app rack --reason x',
    '5 release_not_found',
    /20200101000000/,
  ],
  [
    'an ordered pin to what the channel never served',
    `rack pin prod-1 ${second} --app rack --reason x`,
    '3 never_served',
    /never served/,
  ],
  [
    'an ordered pin to a withdrawn release',
    `rack pin prod-1 ${third} --app rack --reason x`,
    '3 never_served',
    /never served/,
  ],
  ['an ordered pin to a path', 'rack pin prod-1 ../../etc --app rack --reason x', '2 invalid_version', /etc/],
  [
    'an ordered pin until the past',
    'rack pin prod-1 --app rack --reason x --until 2015-01-01',
    '2 invalid_date',
    /before now/,
  ],
  [
    'an ordered pin that accepts nothing known',
    'rack pin prod-1 --app rack --reason x --accept ADV-99',
    '5 advisory_not_found',
    /ADV-99/,
  ],
  ['an ordered hold without an end', 'rack hold prod-1 --app rack --reason x', '2 invalid_input', /--until/],
  [
    'an ordered hold for no time',
    'rack hold prod-1 --app rack --reason x --until 0h',
    '2 invalid_date',
    /no time/,
  ],
  [
    'an ordered hold for a decade',
    'rack hold prod-1 --app rack --reason x --until 3650d',
    '2 invalid_date',
    /366 days/,
  ],
  [
    'lifting an ordered pin that is none',
    'rack unpin prod-1 --app rack',
    '5 order_not_found',
    /No pin of prod-1/,
  ],
  ['lifting an ordered hold that is none', 'rack unhold prod-1 --app rack', '5 order_not_found', /No hold/],
  ['a label of no form', 'rack label prod-1 tier --app rack', '2 invalid_input', /neither NAME=VALUE/],
  ['no label at all', 'rack label prod-1 --app rack', '2 invalid_input', /labels/],
  ['a label of no name', 'rack label prod-1 =x --app rack', '2 invalid_input', /neither/],
  [
    'a label like an object’s own',
    'rack label prod-1 __proto__=x --app rack',
    '2 invalid_input',
    /__proto__/,
  ],
  ['a forecast of the past', 'forecast --until 2015-01-01', '2 invalid_date', /before now/],
  ['a forecast of no time', 'forecast --until 0d', '2 invalid_date', /no time/],
  ['a forecast of the next life', 'forecast --until 20000d', '2 invalid_date', /at most 3660/],
  ['a forecast of the end of time', 'forecast --until 9999-12-31', '2 invalid_date', /at most/],
  ['a forecast until a word', 'forecast --until christmas', '2 invalid_date', /not understood/],
  ['a forecast until 30 February', 'forecast --until 2017-02-30', '2 invalid_date', /28 days/],
  ['a forecast of nowhere', 'forecast --app nowhere', '5 app_not_found', /nowhere/],
  ['a forecast of escape sequences', `forecast --app "${wild}"`, '5 app_not_found', /no app/],
  ['alarms of an app that is nowhere', 'alarm list --app nowhere', '5 app_not_found', /nowhere/],
  ['no alarms at all', 'alarm list --limit 0', '2 invalid_input', /1 or more/],
  ['alarms behind one that is none', 'alarm list --after ALARM-9', '2 invalid_input', /ALARM-9/],
  ['closing an alarm that is none', 'alarm close ALARM-9 --note x', '5 alarm_not_found', /ALARM-9/],
  ['closing an alarm without a note', 'alarm close ALARM-9', '2 invalid_input', /--note/],
  ['closing an alarm of escape sequences', `alarm close "${wild}" --note x`, '5 alarm_not_found', /no alarm/],
]
