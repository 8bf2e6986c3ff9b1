/** The fleet asked for wrongly, racks imported wrongly, and what no rack may say of its installation or its labels. */
import { aReport } from '../support/test-registry.ts'
import { at, type BadInput } from './bad-input.ts'
import type { World } from './world.ts'

const invalid = '400 invalid_input'
const fleet = (query: string) => `GET /v1/apps/rack/fleet${query}`
const imports = 'POST /v1/apps/rack/fleet/import'
const check = 'POST /v1/racks/prod-1/check'
const enroll = 'POST /v1/apps/rack/racks'

const of = (...racks: readonly unknown[]) => ({ json: { racks } })
const says =
  (given: object) =>
  ({ tokens }: World) => ({ token: tokens.prod1, json: { ...aReport(), ...given } })
const enrols = (ephemeralHours: unknown) => ({
  json: {
    rack: 'brief',
    channel: 'stable',
    platform: 'any',
    current: null,
    tokenSha256: 'ab'.repeat(32),
    ephemeralHours,
  },
})

export const badFleetInput: readonly BadInput[] = [
  at(fleet('?chanel=stable'), {}, invalid, /chanel/, 'with a slip in the name'),
  at(fleet('?channel=nowhere'), {}, '404 channel_not_found', /"nowhere"/, 'on a channel that is not there'),
  at(fleet('?label=tier'), {}, invalid, /label/, 'with a label without a value'),
  at(fleet('/racks?standing=fine'), {}, invalid, /standing/, 'racks that stand as nobody can'),
  at(fleet('/racks?limit=0'), {}, invalid, /limit/, 'no racks'),
  at(fleet('/racks?limit=1001'), {}, invalid, /limit/, 'a thousand and one racks'),
  at(fleet('/racks?q='), {}, invalid, /q/, 'racks with nothing in their name'),
  at(fleet('/failures?since=yesterday'), {}, invalid, /since/, 'failures since a word'),
  at(fleet('/failures?since=2099-01-01T00:00:00Z'), {}, '400 invalid_date', /has not come/, 'of the future'),
  at(fleet('/adoption?since=2099-01-01T00:00:00Z'), {}, '400 invalid_date', /has not come/, 'of the future'),
  at(fleet('/adoption?channel=nowhere'), {}, '404 channel_not_found', /"nowhere"/, 'on no channel'),
  at(imports, {}, invalid, /./, 'nothing'),
  at(imports, { json: { racks: 'prod-1' } }, invalid, /racks/, 'a word'),
  at(imports, of('prod-1'), invalid, /racks\.0/, 'lines without a number'),
  at(imports, of({ line: 0, value: {} }), invalid, /racks\.0\.line/, 'a line before the first'),
  at(imports, { json: { racks: [], reason: '' } }, invalid, /reason/, 'for an empty reason'),
  at(imports, { json: { racks: [], all: true } }, invalid, /all/, 'with a field that nobody knows'),
  at(check, says({ installation: 'here' }), invalid, /installation/, 'an installation that is no id'),
  at(check, says({ labels: { tier: 'gold' } }), invalid, /labels/, 'labels of its own choosing'),
  at(enroll, enrols(0), invalid, /ephemeralHours/, 'a rack for no time'),
  at(enroll, enrols(8_761), invalid, /ephemeralHours/, 'an ephemeral rack for more than a year'),
  at(enroll, enrols('2h'), invalid, /ephemeralHours/, 'an ephemeral rack for a word'),
]
