// What people are told without asking: a rollout that stopped by itself, and racks that went back though nobody ordered it.
import { afterEach, expect, test } from 'vitest'
import { z } from 'zod'
import { type AlarmBody, alarmBody } from '../../../shared/contract/alarm.ts'
import { minute } from '../../../shared/domain/instants.ts'
import { aRolloutWorld, type RolloutWorld, threeWaves, v1, v2 } from './rollout-world.ts'

const failed = { outcome: 'returned', step: 'settling', message: 'status 502' } as const

let world: RolloutWorld
afterEach(() => world.dispose())

async function open(): Promise<AlarmBody[]> {
  const { alarms } = await world.call('GET', '/v1/alarms?app=rack')
  return z.array(alarmBody).parse(alarms)
}

test('a halt by a gate raises one alarm, which ends when the rollout goes on', async () => {
  world = await aRolloutWorld(20, threeWaves)
  await world.promote(v2)
  const [canary] = await world.offered(v2)
  await canary?.round(failed)
  await world.look()
  for (let look = 0; look < 3; look += 1) await world.registry.fleetWatch.examine()
  expect(await open()).toMatchObject([{ kind: 'rollout_halted', subject: 'R-1', racks: [canary?.name] }])

  const cause = (await world.rollout()).failures[0]?.cause ?? ''
  await world.act('resume', { acknowledge: [cause] })
  await world.registry.fleetWatch.examine()
  expect(await open()).toEqual([])
})

test('a halt that somebody has looked at is not told again, and a halt by a person is told to nobody', async () => {
  world = await aRolloutWorld(20, threeWaves)
  await world.promote(v2)
  const [canary] = await world.offered(v2)
  await canary?.round(failed)
  await world.look()
  await world.registry.fleetWatch.examine()
  const [alarm] = await open()
  world.clock.advance(minute)
  await world.call('POST', `/v1/alarms/${alarm?.alarm}/close`, { json: { note: 'we are at it' } })
  await world.registry.fleetWatch.examine()
  expect(await open()).toEqual([])

  const cause = (await world.rollout()).failures[0]?.cause ?? ''
  await world.act('resume', { acknowledge: [cause] })
  await world.act('halt')
  await world.registry.fleetWatch.examine()
  expect(await open()).toEqual([])
})

test('a rack that went back by itself after the rollout was through is an alarm', async () => {
  world = await aRolloutWorld(3, {
    ...threeWaves,
    waves: [{ name: 'all', share: 'rest', soakMinutes: 0 }],
  })
  await world.promote(v2)
  await world.pass(30)
  expect(await world.rollout()).toMatchObject({ state: 'completed' })
  await world.registry.fleetWatch.examine()
  expect(await open()).toEqual([])

  const [rack] = world.racks
  if (rack) rack.current = v1
  await rack?.check()
  await world.registry.fleetWatch.examine()
  expect(await open()).toMatchObject([{ kind: 'regressed', racks: [rack?.name] }])
})
