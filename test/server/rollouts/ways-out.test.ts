// What stands still can be brought on, and what goes wrong can be stopped: of a rollout that waits there is always a way out.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { minute, toIso } from '../../../shared/domain/instants.ts'
import type { RolloutPolicy } from '../../../shared/domain/rollout-policy.ts'
import type { LightRack } from '../../support/light-rack.ts'
import { aRolloutWorld, type RolloutWorld, threeWaves, v1, v2 } from './rollout-world.ts'

let world: RolloutWorld
const worldOf = async (racks: number, policy: RolloutPolicy = threeWaves): Promise<void> => {
  world = await aRolloutWorld(racks, policy)
}
afterEach(() => world.dispose())

const failed = { outcome: 'returned', step: 'settling', message: 'status 502' } as const
const running = (version: string): LightRack[] => world.racks.filter(({ current }) => current === version)
const others = (...racks: readonly (LightRack | undefined)[]): LightRack[] =>
  world.racks.filter((rack) => !racks.includes(rack))

async function firstOf(version: string): Promise<LightRack> {
  const [first] = await world.offered(version)
  if (!first) throw new Error('Somebody is first.')
  return first
}

async function holds(rack: LightRack): Promise<void> {
  const until = toIso(world.clock.now() + 9_000 * minute)
  rack.also = { hold: { until, owner: 'ops', reason: 'a holiday' } }
  await rack.check()
}

const forgets = (rack: LightRack) =>
  world.call('POST', `/v1/apps/rack/racks/${rack.name}/forget`, { json: { reason: 'burnt down' } })

describe('a version that was there before', () => {
  test('is proved anew: racks that ran it already open no wave', async () => {
    await worldOf(12)
    await world.promote(v2)
    await world.pass(60)
    expect(running(v2)).toHaveLength(4)
    await world.call('POST', '/v1/apps/rack/channels/stable/revert', { json: { reason: 'it may be it' } })
    await world.pass(60)
    const { json } = await world.promote(v2)
    expect(json.rollout).toMatchObject({ plan: { racks: 12, eligible: 8, leftOut: { there: 4 } } })
    expect(await world.offered(v2)).toHaveLength(1)
    await world.pass(20)
    expect(await world.rollout('R-2')).toMatchObject({ state: 'running', wave: 0 })
    await world.pass(160)
    expect(await world.rollout('R-2')).toMatchObject({ state: 'completed' })
    expect(running(v2)).toHaveLength(12)
  })
})

describe('a wave whose racks cannot go', () => {
  beforeEach(() => worldOf(10))

  test('goes on by the word of who has looked at all that failed', async () => {
    await world.promote(v2)
    const canary = await firstOf(v2)
    await canary.begin(await canary.check())
    await world.pass(80, others(canary))
    expect(await world.rollout()).toMatchObject({ state: 'halted', wave: 0 })
    const [{ cause } = { cause: '' }] = (await world.rollout()).failures
    await world.act('resume', { acknowledge: [cause] })
    await world.look()
    expect(await world.rollout()).toMatchObject({ state: 'running', wave: 1 })
    await world.pass(160, others(canary))
    expect(await world.rollout()).toMatchObject({ state: 'completed' })
  })

  test('says whom it waits for, and another rollout of the same head begins without them', async () => {
    await world.promote(v2)
    const canary = await firstOf(v2)
    await holds(canary)
    await world.look()
    expect((await world.rollout()).standing[0]).toMatchObject({
      outcome: 'waiting',
      detail: 'nobody of it can go: 1 rack was planned; 1 held.',
    })
    const refused = await world.promote(v2, { rollout: threeWaves })
    expect(refused).toMatchObject({ status: 400, json: { code: 'invalid_input' } })
    const again = await world.promote(v2, { rollout: threeWaves, reason: 'the canary is held' })
    expect(again.json).toMatchObject({
      outcome: 'promoted',
      rollout: { id: 'R-2', plan: { eligible: 9, leftOut: { held: 1 } } },
    })
    expect(await world.rollout()).toMatchObject({ state: 'superseded' })
    expect(await firstOf(v2)).not.toBe(canary)
    await world.pass(160)
    expect(await world.rollout('R-2')).toMatchObject({ state: 'completed' })
    expect(await world.promote(v2, { rollout: threeWaves, reason: 'once more' })).toMatchObject({
      status: 400,
      json: { detail: `stable serves ${v2} to every rack already, so there is nothing to roll out.` },
    })
  })
})

describe('time in which it was stopped', () => {
  const inTime: RolloutPolicy = {
    ...threeWaves,
    waves: threeWaves.waves.map((wave) => ({ ...wave, deadlineMinutes: 90 })),
  }
  beforeEach(() => worldOf(6, inTime))

  test.each([
    ['paused', () => world.act('pause'), () => world.act('resume')],
    [
      'frozen',
      () =>
        world.call('POST', '/v1/freezes', { json: { app: 'rack', channel: 'stable', reason: 'a feast' } }),
      () =>
        world.call('POST', '/v1/freezes/lift', { json: { app: 'rack', channel: 'stable', reason: 'over' } }),
    ],
  ])('because it was %s is none of its deadline', async (_why, stops, goesOn) => {
    await world.promote(v2)
    await stops()
    await world.pass(200)
    expect((await world.rollout()).evidence).toBeNull()
    await goesOn()
    const canary = await firstOf(v2)
    await world.pass(80, others(canary))
    expect(await world.rollout()).toMatchObject({ state: 'running', wave: 0 })
    await canary.check()
    await world.pass(20, others(canary))
    await canary.check()
    await world.look()
    expect(await world.rollout()).toMatchObject({
      state: 'halted',
      evidence: { detail: expect.stringContaining('it was to be through by') },
    })
  })
})

describe('a remedy', () => {
  /** Twelve racks on `v2`, which is withdrawn. */
  async function withdrawn(more: Record<string, unknown> = {}): Promise<void> {
    await worldOf(12, { ...threeWaves, waves: [{ share: 'rest', soakMinutes: 30 }] })
    await world.promote(v2)
    await world.pass(50)
    expect(running(v2)).toHaveLength(12)
    await world.yank(v2, more)
  }

  test.each([
    ['is held', holds],
    ['is gone', forgets],
  ])('whose first rack %s goes on with the next, one first as before', async (_what, befalls) => {
    await withdrawn({ severity: 'moderate' })
    const canary = await firstOf(v1)
    await befalls(canary)
    world.racks.splice(world.racks.indexOf(canary), 1)
    await world.look()
    const [next, after] = await world.offered(v1)
    await next?.begin(await next.check())
    expect(after === undefined || (await after.check()).action === 'wait').toBe(true)
    await next?.end({ outcome: 'proved' })
    await world.pass(300)
    expect(running(v2)).toEqual([])
    expect(await world.rollout('R-2')).toMatchObject({ state: 'completed' })
  })

  test('whose racks have all gone forward is through', async () => {
    await withdrawn({ remedy: 'forward' })
    for (const rack of world.racks) {
      rack.current = v1
      await rack.check()
    }
    await world.look()
    expect(await world.rollout('R-2')).toMatchObject({ state: 'completed' })
  })

  test('that a second person opens goes to all at once', async () => {
    await withdrawn({ allAtOnce: true })
    const token = await world.mint('maintainer', { app: 'rack' })
    const open = '/v1/apps/rack/rollouts/R-2/open'
    expect((await world.ask('POST', open, { token, json: { reason: 'now' } })).status).toBe(200)
    for (const rack of world.racks) expect((await rack.begin(await rack.check())).status).toBe(200)
  })

  test('that is through can be stopped when it goes wrong with those who come late', async () => {
    await withdrawn()
    const [late, next] = world.racks.slice(-2)
    await world.pass(300, others(late, next))
    expect(await world.rollout('R-2')).toMatchObject({ state: 'completed' })
    await late?.round(failed)
    expect((await world.act('halt', {}, 'R-2')).json).toMatchObject({ state: 'halted' })
    expect(await next?.check()).toMatchObject({ action: 'wait', reason: 'remedy_halted' })
    const [{ cause } = { cause: '' }] = (await world.rollout('R-2')).failures
    await world.act('resume', { acknowledge: [cause] }, 'R-2')
    await world.look()
    expect(await next?.check()).toMatchObject({ action: 'rollback', target: { version: v1 } })
  })
})

test('a rack that takes a name over has nothing to do with what befell the one before', async () => {
  await worldOf(10)
  await world.promote(v2)
  const canary = await firstOf(v2)
  await canary.round({ ...failed, outcome: 'stuck' })
  await world.look()
  expect((await world.rollout()).failures).toHaveLength(1)
  await forgets(canary)
  world.racks.splice(world.racks.indexOf(canary), 1)
  world.clock.advance(minute)
  await world.join(canary.name)
  expect((await world.rollout()).failures).toEqual([])
})
