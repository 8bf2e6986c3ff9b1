// What time does to what waits: carried out, stale, approvals lapsed, soaked; and racks that stay for it meanwhile.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createGateClock } from '../../../server/fleet/gate-clock.ts'
import { day, hour, minute } from '../../../shared/domain/instants.ts'
import { findApp, findChannel } from '../../../shared/domain/state.ts'
import { aFleet, type FleetWorld, type RackClient, v1, v2, v3 } from './fleet-world.ts'
import { onVersion, run, setGates, verdictOn } from './soaking.ts'

const soak = { minRacks: 1, soakMinutes: 60, dwell: true }

let fleet: FleetWorld
let rack: RackClient
beforeEach(async () => {
  fleet = await aFleet()
  await fleet.serve(v1)
  rack = await fleet.rack('staging-1', { channel: 'unstable', current: v1 })
  await fleet.publish(v2)
})
afterEach(() => fleet.dispose())

const tick = () => fleet.registry.gateClock.tick()
const stable = () => findChannel(findApp(fleet.registry.ledger.state, 'rack'), 'stable')
const unstable = () => findChannel(findApp(fleet.registry.ledger.state, 'rack'), 'unstable')
const proposal = (id = 'P-1') => fleet.call('GET', `/v1/apps/rack/proposals/${id}`)
const promote = (json: object = {}) =>
  fleet.call('POST', '/v1/apps/rack/channels/stable/promote', { json: { version: v2, ...json } })
const lastEvent = async () => {
  const { entries } = await fleet.call('GET', '/v1/audit?limit=1')
  return (entries as { type: string; actor: string; event: Record<string, unknown> }[])[0]
}

/** The proposal waits, and nothing is recorded although it is looked at. */
async function waits(id = 'P-1'): Promise<void> {
  const { sequence } = fleet.registry.ledger.head
  await tick()
  expect(fleet.registry.ledger.head.sequence).toBe(sequence)
  expect((await proposal(id)).standing).toBe('open')
}

describe('a proposal', () => {
  test('that is armed is carried out by the first look at gates that pass, in the name of the registry', async () => {
    await setGates(fleet, { soak })
    expect(await promote({ whenReady: true })).toMatchObject({ outcome: 'proposed', proposal: 'P-1' })
    await waits()
    await run(fleet, [rack], v2, 59)
    await waits()
    await run(fleet, [rack], v2, 1)
    await tick()
    expect(stable()).toMatchObject({ head: v2 })
    expect(await lastEvent()).toMatchObject({ type: 'channel.promoted', actor: 'registry' })
    expect(await proposal()).toMatchObject({ standing: 'enacted' })
    expect(stable().top).toMatchObject({ via: 'proposal' })
  })

  test('that nobody armed waits for a person', async () => {
    await setGates(fleet, { soak })
    await promote()
    await run(fleet, [rack], v2, 120)
    await waits()
    expect(await promote()).toMatchObject({ outcome: 'promoted', proposal: 'P-1' })
  })

  test('is carried out although its rack has moved on meanwhile: what it soaked it has soaked', async () => {
    await setGates(fleet, { soak: { ...soak, soakMinutes: 30 } })
    await promote({ whenReady: true })
    await run(fleet, [rack], v2, 30)
    await fleet.publish(v3)
    await rack.check(onVersion(fleet, v3))
    await tick()
    expect(stable().head).toBe(v2)
  })

  test('waits out a freeze, and is carried out when it is lifted', async () => {
    await setGates(fleet, { soak })
    await promote({ whenReady: true })
    await fleet.call('POST', '/v1/freezes', { json: { app: 'rack', reason: 'a holiday' } })
    await run(fleet, [rack], v2, 60)
    await waits()
    await fleet.call('POST', '/v1/freezes/lift', { json: { app: 'rack' } })
    await tick()
    expect(stable().head).toBe(v2)
  })

  test('is overtaken when the head moves, and when its release is withdrawn', async () => {
    await setGates(fleet, { soak })
    await promote({ whenReady: true })
    await fleet.publish(v3)
    await fleet.call('POST', '/v1/apps/rack/channels/stable/promote', { json: { version: v3 } })
    await fleet.yank(v2)
    await tick()
    expect(await proposal()).toMatchObject({ standing: 'stale', detail: expect.stringContaining('ADV-1') })
    expect(await lastEvent()).toMatchObject({ type: 'proposal.closed', actor: 'registry' })
    expect(await proposal('P-2')).toMatchObject({ standing: 'open' })
  })

  test('loses its approval to a gate that gets worse, for good', async () => {
    const failures = { maxFailed: 0, percent: 0 }
    await setGates(fleet, { failures, approvals: { count: 1, role: 'maintainer' }, soak })
    await rack.goes(v1, v2)
    await promote({ whenReady: true })
    const bea = await fleet.mint('maintainer', { name: 'bea' })
    const approve = () =>
      fleet.call('POST', '/v1/apps/rack/proposals/P-1/approve', { token: bea, json: { note: 'fine' } })
    expect(await approve()).toMatchObject({ approvals: [{ actor: 'token:bea', lapsed: null }] })

    const other = await fleet.rack('staging-2', { channel: 'unstable', current: v1 })
    fleet.clock.advance(minute)
    await other.goes(v1, v2, 'returned', 'settling')
    await tick()
    const [lapsed] = (await proposal()).approvals as [{ lapsed: unknown }]
    expect(lapsed).toMatchObject({ lapsed: { gate: 'failures', detail: expect.stringContaining('1 rack') } })
    expect(await lastEvent()).toMatchObject({ type: 'approval.lapsed', actor: 'registry' })

    // It is well again: who approved has to look again all the same.
    fleet.clock.advance(day)
    await other.goes(v1, v2)
    await run(fleet, [rack, other], v2, 60)
    expect(await verdictOn(fleet, v2, 'failures')).toMatchObject({ outcome: 'pass' })
    await tick()
    expect(stable().head).toBe(v1)
    expect(await approve()).toMatchObject({ standing: 'enacted' })
    expect(stable().head).toBe(v2)
  })

  test('is not looked at while nothing can be written; and two looks at once are one', async () => {
    await setGates(fleet, { soak })
    await promote({ whenReady: true })
    await run(fleet, [rack], v2, 60)
    const { ledger, gather } = fleet.registry
    const clock = fleet.clock.now
    let canWrite = false
    const failures: unknown[] = []
    const gates = createGateClock({
      ledger,
      gather,
      clock,
      canWrite: () => canWrite,
      onFailure: (error) => failures.push(error),
    })
    await gates.tick()
    expect(stable().head).toBe(v1)
    canWrite = true
    await Promise.all([gates.tick(), gates.tick()])
    expect(stable().head).toBe(v2)
    expect(failures).toEqual([])
    const { entries } = await fleet.call('GET', '/v1/audit?type=channel.promoted')
    expect((entries as { actor: string }[]).filter(({ actor }) => actor === 'registry')).toHaveLength(1)
  })
})

describe('a nomination', () => {
  beforeEach(() => setGates(fleet, { soak }))
  const nominate = (version: string = v2) =>
    fleet.call('POST', '/v1/apps/rack/channels/stable/nomination', { json: { version } })

  test('keeps racks on the release until they have soaked it, and then lets them go', async () => {
    await nominate()
    await fleet.publish(v3)
    await run(fleet, [rack], v2, 45)
    const dwelling = (await rack.check(onVersion(fleet, v2))).json
    expect(dwelling).toMatchObject({
      action: 'wait',
      reason: 'dwelling',
      target: { version: v3 },
      until: new Date(fleet.clock.now() + 15 * minute).toISOString(),
    })
    await run(fleet, [rack], v2, 15)
    expect((await rack.check(onVersion(fleet, v2))).json).toMatchObject({
      action: 'update',
      target: { version: v3 },
    })
    await tick()
    expect(unstable()).not.toHaveProperty('nomination')
    expect(await lastEvent()).toMatchObject({
      type: 'nomination.ended',
      actor: 'registry',
      event: { outcome: 'soaked', version: v2 },
    })
    expect(await verdictOn(fleet, v2, 'soak')).toMatchObject({ outcome: 'pass' })
  })

  test('is taken before the head by racks that are behind it, and by none that is past it', async () => {
    await nominate()
    await fleet.publish(v3)
    expect((await rack.check(onVersion(fleet, v1))).json).toMatchObject({
      action: 'update',
      target: { version: v2 },
    })
    expect((await rack.check(onVersion(fleet, v3))).json).toMatchObject({ action: 'none' })
    const production = await fleet.rack('prod-1', { current: v1 })
    expect((await production.check(onVersion(fleet, v1))).json).toMatchObject({ action: 'none' })
  })

  test('ends by itself when nothing came of it, and racks go on', async () => {
    await nominate()
    await fleet.publish(v3)
    const { until } = unstable().nomination ?? { until: 0 }
    expect(until).toBe(fleet.clock.now() + 2 * hour + 3 * day)
    fleet.clock.advance(until - fleet.clock.now() - 1)
    await tick()
    expect(unstable()).toHaveProperty('nomination')
    fleet.clock.advance(1)
    // The clock of the gates need not have looked for racks to be free.
    expect((await rack.check(onVersion(fleet, v2))).json).toMatchObject({ target: { version: v3 } })
    await tick()
    expect(unstable()).not.toHaveProperty('nomination')
    expect((await lastEvent())?.event).toMatchObject({ outcome: 'expired' })
  })

  test('of what is withdrawn ends at once, and nobody stays on it', async () => {
    await nominate()
    await fleet.publish(v3)
    await fleet.yank(v2, { severity: 'moderate' })
    expect((await rack.check(onVersion(fleet, v2))).json).toMatchObject({ target: { version: v3 } })
    await tick()
    expect((await lastEvent())?.event).toMatchObject({ outcome: 'withdrawn' })
  })

  test('is not ended by somebody who soaks for another channel', async () => {
    await fleet.call('POST', '/v1/apps/rack/channels', {
      json: { channel: 'beta', from: 'unstable', policy: { gates: { soak } } },
    })
    await nominate()
    const refused = await fleet.ask('POST', '/v1/apps/rack/channels/beta/nomination', {
      json: { version: v1 },
    })
    expect(refused.json).toMatchObject({
      code: 'invalid_input',
      detail: expect.stringContaining(`stay on ${v2} for stable`),
      hint: 'headgate promote --end-nomination --app rack --to stable',
    })
    await fleet.call('POST', '/v1/apps/rack/channels/stable/nomination/end', { json: { reason: 'over' } })
    expect(unstable()).not.toHaveProperty('nomination')
  })

  test('made with the promotion is carried out as one: it soaks, it goes, and the racks go on', async () => {
    expect(await promote({ whenReady: true, nominate: true })).toMatchObject({ nominated: true })
    await fleet.publish(v3)
    await run(fleet, [rack], v2, 60)
    await tick()
    expect(stable().head).toBe(v2)
    expect(unstable()).not.toHaveProperty('nomination')
  })
})
