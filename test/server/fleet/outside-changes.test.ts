// Racks that changed outside: noticed by what two check-ins say, explained by attempts however late, alarmed about once.
import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { hour, minute } from '../../../shared/domain/instants.ts'
import { aFleet, type FleetWorld, type RackClient, v1, v2, v3 } from './fleet-world.ts'

let fleet: FleetWorld
beforeEach(async () => {
  fleet = await aFleet()
  await fleet.serve(v1)
  await fleet.serve(v2)
})
afterEach(() => fleet.dispose())

const examine = () => fleet.registry.outsideChanges.examine()
const outsideOf = async (rack: string) => {
  await examine()
  return (await fleet.call('GET', `/v1/apps/rack/racks/${rack}`)).outside
}
const iso = (at = fleet.clock.now()) => new Date(at).toISOString()

describe('a rack of an older agent', () => {
  let prod1: RackClient
  beforeEach(async () => {
    prod1 = await fleet.rack('prod-1')
    await prod1.check({ current: v2 })
  })

  test('that runs something else by no attempt has changed outside', async () => {
    fleet.clock.advance(5 * minute)
    await prod1.check({ current: v1 })
    expect(await outsideOf('prod-1')).toEqual({ from: v2, to: v1, at: iso(), saidBy: 'registry' })
  })

  test('to a version that nobody published, too: it is compared by order', async () => {
    const answer = await prod1.check({ current: '20160817000000' })
    expect(answer.json).toMatchObject({ action: 'none', reason: 'ahead_of_channel' })
    expect(await outsideOf('prod-1')).toMatchObject({ to: '20160817000000' })
  })

  test('what was found at the first check-in is adopted', async () => {
    const prod2 = await fleet.rack('prod-2', { current: v1 })
    await prod2.check({ current: v2 })
    expect(await outsideOf('prod-2')).toBeNull()
  })

  test('an attempt that was granted explains it, and one that was made without us and reported first', async () => {
    await prod1.check({ current: v1 })
    await prod1.goes(v1, v2)
    expect(await outsideOf('prod-1')).toBeNull()
    fleet.clock.advance(minute)
    await prod1.report(randomUUID(), { from: v2, target: v1, motive: 'person', outcome: 'proved' })
    await prod1.check({ current: v1 })
    expect(await outsideOf('prod-1')).toBeNull()
  })

  test('an attempt that returned explains where it came from, and not where it went', async () => {
    await fleet.serve(v3)
    await prod1.goes(v2, v3, 'returned', 'settling')
    expect(await outsideOf('prod-1')).toBeNull()
    await prod1.check({ current: v3 })
    expect(await outsideOf('prod-1')).toMatchObject({ from: v2, to: v3 })
  })

  test('an attempt that is reported late takes it back', async () => {
    await prod1.check({ current: v1 })
    expect(await outsideOf('prod-1')).not.toBeNull()
    fleet.clock.advance(minute)
    await prod1.report(randomUUID(), { from: v2, target: v1, motive: 'person', outcome: 'proved' })
    expect(await outsideOf('prod-1')).toBeNull()
    await fleet.restart()
    expect(await outsideOf('prod-1')).toBeNull()
  })

  test('once what runs is proved, it is accepted', async () => {
    await prod1.check({ current: v1 })
    expect(await outsideOf('prod-1')).not.toBeNull()
    await prod1.check({ current: v1, proved: [{ version: v1, at: iso(), parametersHold: true }] })
    expect(await outsideOf('prod-1')).toBeNull()
  })

  test('a registry that is killed before it looked into it does so afterwards', async () => {
    await prod1.check({ current: v1 })
    await fleet.registry.checkIns.flush()
    const { racks } = fleet.registry.store.read.tables
    const [row] = await fleet.registry.store.read.db.select().from(racks)
    expect(row?.outside).toMatchObject({ from: v2, to: v1, isSure: false })
    await fleet.restart()
    expect(await outsideOf('prod-1')).toMatchObject({ from: v2, to: v1 })
  })
})

describe('a rack that says it itself', () => {
  const outside = (from: string, to: string, at = iso()) => ({ from, to, at })

  test('is believed at once, and until it says it no longer', async () => {
    const prod1 = await fleet.rack('prod-1')
    await prod1.check({ current: v2 })
    await prod1.check({ current: v1, outside: outside(v2, v1) })
    expect(await outsideOf('prod-1')).toEqual({ ...outside(v2, v1), saidBy: 'rack' })
    await prod1.check({ current: v1, outside: outside(v2, v1), agent: 'another' })
    expect(await outsideOf('prod-1')).not.toBeNull()
    await prod1.check({ current: v1 })
    expect(await outsideOf('prod-1')).toBeNull()
  })
})

describe('many racks at once', () => {
  let racks: RackClient[]
  beforeEach(async () => {
    racks = []
    for (let n = 1; n <= 5; n += 1) {
      const rack = await fleet.rack(`prod-${n}`)
      await rack.check({ current: v2 })
      racks.push(rack)
    }
  })

  /** Somebody puts the n-th back by hand, and the rack says so. */
  async function putBack(n: number, to: string = v1): Promise<void> {
    fleet.clock.advance(minute)
    await racks[n - 1]?.check({ current: to, outside: { from: v2, to, at: iso() } })
    await examine()
  }
  const alarms = async (all = false) =>
    (await fleet.call('GET', `/v1/alarms${all ? '?all=true' : ''}`)).alarms as readonly Record<
      string,
      unknown
    >[]
  const close = (alarm: string) =>
    fleet.call('POST', `/v1/alarms/${alarm}/close`, { json: { note: 'a backup was put back' } })

  test('are one alarm, in the ledger, by the registry itself', async () => {
    await putBack(1)
    await putBack(2)
    expect(await alarms()).toEqual([])
    await putBack(3)
    expect(await alarms()).toEqual([
      {
        alarm: 'ALARM-1',
        kind: 'changed_outside',
        app: 'rack',
        subject: 'fleet',
        count: 3,
        since: iso(fleet.clock.now() - 2 * minute),
        detail: `3 of 5 racks changed within 2m by no attempt: 3 to ${v1}`,
        racks: ['prod-1', 'prod-2', 'prod-3'],
        raisedAt: iso(),
        raisedBy: 'registry',
        closed: null,
      },
    ])
    await putBack(4)
    await putBack(5)
    expect(await alarms()).toHaveLength(1)
    const { entries } = (await fleet.call('GET', '/v1/audit?limit=1')) as { entries: unknown[] }
    expect(entries).toMatchObject([{ type: 'alarm.raised', actor: 'registry', app: 'rack' }])
  })

  test('noticed by the registry alone count as well', async () => {
    for (const rack of racks) await rack.check({ current: v1 })
    await examine()
    expect(await alarms()).toMatchObject([{ count: 5 }])
  })

  test('by attempts are a rollout, and no alarm', async () => {
    await fleet.serve(v3)
    for (const rack of racks) await rack.goes(v2, v3)
    await examine()
    expect(await alarms(true)).toEqual([])
  })

  test('spread over hours are none, and verifying each of them in between makes it none the less one', async () => {
    await putBack(1)
    fleet.clock.advance(hour)
    await putBack(2)
    fleet.clock.advance(hour)
    await putBack(3)
    expect(await alarms()).toEqual([])
    await racks[2]?.check({ current: v1 })
    await putBack(4)
    await racks[3]?.check({ current: v1 })
    await putBack(5)
    expect(await alarms()).toMatchObject([{ count: 3, racks: ['prod-3', 'prod-4', 'prod-5'] }])
  })

  test('after it was closed only new changes count', async () => {
    for (const n of [1, 2, 3]) await putBack(n)
    expect(await close('ALARM-1')).toMatchObject({
      closed: { by: 'token:first-admin', note: 'a backup was put back' },
      dryRun: false,
    })
    await putBack(4)
    await putBack(5)
    expect(await alarms()).toEqual([])
    await putBack(1, v3)
    expect(await alarms()).toMatchObject([{ alarm: 'ALARM-2', racks: ['prod-4', 'prod-5', 'prod-1'] }])
    expect((await alarms(true)).map(({ alarm }) => alarm)).toEqual(['ALARM-2', 'ALARM-1'])
  })

  test('over restarts it is raised once: before, between and after', async () => {
    for (const n of [1, 2]) await putBack(n)
    await fleet.restart()
    await putBack(3)
    await fleet.restart()
    await examine()
    await putBack(4)
    expect(await alarms(true)).toMatchObject([{ alarm: 'ALARM-1', count: 3 }])
    await close('ALARM-1')
    await fleet.restart()
    await examine()
    expect(await alarms(true)).toHaveLength(1)
  })

  test('noticed just before the end is raised after the next start', async () => {
    for (const n of [1, 2]) await putBack(n)
    await racks[2]?.check({ current: v1 })
    await fleet.registry.checkIns.flush()
    await fleet.restart()
    await examine()
    expect(await alarms(true)).toMatchObject([{ count: 3 }])
  })

  test('are told to Prometheus, and no more once it is closed', async () => {
    const metric = async () =>
      /headgate_alarms_open\{kind="changed_outside",app="rack"\} (\d+)/.exec(
        (await fleet.ask('GET', '/metrics')).text,
      )?.[1]
    expect(await metric()).toBe('0')
    for (const n of [1, 2, 3]) await putBack(n)
    expect(await metric()).toBe('1')
    await close('ALARM-1')
    expect(await metric()).toBe('0')
  })

  test('are seen by whoever reads the app, and by nobody else', async () => {
    for (const n of [1, 2, 3]) await putBack(n)
    await fleet.call('POST', '/v1/apps', { json: { app: 'other', scheme: 'semver' } })
    const [own, stranger] = [
      await fleet.mint('viewer', { app: 'rack' }),
      await fleet.mint('admin', { app: 'other' }),
    ]
    expect((await fleet.call('GET', '/v1/alarms', { token: own })).alarms).toHaveLength(1)
    expect((await fleet.call('GET', '/v1/alarms', { token: stranger })).alarms).toEqual([])
    expect((await fleet.ask('GET', '/v1/alarms/ALARM-1', { token: stranger })).status).toBe(404)
  })

  test('a store that takes no writes raises nothing and loses nothing', async () => {
    for (const n of [1, 2]) await putBack(n)
    const { ledger } = fleet.registry
    const record = ledger.record
    Object.assign(ledger, { record: () => Promise.reject(new Error('the disk is full')) })
    await racks[2]?.check({ current: v1, outside: { from: v2, to: v1, at: iso() } })
    await expect(examine()).rejects.toThrow('the disk is full')
    Object.assign(ledger, { record })
    await examine()
    expect(await alarms()).toMatchObject([{ count: 3 }])
  })
})
