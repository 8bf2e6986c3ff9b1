// A remedy that leads nowhere yet is not through for having reached all of nobody: it is planned when there is a way.
import { expect, test } from 'vitest'
import { aRolloutWorld, v1, v2 } from './rollout-world.ts'

test('all that racks could go back to is withdrawn: once it is lifted, one goes first', async () => {
  const world = await aRolloutWorld(0)
  try {
    await world.promote(v2)
    for (let number = 1; number <= 20; number += 1) await world.join(`prod-${number}`, { current: v2 })
    await world.yank(v1, { severity: 'moderate', remedy: 'stay' })
    expect(await world.yank(v2)).toMatchObject({ id: 'ADV-2', rollout: 'R-1' })
    await world.look()
    expect(await world.rollout()).toMatchObject({ state: 'planned', plan: null })
    const [rack] = world.racks
    expect(await rack?.check()).toMatchObject({ action: 'wait', reason: 'remedy_unreachable' })

    await world.call('POST', '/v1/apps/rack/advisories/ADV-1/lift', { json: { reason: 'it was good' } })
    await world.promote(v1)
    expect(await world.offered(v1)).toEqual([])
    await world.look()
    expect(await world.rollout()).toMatchObject({ state: 'running', wave: 0, plan: { eligible: 20 } })
    expect(await world.offered(v1)).toHaveLength(1)
  } finally {
    await world.dispose()
  }
})
