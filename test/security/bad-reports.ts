/** What an agent may say wrongly: reports, grants that are asked for, outcomes. */
import { aReport } from '../support/test-registry.ts'
import { at, type BadInput } from './bad-input.ts'
import { anAttempt, anOutcome, attemptId, versions, type World } from './world.ts'

const { first, second } = versions
const invalid = '400 invalid_input'
const check = 'POST /v1/racks/prod-1/check'
const grant = 'POST /v1/racks/prod-1/attempts'
const outcome = `PUT /v1/racks/prod-1/attempts/${attemptId}`
const aPin = { version: first, owner: 'ada', reason: 'x' }

const says = (given: object) => asRack({ ...aReport(), ...given })
const asRack =
  (json: unknown) =>
  ({ tokens }: World) => ({ token: tokens.prod1, json })
const raw =
  (body: string | Uint8Array) =>
  ({ tokens }: World) => ({ token: tokens.prod1, body, headers: { 'content-type': 'application/json' } })

const checks: readonly BadInput[] = [
  at(check, raw(''), invalid, /not JSON/, 'nothing'),
  at(check, raw('{"protocol":1'), invalid, /not JSON/, 'half a report'),
  at(check, raw('[1]'), invalid, /not understood/, 'a list'),
  at(check, raw('null'), invalid, /not understood/, 'null'),
  at(check, raw(`{"a":${'['.repeat(60_000)}`), invalid, /not JSON/, 'brackets without end'),
  at(
    check,
    says({ protocol: 3 }),
    '400 unsupported_protocol',
    /protocol 3.*speaks 1 and 2/,
    'another protocol',
  ),
  at(check, says({ protocol: '1' }), invalid, /protocol/, 'a word for a number'),
  at(check, says({ isAdmin: true }), invalid, /isAdmin/, 'a field that nobody knows'),
  at(check, says({ current: 7 }), invalid, /current/, 'a number as a version'),
  at(check, says({ current: 'x'.repeat(129) }), invalid, /current/, 'a version without end'),
  at(check, says({ current: '1.2.3' }), '400 invalid_version', /1\.2\.3/, 'a version of the other scheme'),
  at(check, says({ platform: '' }), invalid, /platform/, 'no platform'),
  at(check, says({ agent: 'x'.repeat(65) }), invalid, /agent/, 'an agent without end'),
  at(
    check,
    says({ proved: Array.from({ length: 21 }, () => ({ version: first, at: 'x', parametersHold: true })) }),
    invalid,
    /proved/,
    'too many versions',
  ),
  at(
    check,
    says({ proved: [{ version: first, at: 'yesterday', parametersHold: true }] }),
    invalid,
    /proved\.0\.at/,
    'a word for a date',
  ),
  at(check, says({ pin: { ...aPin, until: '2016-13-01T00:00:00Z' } }), invalid, /pin\.until/, 'a 13th month'),
  at(check, says({ pin: { version: first } }), invalid, /pin\.owner/, 'a pin of nobody'),
  at(check, says({ hold: { owner: 'a', reason: 'b' } }), invalid, /hold\.until/, 'a hold without end'),
  at(check, says({ outside: { from: first, to: second } }), invalid, /outside\.at/, 'a change at no time'),
  at(
    check,
    says({ outside: { from: first, to: 7, at: '2016-08-16T00:00:00Z' } }),
    invalid,
    /outside\.to/,
    'a change to a number',
  ),
  at(
    check,
    says({ failures: [{ target: first, count: 0, lastAt: '2016-08-16T00:00:00Z' }] }),
    invalid,
    /failures\.0\.count/,
    'a failure that never happened',
  ),
  at(
    check,
    says({ failures: [{ target: first, count: 1e9, lastAt: '2016-08-16T00:00:00Z' }] }),
    invalid,
    /failures\.0\.count/,
    'a billion failures',
  ),
  at(check, says({ attempt: { id: '../1' } }), invalid, /attempt\.id/, 'an attempt that is a path'),
  at(check, says({ bar: { above: first } }), invalid, /bar\.upTo/, 'half a bar'),
  at(
    check,
    says({ seen: { revision: -1, ledgerSequence: 0 } }),
    invalid,
    /seen\.revision/,
    'less than nothing seen',
  ),
  at(
    check,
    says({ seen: { revision: 2 ** 60, ledgerSequence: 0 } }),
    invalid,
    /seen\.revision/,
    'more than can be counted',
  ),
  at(check, says({ apps: { other: 1 } }), invalid, /apps\.other/, 'a number as a version of another app'),
  at(
    'POST /v1/racks/prod-2/check',
    says({}),
    '403 not_allowed',
    /prod-1 may act for itself only, not for prod-2/,
    "with another rack's token",
  ),
  at('POST /v1/racks/web-1/check', says({}), '403 not_allowed', /not for web-1/, "for another app's rack"),
  at(check, { json: aReport() }, '403 not_allowed', /only the rack prod-1 itself/, 'as an admin'),
]

const grants: readonly BadInput[] = [
  at(
    grant,
    asRack(anAttempt({ target: second })),
    '409 idempotency_conflict',
    /used for another attempt/,
    'the same id for another target',
  ),
  at(
    grant,
    asRack(anAttempt({ id: '22222222-2222-4222-8222-222222222222', target: second })),
    '409 decision_moved',
    new RegExp(`asked for update to ${second}; it is now update to ${first}`),
    'what is not offered',
  ),
  at(
    grant,
    asRack(anAttempt({ id: '22222222-2222-4222-8222-222222222222' }, { current: first })),
    '409 not_offered',
    /may not be taken now: none, up_to_date/,
    'what it runs already',
  ),
  at(
    grant,
    asRack(anAttempt({ id: '22222222-2222-4222-8222-222222222222', action: 'rollback' })),
    '409 decision_moved',
    /asked for rollback.*now update/,
    'backwards what goes forward',
  ),
  at(grant, asRack(anAttempt({ id: 'mine' })), invalid, /id: .*UUID/, 'an id of its own'),
  at(grant, asRack(anAttempt({ action: 'destroy' })), invalid, /action/, 'an unknown action'),
  at(grant, asRack(anAttempt({ motive: 'boredom' })), invalid, /motive/, 'an unknown motive'),
  at(grant, asRack(anAttempt({ plan: [] })), invalid, /plan/, 'a list as a plan'),
  at(grant, asRack(anAttempt({ report: {} })), invalid, /report\.protocol/, 'without a report'),
  at(
    'POST /v1/racks/prod-2/attempts',
    asRack(anAttempt()),
    '403 not_allowed',
    /not for prod-2/,
    'for another rack',
  ),
]

const event = (given: object) => anOutcome({ events: [{ ...anOutcome().events[0], ...given }] })

const outcomes: readonly BadInput[] = [
  at(
    outcome,
    asRack(anOutcome({ outcome: 'abandoned' })),
    invalid,
    /outcome/,
    'an outcome that is ours to give',
  ),
  at(outcome, asRack(anOutcome({ outcome: 'great' })), invalid, /outcome/, 'an unknown outcome'),
  at(outcome, asRack(anOutcome({ startedAt: 'just now' })), invalid, /startedAt/, 'a word for a date'),
  at(outcome, asRack(event({ index: -1 })), invalid, /events\.0\.index/, 'a transition before the first'),
  at(outcome, asRack(event({ index: 10_001 })), invalid, /events\.0\.index/, 'a transition too many'),
  at(outcome, asRack(event({ state: 'x'.repeat(41) })), invalid, /events\.0\.state/, 'a state without end'),
  at(outcome, asRack(event({ at: 1 })), invalid, /events\.0\.at/, 'a number for a date'),
  at(
    outcome,
    asRack(anOutcome({ log: Array.from({ length: 101 }, () => 'line') })),
    invalid,
    /log/,
    'a whole log',
  ),
  at(
    outcome,
    asRack(anOutcome({ target: '1.2.3' })),
    '400 invalid_version',
    /1\.2\.3/,
    'a target of the other scheme',
  ),
  at('PUT /v1/racks/prod-1/attempts/not-a-uuid', asRack(anOutcome()), invalid, /UUID/, 'an id that is none'),
  at(
    `PUT /v1/racks/prod-2/attempts/${attemptId}`,
    ({ tokens }) => ({ token: tokens.prod2, json: anOutcome({ outcome: 'proved' }) }),
    '404 attempt_not_found',
    /prod-2 made no attempt/,
    "another rack's attempt",
  ),
  at(
    `PUT /v1/racks/web-1/attempts/${attemptId}`,
    ({ tokens }) => ({ token: tokens.elsewhere, json: anOutcome({ target: '1.0.0' }) }),
    '404 attempt_not_found',
    /web-1 made no attempt/,
    "another app's attempt",
  ),
]

export const badReports: readonly BadInput[] = [...checks, ...grants, ...outcomes]
