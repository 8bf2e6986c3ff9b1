// In the middle of a rollout: what each rack was told at each step is what is answered about then, also when waves have
// opened, labels have changed and everything is through since.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { hour, minute, toIso } from '../../../shared/domain/instants.ts'
import { aFleet, type FleetWorld, v1, v2, v3 } from '../fleet/fleet-world.ts'
import { askAt, comparable, type Json, remembering } from './asking.ts'

let world: FleetWorld
beforeEach(async () => {
  world = await aFleet()
})
afterEach(() => world.dispose())

const app = '/v1/apps/rack'
const racks = ['prod-1', 'prod-2', 'prod-3'] as const
const explain = (rack: string) => `${app}/racks/${rack}/decision`
const paths = [...racks.map(explain), `${app}/channels/stable/details`]

const byTier = {
  waves: [
    { name: 'canary', share: 'rest', selector: { tier: 'canary' }, soakMinutes: 30 },
    { name: 'all', share: 'rest', soakMinutes: 30 },
  ],
  onFail: 'halt',
  silentMinutes: 600,
}

const post = (path: string, json: object) => world.call('POST', `${app}${path}`, { json })
const label = (rack: string, tier: string | null) => post(`/racks/${rack}/labels`, { labels: { tier } })
const act = (verb: string, more: object = {}, rollout = 'R-1') =>
  post(`/rollouts/${rollout}/${verb}`, { reason: 'lunch', ...more })
const reasonOf = async (rack: string, at?: number) => (await askAt(world, explain(rack), at)).reason

async function threeRacks() {
  await world.serve(v1)
  const clients = await Promise.all(racks.map((name) => world.rack(name, { current: v1 })))
  for (const client of clients) await client.check({ current: v1 })
  const [one, two, three] = clients.map((client) => remembering(world, client, v1))
  if (!one || !two || !three) throw new Error('There are three racks.')
  return { one, two, three, all: [one, two, three] }
}

describe('each step of a rollout', () => {
  test('asked about afterwards is answered as it was told then', async () => {
    const { clock, registry } = world
    const told: { at: number; path: string; answer: Json; step: string }[] = []
    const look = async (step: string): Promise<void> => {
      clock.advance(minute)
      for (const path of paths) told.push({ at: clock.now(), path, answer: await askAt(world, path), step })
      clock.advance(minute)
    }
    const { one, two, three, all } = await threeRacks()
    const soak = async (): Promise<void> => {
      for (let passed = 0; passed <= 30; passed += 5) {
        clock.advance(5 * minute)
        for (const rack of all) await rack.check()
      }
      await registry.rollouts.tick()
    }
    await label('prod-1', 'canary')
    await look('before anything')
    await world.publish(v2)
    await post('/channels/stable/promote', {
      version: v2,
      rollout: byTier,
      notBefore: toIso(clock.now() + hour),
    })
    await look('planned')
    await label('prod-1', null)
    await label('prod-2', 'canary')
    await look('relabelled, which a rollout that goes on does not heed')
    clock.advance(hour)
    await registry.rollouts.tick()
    await look('the canary may')
    await one.goes(v1, v2)
    await act('pause')
    await look('paused')
    await act('resume')
    await look('resumed')
    await soak()
    await look('all may')
    await two.goes(v1, v2, 'returned')
    await registry.rollouts.tick()
    await look('halted by its gate')
    await act('resume', { acknowledge: ['settling: settling failed'] })
    await look('on again, and it waits out its failure')
    await act('retry')
    await look('tried again')
    await two.goes(v1, v2)
    await three.goes(v1, v2)
    await soak()
    await look('through')
    await world.yank(v2, { allAtOnce: false })
    await look('withdrawn again: one may go back')
    await label('prod-2', null)
    await post('/yanks', { range: v1, severity: 'moderate', remedy: 'stay', reason: 'also old' })
    await world.serve(v3)
    await look('another one for everybody')

    const said = told.filter(({ path }) => path !== paths.at(-1)).map(({ answer }) => answer.reason)
    expect(new Set(said)).toEqual(
      new Set([
        'up_to_date',
        'wave_not_open',
        'offered',
        'rollout_paused',
        'failed_here',
        'rollout_halted',
        'remedy_wave_not_open',
        'yanked',
      ]),
    )
    for (let round = 0; round < 2; round += 1) {
      for (const { at, path, answer, step } of round === 0 ? told : told.toReversed())
        expect(comparable(await askAt(world, path, at)), `${step}: ${path}`).toEqual(comparable(answer))
      await registry.checkIns.flush()
      await world.restart()
    }
  }, 60_000)
})

describe('labels of then', () => {
  test('are known of a rack whose name has gone to another one since', async () => {
    const { one } = await threeRacks()
    await label('prod-1', 'canary')
    await world.publish(v2)
    await post('/channels/stable/promote', { version: v2, rollout: byTier })
    world.clock.advance(minute)
    const then = world.clock.now()
    expect([await reasonOf('prod-1'), await reasonOf('prod-2')]).toEqual(['offered', 'wave_not_open'])
    world.clock.advance(minute)
    await one.goes(v1, v2)
    await label('prod-1', null)
    await post('/racks/prod-1/forget', { reason: 'sold' })
    world.clock.advance(minute)
    await world.rack('prod-1', { current: v1 })
    expect([await reasonOf('prod-1', then), await reasonOf('prod-2', then)]).toEqual([
      'offered',
      'wave_not_open',
    ])
    expect(await reasonOf('prod-1')).toBe('wave_not_open')
    await world.restart()
    expect(await reasonOf('prod-1')).toBe('wave_not_open')
  })
})

test('how many racks were under way then is said to be unknown', async () => {
  await threeRacks()
  world.clock.advance(hour)
  await world.publish(v2)
  await post('/channels/stable/promote', {
    version: v2,
    rollout: { ...byTier, maxInFlight: 1, waves: byTier.waves.slice(1) },
  })
  world.clock.advance(minute)
  const then = world.clock.now()
  const { past } = await askAt(world, explain('prod-1'), then)
  expect(JSON.stringify(past)).toContain('racks under way')
  const before = await askAt(world, explain('prod-1'), then - 2 * minute)
  expect(JSON.stringify(before.past)).not.toContain('racks under way')
})
