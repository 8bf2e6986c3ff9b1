// The forecast as the registry answers it, and the alarm and the numbers that warn before something ends.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { day } from '../../../shared/domain/instants.ts'
import { aFleet, type FleetWorld, v1 } from './fleet-world.ts'

let fleet: FleetWorld
beforeEach(async () => {
  fleet = await aFleet()
  await fleet.serve(v1)
})
afterEach(() => fleet.dispose())

const iso = (days: number) => new Date(fleet.clock.now() + days * day).toISOString()
const forecast = async (query = '', token = fleet.admin) =>
  (await fleet.call('GET', `/v1/forecast${query}`, { token })).ends as readonly Record<string, unknown>[]

const chain = () => [
  { name: 'credential', endsAt: iso(365), of: ['backend'], stops: 'the app cannot reach its database' },
  { name: 'backend', seenEndsAt: iso(32), of: [], stops: 'every credential' },
]

describe('the forecast', () => {
  test('has what racks report, unknown first, with the link, what was seen, and the racks', async () => {
    for (const name of ['prod-1', 'prod-2']) {
      const rack = await fleet.rack(name)
      await rack.check({ current: v1, lifetimes: chain() })
    }
    const racks = { count: 2, names: ['prod-1', 'prod-2'] }
    const setBy = { link: 'backend', declaredEndsAt: null, seenEndsAt: iso(32) }
    const shared = { kind: 'lifetime', app: 'rack', channel: 'stable', endsAt: null, racks, setBy }
    expect(await forecast('?app=rack')).toEqual([
      { ...shared, what: 'backend', noLaterThan: iso(32), chain: ['backend'], stops: 'every credential' },
      {
        ...shared,
        what: 'credential',
        noLaterThan: iso(32),
        chain: ['credential', 'backend'],
        stops: 'the app cannot reach its database',
      },
    ])
  })

  test('is the same after a restart, and forgets what a rack no longer reports', async () => {
    const rack = await fleet.rack('prod-1')
    await rack.check({ current: v1, lifetimes: chain() })
    const before = await forecast()
    expect(before).toHaveLength(2)
    await fleet.restart()
    expect(await forecast()).toEqual(before)
    await rack.check({ current: v1 })
    expect(await forecast()).toEqual([])
  })

  test('reaches 90 days, or as far as it is asked', async () => {
    await fleet.rack('prod-1')
    expect((await fleet.call('GET', '/v1/forecast')).until).toBe(iso(90))
    expect(await forecast()).toEqual([])
    expect(await forecast(`?until=${iso(401)}`)).toMatchObject([
      { kind: 'token', what: 'the token first-admin', endsAt: iso(365) },
      { kind: 'rack_token', endsAt: iso(400), racks: { count: 1, names: ['prod-1'] } },
    ])
  })

  test('shows a credential of one app that app only', async () => {
    await fleet.call('POST', '/v1/apps', { json: { app: 'other', scheme: 'semver' } })
    const mine = await fleet.mint('viewer', { app: 'other', name: 'reader', days: 10 })
    await fleet.mint('publisher', { app: 'rack', name: 'ci', days: 10 })
    expect((await forecast('', mine)).map(({ what }) => what)).toEqual(['the token reader'])
    expect((await forecast()).map(({ what }) => what)).toEqual(['the token reader', 'the token ci'])
    expect((await fleet.ask('GET', '/v1/forecast?app=rack', { token: mine })).status).toBe(403)
  })

  test('lets checks in between the racks of a large fleet', async () => {
    const rack = await fleet.rack('prod-1')
    const known = fleet.registry.fleet.index.byName('rack', 'prod-1')
    if (!known) throw new Error('no rack')
    // As many as one registry has, without enrolling them.
    const { put } = fleet.registry.fleet.index
    for (let n = 0; n < 20_000; n += 1)
      put({ ...known.row, name: `r${n}`, tokenSha256: `${n}`, report: null, lastSeenAt: null, outside: null })
    let turns = 0
    let isOver = false
    const count = async () => {
      for (; !isOver; turns += 1) await new Promise((resolve) => setImmediate(resolve))
    }
    const counting = count()
    const begun = process.cpuUsage()
    const made = await fleet.registry.lifetimes.forecast({ to: Infinity, app: 'rack' })
    const { user, system } = process.cpuUsage(begun)
    isOver = true
    await counting
    expect(made.ends[0]?.racks.count).toBe(20_001)
    expect(turns).toBeGreaterThan(5)
    // A turn is a few milliseconds of work, however busy the machine is.
    expect((user + system) / 1000 / turns).toBeLessThan(25)
    expect((await rack.check({ current: v1 })).status).toBe(200)
  })
})

describe('before it bites', () => {
  const examine = () => fleet.registry.lifetimes.examine()
  const alarms = async () =>
    (await fleet.call('GET', '/v1/alarms')).alarms as readonly Record<string, unknown>[]
  const metrics = async () => (await fleet.ask('GET', '/metrics')).text

  test('a lifetime that ends within its warning time is an alarm, once, over restarts', async () => {
    const rack = await fleet.rack('prod-1')
    await rack.check({ current: v1, lifetimes: chain() })
    await examine()
    expect(await alarms()).toEqual([])
    fleet.clock.advance(3 * day)
    await examine()
    expect(await alarms()).toMatchObject([
      { kind: 'expiring', app: 'rack', subject: 'lifetime backend', count: 1, racks: ['prod-1'] },
    ])
    await fleet.restart()
    await Promise.all([examine(), examine()])
    await examine()
    expect(await alarms()).toHaveLength(1)
  })

  test('one that was due while the registry was down is raised by itself after the start', async () => {
    const rack = await fleet.rack('prod-1')
    await rack.check({ current: v1, lifetimes: chain() })
    fleet.clock.advance(10 * day)
    await fleet.restart()
    const until = performance.now() + 10_000
    while ((await alarms()).length === 0 && performance.now() < until) await sleep(100)
    expect(await alarms()).toHaveLength(1)
  })

  test('the metrics tell the first end of each kind, and how many are unknown, without names', async () => {
    const rack = await fleet.rack('prod-1')
    await rack.check({ current: v1, lifetimes: chain() })
    await examine()
    const text = await metrics()
    expect(text).toContain(`headgate_first_end_seconds{kind="lifetime",app="rack"} ${32 * 86_400}`)
    expect(text).toContain('headgate_unknown_ends{kind="lifetime",app="rack"} 2')
    expect(text).toContain(`headgate_first_end_seconds{kind="token",app=""} ${365 * 86_400}`)
    expect(text).toContain('headgate_alarms_open{kind="expiring",app="rack"} 0')
    expect(text).not.toContain('credential')
    fleet.clock.advance(33 * day)
    expect(await metrics()).toContain(`{kind="lifetime",app="rack"} ${-86_400}`)
  })
})

test('a report with lifetimes is of protocol 2', async () => {
  const rack = await fleet.rack('prod-1')
  const answer = await rack.check({ protocol: 1, current: v1, lifetimes: chain() })
  expect([answer.status, answer.json.detail]).toEqual([
    400,
    expect.stringContaining('lifetimes: protocol 1 does not have it'),
  ])
})
