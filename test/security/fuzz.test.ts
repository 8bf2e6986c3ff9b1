// Bodies that were right, with something nasty put into any place of them: an answer each time, never a bug.
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pictureOf } from '../support/test-registry.ts'
import { type Write, writes } from './bad-bodies.ts'
import { aWorld, versions, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await aWorld()
})
afterAll(() => world.dispose())

const nasty: readonly unknown[] = [
  null,
  true,
  0,
  -0,
  -1,
  0.1,
  1e308,
  2 ** 53,
  '',
  ' ',
  '.',
  '..',
  '/',
  '%00',
  '\u202e',

  '0',
  '-1',
  'null',
  'true',
  'undefined',
  '__proto__',
  'constructor',
  'hasOwnProperty',
  'toString',
  versions.first,
  'v1.2.3',
  '1.0.0',
  '1.2.3.4',
  '>=1',
  '*',
  '^',
  '..1',
  '1..',
  'ADV-1',
  'stable',
  'rack',
  'prod-1',
  '9'.repeat(128),
  'é'.repeat(64),
  'x'.repeat(2000),
  '2016-02-30T00:00:00Z',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999Z',
  'ab'.repeat(32),
  [],
  [[]],
  [null],
  {},
  { constructor: 1 },
  { toString: 'x' },
  Array.from({ length: 300 }, () => 'x'),
]

/** Every place in a value, as a path. */
function placesIn(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, one]) => placesIn(one, [...path, key]))]
}

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by
  const copy: unknown = structuredClone(value)
  if (typeof copy === 'object' && copy !== null)
    Reflect.set(copy, key, replaced(Reflect.get(copy, key), rest, by))
  return copy
}

const broken = fc.constantFrom(...writes).chain((write: Write) =>
  fc
    .array(fc.tuple(fc.constantFrom(...placesIn(write.json)), fc.constantFrom(...nasty)), {
      minLength: 1,
      maxLength: 3,
    })
    .map((changes) => ({
      write,
      json: changes.reduce<unknown>((json, [place, by]) => replaced(json, place, by), write.json),
    })),
)

test('whatever stands in a body, it is answered, and a dry run of it changes nothing', {
  timeout: 60_000,
}, async () => {
  const before = await pictureOf(world)
  let refused = 0
  let taken = 0
  const answer = fc.asyncProperty(broken, async ({ write, json }) => {
    const [method = '', path = ''] = write.where.split(' ')
    // The agent's own routes have no dry run; what they take belongs to the rack that sent it.
    const isDry = write.as === undefined
    if (!isDry && JSON.stringify(json) === JSON.stringify(write.json)) return
    const asking = { json, ...(write.as && { token: world.tokens[write.as] }) }
    const { status, text } = await world.ask(method, isDry ? `${path}?dryRun=true` : path, asking)
    if (status === 200) taken += 1
    else refused += 1
    expect(status, text).toBeLessThan(500)
    if (isDry && taken + refused < 50) expect(await pictureOf(world)).toBe(before)
  })
  await fc.assert(answer, { numRuns: 1500, seed: 20160816 })
  console.log(`nasty bodies tried ${taken + refused}, refused ${refused}, taken ${taken}`)
  expect(refused).toBeGreaterThan(500)
})
