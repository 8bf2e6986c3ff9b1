// A map and its forks against plain Maps: whatever is written where, each knows what it should and no more.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ForkableMap } from '../../shared/domain/forkable-map.ts'

const keys = ['a', 'b', 'c', 'd', 'e']

function expectSame(map: ForkableMap<string, number>, model: Map<string, number>): void {
  expect([...map.values()]).toEqual([...model.values()])
  expect(map.size).toBe(model.size)
  for (const key of keys) {
    expect(map.get(key)).toBe(model.get(key))
    expect(map.has(key)).toBe(model.has(key))
  }
}

test('any writes and forks agree with a Map that is copied', () => {
  const write = fc.record({
    act: fc.constant('set' as const),
    key: fc.constantFrom(...keys),
    value: fc.nat(9),
  })
  const fork = fc.record({ act: fc.constant('fork' as const) })
  fc.assert(
    fc.property(fc.array(fc.oneof({ weight: 4, arbitrary: write }, fork), { maxLength: 40 }), (acts) => {
      const rested: { map: ForkableMap<string, number>; model: Map<string, number> }[] = []
      let map = new ForkableMap<string, number>()
      let model = new Map<string, number>()
      for (const act of acts) {
        if (act.act === 'set') {
          map.set(act.key, act.value)
          model.set(act.key, act.value)
        } else {
          rested.push({ map, model })
          map = map.fork()
          model = new Map(model)
        }
        expectSame(map, model)
      }
      for (const base of rested) expectSame(base.map, base.model)
    }),
    { numRuns: 500 },
  )
})

test('two forks of one base know nothing of each other', () => {
  const base = new ForkableMap<string, number>()
  base.set('a', 1)
  const [left, right] = [base.fork(), base.fork()]
  left.set('a', 2)
  left.set('b', 3)
  expectSame(
    left,
    new Map([
      ['a', 2],
      ['b', 3],
    ]),
  )
  expectSame(right, new Map([['a', 1]]))
  expectSame(base, new Map([['a', 1]]))
})

test('a value that is written again keeps its place and does not count twice', () => {
  const map = new ForkableMap<string, number>()
  map.set('a', 1)
  map.set('b', 2)
  map.set('a', 0)
  expect([...map.values()]).toEqual([0, 2])
  expect(map.size).toBe(2)
})

test('a snapshot stays what it was, whatever is written to its map, and so do forks of it', () => {
  const write = fc.record({
    act: fc.constantFrom('map' as const, 'fork' as const),
    key: fc.constantFrom(...keys),
    value: fc.nat(9),
  })
  fc.assert(
    fc.property(fc.array(write, { maxLength: 8 }), fc.array(write, { maxLength: 30 }), (before, acts) => {
      const map = new ForkableMap<string, number>()
      const model = new Map<string, number>()
      const writeBoth = (key: string, value: number) => {
        map.set(key, value)
        model.set(key, value)
      }
      for (const { key, value } of before) writeBoth(key, value)
      const { map: snapshot, release } = map.snapshot()
      const rested = new Map(model)
      const fork = snapshot.fork()
      const forked = new Map(model)
      for (const { act, key, value } of acts) {
        if (act === 'map') writeBoth(key, value)
        else {
          fork.set(key, value)
          forked.set(key, value)
        }
        expectSame(map, model)
        expectSame(snapshot, rested)
        expectSame(fork, forked)
      }
      release()
      writeBoth('a', 10)
      expectSame(map, model)
    }),
    { numRuns: 500 },
  )
})
