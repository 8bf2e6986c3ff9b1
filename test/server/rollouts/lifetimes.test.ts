// What befalls a rollout while it is under way: silence, labels, restarts, withdrawals, and being taken back.
import { afterEach, describe, expect, test } from 'vitest'
import { minute } from '../../../shared/domain/instants.ts'
import type { RolloutPolicy } from '../../../shared/domain/rollout-policy.ts'
import type { Ended, LightRack } from '../../support/light-rack.ts'
import { aRolloutWorld, type RolloutWorld, threeWaves, v1, v2, v3 } from './rollout-world.ts'

let world: RolloutWorld
afterEach(() => world.dispose())

const failed: Ended = { outcome: 'returned', step: 'settling', message: 'status 502' }
const running = (version: string) => world.racks.filter(({ current }) => current === version)

/** The racks that are offered it first, with their leases. */
async function begun(): Promise<LightRack[]> {
  const racks = await world.offered(v2)
  for (const rack of racks) await rack.begin(await rack.check())
  return racks
}

function others(...racks: readonly LightRack[]): LightRack[] {
  return world.racks.filter((rack) => !racks.includes(rack))
}

describe('silence', () => {
  test('after a grant is failure, once it lasts longer than the rollout allows', async () => {
    world = await aRolloutWorld(6, threeWaves)
    await world.promote(v2)
    const silent = await begun()
    await world.pass(60, others(...silent))
    expect((await world.rollout()).state).toBe('running')
    await world.pass(10, others(...silent))
    expect(await world.rollout()).toMatchObject({
      state: 'halted',
      evidence: { failures: [{ rack: silent[0]?.name, cause: expect.stringContaining('silence') }] },
    })
  })

  test('before a grant is nobody: it is shown, and missed by no wave', async () => {
    world = await aRolloutWorld(6, threeWaves)
    await world.promote(v2)
    const [first] = await world.offered(v2)
    if (!first) throw new Error('Somebody is first.')
    await world.pass(70, others(first))
    expect(await world.rollout()).toMatchObject({
      state: 'running',
      wave: 0,
      standing: [{ outcome: 'waiting', needs: 'data', leftOut: { silent: 1 } }, {}, {}],
    })
    await world.pass(160)
    expect((await world.rollout()).state).toBe('completed')
  })

  test('at the time of the plan leaves the rack out, and it is in a wave when it comes back', async () => {
    world = await aRolloutWorld(6, threeWaves)
    const [gone] = world.racks
    if (!gone) throw new Error('There are six.')
    await world.pass(70, others(gone))
    const { json } = await world.promote(v2)
    expect(json.rollout).toMatchObject({ plan: { racks: 6, eligible: 5, leftOut: { silent: 1 } } })
    await world.pass(170)
    expect(running(v2)).toHaveLength(6)
  })

  test('of everybody is no failure of a rack: a registry that is cut off halts nothing', async () => {
    world = await aRolloutWorld(6, threeWaves)
    await world.promote(v2)
    await begun()
    world.clock.advance(500 * minute)
    await world.look()
    expect((await world.rollout()).state).toBe('running')
  })

  test('is not what a restart took: a grant is on the disk, the question before it may be lost', async () => {
    world = await aRolloutWorld(6, threeWaves)
    await world.promote(v2)
    await begun()
    await world.restart()
    await world.look()
    expect((await world.rollout()).state).toBe('running')
  })

  test('is not what an outage took, however often the registry starts before everybody was heard again', async () => {
    world = await aRolloutWorld(6, threeWaves)
    await world.promote(v2)
    const begunHere = await begun()
    await world.registry.checkIns.flush()
    world.clock.advance(120 * minute)
    await world.restart()
    for (const rack of others(...begunHere)) await rack.check()
    await world.restart()
    await world.look()
    expect((await world.rollout()).state).toBe('running')
    await world.pass(70, others(...begunHere))
    expect((await world.rollout()).state).toBe('halted')
  })
})

describe('labels', () => {
  const selecting: RolloutPolicy = {
    waves: [
      { name: 'staff', selector: { ring: 'staff' }, share: 'rest', soakMinutes: 30 },
      { name: 'rest', share: 'rest', soakMinutes: 30 },
    ],
    onFail: 'halt',
    silentMinutes: 60,
  }
  const label = (rack: string, ring: string | null) =>
    world.call('POST', `/v1/apps/rack/racks/${rack}/labels`, {
      json: { labels: { ring }, reason: 'a story' },
    })

  test('written while it runs move nobody between its waves, also after a restart', async () => {
    world = await aRolloutWorld(3, selecting)
    await world.join('staff-1', { labels: { ring: 'staff' } })
    await world.promote(v2)
    const names = async () => (await world.offered(v2)).map(({ name }) => name)
    expect(await names()).toEqual(['staff-1'])
    world.clock.advance(minute)
    await label('prod-1', 'staff')
    await label('staff-1', null)
    expect(await names()).toEqual(['staff-1'])
    await world.restart()
    expect(await names()).toEqual(['staff-1'])
  })

  test('that nobody has are a plan that cannot be: refused with the arithmetic, and nothing is recorded', async () => {
    world = await aRolloutWorld(3, selecting)
    const { sequence } = world.registry.ledger.head
    const refused = await world.promote(v2)
    expect(refused).toMatchObject({ json: { code: 'rollout_unsatisfiable' } })
    expect(refused.text).toContain('0 of 3 eligible racks have ring=staff')
    expect(world.registry.ledger.head.sequence).toBe(sequence)
    await label('prod-1', 'staff')
    expect((await world.promote(v2)).status).toBe(200)
  })
})

test('in every state a rollout is the same after a restart', async () => {
  world = await aRolloutWorld(6, threeWaves)
  const seen: string[] = []
  const restarted = async () => {
    const { countedAt: _at, ...before } = await world.rollout()
    const offered = (await world.offered(v2)).map(({ name }) => name)
    await world.registry.checkIns.flush()
    await world.restart()
    const { countedAt: _later, ...after } = await world.rollout()
    expect(after).toEqual(before)
    expect((await world.offered(v2)).map(({ name }) => name)).toEqual(offered)
    seen.push(before.state)
  }
  await world.promote(v2)
  await restarted()
  await world.act('pause')
  await restarted()
  await world.act('resume')
  await world.act('halt')
  await restarted()
  await world.act('resume')
  await world.pass(170)
  await restarted()
  await world.promote(v3)
  await world.yank(v3)
  expect(await world.rollout('R-2')).toMatchObject({ state: 'superseded' })
  await restarted()
  expect(seen).toEqual(['running', 'paused', 'halted', 'completed', 'completed'])
})

describe('a withdrawal of the head on its way', () => {
  test('supersedes its rollout, and brings its racks back: one first, the rest by its proof', async () => {
    world = await aRolloutWorld(20, threeWaves)
    await world.promote(v2)
    await world.pass(60)
    for (const rack of running(v2)) await rack.check()
    expect(running(v2)).toHaveLength(5)
    await world.yank(v2)
    expect(await world.rollout()).toMatchObject({ state: 'superseded' })
    expect(await world.rollout('R-2')).toMatchObject({
      purpose: 'remedy',
      state: 'running',
      plan: { racks: 5, maxInFlight: 1, waves: [{ racks: 1 }, { racks: 1 }, { racks: 3 }] },
    })
    const offered = await world.offered(v1)
    expect(offered).toHaveLength(1)
    for (const rack of running(v2).filter((one) => !offered.includes(one)))
      expect(await rack.check()).toMatchObject({ action: 'wait', reason: 'remedy_wave_not_open' })
    await world.pass(120)
    expect(running(v2)).toEqual([])
    expect(await world.rollout('R-2')).toMatchObject({ state: 'completed' })
  })

  test('stops its remedy at its own first failure', async () => {
    world = await aRolloutWorld(20, threeWaves)
    await world.promote(v2)
    await world.pass(60)
    for (const rack of running(v2)) await rack.check()
    await world.yank(v2)
    const [canary] = await world.offered(v1)
    await canary?.round(failed)
    await world.look()
    expect(await world.rollout('R-2')).toMatchObject({ state: 'halted', evidence: { wave: 0 } })
    expect(await world.offered(v1)).toEqual([])
  })

  test('goes all at once for ten racks, and beyond them by a second person only', async () => {
    world = await aRolloutWorld(12, { ...threeWaves, waves: [{ share: 'rest', soakMinutes: 30 }] })
    await world.promote(v2)
    await world.pass(20)
    expect(running(v2)).toHaveLength(12)
    await world.yank(v2, { allAtOnce: true })
    expect(await world.offered(v1)).toHaveLength(1)
    expect(await world.act('open', {}, 'R-2')).toMatchObject({ status: 403, json: { code: 'not_allowed' } })
    const token = await world.mint('maintainer', { app: 'rack' })
    const opened = await world.ask('POST', '/v1/apps/rack/rollouts/R-2/open', {
      token,
      json: { reason: 'now' },
    })
    expect(opened).toMatchObject({ status: 200, json: { state: 'running', wave: 2 } })
  })
})

test('what is halted and taken back leaves racks that are past their soak where they are', async () => {
  const policy: RolloutPolicy = { ...threeWaves, onFail: 'halt-and-revert' }
  world = await aRolloutWorld(20, policy)
  await world.promote(v2)
  await world.pass(20)
  const [first] = running(v2)
  await world.pass(40)
  for (const rack of running(v2)) await rack.check()
  expect(running(v2)).toHaveLength(5)
  const victim = running(v2).find((rack) => rack !== first)
  if (!victim) throw new Error('Five run it.')
  const since = new Date(world.clock.now()).toISOString()
  victim.also = { health: { state: 'unhealthy', since, checks: [] } }
  await victim.check()
  await world.look()
  expect(await world.rollout()).toMatchObject({ state: 'halted' })
  expect(await world.rollout('R-2')).toMatchObject({ purpose: 'recall', takesBack: 'R-1' })
  victim.also = {}
  await world.pass(200)
  // It had proved it an hour before; the four of the second wave had not.
  expect(running(v2)).toEqual([first])
  expect(running(v1)).toHaveLength(19)
})

describe('a head that moves by itself', () => {
  test('on publication is planned by the registry at its next look', async () => {
    world = await aRolloutWorld(6)
    const policy = { promoteOnPublish: true, checkSeconds: 300, gates: {}, rollout: threeWaves }
    await world.call('POST', '/v1/apps/rack/channels', { json: { channel: 'edge' } })
    await world.call('PUT', '/v1/apps/rack/channels/edge/policy', { json: { policy, reason: 'a story' } })
    await world.publish('20160901000000')
    await world.join('edge-1', { channel: 'edge', current: '20160901000000' })
    await world.publish('20160902000000')
    await world.look()
    expect(await world.rollout()).toMatchObject({ channel: 'edge', state: 'running', wave: 0 })
    expect(await world.racks[6]?.check()).toMatchObject({
      action: 'update',
      target: { version: '20160902000000' },
    })
  })

  test('by a proposal that became ready is planned as well', async () => {
    world = await aRolloutWorld(6)
    const gates = { checklist: [{ item: 'notes', text: 'They were read.' }] }
    const policy = { promoteOnPublish: false, checkSeconds: 300, gates, rollout: threeWaves }
    await world.call('PUT', '/v1/apps/rack/channels/stable/policy', { json: { policy, reason: 'a story' } })
    expect((await world.promote(v2, { whenReady: true })).json).toMatchObject({ outcome: 'proposed' })
    await world.call('POST', `/v1/apps/rack/releases/${v2}/ticks`, {
      json: { channel: 'stable', item: 'notes', note: 'I did' },
    })
    await world.registry.gateClock.tick()
    await world.look()
    expect(await world.rollout()).toMatchObject({ version: v2, state: 'running', wave: 0 })
    expect(await world.offered(v2)).toHaveLength(1)
  })
})
