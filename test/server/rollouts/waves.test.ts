// A head goes wave by wave: who gets it when, what opens the next, what stops it, and who may let it go on.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { minute } from '../../../shared/domain/instants.ts'
import type { Ended, LightRack } from '../../support/light-rack.ts'
import { aRolloutWorld, type RolloutWorld, threeWaves, v1, v2, v3 } from './rollout-world.ts'

let world: RolloutWorld
beforeEach(async () => {
  world = await aRolloutWorld(20, threeWaves)
})
afterEach(() => world.dispose())

const failed: Ended = { outcome: 'returned', step: 'settling', message: 'status 502', log: ['it burns'] }

function running(version: string): LightRack[] {
  return world.racks.filter(({ current }) => current === version)
}

describe('a promotion with a rollout', () => {
  test('is planned with the act: one rack may go at once, all others wait for their wave', async () => {
    const { json, status } = await world.promote(v2)
    expect(status).toBe(200)
    expect(json.rollout).toMatchObject({
      id: 'R-1',
      plan: { racks: 20, eligible: 20, waves: [{ racks: 1 }, { racks: 4 }, { racks: 15, cutoff: null }] },
    })
    const [canary, ...others] = await world.offered(v2)
    expect(canary).toBeDefined()
    expect(others).toEqual([])
    for (const rack of world.racks) {
      if (rack === canary) continue
      expect(await rack.check()).toMatchObject({
        action: 'wait',
        reason: 'wave_not_open',
        target: { version: v2 },
      })
    }
  })

  test('leaves everybody else the base: readers without a name, new racks, and racks behind the base', async () => {
    await world.promote(v2)
    const bare = await world.join('bare', { current: null })
    expect(await bare.check()).toMatchObject({
      action: 'update',
      motive: 'bootstrap',
      target: { version: v1 },
    })
    const stranger = await world.call('GET', `/v1/apps/rack/channels/stable/decision?current=${v1}`)
    expect(stranger).toMatchObject({ action: 'wait', reason: 'wave_not_open' })
    const behind = await world.call('GET', '/v1/apps/rack/channels/stable/decision?current=20160101000000')
    expect(behind).toMatchObject({ action: 'update', target: { version: v1 } })
    const pointer = await world.ask('GET', '/v1/apps/rack/channels/stable', { token: null })
    expect(pointer.json).toMatchObject({ head: v2, version: v1 })
  })

  test('opens wave after wave by proof, and completes: then it is the base', async () => {
    await world.promote(v2)
    const shown: string[] = []
    for (let round = 0; round < 16; round += 1) {
      const { wave, state } = await world.rollout()
      shown.push(`${state} ${wave} ${running(v2).length}`)
      await world.pass(10)
    }
    expect(shown).toMatchInlineSnapshot(`
      [
        "running 0 0",
        "running 0 1",
        "running 0 1",
        "running 0 1",
        "running 0 1",
        "running 1 1",
        "running 1 5",
        "running 1 5",
        "running 1 5",
        "running 1 5",
        "running 2 5",
        "running 2 20",
        "running 2 20",
        "running 2 20",
        "running 2 20",
        "completed 2 20",
      ]
    `)
    expect(running(v2)).toHaveLength(20)
    expect(await world.ask('GET', '/v1/apps/rack/channels/stable', { token: null })).toMatchObject({
      json: { head: v2, version: v2 },
    })
    const bare = await world.join('bare', { current: null })
    expect(await bare.check()).toMatchObject({ motive: 'bootstrap', target: { version: v2 } })
  })

  test('a rack that comes late is in a wave', async () => {
    await world.promote(v2)
    await world.pass(50)
    expect((await world.rollout()).wave).toBe(1)
    for (let number = 0; number < 10; number += 1) await world.join(`late-${number}`)
    const told = await Promise.all(world.racks.slice(20).map((rack) => rack.check()))
    const words = new Set(told.map(({ action, reason }) => `${action} ${reason}`))
    expect([...words].filter((word) => word !== 'update offered' && word !== 'wait wave_not_open')).toEqual(
      [],
    )
    await world.pass(120)
    expect(await world.rollout()).toMatchObject({ state: 'completed' })
    expect(running(v2)).toHaveLength(30)
  })
})

describe('a failure', () => {
  test('of the canary halts: the evidence is on the record, and nobody is offered it any more', async () => {
    await world.promote(v2)
    const [canary] = await world.offered(v2)
    await canary?.round(failed)
    await world.look()
    const halted = await world.rollout()
    expect(halted).toMatchObject({
      state: 'halted',
      wave: 0,
      evidence: {
        wave: 0,
        actor: 'registry',
        numbers: { failed: 1, allowed: 0 },
        failures: [{ rack: canary?.name, message: 'status 502', log: ['it burns'] }],
      },
    })
    expect(await world.offered(v2)).toEqual([])
    const other = world.racks.find((rack) => rack !== canary)
    expect(await other?.check()).toMatchObject({ action: 'wait', reason: 'rollout_halted' })
  })

  test('goes on only by who names its cause; then only another success replaces it', async () => {
    await world.promote(v2)
    const [canary] = await world.offered(v2)
    await canary?.round(failed)
    await world.look()
    const refused = await world.act('resume')
    expect(refused).toMatchObject({ status: 422, json: { code: 'failures_unacknowledged' } })
    expect((await world.rollout()).state).toBe('halted')
    const cause = (await world.rollout()).failures[0]?.cause ?? ''
    expect((await world.act('resume', { acknowledge: ['another'] })).status).toBe(400)
    expect(await world.act('resume', { acknowledge: [cause] })).toMatchObject({
      status: 200,
      json: { state: 'running', acknowledged: [{ rack: canary?.name, cause }] },
    })
    await world.look()
    expect((await world.rollout()).state).toBe('running')
    expect(await canary?.check()).toMatchObject({ action: 'wait', reason: 'failed_here' })
    expect((await world.act('retry')).status).toBe(200)
    await world.pass(160)
    expect(await world.rollout()).toMatchObject({ state: 'completed' })
    expect(running(v2)).toHaveLength(20)
  })

  test('of data halts at one, whatever is tolerated', async () => {
    await world.promote(v2)
    await world.pass(100)
    expect((await world.rollout()).wave).toBe(2)
    const [first] = await world.offered(v2)
    await first?.round({ ...failed, severity: 'data-loss' })
    await world.look()
    expect(await world.rollout()).toMatchObject({
      state: 'halted',
      evidence: { numbers: { failed: 1, dataLoss: 1, allowed: 1 } },
    })
  })

  test('of a rack that proved it and runs something older halts the wave', async () => {
    await world.promote(v2)
    await world.pass(10)
    const [canary] = running(v2)
    if (!canary) throw new Error('Nobody is first.')
    canary.current = v1
    await canary.check()
    await world.look()
    expect(await world.rollout()).toMatchObject({
      state: 'halted',
      evidence: { failures: [{ rack: canary.name, cause: expect.stringContaining('regression') }] },
    })
  })

  test('of health, after the soak too, halts', async () => {
    await world.promote(v2)
    await world.pass(50)
    expect((await world.rollout()).wave).toBe(1)
    const [canary] = running(v2)
    if (!canary) throw new Error('Nobody is first.')
    const since = new Date(world.clock.now()).toISOString()
    canary.also = { health: { state: 'unhealthy', since, checks: [] } }
    await canary.check()
    await world.look()
    expect(await world.rollout()).toMatchObject({ state: 'halted', evidence: { wave: 0 } })
  })
})

describe('a person', () => {
  test('pauses: nobody begins, who has begun goes on, failures are still looked for', async () => {
    await world.promote(v2)
    const [canary] = await world.offered(v2)
    if (!canary) throw new Error('Nobody is first.')
    await canary.begin(await canary.check())
    expect((await world.act('pause')).json).toMatchObject({ state: 'paused', underWay: 1 })
    expect(await world.offered(v2)).toEqual([])
    await canary.end(failed)
    await world.look()
    expect(await world.rollout()).toMatchObject({ state: 'halted' })
  })

  test('pauses and resumes: nothing opens meanwhile, and it goes on where it was', async () => {
    await world.promote(v2)
    await world.pass(10)
    await world.act('pause')
    await world.pass(60)
    expect(await world.rollout()).toMatchObject({ state: 'paused', wave: 0 })
    expect(running(v2)).toHaveLength(1)
    await world.act('resume')
    await world.look()
    expect(await world.rollout()).toMatchObject({ state: 'running', wave: 1 })
  })

  test('halts: who has begun and not applied stops', async () => {
    await world.promote(v2)
    const [canary] = await world.offered(v2)
    if (!canary) throw new Error('Nobody is first.')
    await canary.begin(await canary.check())
    await world.act('halt')
    canary.also = {
      attempt: {
        id: canary.attempt ?? '',
        from: v1,
        target: v2,
        motive: 'rollout',
        state: 'verified',
        isConfirmed: false,
      },
    }
    expect(await canary.check()).toMatchObject({ action: 'abort', reason: 'rollout_halted' })
    expect((await world.act('resume')).status).toBe(200)
    expect(await canary.check()).toMatchObject({ action: 'update', target: { version: v2 } })
  })
})

describe('a fix', () => {
  test('supersedes what was halted: nobody gets the halted build any more', async () => {
    await world.promote(v2)
    await world.pass(50)
    expect(running(v2)).toHaveLength(1)
    await world.pass(10)
    const onIt = running(v2)
    expect(onIt).toHaveLength(5)
    await world.act('halt')
    await world.promote(v3)
    expect((await world.rollouts()).map(({ id, state }) => [id, state])).toEqual([
      ['R-2', 'running'],
      ['R-1', 'superseded'],
    ])
    expect(await world.offered(v2)).toEqual([])
    await world.pass(160)
    expect(running(v3)).toHaveLength(20)
    expect(running(v2)).toEqual([])
  })
})

test('time in which the registry was down fails nobody', async () => {
  await world.promote(v2)
  const [canary] = await world.offered(v2)
  if (!canary) throw new Error('Nobody is first.')
  await canary.begin(await canary.check())
  world.clock.advance(300 * minute)
  await world.restart()
  await world.look()
  expect(await world.rollout()).toMatchObject({ state: 'running', underWay: 0 })
})
