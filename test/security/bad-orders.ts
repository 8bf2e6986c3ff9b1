/** Orders to racks and the closing of alarms, asked for wrongly. */
import { at, type BadInput } from './bad-input.ts'
import { versions } from './world.ts'

const { first, second, third } = versions
const invalid = '400 invalid_input'
const long = 'x'.repeat(2001)

const pin = 'POST /v1/apps/rack/racks/prod-2/pin'
const unpin = 'POST /v1/apps/rack/racks/prod-2/unpin'
const hold = 'POST /v1/apps/rack/racks/prod-2/hold'
const unhold = 'POST /v1/apps/rack/racks/prod-2/unhold'
const labels = 'POST /v1/apps/rack/racks/prod-2/labels'
const close = 'POST /v1/alarms/ALARM-1/close'

const aPin = (given: object) => ({ json: { version: first, reason: 'wait', ...given } })
const aHold = (given: object) => ({ json: { until: '2016-08-17T00:00:00Z', reason: 'audit', ...given } })
const of = (given: object) => ({ json: { labels: given } })

const onPins: readonly BadInput[] = [
  at(pin, { json: { version: first } }, invalid, /reason/, 'for no reason'),
  at(pin, aPin({ reason: '  ' }), invalid, /reason/, 'for a reason of spaces'),
  at(pin, aPin({ reason: long }), invalid, /reason: .*2000/, 'for a reason without end'),
  at(pin, aPin({ version: undefined }), invalid, /Nothing is known to run on prod-2/, 'to stay on nothing'),
  at(pin, aPin({ version: '1.0.0' }), '400 invalid_version', /1\.0\.0/, 'to a version of the other scheme'),
  at(pin, aPin({ version: '' }), invalid, /version/, 'to a version without a name'),
  at(pin, aPin({ version: 7 }), invalid, /version/, 'to a number'),
  at(pin, aPin({ version: third }), '404 release_not_found', new RegExp(third), 'to what nobody published'),
  at(
    pin,
    aPin({ version: second }),
    '422 never_served',
    /stable, which prod-2 follows, never served/,
    'to what its channel never served',
  ),
  at(pin, aPin({ acceptedAdvisory: 'ADV-9' }), '404 advisory_not_found', /ADV-9/, 'accepting no advisory'),
  at(
    pin,
    aPin({ acceptedAdvisory: '' }),
    invalid,
    /acceptedAdvisory/,
    'accepting an advisory without a name',
  ),
  at(pin, aPin({ until: 'tomorrow' }), invalid, /until/, 'until a word'),
  at(pin, aPin({ until: '2016-08-16T15:00:00Z' }), '400 invalid_date', /1h before now/, 'until an hour ago'),
  at(pin, aPin({ until: '2016-08-16T16:00:00Z' }), '400 invalid_date', /not in the future/, 'until now'),
  at(
    pin,
    aPin({ until: '2999-01-01T00:00:00Z' }),
    '400 invalid_date',
    /at most 3660 days/,
    'for a thousand years',
  ),
  at(pin, aPin({ owner: 'somebody' }), invalid, /owner/, 'in the name of somebody else'),
  at(
    pin.replace('prod-2', 'nobody'),
    aPin({}),
    '404 rack_not_found',
    /"nobody"/,
    'a rack that nobody enrolled',
  ),
  at(pin.replace('prod-2', 'web-1'), aPin({}), '404 rack_not_found', /"web-1"/, 'a rack of another app'),
  at(unpin, { json: {} }, '404 order_not_found', /No pin of prod-2 was ordered/, 'what is not pinned'),
  at(unpin, { json: { reason: '' } }, invalid, /reason/, 'for an empty reason'),
]

const onHolds: readonly BadInput[] = [
  at(hold, { json: { reason: 'audit' } }, invalid, /until/, 'without an end'),
  at(hold, aHold({ reason: '' }), invalid, /reason/, 'for no reason'),
  at(hold, aHold({ until: '2016-08-16T16:00:00Z' }), '400 invalid_date', /not in the future/, 'until now'),
  at(hold, aHold({ until: '2018-01-01T00:00:00Z' }), '400 invalid_date', /at most 366 days/, 'for years'),
  at(hold, aHold({ until: '2016-02-30T00:00:00Z' }), invalid, /until/, 'until 30 February'),
  at(hold, aHold({ until: 1471392000000 }), invalid, /until/, 'until a number'),
  at(unhold, { json: {} }, '404 order_not_found', /No hold of prod-2 was ordered/, 'what is not held'),
]

const onLabels: readonly BadInput[] = [
  at(labels, { json: {} }, invalid, /labels/, 'nothing'),
  at(labels, of({}), invalid, /Which label\? None/, 'no label'),
  at(labels, of({ 'a label': 'x' }), invalid, /"a label" is not a name for a label/, 'a space in a name'),
  at(labels, of({ '-x': 'x' }), invalid, /"-x" is not a name for a label/, 'a name like a flag'),
  at(labels, of({ '': 'x' }), invalid, /"" is not a name for a label/, 'no name'),
  at(labels, of({ ['x'.repeat(65)]: 'x' }), invalid, /labels/, 'a name without end'),
  at(labels, of({ tier: 'x'.repeat(201) }), invalid, /labels\.tier/, 'a value without end'),
  at(labels, of({ tier: 1 }), invalid, /labels\.tier/, 'a number as a value'),
  at(
    labels,
    of(Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`l${n}`, 'x']))),
    invalid,
    /at most 50 labels; these would be 51/,
    'too many',
  ),
]

const onAlarms: readonly BadInput[] = [
  at(close, { json: {} }, invalid, /note/, 'without a note'),
  at(close, { json: { note: ' ' } }, invalid, /note/, 'with a note of spaces'),
  at(close, { json: { note: long } }, invalid, /note/, 'with a note without end'),
  at(
    close.replace('-1', '-9'),
    { json: { note: 'x' } },
    '404 alarm_not_found',
    /"ALARM-9"/,
    'one that is not there',
  ),
  at('GET /v1/alarms/ALARM-9', {}, '404 alarm_not_found', /"ALARM-9"/, 'one that is not there'),
  at('GET /v1/alarms?all=maybe', {}, invalid, /all/, 'perhaps all'),
  at('GET /v1/alarms?app=nobody', {}, '404 app_not_found', /"nobody"/, 'of an app that is not there'),
  at('GET /v1/alarms?limit=0', {}, invalid, /limit/, 'no lines'),
  at('GET /v1/alarms?after=ALARM-9', {}, invalid, /"ALARM-9"/, 'behind one that is not there'),
]

export const badOrders: readonly BadInput[] = [...onPins, ...onHolds, ...onLabels, ...onAlarms]
