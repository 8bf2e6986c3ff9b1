// Ranges: every form, its ends, versions that nobody has seen, and every refusal.
import fc from 'fast-check'
import semver from 'semver'
import { describe, expect, test } from 'vitest'
import { contains, parseRange, rangeOfDefect, type VersionRange } from '../../shared/domain/range.ts'
import { orderKey, type VersionScheme } from '../../shared/domain/version.ts'
import { problemOf } from '../support/builders.ts'

const holds = (scheme: VersionScheme, range: VersionRange, version: string): boolean =>
  contains(range, orderKey(scheme, version))

/** Which of the versions a range holds, none of which the registry has to know. */
const among = (scheme: VersionScheme, text: string, versions: string): string =>
  versions
    .split(' ')
    .filter((version) => holds(scheme, parseRange(scheme, text), version))
    .join(' ')

describe('forms', () => {
  const tens = '9 10 10-a 11 19 20 20-a 21 29 30 30-a 31'

  test.each([
    ['one version', '20', '20'],
    ['a list', '10,30', '10 30'],
    ['a list with blanks and bars', ' 10 , 20 || 30 ', '10 20 30'],
    ['a span, with both ends', '10..20', '10 10-a 11 19 20'],
    ['a span with blanks', '10 .. 20', '10 10-a 11 19 20'],
    ['a span of one', '20..20', '20'],
    ['spans in a list', '10..11, 30..31', '10 10-a 11 30 30-a 31'],
    ['from', '>=20', '20 20-a 21 29 30 30-a 31'],
    ['after', '>20', '20-a 21 29 30 30-a 31'],
    ['up to', '<=20', '9 10 10-a 11 19 20'],
    ['before', '<20', '9 10 10-a 11 19'],
    ['equal', '=20', '20'],
    ['from and before', '>=10 <20', '10 10-a 11 19'],
    ['after and up to', '>10 <=20', '10-a 11 19 20'],
    ['with blanks after the signs', '>= 10 < 20', '10 10-a 11 19'],
    ['of two lower ends the higher', '>=10 >=20', '20 20-a 21 29 30 30-a 31'],
    ['of two lower ends the higher, the other way round', '>=20 >=10', '20 20-a 21 29 30 30-a 31'],
    ['of two upper ends the lower', '<30 <20', '9 10 10-a 11 19'],
    ['of two upper ends the lower, the other way round', '<20 <30', '9 10 10-a 11 19'],
    ['of two equal ends the stricter', '>=20 >20 <=30 <30', '20-a 21 29'],
    ['of two equal ends the stricter, the other way round', '>20 >=20 <30 <=30', '20-a 21 29'],
    ['equal within', '=20 <=20 >=20', '20'],
  ])('%s: %s', (_form, text, expected) => {
    expect(among('timestamp', text, tens)).toBe(expected)
    expect(parseRange('timestamp', text).text).toBe(text)
  })

  test('prereleases are in, by order, and names are read untidily', () => {
    const versions = '3.24.2 3.24.3-rc 3.24.3rc2 3.24.3rc10 3.24.3 3.24.4rc1 3.24.4 3.25.0'
    expect(among('semver', '3.24.3rc2..3.24.4rc1', versions)).toBe('3.24.3rc2 3.24.3rc10 3.24.3 3.24.4rc1')
    expect(among('semver', '>=3.24.3 <3.25.0', versions)).toBe('3.24.3 3.24.4rc1 3.24.4')
    expect(among('semver', 'v3.24.3-rc.10', versions)).toBe('3.24.3rc10')
  })

  test('caret and tilde as npm reads them', () => {
    const versions = '1.2.2 1.2.3-rc1 1.2.3 1.2.9 1.3.0-rc1 1.3.0 1.9.9 2.0.0-rc1 2.0.0'
    expect(among('semver', '^1.2.3', versions)).toBe('1.2.3 1.2.9 1.3.0-rc1 1.3.0 1.9.9')
    expect(among('semver', '~1.2.3', versions)).toBe('1.2.3 1.2.9')
    expect(among('semver', '^1.2.3-rc1', versions)).toBe('1.2.3-rc1 1.2.3 1.2.9 1.3.0-rc1 1.3.0 1.9.9')
    expect(among('semver', '^1.2.3 <1.3.0', versions)).toBe('1.2.3 1.2.9 1.3.0-rc1')
    expect(among('semver', '~1.2.3 || 2.0.0', versions)).toBe('1.2.3 1.2.9 2.0.0')
    expect(among('semver', '^1.2.3 1.2.9', versions)).toBe('1.2.9')
    expect(among('semver', '^1', versions)).toBe('1.2.2 1.2.3-rc1 1.2.3 1.2.9 1.3.0-rc1 1.3.0 1.9.9')
    expect(among('semver', '^0.2.3', '0.2.2 0.2.3 0.2.4 0.3.0')).toBe('0.2.3 0.2.4')
  })

  test('a defect: from where it came in, up to but without the fix', () => {
    const range = rangeOfDefect('timestamp', '20160816160115', '20160818013241')
    const versions = [
      '20160816160114',
      '20160816160115',
      '20160817175216',
      '20160818013240',
      '20160818013241',
    ]
    expect(versions.map((version) => holds('timestamp', range, version))).toEqual([
      false,
      true,
      true,
      true,
      false,
    ])
    expect(range.text).toBe('>=20160816160115 <20160818013241')
    expect(problemOf(() => rangeOfDefect('timestamp', '20', '20')).code).toBe('invalid_range')
  })
})

describe('refusals', () => {
  test.each([
    ['', '"" is not a range of versions: a part of it is empty.'],
    ['10,', '"10," is not a range of versions: a part of it is empty.'],
    ['10,,20', '"10,,20" is not a range of versions: a part of it is empty.'],
    ['20..10', '"20..10" is not a range of versions: it starts at 20, which comes after its end 10.'],
    ['..20', '"..20" is not a range of versions: "..20" is not of the form A..B.'],
    ['10..', '"10.." is not a range of versions: "10.." is not of the form A..B.'],
    ['10..20..30', '"10..20..30" is not a range of versions: "10..20..30" is not of the form A..B.'],
    ['10 20', '"10 20" is not a range of versions: "10 20" is neither a version nor a list of comparators.'],
    [
      '10 - 20',
      '"10 - 20" is not a range of versions: "10 - 20" is neither a version nor a list of comparators.',
    ],
    ['>=', '">=" is not a range of versions: ">=" is not a comparator such as >=A or <B.'],
    ['=>10', '"=>10" is not a range of versions: "=>10" is not a comparator such as >=A or <B.'],
    ['>=10 20', '">=10 20" is not a range of versions: "20" is not a comparator such as >=A or <B.'],
    ['>=10<20', '">=10<20" is not a range of versions: ">=10<20" is not a comparator such as >=A or <B.'],
    ['<10 >20', '"<10 >20" is not a range of versions: no version can satisfy "<10 >20".'],
    ['>=20 <20', '">=20 <20" is not a range of versions: no version can satisfy ">=20 <20".'],
    ['>20 <=20', '">20 <=20" is not a range of versions: no version can satisfy ">20 <=20".'],
    ['^10', '"^10" is not a range of versions: ^ has a meaning only for semver apps.'],
    ['~10', '"~10" is not a range of versions: ~ has a meaning only for semver apps.'],
  ])('of timestamps: %s', (text, message) => {
    const problem = problemOf(() => parseRange('timestamp', text))
    expect(problem.code).toBe('invalid_range')
    expect(problem.message).toBe(message)
    expect(problem.hint).toBe('Write one version, a list A,B, a span A..B, or comparators such as ">=A <B".')
  })

  test.each([
    ['^', '"^" is not understood'],
    ['^*', '"^*" names no version'],
    ['~x', '"~x" names no version'],
    ['^1.2.3rc1', '"^1.2.3rc1" is not understood'],
    ['^1.2.3 <1.2.0', 'no version can satisfy "^1.2.3 <1.2.0"'],
  ])('of semver: %s', (text, why) => {
    const problem = problemOf(() => parseRange('semver', text))
    expect(problem.code).toBe('invalid_range')
    expect(problem.message).toBe(`"${text}" is not a range of versions: ${why}.`)
  })

  test.each(['*', 'x', '1', '1.2', 'latest', '>=1.2', '1.2.3..1.3', '10...20'])(
    'a part that is no version is named as such: %s',
    (text) => {
      expect(problemOf(() => parseRange('semver', text)).code).toBe('invalid_version')
    },
  )

  test('a list of a thousand is read, one more is not', () => {
    const list = (length: number): string => Array.from({ length }, (_, i) => String(i)).join(',')
    expect(parseRange('timestamp', list(1000)).intervals).toHaveLength(1000)
    const problem = problemOf(() => parseRange('timestamp', list(1001)))
    expect(problem.code).toBe('invalid_range')
    expect(problem.message).toBe('The range has 1001 parts, at most 1000 are read.')
  })

  test('a long range is shown short', () => {
    const text = `${'1'.repeat(60)} ${'2'.repeat(30)}`
    expect(problemOf(() => parseRange('timestamp', text)).message).toContain(`"${text.slice(0, 80)}…" is not`)
    const fits = `${'1'.repeat(49)} ${'2'.repeat(30)}`
    expect(problemOf(() => parseRange('timestamp', fits)).message).toContain(`"${fits}" is not`)
    expect(problemOf(() => parseRange('timestamp', `1${fits}`)).message).toContain('…" is not')
  })
})

describe('for any versions', () => {
  const number = fc.nat(50)

  test('a span holds what lies between its ends, seen or never seen', () => {
    fc.assert(
      fc.property(number, number, number, (a, b, version) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)]
        const isIn = holds('timestamp', parseRange('timestamp', `${from}..${to}`), String(version))
        expect(isIn).toBe(from <= version && version <= to)
      }),
      { numRuns: 1000 },
    )
  })

  test('comparators hold when each of them does, and are refused only when no version could meet them', () => {
    const comparator = fc.tuple(fc.constantFrom('>=', '>', '<=', '<', '='), fc.nat(6))
    const isMet = (version: number, [sign, end]: readonly [string, number]): boolean =>
      sign === '>='
        ? version >= end
        : sign === '>'
          ? version > end
          : sign === '<='
            ? version <= end
            : sign === '<'
              ? version < end
              : version === end
    fc.assert(
      fc.property(fc.array(comparator, { minLength: 1, maxLength: 4 }), (comparators) => {
        const text = comparators.map((parts) => parts.join('')).join(' ')
        // Between 3 and 4 lies 3-a, so halves stand for versions with a suffix.
        const candidates = Array.from({ length: 15 }, (_, i) => i / 2 - 0.5).filter((n) => n >= 0)
        const named = (n: number): string => (Number.isInteger(n) ? String(n) : `${Math.floor(n)}-a`)
        const met = candidates.filter((n) => comparators.every((one) => isMet(n, one)))
        let range: VersionRange
        try {
          range = parseRange('timestamp', text)
        } catch {
          expect(met).toEqual([])
          return
        }
        expect(candidates.filter((n) => holds('timestamp', range, named(n)))).toEqual(met)
      }),
      { numRuns: 2000 },
    )
  })

  test('caret and tilde agree with npm on releases', () => {
    const version = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3)).map((parts) => parts.join('.'))
    fc.assert(
      fc.property(fc.constantFrom('^', '~'), version, version, (sign, from, one) => {
        const isIn = holds('semver', parseRange('semver', `${sign}${from}`), one)
        expect(isIn).toBe(semver.satisfies(one, `${sign}${from}`))
      }),
      { numRuns: 1000 },
    )
  })
})

test.each(['>=3.1.0,<3.2.0', '<2.0.0 || >1.0.0', '>=1.0.0, <=0.9.0'])(
  '%s means nearly everything, and is refused',
  (text) => {
    const problem = problemOf(() => parseRange('semver', text))
    expect(problem.code).toBe('invalid_range')
    expect(problem.message).toContain('a comma means "or"')
  },
)

test.each(['<1.0.0, 2.0.0', '>=3.0.0, 1.0.0', '>=3.1.0 <3.2.0, >=4.0.0'])(
  '%s is a list that leaves something out',
  (text) => {
    expect(() => parseRange('semver', text)).not.toThrow()
  },
)
