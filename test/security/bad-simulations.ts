/** Simulations asked for wrongly: refused as the act would be, or because nothing of that kind can be supposed. */
import { at, type BadInput } from './bad-input.ts'

const invalid = '400 invalid_input'
const simulate = 'POST /v1/apps/rack/simulate'
const of = (...suppositions: readonly unknown[]) => ({ json: { suppositions } })
const frozen = { suppose: 'freeze', channel: 'stable' }
const window = { start: '0 2 * * *', minutes: 60, zone: 'UTC' }

export const badSimulations: readonly BadInput[] = [
  at(simulate, { json: {} }, invalid, /suppositions/, 'of nothing at all'),
  at(simulate, of(), invalid, /suppositions/, 'of no supposition'),
  at(simulate, of(...Array(21).fill(frozen)), invalid, /suppositions/, 'of a novel'),
  at(simulate, of({ suppose: 'hope' }), invalid, /suppositions\.0/, 'of what nobody can do'),
  at(simulate, of({ ...frozen, hard: true }), invalid, /hard/, 'with a field that nobody knows'),
  at(simulate, { json: { suppositions: [frozen], dryRun: true } }, invalid, /dryRun/, 'as a dry run'),
  at(simulate, of({ suppose: 'promote', to: 'nowhere' }), '404 channel_not_found', /nowhere/, 'to nowhere'),
  at(simulate, of({ ...frozen, everywhere: true }), invalid, /not both/, 'in one place and everywhere'),
  at(simulate, of({ suppose: 'window', window: { ...window, start: 'noon' } }), invalid, /cron/, 'of a word'),
  at(
    simulate,
    of({ suppose: 'window', window, racks: ['nobody'] }),
    '404 rack_not_found',
    /"nobody"/,
    'of a rack that is not there',
  ),
  at(simulate, of({ suppose: 'label', labels: { '-x': 'y' } }), invalid, /label/, 'of a label that is none'),
  at(
    simulate,
    of({ suppose: 'time', at: '2015-01-01T00:00:00Z' }),
    '400 invalid_date',
    /before now/,
    'of the past',
  ),
  at(
    simulate,
    of({ suppose: 'time', at: 'tomorrow' }),
    invalid,
    /suppositions\.0\.at/,
    'of a day without a date',
  ),
  at(
    'POST /v1/apps/nobody/simulate',
    of(frozen),
    '404 app_not_found',
    /nobody/,
    'for an app that is not there',
  ),
]
