// Ephemeral racks: retired on the record when they were silent long enough while others were heard, and never otherwise.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { listRackHistory } from '../../../server/store/rack-history.ts'
import { hour, minute } from '../../../shared/domain/instants.ts'
import { mintToken } from '../../../shared/trust/token.ts'
import { aReport, openTestRegistry, sha256Of, type TestRegistry } from '../../support/test-registry.ts'

let fleet: TestRegistry
let loud: string
const token = mintToken('rack', new Uint8Array(32).fill(3))

beforeEach(async () => {
  fleet = await openTestRegistry()
  await fleet.call('POST', '/v1/apps', { json: { app: 'rack', scheme: 'timestamp' } })
  loud = await fleet.enroll('loud')
  await enrollBrief()
  await says('loud', loud)
  await says('brief', token)
})
afterEach(() => fleet.dispose())

const says = (rack: string, by: string) =>
  fleet.ask('POST', `/v1/racks/${rack}/check`, { token: by, json: aReport() })

function enrollBrief() {
  const enrolment = { rack: 'brief', channel: 'stable', platform: 'any', current: null, ephemeralHours: 2 }
  return fleet.call('POST', '/v1/apps/rack/racks', { json: { ...enrolment, tokenSha256: sha256Of(token) } })
}

/** Time in which one rack goes on speaking, and the registry looks as it does every minute. */
async function receives(milliseconds: number): Promise<void> {
  for (let gone = 0; gone < milliseconds; gone += 10 * minute) {
    fleet.clock.advance(10 * minute)
    await says('loud', loud)
    await fleet.registry.retirement.examine()
  }
}

async function isThere(): Promise<boolean> {
  return (await fleet.ask('GET', '/v1/apps/rack/racks/brief')).status === 200
}

test('a rack that is silent for as long as it said is retired by a line of its history', async () => {
  await receives(2 * hour - 10 * minute)
  expect(await isThere()).toBe(true)
  await receives(10 * minute)
  expect(await isThere()).toBe(false)
  const read = fleet.registry.store.read
  expect(await listRackHistory(read, { app: 'rack', rack: 'brief', limit: 1 })).toMatchObject([
    { actor: 'registry', change: 'retired', reason: expect.stringContaining('2h are enough') },
  ])
  expect((await says('brief', token)).status).toBe(401)
  expect(await fleet.call('GET', '/v1/apps/rack/fleet')).toMatchObject({ racks: 1, retired: { racks: 1 } })
  // What comes back under the name is enrolled like any other.
  await enrollBrief()
  expect((await says('brief', token)).status).toBe(200)
})

test('a rack that goes on speaking stays, and so does one that never said it were ephemeral', async () => {
  const silent = await fleet.enroll('lasting')
  await says('lasting', silent)
  for (let hours = 0; hours < 6; hours++) {
    await receives(hour)
    await says('brief', token)
  }
  expect(await isThere()).toBe(true)
  expect((await fleet.ask('GET', '/v1/apps/rack/racks/lasting')).status).toBe(200)
})

test('time in which nobody was heard retires nobody', async () => {
  fleet.clock.advance(48 * hour)
  await fleet.registry.retirement.examine()
  await says('loud', loud)
  await fleet.registry.retirement.examine()
  expect(await isThere()).toBe(true)
})

test('a registry that has just started lets racks speak first', async () => {
  await receives(hour)
  await fleet.registry.checkIns.flush()
  fleet.clock.advance(10 * minute)
  await fleet.restart()
  fleet.clock.advance(hour)
  await says('loud', loud)
  await fleet.registry.retirement.examine()
  expect(await isThere()).toBe(true)
  await receives(hour)
  expect(await isThere()).toBe(false)
})
