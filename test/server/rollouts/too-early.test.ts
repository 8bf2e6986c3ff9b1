// Nobody can go yet: what is ordered is not through for having reached all of nobody. It is planned when somebody can.
import { afterEach, describe, expect, test } from 'vitest'
import { hour, toIso } from '../../../shared/domain/instants.ts'
import type { LightRack } from '../../support/light-rack.ts'
import { aRolloutWorld, type RolloutWorld, threeWaves, v1, v2 } from './rollout-world.ts'

let world: RolloutWorld
afterEach(() => world.dispose())

/** Twenty racks on `v2`, which was promoted after `v1`. */
async function twentyOnV2(): Promise<readonly LightRack[]> {
  world = await aRolloutWorld(0)
  await world.promote(v2)
  for (let number = 1; number <= 20; number += 1) await world.join(`prod-${number}`, { current: v2 })
  return [...world.racks]
}

function holds(rack: LightRack): void {
  rack.also = {
    ...rack.also,
    hold: { until: toIso(world.clock.now() + 100 * hour), owner: 'ops', reason: 'a holiday' },
  }
}

function lets({ also }: LightRack): LightRack['also'] {
  const { hold: _over, ...rest } = also
  return rest
}

describe('a remedy', () => {
  test('whose targets are withdrawn too waits until one is lifted, and then one rack goes first', async () => {
    await twentyOnV2()
    await world.yank(v1, { severity: 'moderate', remedy: 'stay' })
    expect(await world.yank(v2)).toMatchObject({ id: 'ADV-2', rollout: 'R-1' })
    await world.look()
    expect(await world.rollout()).toMatchObject({
      state: 'planned',
      plan: null,
      complaint: 'None of 20 racks can go yet: 20 remedy unreachable. It is planned as soon as one can.',
    })
    const [rack] = world.racks
    expect(await rack?.check()).toMatchObject({ action: 'wait', reason: 'remedy_unreachable' })

    await world.call('POST', '/v1/apps/rack/advisories/ADV-1/lift', { json: { reason: 'it was good' } })
    await world.promote(v1)
    expect(await world.offered(v1)).toEqual([])
    await world.look()
    expect(await world.rollout()).toMatchObject({ state: 'running', wave: 0, plan: { eligible: 20 } })
    expect(await world.offered(v1)).toHaveLength(1)
  })

  test('whose racks are all silent waits for the first that comes back, and the others for its proof', async () => {
    const silent = await twentyOnV2()
    const other = await world.join('staging-1', { channel: 'unstable' })
    await world.pass(90, [other])
    await world.yank(v2)
    await world.look()
    expect(await world.rollout()).toMatchObject({
      state: 'planned',
      complaint: expect.stringContaining('20 silent'),
    })
    const [first, ...others] = silent
    expect(await first?.check()).toMatchObject({ action: 'wait', reason: 'remedy_wave_not_open' })
    await world.look()
    expect(await world.rollout()).toMatchObject({ state: 'running', wave: 0, plan: { eligible: 1 } })
    if (!first) throw new Error('There are twenty.')
    await first.begin(await first.check())
    const told = await Promise.all(others.map((rack) => rack.check()))
    expect(told.map(({ action }) => action)).toEqual(others.map(() => 'wait'))
    await first.end({ outcome: 'proved' })
    await world.pass(400)
    expect((await world.rollout()).state).toBe('completed')
    expect(silent.map(({ current }) => current)).toEqual(silent.map(() => v1))
  })

  test('that nobody needs is through at once', async () => {
    world = await aRolloutWorld(3)
    expect(await world.yank(v2)).toMatchObject({ rollout: 'R-1' })
    await world.look()
    expect((await world.rollout()).state).toBe('completed')
  })
})

describe('a head', () => {
  test('that every rack is held from is served to nobody, and to one rack first when they are let go', async () => {
    world = await aRolloutWorld(6, threeWaves)
    for (const rack of world.racks) {
      holds(rack)
      await rack.check()
    }
    const why = 'None of 6 racks can go yet: 6 held. It is planned as soon as one can.'
    const asked = { json: { version: v2 } }
    const dryRun = await world.ask('POST', '/v1/apps/rack/channels/stable/promote?dryRun=true', asked)
    for (const { json } of [dryRun, await world.promote(v2)])
      expect(json).toMatchObject({ rollout: { plan: null, complaint: why } })
    await world.look()
    expect(await world.rollout()).toMatchObject({
      state: 'planned',
      complaint: why,
    })
    for (const rack of world.racks) rack.also = lets(rack)
    expect(await world.offered(v2)).toEqual([])
    await world.look()
    expect(await world.rollout()).toMatchObject({ state: 'running', wave: 0, plan: { eligible: 6 } })
    expect(await world.offered(v2)).toHaveLength(1)
    await world.pass(200)
    expect((await world.rollout()).state).toBe('completed')
  })
})
