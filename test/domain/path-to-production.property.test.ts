/**
 * Whatever anybody does in whatever order: a version reaches a rack of `stable` only if the policy that was in force
 * admitted it, an override names the gate that did not, or it is a way back that `stable` had served. The judge here is a
 * second reading of the rules, which keeps its own books and asks none of the gates.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { aRack } from '../support/builders.ts'
import { type Act, anAct, perform, startOfPath, type World } from '../support/path-acts.ts'
import { acceptedBy, type Books, emptyBooks, openFor } from '../support/path-books.ts'

const platforms = ['linux/amd64', 'linux/arm64'] as const

/** Every promotion to stable, looked at when it happens; the event numbers that the books have read. */
function audit(world: World, books: Books, from: number): number {
  const { events } = world.registry
  for (const event of events.slice(from)) {
    if (event.type === 'channel.promoted' && event.channel === 'stable') {
      const open = openFor(books, world, event)
      const passed = event.overrides.map(({ gate }) => gate)
      const unexplained = open.filter((gate) => !passed.some((one) => one === gate))
      expect(unexplained, `${event.version} went to stable by ${event.actor} past ${unexplained}`).toEqual([])
    }
    acceptedBy(books, event)
  }
  return events.length
}

/** Racks of all ages: whatever they are told to go to, stable has served it, and it is not withdrawn. */
function askRacks(world: World, books: Books): number {
  let moved = 0
  for (const current of [undefined, ...books.published]) {
    for (const platform of platforms) {
      const proved = [...books.servedOnStable]
        .filter((version) => version !== current)
        .map((version) => ({ version, at: 0, parametersHold: true }))
      const decision = aRack({ current, platform, proved }).asks(world.registry)
      if (decision.action !== 'update' && decision.action !== 'rollback') continue
      const version = decision.target?.version ?? ''
      moved += 1
      expect(books.servedOnStable, `${current} → ${version} by ${decision.motive}`).toContain(version)
      expect(world.registry.release(version).yank, `${version} is withdrawn`).toBeUndefined()
    }
  }
  return moved
}

test('nobody shortens the path to production silently', { timeout: 180_000 }, () => {
  let acts = 0
  let done = 0
  let promotions = 0
  let overridden = 0
  let moved = 0
  fc.assert(
    fc.property(fc.array(anAct, { minLength: 40, maxLength: 160, size: 'max' }), (story: readonly Act[]) => {
      const world = startOfPath()
      const books = emptyBooks()
      let read = audit(world, books, 0)
      for (const act of story) {
        acts += 1
        if (perform(world, act)) done += 1
        read = audit(world, books, read)
      }
      moved += askRacks(world, books)
      for (const event of world.registry.events) {
        if (event.type !== 'channel.promoted' || event.channel !== 'stable') continue
        promotions += 1
        if (event.overrides.length > 0) overridden += 1
      }
    }),
    { numRuns: 500, seed: 20160816, interruptAfterTimeLimit: 120_000 },
  )
  console.log(
    `acts ${acts}, accepted ${done}, promotions to stable ${promotions} (${overridden} past a gate, on the record), racks moved ${moved}`,
  )
  expect(promotions).toBeGreaterThan(300)
  expect(overridden).toBeGreaterThan(20)
  expect(promotions - overridden).toBeGreaterThan(100)
})
