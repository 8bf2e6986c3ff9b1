// Health: what racks say of themselves is shown and counted, and a line of their history when it changes.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { listRackHistory } from '../../../server/store/rack-history.ts'
import type { RackReport } from '../../../shared/contract/rack.ts'
import { aFleet, type FleetWorld, v1 } from './fleet-world.ts'

let fleet: FleetWorld
beforeEach(async () => {
  fleet = await aFleet()
  await fleet.serve(v1)
})
afterEach(() => fleet.dispose())

type SaidHealth = NonNullable<RackReport['health']>

function said(state: SaidHealth['state'], detail = 'answered 200', since = fleet.clock.now()): SaidHealth {
  const check = {
    name: 'web',
    kind: 'http',
    severity: 'fail',
    state,
    detail,
    numbers: { status: 200 },
  } as const
  return { state, since: new Date(since).toISOString(), checks: [check] }
}

async function history(rack = 'prod-1') {
  await fleet.registry.checkIns.flush()
  const rows = await listRackHistory(fleet.registry.store.read, { app: 'rack', rack, limit: 50 })
  return rows.filter(({ change }) => change === 'health').reverse()
}

const shown = (rack: string) => fleet.call('GET', `/v1/apps/rack/racks/${rack}`)

test('is shown as it was said, and is null where nothing is monitored', async () => {
  const rack = await fleet.rack('prod-1')
  expect(await shown('prod-1')).toMatchObject({ health: null })
  await rack.check({ current: v1 })
  expect(await shown('prod-1')).toMatchObject({ health: null })
  const health = said('unhealthy', 'answered 502')
  await rack.check({ current: v1, health })
  expect((await shown('prod-1')).health).toEqual(health)
  const list = await fleet.call('GET', '/v1/apps/rack/racks')
  expect(list.racks).toMatchObject([{ rack: 'prod-1', health: { state: 'unhealthy' } }])
})

test('leaves a line in the history for each change, and none for what stays', async () => {
  const rack = await fleet.rack('prod-1')
  await rack.check({ current: v1 })
  expect(await history()).toEqual([])
  const steps: [SaidHealth | undefined, number][] = [
    [said('healthy'), 1],
    [said('healthy', 'answered 204'), 1],
    [said('unhealthy', 'answered 502'), 2],
    [said('unhealthy', 'answered 503'), 2],
    [said('healthy'), 3],
    [undefined, 4],
  ]
  for (const [health, lines] of steps) {
    await rack.check({ current: v1, ...(health && { health }) })
    expect(await history()).toHaveLength(lines)
  }
  expect((await history()).map(({ before, after, reason }) => [before, after, reason])).toEqual([
    [null, 'healthy', null],
    ['healthy', 'unhealthy', 'web: answered 502'],
    ['unhealthy', 'healthy', null],
    ['healthy', null, null],
  ])
  expect((await history())[1]).toMatchObject({ actor: 'rack:rack/prod-1', rack: 'prod-1' })
})

test('goes on after a restart: known at once, and no line for what was said before', async () => {
  const rack = await fleet.rack('prod-1')
  const health = said('unhealthy', 'answered 502')
  await rack.check({ current: v1, health })
  expect(await history()).toHaveLength(1)
  await fleet.restart()
  expect((await shown('prod-1')).health).toEqual(health)
  await rack.check({ current: v1, health })
  expect(await history()).toHaveLength(1)
})

test('of a rack whose clock runs ahead began when it was heard', async () => {
  const rack = await fleet.rack('prod-1')
  await rack.check({ current: v1, health: said('healthy', 'fine', fleet.clock.now() + 86_400_000) })
  const { health } = await shown('prod-1')
  expect(health).toMatchObject({ since: new Date(fleet.clock.now()).toISOString() })
})

test('is counted by channel', async () => {
  for (const [name, state] of [
    ['a', 'healthy'],
    ['b', 'unhealthy'],
    ['c', 'unhealthy'],
  ] as const) {
    const rack = await fleet.rack(name)
    await rack.check({ current: v1, health: said(state) })
  }
  await fleet.rack('d')
  const { text } = await fleet.ask('GET', '/metrics')
  const counted = text.split('\n').filter((line) => line.startsWith('headgate_rack_health{'))
  expect(counted.toSorted()).toEqual([
    'headgate_rack_health{app="rack",channel="stable",health="healthy"} 1',
    'headgate_rack_health{app="rack",channel="stable",health="unhealthy"} 2',
    'headgate_rack_health{app="rack",channel="stable",health="unknown"} 1',
  ])
})

test.each<[string, (health: SaidHealth) => unknown]>([
  ['a state that nobody knows', (health) => ({ ...health, state: 'fine' })],
  ['too many checks', (health) => ({ ...health, checks: Array(31).fill(health.checks[0]) })],
  [
    'a detail too long',
    ({ checks, ...rest }) => ({ ...rest, checks: [{ ...checks[0], detail: 'x'.repeat(301) }] }),
  ],
  ['a field of its own', (health) => ({ ...health, mood: 'good' })],
])('with %s is refused, and changes nothing', async (_, change) => {
  const rack = await fleet.rack('prod-1')
  await rack.check({ current: v1, health: said('healthy') })
  // A stranger's report need not be what the types say.
  const report = { health: change(said('unhealthy')) } as Partial<RackReport>
  expect((await rack.check({ current: v1, ...report })).status).toBe(400)
  expect((await shown('prod-1')).health).toMatchObject({ state: 'healthy' })
})
