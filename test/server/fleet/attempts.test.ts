// Grants and reports: decided on the newest state, recorded once, and true however late and in whatever order they come.
import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { KnownRack } from '../../../server/fleet/fleet-index.ts'
import { yankReleases } from '../../../shared/domain/commands/yank.ts'
import { type Answer, aReport } from '../../support/test-registry.ts'
import { aFleet, type FleetWorld, type RackClient, transition, v1, v2, v3 } from './fleet-world.ts'

let fleet: FleetWorld
beforeEach(async () => {
  fleet = await aFleet()
})
afterEach(() => fleet.dispose())

async function stored() {
  const { store } = fleet.registry
  return store.read.db.select().from(store.read.tables.attempts)
}

async function one(id: string) {
  return (await stored()).find((attempt) => attempt.id === id)
}

const statuses = (answers: readonly Answer[]) => answers.map(({ status }) => status)

describe('a grant', () => {
  test('is given to 200 racks at once, each once, and asking again changes nothing', {
    timeout: 60_000,
  }, async () => {
    await fleet.serve(v1)
    const racks: RackClient[] = []
    for (let number = 0; number < 200; number += 1) racks.push(await fleet.rack(`prod-${number}`))
    const ids = racks.map(() => randomUUID())
    const ask = () =>
      Promise.all(racks.map((rack, index) => rack.grant({ id: ids[index] ?? '', target: v1 })))
    const granted = await ask()
    expect(new Set(statuses(granted))).toEqual(new Set([200]))
    const before = await stored()
    expect(before).toHaveLength(200)
    expect(before.every(({ outcome, origin }) => outcome === null && origin === 'granted')).toBe(true)
    const again = await ask()
    expect(again.map(({ json }) => json)).toEqual(granted.map(({ json }) => json))
    expect(await stored()).toEqual(before)
  })

  test('asked for ten times at once under one id is one attempt', async () => {
    await fleet.serve(v1)
    const rack = await fleet.rack('prod-1')
    const id = randomUUID()
    const answers = await Promise.all(Array.from({ length: 10 }, () => rack.grant({ id, target: v1 })))
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
    expect(await stored()).toHaveLength(1)
  })

  test('under a new id abandons the one before: of ten at once one is open', async () => {
    await fleet.serve(v1)
    const rack = await fleet.rack('prod-1')
    const answers = await Promise.all(Array.from({ length: 10 }, () => rack.grant({ target: v1 })))
    expect(new Set(statuses(answers))).toEqual(new Set([200]))
    const outcomes = (await stored()).map(({ outcome }) => outcome)
    expect(outcomes.filter((outcome) => outcome === null)).toHaveLength(1)
    expect(outcomes.filter((outcome) => outcome === 'abandoned')).toHaveLength(9)
  })

  test('is refused with the decision as it is now when the world moved since the check', async () => {
    await fleet.serve(v1)
    const rack = await fleet.rack('prod-1', { current: v1 })
    await fleet.serve(v2)
    expect((await rack.check({ current: v1 })).json).toMatchObject({
      action: 'update',
      target: { version: v2 },
    })
    await fleet.serve(v3)
    const moved = await rack.grant({ target: v2, report: { current: v1 } })
    expect(moved).toMatchObject({
      status: 409,
      json: { code: 'decision_moved', numbers: { decision: { action: 'update', target: { version: v3 } } } },
    })
    await fleet.call('POST', '/v1/freezes', { json: { app: 'rack', reason: 'a holiday' } })
    const frozen = await rack.grant({ target: v3, report: { current: v1 } })
    expect(frozen).toMatchObject({
      status: 409,
      json: { code: 'not_offered', numbers: { decision: { action: 'wait', reason: 'frozen' } } },
    })
    expect(await stored()).toEqual([])
  })

  test('that races with a yank is decided before it or refused', { timeout: 60_000 }, async () => {
    await fleet.serve(v1)
    await fleet.serve(v2)
    const racks: RackClient[] = []
    for (let number = 0; number < 40; number += 1)
      racks.push(await fleet.rack(`prod-${number}`, { current: v1 }))
    const asking = racks.flatMap((rack, index) => [
      ...(index === 20 ? [fleet.yank(v2).then(() => undefined)] : []),
      rack.grant({ target: v2, report: { current: v1 } }),
    ])
    const answers = (await Promise.all(asking)).filter((answer) => answer !== undefined)
    const yanked = (await fleet.call('GET', '/v1/audit?type=release.yanked')).entries
    const { sequence } = Object(Object(yanked)[0])
    const attempts = await stored()
    expect(attempts.length).toBeGreaterThan(0)
    expect(attempts.length).toBeLessThan(40)
    expect(attempts.every(({ ledgerSequence }) => ledgerSequence < sequence)).toBe(true)
    expect(statuses(answers).filter((status) => status === 200)).toHaveLength(attempts.length)
    const refused = answers.filter(({ status }) => status !== 200)
    expect(new Set(refused.map(({ json }) => json.code))).toEqual(new Set(['not_offered']))
  })

  test('is never given on what a command has already changed', async () => {
    await fleet.serve(v1)
    await fleet.serve(v2)
    for (let number = 0; number < 30; number += 1) await fleet.rack(`prod-${number}`, { current: v1 })
    const { attempts, ledger, fleet: known } = fleet.registry
    const settled: string[] = []
    const grant = (rack: KnownRack) =>
      attempts
        .grant(rack, {
          id: randomUUID(),
          target: v2,
          action: 'update',
          motive: 'rollout',
          plan: {},
          report: aReport({ current: v1 }),
        })
        .then(
          () => settled.push('granted'),
          () => settled.push('refused'),
        )
    const yank = () =>
      ledger
        .record({
          actor: 'token:first-admin',
          isDryRun: false,
          decide: (state, context) =>
            yankReleases(
              state,
              { app: 'rack', range: v2, severity: 'critical', remedy: 'stay', reason: 'bad' },
              context,
            ),
          answer: () => null,
        })
        .then(() => settled.push('yanked'))
    const racks = known.index.ofApp('rack')
    await Promise.all([...racks.slice(0, 15).map(grant), yank(), ...racks.slice(15).map(grant)])
    expect(settled).toEqual([
      ...Array.from({ length: 15 }, () => 'granted'),
      'yanked',
      ...Array.from({ length: 15 }, () => 'refused'),
    ])
  })

  test('after its end is not given again', async () => {
    await fleet.serve(v1)
    const rack = await fleet.rack('prod-1')
    const id = randomUUID()
    await rack.grant({ id, target: v1 })
    await rack.report(id, { target: v1, outcome: 'failed', step: 'fetch' })
    expect(await rack.grant({ id, target: v1 })).toMatchObject({
      status: 409,
      json: { code: 'attempt_over' },
    })
  })
})

describe('a report', () => {
  const t = Date.UTC(2016, 7, 16, 16)

  test('that comes out of order does not turn the state back, and keeps every transition', async () => {
    await fleet.serve(v1)
    const rack = await fleet.rack('prod-1')
    const id = randomUUID()
    await rack.grant({ id, target: v1 })
    await rack.report(id, { events: [transition(2, 'applying', t + 2), transition(3, 'settling', t + 3)] })
    const late = await rack.report(id, {
      events: [transition(0, 'planned', t), transition(1, 'fetched', t + 1)],
    })
    expect(late.json).toMatchObject({ state: 'settling', outcome: null })
    const { store } = fleet.registry
    const events = await store.read.db.select().from(store.read.tables.attemptEvents)
    expect(events.map(({ state }) => state).sort()).toEqual(['applying', 'fetched', 'planned', 'settling'])
  })

  test('is the same again, and a later one of an attempt that is over changes nothing', async () => {
    await fleet.serve(v1)
    const rack = await fleet.rack('prod-1')
    const id = randomUUID()
    await rack.grant({ id, target: v1 })
    fleet.clock.advance(60_000)
    const end = { events: [transition(1, 'proved', t + 30_000)], outcome: 'proved' as const }
    const done = await rack.report(id, end)
    expect(done.json).toMatchObject({ outcome: 'proved', finishedAt: '2016-08-16T16:00:30.000Z' })
    expect((await rack.report(id, end)).json).toEqual(done.json)
    const other = await rack.report(id, {
      outcome: 'stuck',
      step: 'apply',
      events: [transition(0, 'planned', t)],
    })
    expect(other.json).toEqual(done.json)
  })

  test('of an attempt that was stuck and was mended by a person counts as proved', async () => {
    await fleet.serve(v1)
    const rack = await fleet.rack('prod-1')
    const id = randomUUID()
    await rack.grant({ id, target: v1 })
    await rack.report(id, {
      outcome: 'stuck',
      step: 'return',
      message: 'no space',
      events: [transition(4, 'stuck', t)],
    })
    expect(await one(id)).toMatchObject({ outcome: 'stuck', state: 'stuck' })
    fleet.clock.advance(3_600_000)
    await rack.report(id, { outcome: 'proved', events: [transition(5, 'proved', t + 3_000_000)] })
    expect(await one(id)).toMatchObject({ outcome: 'proved', state: 'proved', finishedAt: t + 3_000_000 })
  })

  test('of an attempt that was taken for abandoned says how it really ended', async () => {
    await fleet.serve(v1)
    const rack = await fleet.rack('prod-1')
    const id = randomUUID()
    await rack.grant({ id, target: v1 })
    await rack.grant({ target: v1 })
    expect(await one(id)).toMatchObject({ outcome: 'abandoned' })
    await rack.report(id, { outcome: 'returned', step: 'settle' })
    expect(await one(id)).toMatchObject({ outcome: 'returned', step: 'settle' })
  })

  test('of what a rack did while it was alone is taken, days later', async () => {
    await fleet.serve(v1)
    const rack = await fleet.rack('prod-1')
    fleet.clock.advance(3 * 86_400_000)
    const id = randomUUID()
    const answer = await rack.report(id, {
      from: v2,
      target: v1,
      action: 'rollback',
      motive: 'person',
      startedAt: '2016-08-17T02:00:00Z',
      events: [transition(0, 'proved', Date.UTC(2016, 7, 17, 2, 5))],
      outcome: 'proved',
    })
    expect(answer.json).toMatchObject({
      origin: 'reported',
      grantedAt: '2016-08-17T02:00:00.000Z',
      finishedAt: '2016-08-17T02:05:00.000Z',
    })
  })

  test('by a rack whose clock is wrong by years is dated between its grant and now', async () => {
    await fleet.serve(v1)
    const rack = await fleet.rack('prod-1')
    const [early, late] = [randomUUID(), randomUUID()]
    await rack.grant({ id: early, target: v1 })
    await rack.report(early, { outcome: 'failed', events: [transition(0, 'failed', 0)] })
    expect((await one(early))?.finishedAt).toBe(t)
    fleet.clock.advance(60_000)
    await rack.report(late, {
      startedAt: '2040-01-01T00:00:00Z',
      outcome: 'failed',
      events: [transition(0, 'failed', 3e12)],
    })
    expect(await one(late)).toMatchObject({ grantedAt: t + 60_000, finishedAt: t + 60_000 })
  })

  test("is listed with its rack's attempts, page by page, newest first", async () => {
    await fleet.serve(v1)
    const rack = await fleet.rack('prod-1')
    const ids: string[] = []
    for (let number = 0; number < 5; number += 1) {
      fleet.clock.advance(1000)
      const id = randomUUID()
      await rack.report(id, {
        outcome: 'failed',
        step: 'fetch',
        startedAt: new Date(fleet.clock.now()).toISOString(),
      })
      ids.unshift(id)
    }
    const seen: unknown[] = []
    let after = ''
    do {
      const page = await fleet.call('GET', `/v1/apps/rack/racks/prod-1/attempts?limit=2${after}`)
      seen.push(...Object(page.attempts).map(({ id }: { id: string }) => id))
      after = page.next === null ? '' : `&after=${page.next}`
    } while (after !== '')
    expect(seen).toEqual(ids)
  })
})
