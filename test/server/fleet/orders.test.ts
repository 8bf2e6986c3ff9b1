// Orders from the registry: pins, holds and labels beside the rack's own, on the record, and told to the rack.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { listRackHistory } from '../../../server/store/rack-history.ts'
import { day, hour } from '../../../shared/domain/instants.ts'
import { aFleet, type FleetWorld, type RackClient, v1, v2, v3 } from './fleet-world.ts'

const rackPath = '/v1/apps/rack/racks/prod-1'
const later = (milliseconds: number) => new Date(fleet.clock.now() + milliseconds).toISOString()

let fleet: FleetWorld
let prod1: RackClient
beforeEach(async () => {
  fleet = await aFleet()
  prod1 = await fleet.rack('prod-1')
  await fleet.serve(v1)
  await fleet.serve(v2)
  await prod1.check({ current: v1 })
})
afterEach(() => fleet.dispose())

const order = (act: string, json: object, dryRun = false) =>
  fleet.call('POST', `${rackPath}/${act}${dryRun ? '?dryRun=true' : ''}`, { json })
const refused = (act: string, json: object) => fleet.ask('POST', `${rackPath}/${act}`, { json })
const shown = () => fleet.call('GET', rackPath)
const history = () => listRackHistory(fleet.registry.store.read, { app: 'rack', rack: 'prod-1', limit: 10 })

describe('a pin', () => {
  test('keeps the rack on what it runs, says what it was told before, and is told with every decision', async () => {
    expect((await prod1.check({ current: v1 })).json).toMatchObject({ action: 'update' })
    const ordered = await order('pin', { reason: 'wait for the fix', until: later(7 * day) })
    const pin = {
      version: v1,
      owner: 'token:first-admin',
      reason: 'wait for the fix',
      until: later(7 * day),
    }
    expect(ordered).toMatchObject({
      rack: { pin: null, orders: { pin: { ...pin, at: later(0) }, hold: null } },
      before: { action: 'update', target: { version: v2 } },
      after: { action: 'none', reason: 'pinned', orders: { pin } },
      dryRun: false,
    })
    const told = await prod1.check({ current: v1 })
    expect(told.json).toMatchObject({ action: 'none', reason: 'pinned', orders: { pin } })
    expect(told.json.orders).toEqual({ pin })
  })

  test('to a version sends the rack there and keeps it', async () => {
    await fleet.serve(v3)
    await order('pin', { version: v2, reason: 'that one was good' })
    expect((await prod1.check({ current: v1 })).json).toMatchObject({
      action: 'update',
      motive: 'pin',
      target: { version: v2 },
    })
    expect((await prod1.check({ current: v2 })).json).toMatchObject({ action: 'none', reason: 'pinned' })
  })

  test('ends by itself, and is told no longer', async () => {
    await order('pin', { reason: 'a day', until: later(day) })
    fleet.clock.advance(day)
    const { json } = await prod1.check({ current: v1 })
    expect(json).toMatchObject({ action: 'update' })
    expect(json).not.toHaveProperty('orders')
  })

  test('stands beside one of the rack itself; staying is stricter than moving', async () => {
    const own = { version: v1, owner: 'bob', reason: 'mine' }
    await order('pin', { version: v2, reason: 'go there' })
    const told = (await prod1.check({ current: v1, pin: own })).json
    expect(told).toMatchObject({ action: 'none', reason: 'pinned', orders: { pin: { version: v2 } } })
    expect(String(told.detail)).toContain('bob')
    expect(await shown()).toMatchObject({ pin: own, orders: { pin: { version: v2 } } })
    // Each is lifted where it was given.
    expect((await prod1.check({ current: v1 })).json).toMatchObject({ target: { version: v2 } })
    await prod1.check({ current: v1, pin: own })
    await order('unpin', {})
    expect((await prod1.check({ current: v1, pin: own })).json).toMatchObject({ reason: 'pinned' })
  })

  test('of the rack itself is not lifted from here, and who set it is said', async () => {
    await prod1.check({ current: v1, pin: { version: v1, owner: 'bob', reason: 'mine' } })
    const { status, json } = await refused('unpin', {})
    expect([status, json.code]).toEqual([404, 'order_not_found'])
    expect(json.detail).toContain('set on the rack itself, by bob (mine)')
    expect(json.hint).toContain('headgate unpin --dir')
  })

  test('passes a critical withdrawal only with the advisory that it accepts', async () => {
    await fleet.yank(v1, { remedy: 'forward', to: v2 })
    await order('pin', { reason: 'we need it' })
    expect((await prod1.check({ current: v1 })).json).toMatchObject({ motive: 'remedy_critical' })
    await order('pin', { reason: 'we need it', acceptedAdvisory: 'ADV-1' })
    expect((await prod1.check({ current: v1 })).json).toMatchObject({ action: 'none', reason: 'pinned' })
  })

  test('sends nobody to what was withdrawn, nor to what the channel never served', async () => {
    await fleet.publish(v3)
    expect((await refused('pin', { version: v3, reason: 'x' })).json.code).toBe('never_served')
    await fleet.yank(v2)
    const { json } = await refused('pin', { version: v2, reason: 'x' })
    expect([json.code, json.detail]).toEqual([
      'yanked',
      `${v2} was withdrawn by ADV-1 (it masks): no rack is sent there.`,
    ])
  })

  test('keeps what runs, although the registry has never seen it', async () => {
    const byHand = '20160817000000'
    await prod1.check({ current: byHand })
    const ordered = await order('pin', { reason: 'leave it' })
    expect(ordered).toMatchObject({ after: { action: 'none', reason: 'pinned', current: byHand } })
  })

  test('reaches an attempt that is under way and not confirmed', async () => {
    const id = '11111111-1111-4111-8111-111111111111'
    await prod1.grant({ id, target: v2, report: { current: v1 } })
    await order('pin', { reason: 'wait' })
    const attempt = { id, from: v1, target: v2, motive: 'rollout', state: 'verified' } as const
    const asked = await prod1.check({ current: v1, attempt: { ...attempt, isConfirmed: false } })
    expect(asked.json).toMatchObject({ action: 'abort', reason: 'superseded' })
    const later = await prod1.check({ current: v1, attempt: { ...attempt, isConfirmed: true } })
    expect(later.json).toMatchObject({ action: 'update' })
  })
})

describe('a hold', () => {
  test('stops the rack until its end, and a critical withdrawal passes it', async () => {
    const until = later(4 * hour)
    expect(await order('hold', { until, reason: 'audit' })).toMatchObject({
      after: { action: 'wait', reason: 'held', until, orders: { hold: { until, reason: 'audit' } } },
    })
    await fleet.yank(v1, { remedy: 'forward', to: v2 })
    expect((await prod1.check({ current: v1 })).json).toMatchObject({ action: 'update', reason: 'yanked' })
  })

  test('of two the longer one is in force, and both are shown', async () => {
    const own = { until: later(hour), owner: 'bob', reason: 'mine' }
    await order('hold', { until: later(2 * hour), reason: 'theirs' })
    const until = later(2 * hour)
    expect((await prod1.check({ current: v1, hold: own })).json).toMatchObject({ reason: 'held', until })
    expect(await shown()).toMatchObject({ hold: own, orders: { hold: { reason: 'theirs' } } })
    expect(await order('unhold', {})).toMatchObject({ after: { reason: 'held', until: own.until } })
    const { json } = await refused('unhold', {})
    expect(json.detail).toContain(`set on the rack itself, by bob until ${own.until} (mine)`)
  })
})

describe('labels', () => {
  test('are set and taken away one by one; the others stay, and a check-in changes none', async () => {
    expect(await order('labels', { labels: { tier: 'gold', region: 'eu' } })).toMatchObject({
      rack: { labels: { tier: 'gold', region: 'eu' } },
    })
    await prod1.check({ current: v1 })
    await order('labels', { labels: { tier: null, rank: '1', absent: null } })
    expect((await shown()).labels).toEqual({ region: 'eu', rank: '1' })
  })
})

describe('on the record', () => {
  test('each order has who, when, why, before and after; the same again is no other order', async () => {
    const until = later(hour)
    await order('pin', { reason: 'wait' })
    fleet.clock.advance(1000)
    await order('pin', { reason: 'wait' })
    await order('hold', { until, reason: 'audit' })
    await order('unpin', { reason: 'mended' })
    await order('labels', { labels: { tier: 'gold' }, reason: 'sorted' })
    const lines = await history()
    expect(lines.map(({ change, reason, actor }) => [change, reason, actor])).toEqual([
      ['labelled', 'sorted', 'token:first-admin'],
      ['unpinned', 'mended', 'token:first-admin'],
      ['held', 'audit', 'token:first-admin'],
      ['pinned', 'wait', 'token:first-admin'],
      ['enrolled', null, 'token:first-admin'],
    ])
    expect(lines[1]).toMatchObject({
      at: fleet.clock.now(),
      before: { orderedPin: { version: v1, reason: 'wait' } },
      after: { orderedPin: null },
    })
  })

  test('a dry run shows the decision before and after, and orders nothing', async () => {
    const before = await history()
    expect(await order('hold', { until: later(hour), reason: 'audit' }, true)).toMatchObject({
      dryRun: true,
      rack: { orders: { hold: { reason: 'audit' } } },
      before: { action: 'update' },
      after: { action: 'wait', reason: 'held' },
    })
    expect((await prod1.check({ current: v1 })).json).toMatchObject({ action: 'update' })
    expect(await history()).toEqual(before)
  })

  test('asked again under its key, it is answered as before and done once', async () => {
    const asking = {
      json: { until: later(hour), reason: 'audit' },
      headers: { 'idempotency-key': 'once' },
    }
    const first = await fleet.call('POST', `${rackPath}/hold`, asking)
    await order('unhold', {})
    expect(await fleet.call('POST', `${rackPath}/hold`, asking)).toEqual(first)
    expect((await prod1.check({ current: v1 })).json).toMatchObject({ action: 'update' })
  })

  test('a restart forgets none of them; a rack that is enrolled anew under the name has none', async () => {
    await order('pin', { reason: 'wait' })
    await order('hold', { until: later(day), reason: 'audit' })
    await fleet.restart()
    expect((await prod1.check({ current: v1 })).json).toMatchObject({
      reason: 'pinned',
      orders: { pin: { version: v1 }, hold: { reason: 'audit' } },
    })
    await fleet.call('POST', `${rackPath}/forget`, { json: { reason: 'sold' } })
    const successor = await fleet.rack('prod-1')
    expect((await successor.check({ current: v1 })).json).toMatchObject({ action: 'update' })
    expect((await shown()).orders).toEqual({ pin: null, hold: null })
  })

  test('somebody who only asks about the rack by name is decided for as it is, and told no orders', async () => {
    await order('hold', { until: later(day), reason: 'audit' })
    const asked = await fleet.call('GET', `/v1/apps/rack/channels/stable/decision?current=${v1}&rack=prod-1`)
    expect(asked).toMatchObject({ action: 'wait', reason: 'held' })
    expect(asked).not.toHaveProperty('orders')
  })
})
