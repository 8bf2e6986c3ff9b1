// When something really ends: with the first link of its chain, and nobody knows when one of them does not say.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  circleIn,
  describeDifference,
  effectiveExpiry,
  knownEnd,
  type Link,
  linksByName,
} from '../../shared/domain/expiry.ts'
import { day } from '../../shared/domain/instants.ts'

const noon = Date.UTC(2016, 7, 16, 12)
const on = (days: number): number => noon + days * day
const of = (...links: readonly Link[]) => linksByName(links)

describe('the effective expiry', () => {
  test('of what hangs on nothing is its own', () => {
    expect(effectiveExpiry(['cert'], of({ name: 'cert', endsAt: on(9) }))).toEqual({
      at: on(9),
      setBy: 'cert',
      declaredAt: on(9),
      seenAt: undefined,
      noLaterThan: on(9),
      endsFirst: 'cert',
      chain: ['cert'],
    })
  })

  test('is that of the link that ends first, however far down', () => {
    const links = of(
      { name: 'credential', endsAt: on(90), of: ['token'] },
      { name: 'token', endsAt: on(60), of: ['mount'] },
      { name: 'mount', endsAt: on(32) },
    )
    expect(effectiveExpiry(['credential'], links)).toMatchObject({
      at: on(32),
      setBy: 'mount',
      chain: ['credential', 'token', 'mount'],
    })
  })

  test('is unknown when a link of the chain declares none, and names it', () => {
    const links = of(
      { name: 'credential', endsAt: on(90), of: ['token'] },
      { name: 'token', of: ['mount'] },
      { name: 'mount', endsAt: on(200) },
    )
    expect(effectiveExpiry(['credential'], links)).toMatchObject({
      at: undefined,
      setBy: 'token',
      noLaterThan: on(90),
    })
  })

  test('what was seen of an undeclared link makes it no better known, and bounds it', () => {
    const links = of(
      { name: 'credential', endsAt: on(90), of: ['token'] },
      { name: 'token', seenEndsAt: on(32) },
    )
    expect(effectiveExpiry(['credential'], links)).toMatchObject({
      at: undefined,
      setBy: 'token',
      seenAt: on(32),
      noLaterThan: on(32),
    })
  })

  test('where declared and seen differ the earlier counts, and both are told', () => {
    const seenEarlier = effectiveExpiry(['cert'], of({ name: 'cert', endsAt: on(9), seenEndsAt: on(5) }))
    expect(seenEarlier.at).toBe(on(5))
    expect(describeDifference(seenEarlier)).toBe(
      'declared 2016-08-25T12:00:00.000Z, seen 2016-08-21T12:00:00.000Z: the earlier counts',
    )
    const seenLater = effectiveExpiry(['cert'], of({ name: 'cert', endsAt: on(5), seenEndsAt: on(9) }))
    expect(seenLater.at).toBe(on(5))
    expect(describeDifference(seenLater)).toContain('declared 2016-08-21')
    const agreed = effectiveExpiry(['cert'], of({ name: 'cert', endsAt: on(5), seenEndsAt: on(5) }))
    expect(describeDifference(agreed)).toBeUndefined()
  })

  test('of what hangs on a name that is nothing is unknown, by that name', () => {
    const links = of({ name: 'credential', endsAt: on(90), of: ['nowhere'] })
    expect(effectiveExpiry(['credential'], links)).toMatchObject({ at: undefined, setBy: 'nowhere' })
  })

  test('a circle, which no configuration has, is walked once', () => {
    const links = of({ name: 'a', endsAt: on(3), of: ['b'] }, { name: 'b', endsAt: on(2), of: ['a'] })
    expect(effectiveExpiry(['a'], links)).toMatchObject({ at: on(2), setBy: 'b', chain: ['a', 'b'] })
  })
})

describe('a circle', () => {
  test('is found and told in its order', () => {
    const chain = of(
      { name: 'x', of: ['a'] },
      { name: 'a', of: ['b'] },
      { name: 'b', of: ['c', 'a'] },
      { name: 'c' },
    )
    expect(circleIn(chain)).toEqual(['a', 'b', 'a'])
    expect(circleIn(of({ name: 'a', of: ['a'] }))).toEqual(['a', 'a'])
  })

  test('two ways to one link are none', () => {
    const diamond = of(
      { name: 'a', of: ['b', 'c'] },
      { name: 'b', of: ['d'] },
      { name: 'c', of: ['d'] },
      { name: 'd' },
    )
    expect(circleIn(diamond)).toBeUndefined()
  })

  test('thirty links that all hang on all later ones are looked at once each', () => {
    const names = Array.from({ length: 30 }, (_, index) => `link ${index}`)
    const links = names.map((name, index) => ({ name, of: names.slice(index + 1) }))
    expect(circleIn(of(...links))).toBeUndefined()
  })
})

const someLinks = fc
  .array(
    fc.record({
      endsAt: fc.option(fc.integer({ min: 0, max: 1_000 }), { nil: undefined, freq: 6 }),
      seenEndsAt: fc.option(fc.integer({ min: 0, max: 1_000 }), { nil: undefined, freq: 2 }),
      of: fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((drawn) => drawn.map((one, index) => ({ ...one, name: `${index}`, of: one.of.map(String) })))

test('is never later than any link of the chain, and unknown exactly when a link declares no end', () => {
  let [known, unknown] = [0, 0]
  fc.assert(
    fc.property(someLinks, (links) => {
      const byName = linksByName(links)
      for (const { name } of links) {
        const { at, noLaterThan, setBy, chain } = effectiveExpiry([name], byName)
        // An oracle of its own: everything that can be reached, by repeating until nothing is new.
        const reached = new Set([name])
        for (let size = 0; size < reached.size; ) {
          size = reached.size
          for (const one of [...reached]) for (const next of byName.get(one)?.of ?? []) reached.add(next)
        }
        expect(new Set(chain)).toEqual(reached)
        const ends = [...reached].map((one) => byName.get(one) ?? { name: one })
        const areDeclared = ends.every((link) => 'endsAt' in link && link.endsAt !== undefined)
        expect(at !== undefined).toBe(areDeclared)
        for (const link of ends) {
          const end = knownEnd(link)
          if (end !== undefined) expect(noLaterThan).toBeLessThanOrEqual(end)
          if (end !== undefined && at !== undefined) expect(at).toBeLessThanOrEqual(end)
        }
        expect(reached).toContain(setBy)
        const setter = byName.get(setBy) ?? { name: setBy }
        if (at === undefined) expect(setter.endsAt).toBeUndefined()
        else expect(knownEnd(setter)).toBe(at)
        if (at === undefined) unknown += 1
        else known += 1
      }
    }),
    { numRuns: 500 },
  )
  expect(Math.min(known, unknown)).toBeGreaterThan(100)
})
