// Two installations under one name: told from a rack that was installed anew by the old id coming back.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aReport, openTestRegistry, type TestRegistry } from '../../support/test-registry.ts'

const original = '00000000-0000-4000-8000-00000000000a'
const copy = '00000000-0000-4000-8000-00000000000b'
let fleet: TestRegistry
let token: string

beforeEach(async () => {
  fleet = await openTestRegistry()
  await fleet.call('POST', '/v1/apps', { json: { app: 'rack', scheme: 'timestamp' } })
  token = await fleet.enroll('prod-1')
})
afterEach(() => fleet.dispose())

async function hears(...ids: readonly (string | undefined)[]): Promise<void> {
  for (const installation of ids) {
    fleet.clock.advance(60_000)
    const json = aReport(installation === undefined ? {} : { installation })
    await fleet.call('POST', '/v1/racks/prod-1/check', { token, json })
  }
  await fleet.registry.clones.examine()
}

async function alarms(): Promise<unknown[]> {
  const { alarms } = await fleet.call('GET', '/v1/alarms')
  return Array.isArray(alarms) ? alarms : []
}

const cloned = async () => (await fleet.call('GET', '/v1/apps/rack/fleet/racks?standing=cloned')).racks

test('two that take turns raise one alarm, and the rack stands as cloned until somebody has looked', async () => {
  await hears(original, copy)
  expect(await alarms()).toEqual([])
  await hears(original, copy, original, copy)
  expect(await alarms()).toMatchObject([{ kind: 'rack_cloned', subject: 'prod-1', racks: ['prod-1'] }])
  expect(await cloned()).toMatchObject([{ rack: 'prod-1', standings: ['cloned'] }])
  await fleet.restart()
  expect(await cloned()).toHaveLength(1)
  await fleet.call('POST', '/v1/alarms/ALARM-1/close', { json: { note: 'the copy was enrolled anew' } })
  expect(await cloned()).toEqual([])
})

test('a rack that was installed anew raises none, nor does an agent that says no id in between', async () => {
  await hears(original, undefined, original, copy, copy, undefined, copy)
  expect(await alarms()).toEqual([])
})

test('once it was looked into, only a new turn raises another', async () => {
  await hears(original, copy, original, copy)
  await fleet.call('POST', '/v1/alarms/ALARM-1/close', { json: { note: 'the copy is off' } })
  await hears(original, original)
  expect(await alarms()).toEqual([])
  await hears(copy)
  expect(await alarms()).toMatchObject([{ alarm: 'ALARM-2' }])
})
