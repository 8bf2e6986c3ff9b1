// Rack-time: what the soak gate counts, from check-in to check-in, over silence, restarts and racks that move about.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createFleetIndex, type KnownRack } from '../../../server/fleet/fleet-index.ts'
import { openSoaks, soakedMinutes } from '../../../server/fleet/soaks.ts'
import { findSoak } from '../../../server/store/soaks.ts'
import { hour, minute } from '../../../shared/domain/instants.ts'
import { openTestStore, type TestStore } from '../../support/open-test-store.ts'
import { aRack, noon } from '../store/rows.ts'
import { aFleet, type FleetWorld, type RackClient, v1, v2 } from './fleet-world.ts'
import { health, onVersion, run, soakedOn } from './soaking.ts'

describe('by racks that check in', () => {
  let fleet: FleetWorld
  let rack: RackClient
  beforeEach(async () => {
    fleet = await aFleet()
    await fleet.publish(v1)
    rack = await fleet.rack('staging-1', { channel: 'unstable', current: v1 })
  })
  afterEach(() => fleet.dispose())

  const wait = (milliseconds: number) => fleet.clock.advance(milliseconds)
  const says = (said = onVersion(fleet, v1)) => rack.check(said)

  test('it runs from the first check-in that says proved, and only while that version runs', async () => {
    await rack.check({ current: v1 })
    wait(10 * minute)
    await rack.check({ current: v1 })
    expect(await soakedOn(fleet, v1)).toEqual([])
    await run(fleet, [rack], v1, 30)
    expect(await soakedOn(fleet, v1)).toEqual([30])
    wait(5 * minute)
    await rack.check({ current: v2 })
    wait(5 * minute)
    await rack.check({ current: v2 })
    expect(await soakedOn(fleet, v1)).toEqual([30])
    expect(await soakedOn(fleet, v2)).toEqual([])
  })

  test('it is told longest first, and of the feeder only', async () => {
    const late = await fleet.rack('staging-2', { channel: 'unstable', current: v1 })
    const production = await fleet.rack('prod-1', { current: v1 })
    await run(fleet, [rack, production], v1, 20)
    await run(fleet, [rack, late, production], v1, 40)
    expect(await soakedOn(fleet, v1)).toEqual([60, 40])
  })

  test('who falls silent earns nothing until it speaks; then all of it, if it is well', async () => {
    const other = await fleet.rack('staging-2', { channel: 'unstable', current: v1 })
    await run(fleet, [rack, other], v1, 10)
    await run(fleet, [other], v1, 120)
    expect(await soakedOn(fleet, v1)).toEqual([130, 10])
    await says()
    expect(await soakedOn(fleet, v1)).toEqual([130, 130])
  })

  test('time in which nobody at all was heard is nobody’s', async () => {
    await run(fleet, [rack], v1, 10)
    wait(2 * hour)
    await says()
    expect(await soakedOn(fleet, v1)).toEqual([10])
    await run(fleet, [rack], v1, 10)
    expect(await soakedOn(fleet, v1)).toEqual([20])
  })

  test('a channel whose racks ask rarely has no gaps between two questions', async () => {
    const policy = { promoteOnPublish: true, checkSeconds: 6 * 3_600, gates: {} }
    await fleet.call('PUT', '/v1/apps/rack/channels/unstable/policy', { json: { policy, reason: 'slow' } })
    await run(fleet, [rack], v1, 24 * 60, { every: 6 * 60 })
    expect(await soakedOn(fleet, v1)).toEqual([24 * 60])
  })

  test('what is unhealthy at either end is not counted, and neither is an attempt at it', async () => {
    const healthy = () => says(onVersion(fleet, v1, health(fleet, 'healthy')))
    const unhealthy = () => says(onVersion(fleet, v1, health(fleet, 'unhealthy')))
    for (const [say, counted] of [
      [healthy, 0],
      [healthy, 10],
      [unhealthy, 10],
      [unhealthy, 10],
      [healthy, 10],
      [healthy, 20],
    ] as const) {
      await say()
      expect(await soakedOn(fleet, v1)).toEqual([counted])
      wait(10 * minute)
    }
  })

  test('goes on after a restart, and the time between is no receiving', async () => {
    await run(fleet, [rack], v1, 30)
    await fleet.restart()
    expect(await soakedOn(fleet, v1)).toEqual([30])
    wait(8 * hour)
    await says()
    expect(await soakedOn(fleet, v1)).toEqual([30])
    await run(fleet, [rack], v1, 10)
    expect(await soakedOn(fleet, v1)).toEqual([40])
  })

  test('frozen time counts', async () => {
    await fleet.call('POST', '/v1/freezes', { json: { app: 'rack', reason: 'a holiday' } })
    await run(fleet, [rack], v1, 60)
    expect(await soakedOn(fleet, v1)).toEqual([60])
  })

  test.each([
    ['within one flush', false],
    ['over a restart', true],
  ])('a rack that left and came back %s keeps what it had', async (_when, restarts) => {
    await run(fleet, [rack], v1, 30)
    if (restarts) await fleet.restart()
    wait(5 * minute)
    await rack.check(onVersion(fleet, v2))
    if (restarts) await fleet.restart()
    wait(5 * minute)
    await run(fleet, [rack], v1, 10)
    expect(await soakedOn(fleet, v1)).toEqual([40])
    if (restarts) await fleet.restart()
    expect(await soakedOn(fleet, v1)).toEqual([40])
    expect(await soakedOn(fleet, v2)).toEqual([0])
  })

  test('a new rack of the same name begins anew', async () => {
    await run(fleet, [rack], v1, 30)
    await fleet.call('POST', '/v1/apps/rack/racks/staging-1/forget', { json: { reason: 'sold' } })
    expect(await soakedOn(fleet, v1)).toEqual([])
    const again = await fleet.rack('staging-1', { channel: 'unstable', current: v1 })
    await run(fleet, [again], v1, 10)
    await fleet.restart()
    expect(await soakedOn(fleet, v1)).toEqual([10])
  })

  test('a clock that goes back takes nothing away', async () => {
    await run(fleet, [rack], v1, 30)
    wait(-20 * minute)
    await says()
    expect(await soakedOn(fleet, v1)).toEqual([30])
    await run(fleet, [rack], v1, 10)
    expect(await soakedOn(fleet, v1)).toEqual([40])
  })
})

describe('on the disk', () => {
  let opened: TestStore
  let isFull: boolean
  beforeEach(async () => {
    opened = await openTestStore()
    isFull = false
  })
  afterEach(() => opened.dispose())

  async function soaksOf(rack: KnownRack) {
    const index = createFleetIndex()
    const { store } = opened
    const failing = {
      ...store,
      transact: ((work) =>
        isFull ? Promise.reject(new Error('full')) : store.transact(work)) as typeof store.transact,
    }
    const always = { lastHeardAt: noon, between: (from: number, to: number) => to - from }
    const soaks = await openSoaks({ store: failing, index, receiving: always, onFailure: () => undefined })
    const says = (version: string, minutes: number) => {
      rack.facts = { ...rack.facts, current: version, proved: [{ version, at: noon, parametersHold: true }] }
      soaks.noteCheckIn(rack, noon + minutes * minute, 300)
    }
    return { soaks, says }
  }

  const aKnownRack = () => createFleetIndex().put(aRack({ name: 'staging-1', channel: 'unstable' }))
  const minutesOf = async ({ row }: KnownRack, version: string) =>
    ((await findSoak(opened.store.read, row.rackKey, version))?.milliseconds ?? 0) / minute

  test('a write that fails is made up for by the next, whatever the rack did meanwhile', async () => {
    const rack = aKnownRack()
    const { soaks, says } = await soaksOf(rack)
    says(v1, 0)
    says(v1, 10)
    await soaks.flush()
    isFull = true
    says(v2, 15)
    await expect(soaks.flush()).rejects.toThrow('full')
    says(v1, 20)
    says(v1, 30)
    await expect(soaks.flush()).rejects.toThrow('full')
    says(v2, 31)
    await expect(soaks.flush()).rejects.toThrow('full')
    isFull = false
    await soaks.flush()
    expect(await minutesOf(rack, v1)).toBe(20)
    says(v1, 40)
    says(v1, 45)
    await soaks.flush()
    await soaks.flush()
    expect(await minutesOf(rack, v1)).toBe(25)
    expect(soakedMinutes(rack)).toBe(25)
  })

  test('a rack that moves while it is written loses nothing and gains nothing', async () => {
    const rack = aKnownRack()
    const { soaks, says } = await soaksOf(rack)
    let at = 0
    let [there, last] = [v1 as string, 0]
    const earned = new Map<string, number>()
    for (let turn = 0; turn < 200; turn += 1) {
      const next = turn % 3 === 0 ? v2 : v1
      at += 5
      if (next === there) earned.set(next, (earned.get(next) ?? 0) + at - last)
      says(next, at)
      ;[there, last] = [next, at]
      if (turn % 2 === 0) void soaks.flush()
      if (turn % 7 === 0) await soaks.flush()
      else if (turn % 5 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await soaks.stop()
    await soaks.flush()
    // The very first check-in began the count of what ran then.
    for (const version of [v1, v2]) expect(await minutesOf(rack, version)).toBe(earned.get(version) ?? 0)
  })
})
