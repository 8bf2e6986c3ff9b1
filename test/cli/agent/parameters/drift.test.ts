/** What an observation is, and what two of them say of each other: pure, so told by properties as well as by stories. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Parameter } from '../../../../cli/agent/drivers/driver.ts'
import {
  adopting,
  changedBetween,
  describeDrift,
  driftBetween,
  driftedNames,
  lostWith,
  withoutNames,
} from '../../../../cli/agent/parameters/drift.ts'
import { digestOf, observationOf, withMasked } from '../../../../cli/agent/parameters/observation.ts'
import { fingerprintOf, keyIdOf, recordIn, storedOf } from '../../../../cli/agent/parameters/record.ts'

const key = new Uint8Array(32).fill(7)
const placeholders = [/^\*{4,}$/, /^<redacted>$/, /^\(sensitive value\)$/]
const eyes = { key, placeholders, ignore: [] }

type Told = Readonly<Record<string, string | null | Parameter>>

function seen(told: Told, ignore: readonly string[] = []) {
  const parameters = Object.entries(told).map(([name, value]): [string, Parameter] => [
    name,
    value === null || typeof value === 'string' ? { value, masked: false } : value,
  ])
  return observationOf(Object.fromEntries(parameters), { ...eyes, ignore })
}

describe('an observation', () => {
  test.each([
    ['what the driver marks', { value: 'hunter2', masked: true }],
    ['what the platform does not show', null],
    ['four asterisks', '****'],
    ['ten, as Convox prints them', '**********'],
    ['a placeholder with a line end', '****\n'],
    ['<redacted>', '<redacted>'],
    ["Terraform's words", '(sensitive value)'],
  ])('is opaque for %s', (_what, value) => {
    expect(seen({ Password: value })).toEqual({ digests: new Map(), opaque: new Set(['Password']) })
  })

  test.each([
    ['a single asterisk, which is an ordinary value', '*'],
    ['three of them', '***'],
    ['nothing at all', ''],
    ['asterisks inside of something', 'arn:aws:s3:::****'],
  ])('sees %s', (_what, value) => {
    expect(seen({ Cidr: value }).digests.get('Cidr')).toBe(digestOf(key, 'Cidr', value))
  })

  test('does not look at what something else changes on purpose', () => {
    const { digests, opaque } = seen({ InstanceCount: '3', Password: '****' }, ['InstanceCount', 'Password'])
    expect([digests.size, opaque.size]).toEqual([0, 0])
  })

  test('hides what a contract masks, though the platform shows it', () => {
    const { digests, opaque } = withMasked(seen({ Password: 'hunter2', Size: 'm' }), ['Password', 'Unknown'])
    expect([...digests.keys()]).toEqual(['Size'])
    expect([...opaque]).toEqual(['Password'])
  })

  test('holds no value and no trace of one: equal values under two names or two keys have nothing in common', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 4 }), fc.string(), fc.string(), (value, a, b) => {
        fc.pre(a !== b && !placeholders.some((one) => one.test(value.trim())))
        const { digests } = seen({ [a]: value, [b]: value })
        expect(digests.get(a)).not.toBe(digests.get(b))
        expect(digestOf(key, a, value)).not.toBe(digestOf(new Uint8Array(32).fill(8), a, value))
        expect([...digests.values()].join()).not.toContain(value)
      }),
    )
  })
})

/** Values of all kinds under few names, some of them such that would be special in an object. */
const name = fc.constantFrom('A', 'B', 'C', '__proto__', 'constructor', 'toString')
const value = fc.oneof(
  fc.constantFrom('x', 'y', '*', '****', '<redacted>'),
  fc.constant(null),
  fc.record({ value: fc.constantFrom('x', 'y'), masked: fc.boolean() }),
)
const told = fc.uniqueArray(fc.tuple(name, value), { selector: ([one]) => one }).map((pairs) => {
  const entries = pairs.map(([one, content]) => [one, content] as const)
  return seen(Object.fromEntries(entries))
})

describe('drift', () => {
  test('names what is new, gone and changed', () => {
    const drift = driftBetween(seen({ A: '1', B: '2', C: '3' }), seen({ A: '1', B: '9', D: '4', E: '5' }))
    expect(drift).toEqual({ added: ['D', 'E'], removed: ['C'], changed: ['B'] })
    expect(describeDrift(drift)).toBe('B changed; D, E are new; C is gone')
    expect(driftedNames(withoutNames(drift, ['B', 'C']))).toEqual(['D', 'E'])
  })

  test('what is opaque on either side is never equal and never drifted', () => {
    fc.assert(
      fc.property(told, told, (before, now) => {
        const names = driftedNames(driftBetween(before, now))
        for (const one of [...before.opaque, ...now.opaque]) expect(names).not.toContain(one)
        expect(
          changedBetween(before, now).every((one) => before.digests.has(one) && now.digests.has(one)),
        ).toBe(true)
      }),
    )
  })

  test('there is none of a thing with itself, and every name is named once', () => {
    fc.assert(
      fc.property(told, told, (before, now) => {
        expect(driftedNames(driftBetween(now, now))).toEqual([])
        const names = driftedNames(driftBetween(before, now))
        expect(new Set(names).size).toBe(names.length)
      }),
    )
  })

  test('adopting some leaves exactly the others, adopting all leaves none', () => {
    fc.assert(
      fc.property(
        told,
        told,
        fc.subarray(['A', 'B', 'C', '__proto__', 'constructor']),
        (before, now, some) => {
          const drifted = driftedNames(driftBetween(before, now))
          const after = driftedNames(driftBetween(adopting(before, now, some), now))
          expect(after).toEqual(drifted.filter((one) => !some.includes(one)))
          expect(driftedNames(driftBetween(adopting(before, now, drifted), now))).toEqual([])
        },
      ),
    )
  })
})

describe('what the way back loses', () => {
  test('what is set and unknown to the older version, opaque ones too; nothing when it does not say', () => {
    const now = seen({ Cache: 'on', Password: '****', Size: 'm' })
    expect(lostWith(['Size'], now)).toEqual(['Cache', 'Password'])
    expect(lostWith([], now)).toEqual(['Cache', 'Password', 'Size'])
    expect(lostWith(null, now)).toEqual([])
  })
})

describe('a record', () => {
  test('comes back from JSON as it was, under a fingerprint that says what is in it', () => {
    fc.assert(
      fc.property(told, told, (one, other) => {
        const contract = { declared: ['B', 'A'], masked: ['A'] }
        const record = { ...one, contract, keyId: keyIdOf(key) }
        const stored = storedOf(record)
        const back = recordIn(JSON.parse(JSON.stringify(stored)))
        expect(back && storedOf(back)).toEqual(stored)
        const isSame = fingerprintOf(key, stored) === fingerprintOf(key, storedOf({ ...record, ...other }))
        const isEqual = JSON.stringify(stored) === JSON.stringify(storedOf({ ...record, ...other }))
        expect(isSame).toBe(isEqual)
      }),
    )
  })

  test.each([
    null,
    'text',
    {},
    { keyId: 1 },
    { keyId: 'k', digests: {}, opaque: 'A', declared: null, masked: [] },
  ])('is not made of %j', (junk) => {
    expect(recordIn(junk)).toBeNull()
  })
})
