// What was answered then is what is answered about then: a story is told, everything is asked at each step, and asked again
// afterwards with `?at=`. What nothing tells of a rack is said to be unknown, and nothing of today stands in for it.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { hour, minute, toIso } from '../../../shared/domain/instants.ts'
import { aReport } from '../../support/test-registry.ts'
import { aFleet, type FleetWorld, transition, v1, v2, v3 } from '../fleet/fleet-world.ts'
import { askAt, comparable, type Json, remembering } from './asking.ts'

let world: FleetWorld
beforeEach(async () => {
  world = await aFleet()
})
afterEach(() => world.dispose())

const inputsOf = ({ past }: Json): Record<string, unknown>[] => Object(past).inputs

function inputOf(answer: Json, name: string) {
  return inputsOf(answer).find(({ input }) => input === name)
}

const ask = (path: string, at?: number) => askAt(world, path, at)

const paths = [
  '/v1/apps/rack/channels/stable/details',
  '/v1/apps/rack/channels/unstable/details',
  `/v1/apps/rack/releases/${v1}`,
  `/v1/apps/rack/releases/${v2}`,
  '/v1/apps/rack/racks/prod-1/decision',
  '/v1/apps/rack/racks/prod-2/decision',
]

describe('a story', () => {
  test('asked about afterwards is answered as it was, at each of its steps and in between', async () => {
    const { call, clock, registry } = world
    const told: { at: number; path: string; answer: Json }[] = []
    const look = async (): Promise<void> => {
      clock.advance(minute)
      for (const path of paths) {
        const answer = await ask(path)
        told.push({ at: clock.now(), path, answer })
      }
      clock.advance(minute)
    }
    await world.serve(v1)
    const one = await world.rack('prod-1', { current: v1 })
    const two = await world.rack('prod-2', { current: v1, channel: 'unstable' })
    const [{ goes: goesOne }, { goes: goesTwo }] = [remembering(world, one, v1), remembering(world, two, v1)]
    await one.check({ current: v1 })
    await two.check({ current: v1 })
    await look()
    await world.publish(v2)
    await look()
    await goesTwo(v1, v2)
    await look()
    await call('POST', '/v1/freezes', { json: { app: 'rack', channel: 'stable', reason: 'a holiday' } })
    await look()
    await call('POST', '/v1/freezes/lift', { json: { app: 'rack', channel: 'stable' } })
    await call('POST', '/v1/apps/rack/channels/stable/promote', { json: { version: v2 } })
    await look()
    await goesOne(v1, v2, 'returned')
    await look()
    clock.advance(9 * hour)
    await goesOne(v1, v2)
    await look()
    await call('POST', '/v1/apps/rack/racks/prod-1/hold', {
      json: { until: toIso(clock.now() + 30 * 24 * hour), reason: 'audit' },
    })
    await look()
    await call('POST', '/v1/apps/rack/racks/prod-1/unhold', { json: {} })
    await call('POST', '/v1/apps/rack/racks/prod-2/channel', { json: { channel: 'stable' } })
    await look()
    await world.yank(v2)
    await look()
    await goesTwo(v2, v1)
    await goesOne(v2, v1)
    await look()
    await world.serve(v3)
    await look()

    for (let round = 0; round < 2; round += 1) {
      for (const { at, path, answer } of round === 0 ? told : told.toReversed()) {
        const then = await ask(path, at)
        expect(comparable(then), `${path} at ${toIso(at)}`).toEqual(comparable(answer))
        if (answer.code === undefined)
          expect(inputsOf(then)[0]).toMatchObject({ input: 'state', source: 'ledger' })
      }
      await registry.checkIns.flush()
      await world.restart()
    }
    expect(told.filter(({ answer }) => answer.code === undefined).length).toBeGreaterThan(60)
  }, 60_000)
})

describe('a rack of which not everything is known', () => {
  beforeEach(async () => {
    await world.serve(v1)
    await world.publish(v2)
  })

  const explain = (at: number) => ask('/v1/apps/rack/racks/prod-1/decision', at)

  test('is explained on the version that its attempts left, with how old that is', async () => {
    const rack = await world.rack('prod-1', { current: v1, channel: 'unstable' })
    world.clock.advance(hour)
    await rack.goes(v1, v2)
    const proved = world.clock.now()
    world.clock.advance(5 * hour)
    await rack.check({ current: v2 })
    const then = await explain(world.clock.now() - hour)
    expect(then).toMatchObject({ current: v2, action: 'none', reason: 'up_to_date' })
    expect(inputOf(then, 'current')).toMatchObject({ source: 'attempts', asOf: toIso(proved) })
    expect(
      inputsOf(then)
        .filter(({ source }) => source === 'unknown')
        .map(({ input }) => input),
    ).toEqual(['parameters', 'orders on the rack', 'wishes of its operator', 'artifacts and store'])
    expect(await explain(proved - 1)).toMatchObject({ current: v1, action: 'update' })
  })

  test('that changed outside is unknown in between, and known before when it said so', async () => {
    const rack = await world.rack('prod-1', { current: v1, channel: 'unstable' })
    await rack.check({ current: v1 })
    world.clock.advance(hour)
    const before = world.clock.now()
    world.clock.advance(hour)
    const changedAt = world.clock.now()
    world.clock.advance(hour)
    await rack.check({ current: v2 })
    await world.registry.outsideChanges.examine()
    expect(await explain(before)).toMatchObject({ current: v1 })
    expect(await explain(changedAt)).toMatchObject({ current: v1 })
    world.clock.advance(hour)
    expect(await explain(world.clock.now())).toMatchObject({
      code: 'past_unknown',
      detail: expect.stringMatching(
        /its enrolment left 20160816140022, and its last check-in found 20160816160115/,
      ),
    })
    const channel = await ask('/v1/apps/rack/channels/unstable/details', world.clock.now())
    expect(channel).toMatchObject({ racks: 1, racksOnHead: 0 })
    expect(inputOf(channel, 'versions of other racks')).toMatchObject({ source: 'unknown', asOf: null })
  })

  test('whose attempt got stuck is unknown until the next one', async () => {
    const rack = await world.rack('prod-1', { current: v1, channel: 'unstable' })
    await rack.goes(v1, v2, 'stuck', 'returning')
    world.clock.advance(hour)
    expect(await explain(world.clock.now())).toMatchObject({
      code: 'past_unknown',
      detail: expect.stringContaining('ended stuck'),
    })
  })

  test('in the middle of an attempt is explained with it: under way, and once confirmed not called off', async () => {
    const rack = await world.rack('prod-1', { current: v1, channel: 'unstable' })
    const granted = await rack.grant({ target: v2, report: { current: v1 } })
    const id = String(granted.json.id)
    world.clock.advance(minute)
    const early = world.clock.now()
    world.clock.advance(minute)
    const events = [
      transition(0, 'confirmed', world.clock.now()),
      transition(1, 'applying', world.clock.now()),
    ]
    await rack.report(id, { from: v1, target: v2, events })
    world.clock.advance(minute)
    const late = world.clock.now()
    world.clock.advance(minute)
    const last = [transition(2, 'proved', world.clock.now())]
    await rack.report(id, { from: v1, target: v2, outcome: 'proved', events: last })
    await rack.check({ current: v2 })
    expect(await explain(early)).toMatchObject({ current: v1, motive: 'attempt', action: 'update' })
    expect(JSON.stringify(inputsOf(await explain(late)))).toContain(`${id} was under way`)
  })

  test('is another one under the same name: the attempts and orders of the one before are not its own', async () => {
    const first = await world.rack('prod-1', { current: v1, channel: 'unstable' })
    await first.goes(v1, v2)
    await world.call('POST', '/v1/apps/rack/racks/prod-1/pin', { json: { version: v2, reason: 'wait' } })
    world.clock.advance(hour)
    const ofFirst = world.clock.now()
    world.clock.advance(hour)
    await world.call('POST', '/v1/apps/rack/racks/prod-1/forget', { json: { reason: 'sold' } })
    world.clock.advance(hour)
    const between = world.clock.now()
    world.clock.advance(hour)
    await world.rack('prod-1', { current: v1, channel: 'stable' })
    world.clock.advance(hour)
    expect(await explain(ofFirst)).toMatchObject({ code: 'past_unknown' })
    expect(await explain(between)).toMatchObject({
      code: 'rack_not_found',
      detail: expect.stringContaining('it was forgotten at'),
    })
    expect(await explain(world.clock.now())).toMatchObject({ channel: 'stable', current: v1 })
  })

  test('says nothing of what its operator wishes today', async () => {
    const rack = await world.rack('prod-1', { current: v1, channel: 'unstable' })
    world.clock.advance(hour)
    const before = world.clock.now()
    world.clock.advance(hour)
    await rack.check(
      aReport({ current: v1, hold: { until: toIso(world.clock.now() + hour), owner: 'ada', reason: 'x' } }),
    )
    expect((await ask('/v1/apps/rack/racks/prod-1/decision')).reason).toBe('held')
    expect(await explain(before)).toMatchObject({ action: 'update', reason: 'offered' })
  })
})

describe('a time', () => {
  test('before the registry, or that has not come, or that is none, is refused with the arithmetic', async () => {
    await world.serve(v1)
    const { clock } = world
    const made = clock.now()
    clock.advance(3 * hour)
    const path = '/v1/apps/rack/channels/stable/details'
    expect(await ask(path, made - 2 * hour)).toMatchObject({
      code: 'invalid_date',
      detail: expect.stringMatching(/is 2h before this registry was made \(2016-/),
    })
    expect(await ask(path, clock.now() + hour)).toMatchObject({
      code: 'invalid_date',
      detail: expect.stringMatching(/has not come yet: it is 1h after now/),
    })
    for (const at of ['yesterday', '', '2016-02-30T00:00:00Z', '1471356000000'])
      expect((await world.ask('GET', `${path}?at=${at}`)).json.code).toBe('invalid_input')
    expect((await world.ask('GET', `${path}?on=2016-08-16T00:00:00Z`)).json.code).toBe('invalid_input')
  })

  test('before what is asked about was there says so', async () => {
    world.clock.advance(hour)
    const before = world.clock.now()
    world.clock.advance(hour)
    await world.serve(v1)
    await world.rack('prod-1', { current: v1 })
    expect(await ask(`/v1/apps/rack/releases/${v1}`, before)).toMatchObject({
      code: 'release_not_found',
      detail: expect.stringMatching(/^At 2016-.*: The app rack has no release/),
    })
    expect(await ask('/v1/apps/rack/racks/prod-1/decision', before)).toMatchObject({
      code: 'rack_not_found',
      detail: expect.stringMatching(/it was enrolled at/),
    })
  })

  test('of words that were erased since shows them erased', async () => {
    await world.call('POST', '/v1/freezes', { json: { app: 'rack', channel: 'stable', reason: 'hunter2' } })
    const sequence = world.registry.ledger.head.sequence
    const frozen = world.clock.now()
    world.clock.advance(hour)
    const path = '/v1/apps/rack/channels/stable/details'
    expect(await ask(path, frozen)).toMatchObject({ frozen: 'hunter2' })
    await world.call('POST', `/v1/audit/${sequence}/redact`, { json: { fields: ['/reason'], reason: 'x' } })
    expect(await ask(path, frozen)).toMatchObject({ frozen: '[redacted]' })
  })
})
