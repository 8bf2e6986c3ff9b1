// Versions over time: counted once an hour, thinned with age, and put together for one channel or all.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { listAdoption, thinAdoption, writeAdoption } from '../../../server/store/adoption.ts'
import { day, hour, minute } from '../../../shared/domain/instants.ts'
import { aReport, openTestRegistry, type TestRegistry } from '../../support/test-registry.ts'

const [first, second] = ['20160816140022', '20160816160115'] as const
let fleet: TestRegistry
beforeEach(async () => {
  fleet = await openTestRegistry({ now: Date.UTC(2016, 7, 16, 16, 20) })
  await fleet.call('POST', '/v1/apps', { json: { app: 'rack', scheme: 'timestamp' } })
})
afterEach(() => fleet.dispose())

const adoption = (query = '') => fleet.call('GET', `/v1/apps/rack/fleet/adoption${query}`)

test('is counted once an hour, also by a registry that was started in between', async () => {
  const [a, b] = [
    await fleet.enroll('a', { current: first }),
    await fleet.enroll('b', { channel: 'unstable' }),
  ]
  const says = (rack: string, token: string, current: string) =>
    fleet.call('POST', `/v1/racks/${rack}/check`, { token, json: aReport({ current }) })
  await fleet.registry.adoption.tick()
  await says('a', a, second)
  await fleet.registry.adoption.tick()
  await fleet.restart()
  await fleet.registry.adoption.tick()
  fleet.clock.advance(40 * minute)
  await says('b', b, second)
  await fleet.registry.adoption.tick()
  expect(await adoption()).toMatchObject({
    at: ['2016-08-16T16:00:00.000Z', '2016-08-16T17:00:00.000Z'],
    racks: [2, 2],
    versions: [
      { version: second, racks: [0, 2] },
      { version: first, racks: [1, 0] },
      { version: null, racks: [1, 0] },
    ],
  })
  expect(await adoption('?channel=unstable')).toMatchObject({ racks: [1, 1] })
  expect(await adoption('?since=2016-08-16T17:00:00Z')).toMatchObject({ racks: [2] })
})

test('is kept hourly for a week, every six hours for two months, daily for two years', async () => {
  const { store } = fleet.registry
  const now = Date.UTC(2016, 7, 16)
  const age = (days: number, hours = 0) => now - days * day - hours * hour
  const kept = [age(0, 1), age(6, 5), age(8, 6), age(59), age(61), age(729)]
  const gone = [age(8, 5), age(61, 6), age(731)]
  const row = { app: 'rack', channel: 'stable', version: first, racks: 1 }
  await store.transact((tx) =>
    writeAdoption(
      tx,
      [...kept, ...gone].map((at) => ({ ...row, at })),
    ),
  )
  await store.transact((tx) => thinAdoption(tx, now))
  const left = await listAdoption(store.read, 'rack', 0)
  expect(left.map(({ at }) => at)).toEqual(kept.toSorted((a, b) => a - b))
})
