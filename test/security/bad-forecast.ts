/** The forecast asked for wrongly, and lifetimes that no rack may report. */
import { aReport } from '../support/test-registry.ts'
import { at, type BadInput } from './bad-input.ts'
import type { World } from './world.ts'

const invalid = '400 invalid_input'
const forecast = (query: string) => `GET /v1/forecast?${query}`

const onQueries: readonly BadInput[] = [
  at(forecast('until=2015-01-01T00:00:00Z'), {}, '400 invalid_date', /before now/, 'of the past'),
  at(
    forecast('until=2099-01-01T00:00:00Z'),
    {},
    '400 invalid_date',
    /days ahead; at most 3660/,
    'of the next life',
  ),
  at(forecast('until=tomorrow'), {}, invalid, /until/, 'until a word'),
  at(forecast('until=2016-12-24'), {}, invalid, /until/, 'until a day without its hour'),
  at(forecast('until='), {}, invalid, /until/, 'until nothing'),
  at(forecast('untill=2016-12-24T00:00:00Z'), {}, invalid, /untill/, 'with a slip in the name'),
  at(forecast('app=nobody'), {}, '404 app_not_found', /"nobody"/, 'of an app that is not there'),
  at(forecast('app='), {}, invalid, /app/, 'of no app'),
  at(forecast(`app=${'x'.repeat(65)}`), {}, invalid, /app/, 'of a name without end'),
]

const check = 'POST /v1/racks/prod-1/check'
const aLifetime = { name: 'credential', of: [], stops: 'the app' }
const reports =
  (...lifetimes: readonly unknown[]) =>
  ({ tokens }: World) => ({ token: tokens.prod1, json: { ...aReport(), protocol: 2, lifetimes } })
const changed = (given: object) => reports({ ...aLifetime, ...given })

const onLifetimes: readonly BadInput[] = [
  at(check, reports('credential'), invalid, /lifetimes\.0/, 'a word for a lifetime'),
  at(check, reports({ name: 'x' }), invalid, /lifetimes\.0/, 'a lifetime of which nothing is said'),
  at(check, changed({ name: '' }), invalid, /lifetimes\.0\.name/, 'a lifetime without a name'),
  at(check, changed({ name: 'x'.repeat(65) }), invalid, /lifetimes\.0\.name/, 'a name without end'),
  at(check, changed({ stops: 'x'.repeat(301) }), invalid, /lifetimes\.0\.stops/, 'a novel'),
  at(check, changed({ endsAt: 'never' }), invalid, /lifetimes\.0\.endsAt/, 'an end that is a word'),
  at(check, changed({ endsAt: 1 }), invalid, /lifetimes\.0\.endsAt/, 'an end that is a number'),
  at(check, changed({ seenEndsAt: null }), invalid, /lifetimes\.0\.seenEndsAt/, 'an end seen as null'),
  at(check, changed({ warnDays: -1 }), invalid, /lifetimes\.0\.warnDays/, 'a warning after the end'),
  at(check, changed({ secret: 'x' }), invalid, /secret/, 'a lifetime with a field that nobody knows'),
  at(
    check,
    changed({ of: Array.from({ length: 31 }, () => 'x') }),
    invalid,
    /lifetimes\.0\.of/,
    'what hangs on too much',
  ),
  at(
    check,
    reports(...Array.from({ length: 31 }, () => aLifetime)),
    invalid,
    /lifetimes/,
    'thirty-one lifetimes',
  ),
]

export const badForecast: readonly BadInput[] = [...onQueries, ...onLifetimes]
