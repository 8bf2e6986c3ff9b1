// The fleet as people ask for it: racks counted by what is the matter with them, and the racks behind each number.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { RackReport } from '../../../shared/contract/rack.ts'
import { day, hour, minute, toIso } from '../../../shared/domain/instants.ts'
import { aReport, openTestRegistry, type TestRegistry } from '../../support/test-registry.ts'

const [first, second, third] = ['20160816140022', '20160816160115', '20160818013241'] as const
let fleet: TestRegistry
const tokens = new Map<string, string>()

beforeEach(async () => {
  fleet = await openTestRegistry()
  await fleet.call('POST', '/v1/apps', { json: { app: 'rack', scheme: 'timestamp' } })
  for (const version of [first, second]) {
    await fleet.call('POST', '/v1/apps/rack/releases', { json: { version } })
    await fleet.call('POST', '/v1/apps/rack/channels/stable/promote', { json: {} })
  }
})
afterEach(() => fleet.dispose())

async function enroll(...racks: readonly string[]): Promise<void> {
  for (const rack of racks) tokens.set(rack, await fleet.enroll(rack))
}

function says(rack: string, given: Partial<RackReport> = {}): Promise<unknown> {
  const json = aReport({ current: second, ...given })
  return fleet.call('POST', `/v1/racks/${rack}/check`, { token: tokens.get(rack) ?? '', json })
}

const proved = (version: string) => ({ version, at: toIso(fleet.clock.now()), parametersHold: true })

/** Standing → how many, without those of which there is none. */
async function standings(query = ''): Promise<Record<string, number>> {
  const { standings } = await fleet.call('GET', `/v1/apps/rack/fleet${query}`)
  const counts = Array.isArray(standings) ? standings : []
  return Object.fromEntries(counts.flatMap(({ standing, racks }) => (racks > 0 ? [[standing, racks]] : [])))
}

async function names(query: string): Promise<string[]> {
  const { racks } = await fleet.call('GET', `/v1/apps/rack/fleet/racks${query}`)
  return Array.isArray(racks) ? racks.map(({ rack }) => rack) : []
}

describe('racks', () => {
  test('are well, or counted by everything that is the matter with them', async () => {
    await enroll('a', 'b', 'c', 'd')
    await says('a')
    await says('b', { drifted: ['Password'] })
    await says('c', { current: first, proved: [proved(first), { ...proved(second), at: toIso(0) }] })
    expect(await standings()).toEqual({ never_heard: 1, drifting: 1, well: 2 })
    expect(await names('?standing=well')).toEqual(['a', 'c'])
  })

  test('that went back although nobody ordered it have regressed', async () => {
    await enroll('back', 'barred', 'pinned')
    const older = { current: first, proved: [proved(second), proved(first)] }
    await says('back', older)
    await says('barred', { ...older, bar: { above: first, upTo: second } })
    await says('pinned', { ...older, pin: { version: first, owner: 'ada', reason: 'audit' } })
    expect(await names('?standing=regressed')).toEqual(['back'])
  })

  test('on a withdrawn version are counted with the version, which names the advisory', async () => {
    await enroll('a')
    await says('a')
    const json = { range: second, severity: 'moderate', remedy: 'stay', reason: 'masks' }
    await fleet.call('POST', '/v1/apps/rack/yanks', { json })
    expect(await standings()).toEqual({ withdrawn: 1 })
    expect(await fleet.call('GET', '/v1/apps/rack/fleet')).toMatchObject({
      versions: [{ version: second, advisory: 'ADV-1', racks: 1, channels: { stable: 1 } }],
    })
  })

  test('fail when what failed is what they would go to, and no longer when the channel has moved on', async () => {
    await enroll('a')
    await says('a', {
      current: first,
      failures: [{ target: second, count: 2, lastAt: toIso(fleet.clock.now()) }],
    })
    expect(await standings()).toEqual({ failing: 1 })
    await fleet.call('POST', '/v1/apps/rack/releases', { json: { version: third } })
    await fleet.call('POST', '/v1/apps/rack/channels/stable/promote', { json: {} })
    expect(await standings()).toEqual({ well: 1 })
  })

  test('are stuck until something is proved there', async () => {
    await enroll('a')
    await says('a', { current: first })
    const at = toIso(fleet.clock.now())
    await fleet.call('PUT', '/v1/racks/a/attempts/00000000-0000-4000-8000-000000000001', {
      token: tokens.get('a') ?? '',
      json: {
        from: first,
        target: second,
        action: 'update',
        motive: 'rollout',
        reason: 'offered',
        startedAt: at,
        events: [{ index: 0, at, state: 'stuck', detail: '' }],
        outcome: 'stuck',
      },
    })
    expect(await standings()).toEqual({ stuck: 1 })
    fleet.clock.advance(minute)
    await says('a', { current: first, proved: [proved(first)] })
    expect(await standings()).toEqual({ well: 1 })
  })
})

describe('silence', () => {
  test('is counted while others are heard', async () => {
    await enroll('quiet', 'loud')
    await says('quiet')
    for (let minutes = 0; minutes <= 20; minutes += 5) {
      await says('loud')
      fleet.clock.advance(5 * minute)
    }
    expect(await standings()).toEqual({ silent: 1, well: 1 })
  })

  test('of all together is nobody’s: it is said, and nothing is silent until others speak again', async () => {
    await enroll('quiet', 'loud')
    await says('quiet')
    await says('loud')
    fleet.clock.advance(2 * hour)
    expect(await standings()).toEqual({ unheard: 2 })
    expect(await fleet.call('GET', '/v1/apps/rack/fleet')).toMatchObject({ isReceiving: false })
    await says('loud')
    expect(await standings()).toEqual({ unheard: 1, well: 1 })
    for (let minutes = 0; minutes <= 20; minutes += 5) {
      fleet.clock.advance(5 * minute)
      await says('loud')
    }
    expect(await standings()).toEqual({ silent: 1, well: 1 })
  })
})

describe('a part of the fleet', () => {
  test('is a channel, a version, labels or a part of the name', async () => {
    await enroll('prod-1', 'prod-2', 'test-1')
    await says('prod-1')
    await says('prod-2', { current: first })
    const label = { json: { labels: { tier: 'canary' } } }
    await fleet.call('POST', '/v1/apps/rack/racks/prod-2/labels', label)
    expect(await names(`?version=${first}`)).toEqual(['prod-2'])
    expect(await names('?version=none')).toEqual(['test-1'])
    expect(await names('?label=tier%3Dcanary')).toEqual(['prod-2'])
    expect(await names('?label=tier%3Dcanary&label=region%3Deu')).toEqual([])
    expect(await names('?q=prod')).toEqual(['prod-1', 'prod-2'])
    expect(await names('?channel=unstable')).toEqual([])
    expect(await standings('?label=tier%3Dcanary')).toEqual({ well: 1 })
    expect((await fleet.ask('GET', '/v1/apps/rack/fleet?channel=nowhere')).status).toBe(404)
  })

  test('comes page by page in the order of names, whatever order they enrolled in', async () => {
    await enroll('c', 'a', 'e', 'b', 'd')
    const pages: string[][] = []
    let after = ''
    for (;;) {
      const page = await fleet.call('GET', `/v1/apps/rack/fleet/racks?limit=2${after}`)
      pages.push(Array.isArray(page.racks) ? page.racks.map(({ rack }) => rack) : [])
      if (page.next === null) break
      after = `&after=${page.next}`
    }
    expect(pages).toEqual([['a', 'b'], ['c', 'd'], ['e']])
  })
})

test('failures are grouped by cause, with the last lines of one', async () => {
  await enroll('a', 'b', 'c')
  const fails = (rack: string, id: number, message: string, at = fleet.clock.now()) =>
    fleet.call('PUT', `/v1/racks/${rack}/attempts/00000000-0000-4000-8000-00000000000${id}`, {
      token: tokens.get(rack) ?? '',
      json: {
        from: first,
        target: second,
        action: 'update',
        motive: 'rollout',
        reason: 'offered',
        startedAt: toIso(at),
        events: [{ index: 0, at: toIso(at), state: 'returned', detail: '' }],
        outcome: 'returned',
        step: 'settling',
        message,
        log: [`${rack} says`, 'no'],
      },
    })
  await fails('a', 1, 'healthz answered 500, 3 times')
  fleet.clock.advance(minute)
  await fails('b', 2, 'healthz answered 500, 7 times')
  await fails('c', 3, 'the disk is full')
  const failures = await fleet.call('GET', '/v1/apps/rack/fleet/failures')
  expect(failures).toMatchObject({
    attempts: 3,
    causes: [
      {
        racks: 2,
        outcomes: { failed: 0, returned: 2, stuck: 0 },
        versions: [{ version: second, racks: 2 }],
        someRacks: ['b', 'a'],
        example: { rack: 'b', log: ['b says', 'no'] },
      },
      { cause: 'settling: the disk is full', racks: 1 },
    ],
  })
  expect(await fleet.call('GET', `/v1/apps/rack/fleet/failures?version=${first}`)).toMatchObject({
    attempts: 0,
  })
  fleet.clock.advance(31 * day)
  expect(await fleet.call('GET', '/v1/apps/rack/fleet/failures')).toMatchObject({ attempts: 0 })
})
