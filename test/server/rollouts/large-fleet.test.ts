// Of a large fleet what stops is recorded before anybody has gone through it; what leads back is planned right after.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { manyRacks } from '../../../server/fleet/in-turns.ts'
import { aReport } from '../../support/test-registry.ts'
import { aRack } from '../store/rows.ts'
import { aRolloutWorld, type RolloutWorld, threeWaves, v1, v2 } from './rollout-world.ts'

let world: RolloutWorld
beforeEach(async () => {
  world = await aRolloutWorld(6, threeWaves)
})
afterEach(() => world.dispose())

/** In memory, as if they had been loaded: racks that run it and were heard a moment ago. */
function inhabit(current: string): void {
  const { index } = world.registry.fleet
  const lastSeenAt = world.clock.now()
  const said = { enrolledAt: lastSeenAt - 1, tokenExpiresAt: lastSeenAt + 1e9, lastSeenAt, labels: {} }
  for (let number = 0; number < manyRacks; number += 1)
    index.put(aRack({ name: `many-${number}`, ...said, report: aReport({ current }) }))
}

test('a yank is there first, and its remedy is planned by the next look', async () => {
  await world.promote(v2)
  inhabit(v2)
  const dryRun = await world.ask('POST', '/v1/apps/rack/yanks?dryRun=true', {
    json: { range: v2, severity: 'critical', remedy: 'rollback', reason: 'it masks' },
  })
  expect(dryRun.json).toMatchObject({ rollout: 'R-2', dryRun: true })
  expect(await world.yank(v2)).toMatchObject({ rollout: 'R-2', concerned: { racks: manyRacks } })
  expect(await world.rollout('R-2')).toMatchObject({ state: 'planned', plan: null })
  expect(await world.offered(v1)).toEqual([])
  world.registry.rollouts.start()
  await expect
    .poll(async () => (await world.rollout('R-2')).plan?.eligible, { timeout: 20_000 })
    .toBe(manyRacks)
  expect(await world.rollout('R-2')).toMatchObject({ state: 'running', wave: 0 })
})

test('who pauses it is told what the last look has seen', async () => {
  inhabit(v1)
  await world.promote(v2)
  await world.look()
  const [rack] = await world.offered(v2)
  const seen = await world.act('pause')
  expect(seen.json).toMatchObject({ state: 'paused', countedAt: expect.any(String) })
  expect(rack === undefined || (await rack.begin(await rack.check())).status !== 200).toBe(true)
  const lookedAt = Date.parse(String(Object(seen.json).countedAt))
  world.clock.advance(60_000)
  const halted = await world.act('halt')
  expect(halted.json).toMatchObject({ state: 'halted', countedAt: new Date(lookedAt).toISOString() })
})
