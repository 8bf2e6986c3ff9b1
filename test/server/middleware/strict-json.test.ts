// One text, one reading: what two parsers could take for different things is refused, and nothing else is.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { requireUnambiguous } from '../../../server/middleware/strict-json.ts'

const refusalOf = (text: string): string => {
  try {
    requireUnambiguous(text)
    return 'taken'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

describe('is refused', () => {
  test.each([
    ['{"a":1,"a":1}', '"a" twice'],
    ['{"a":1,"\\u0061":2}', '"\\u0061" twice'],
    ['{"a" \n:1, "a"\t: 2}', '"a" twice'],
    ['[{"b":{"a":1,"c":[{"d":1,"d":2}]}}]', '"d" twice'],
    ['{"__proto__":{}}', '__proto__'],
    ['{"\\u005f_proto__":{}}', '__proto__'],
    ['{"a":"\\ud800"}', 'half a character'],
    ['{"\\udc00":1}', 'half a character'],
    ['"\\u0000"', 'NUL'],
    [`${'['.repeat(65)}${']'.repeat(65)}`, '64 levels'],
    ['{"a":1', 'not JSON'],
    ["{'a':1}", 'not JSON'],
    ['{"a":1,}', 'not JSON'],
    ['NaN', 'not JSON'],
    ['{} {}', 'not JSON'],
    ['', 'not JSON'],
  ])('%s', (text, why) => {
    expect(refusalOf(text)).toContain(why)
  })
})

describe('is taken', () => {
  test.each([
    '{"a":1,"b":{"a":1},"c":[{"a":1},{"a":2}]}',
    '{"a":"a","b":"a"}',
    '["a","a",{"a":"a"},"a"]',
    '{"a":"{\\"a\\":1,\\"a\\":2}"}',
    '{"a":"\\\\","b":"\\\\\\""}',
    '{"a:":"a:", "a" :":"}',
    '{"":1}',
    '{"constructor":1,"toString":2,"proto__":3}',
    '"\\ud83d\\ude00"',
    `${'['.repeat(64)}${']'.repeat(64)}`,
    ' null ',
  ])('%s', (text) => {
    expect(refusalOf(text)).toBe('taken')
  })

  test('whatever JSON.stringify writes of values with whole characters', () => {
    const text = fc
      .string({ unit: 'grapheme', maxLength: 12 })
      .filter((one) => !one.includes('\0') && one !== '__proto__')
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.constant(null),
        fc.boolean(),
        fc.double(),
        text,
        tie('list'),
        tie('object'),
      ),
      list: fc.array(tie('value'), { maxLength: 5 }),
      object: fc.dictionary(text, tie('value'), { maxKeys: 5 }),
    }))
    fc.assert(
      fc.property(value, fc.nat({ max: 2 }), (one, spaces) => {
        expect(refusalOf(JSON.stringify(one, null, spaces))).toBe('taken')
      }),
      { numRuns: 500 },
    )
  })

  test('and with any of its names written twice it is not', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((one) => !one.includes('\0'))
    fc.assert(
      fc.property(fc.dictionary(text, fc.json(), { minKeys: 1, maxKeys: 5 }), fc.nat(), (one, pick) => {
        const names = Object.keys(one)
        const again = names[pick % names.length] ?? ''
        const written = JSON.stringify(one)
        expect(refusalOf(`${written.slice(0, -1)},${JSON.stringify(again)}:0}`)).not.toBe('taken')
      }),
      { numRuns: 500 },
    )
  })
})

test('a body as large as they come is read in a moment', () => {
  const rows = Array.from({ length: 20_000 }, (_, index) => ({
    version: String(index),
    notes: 'a "quoted" \\ note '.repeat(20),
  }))
  const text = JSON.stringify({ rows })
  const before = performance.now()
  requireUnambiguous(text)
  const milliseconds = performance.now() - before
  const parsing = performance.now()
  JSON.parse(text)
  expect(milliseconds).toBeLessThan(100 * (performance.now() - parsing) + 1000)
})
