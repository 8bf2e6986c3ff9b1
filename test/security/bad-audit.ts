/** The ledger and earlier times, asked for wrongly. */
import { at, type BadInput } from './bad-input.ts'
import { versions } from './world.ts'

const invalid = '400 invalid_input'
const redact = 'POST /v1/audit/3/redact'
const get = (path: string, answers: string, says: RegExp, name: string): BadInput =>
  at(`GET ${path}`, {}, answers, says, name)
const asked = (given: object) => ({ json: { fields: ['/reason'], reason: 'a name', ...given } })
const details = '/v1/apps/rack/channels/stable/details'

export const badAudit: readonly BadInput[] = [
  get('/v1/audit?type=freeze', invalid, /no type of event "freeze"/, 'a type that is none'),
  get('/v1/audit?type=__proto__', invalid, /no type of event/, 'what every object has'),
  get('/v1/audit?actor=', invalid, /actor/, 'an actor without a name'),
  get(`/v1/audit?version=${'1'.repeat(129)}`, invalid, /version.*128/, 'a version without end'),
  get('/v1/audit?since=1471356000', invalid, /since/, 'a number for a date'),
  get('/v1/audit?since=2099-01-01T00:00:00Z', '400 invalid_date', /has not come yet/, 'since the future'),
  get(
    '/v1/audit?since=2016-08-02T00:00:00Z&until=2016-08-01T00:00:00Z',
    '400 invalid_date',
    /Nothing lies between/,
    'a span that runs backwards',
  ),
  get('/v1/audit/verify?head=abc', invalid, /head/, 'a short head'),
  get('/v1/audit/verify?hed=x', invalid, /hed/, 'a head misspelt'),
  get('/v1/audit/export?app=rack', invalid, /app/, 'a part of the ledger'),
  get('/v1/events?after=-1', invalid, /after/, 'before the beginning'),
  get('/v1/events?after=999999', invalid, /ledger ends with event/, 'behind the end'),
  get('/v1/events?since=2016-08-01T00:00:00Z', invalid, /since/, 'a filter of the log'),
  at('GET /v1/events', { headers: { 'last-event-id': '1; 2' } }, invalid, /Last-Event-ID/, 'two places'),
  at(
    'POST /v1/events',
    { json: {} },
    '405 method_not_allowed',
    /does not answer POST/,
    'events that are written',
  ),
  at(redact, asked({ fields: [] }), invalid, /fields/, 'no field'),
  at(redact, asked({ fields: '/reason' }), invalid, /fields.*array/, 'a word for a list'),
  at(redact, asked({ fields: ['/app'] }), invalid, /part of what the registry reckons with/, 'a fact'),
  at(redact, asked({ fields: ['/type'] }), invalid, /part of what the registry reckons with/, 'the type'),
  at(redact, asked({ fields: [''] }), invalid, /fields/, 'the whole event'),
  at(redact, asked({ fields: ['/'] }), invalid, /has nothing at "\/"/, 'a field without a name'),
  at(redact, asked({ fields: ['/constructor/name'] }), invalid, /has nothing at/, 'what every object has'),
  at(redact, asked({ fields: ['/reason', '/nothing'] }), invalid, /has nothing at/, 'one good and one bad'),
  at(redact, asked({ reason: ' ' }), invalid, /reason/, 'no reason'),
  at(redact, asked({ confirm: 3 }), invalid, /confirm/, 'a word too many'),
  at('POST /v1/audit/0/redact', asked({}), '404 event_not_found', /no event 0/, 'before the first'),
  at('POST /v1/audit/99999/redact', asked({}), '404 event_not_found', /no event 99999/, 'an event to come'),
  at('POST /v1/audit/x/redact', asked({}), invalid, /sequence/, 'a name'),
  get(`${details}?at=now`, invalid, /at/, 'a word for a time'),
  get(`${details}?at=2099-01-01T00:00:00Z`, '400 invalid_date', /has not come yet/, 'the future'),
  get(
    `${details}?at=2001-01-01T00:00:00Z`,
    '400 invalid_date',
    /before this registry was made/,
    'before it all',
  ),
  get(`${details}?when=2016-08-16T00:00:00Z`, invalid, /when/, 'a time misspelt'),
  get(`/v1/apps/rack/releases/${versions.first}?at=2016-08-16`, invalid, /at/, 'a date without a time'),
  get('/v1/apps/rack/racks/prod-1/decision?at=', invalid, /at/, 'no time'),
]
