// Versions: how a name is read, and the one total order that everything else compares by.
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import semver from 'semver'
import { describe, expect, test } from 'vitest'
import { parseV3History } from '../../demo/convert-convox.ts'
import {
  compareKeys,
  instantOfTimestamp,
  orderKey,
  parseVersion,
  readUntidyVersion,
  schemes,
  type VersionScheme,
} from '../../shared/domain/version.ts'
import { problemOf } from '../support/builders.ts'

const file = new URL('../../demo/data/convox-v3-releases.json', import.meta.url)
const realTags = parseV3History(readFileSync(file, 'utf8')).releases.map((release) => release.version)

const compare = (scheme: VersionScheme, a: string, b: string): number =>
  compareKeys(orderKey(scheme, a), orderKey(scheme, b))

const inOrder = (scheme: VersionScheme, names: readonly string[]): string[] =>
  [...names].sort((a, b) => compare(scheme, a, b))

describe('semver, read strictly', () => {
  test.each([
    '0.0.0',
    '3.24.9',
    '3.24.9-rc.1',
    '3.24.9-rc1',
    '1.0.0-alpha.beta-gamma.7+build.5',
    `1.0.0-${'a'.repeat(122)}`,
  ])('%s is a version, and keeps its name', (name) => {
    expect(parseVersion('semver', name)).toEqual({ name, key: orderKey('semver', name) })
  })

  test.each([
    ['', 'nothing'],
    ['3.24.9rc1', 'a prerelease without its hyphen'],
    ['v3.24.9', 'a v in front'],
    ['=3.24.9', 'a comparator'],
    [' 3.24.9', 'a space in front'],
    ['3.24.9 ', 'a space behind'],
    ['3.24.9\n', 'a line end behind'],
    ['3.24', 'two numbers'],
    ['3.24.9.1', 'four numbers'],
    ['3.024.9', 'a leading zero'],
    ['3.24.9-rc.01', 'a leading zero in a prerelease'],
    ['3.24.9-', 'an empty prerelease'],
    ['3.24.9-rc..1', 'an empty identifier'],
    ['3.24.9-rc_1', 'an underscore'],
    ['20160816160115', 'a timestamp'],
    ['9007199254740992.0.0', 'a number too large for semver'],
    [`1.0.0-${'a'.repeat(123)}`, '129 characters'],
  ])('%s is refused: %s', (name) => {
    expect(problemOf(() => parseVersion('semver', name)).code).toBe('invalid_version')
  })

  test('the refusal says what was expected, and shows a long name short', () => {
    const short = problemOf(() => parseVersion('semver', '3.24'))
    expect(short.message).toBe(
      '"3.24" is not a version of the scheme semver: expected MAJOR.MINOR.PATCH[-PRERELEASE], such as 3.24.9 or 3.24.9-rc.1, at most 128 characters.',
    )
    expect(short.numbers).toEqual({ scheme: 'semver', length: 4 })
    const long = problemOf(() => parseVersion('semver', '1'.repeat(200)))
    expect(long.message).toContain(`"${'1'.repeat(60)}… (200 characters)" is not a version`)
    expect(problemOf(() => parseVersion('semver', 'x'.repeat(60))).message).toContain(
      `"${'x'.repeat(60)}" is`,
    )
    expect(problemOf(() => parseVersion('semver', 'x'.repeat(61))).message).toContain('(61 characters)')
  })
})

describe('semver, as it was written by others', () => {
  test.each([
    ['3.24.9', '3.24.9'],
    ['v3.24.9', '3.24.9'],
    ['3.24.9rc1', '3.24.9-rc.1'],
    ['3.12.0-rc', '3.12.0-rc'],
    ['3.12.2rc', '3.12.2-rc'],
    ['3.11.2-try1', '3.11.2-try.1'],
    ['3.24.2-noid-eh2', '3.24.2-noid-eh.2'],
    ['1.0.0-rc-1', '1.0.0-rc.1'],
    ['1.0.0-rc.1', '1.0.0-rc.1'],
    ['1.0.0-rc007', '1.0.0-rc.7'],
    ['01.002.0003', '1.2.3'],
    ['1.0.0-0a1b2c', '1.0.0-0a1b2c'],
    ['1.0.0-a1b', '1.0.0-a1b'],
    ['1.0.0-00', '1.0.0-0'],
    ['1.0.0-00ab', '1.0.0-00ab'],
    ['1.0.0-1-2', '1.0.0-1-2'],
    ['1.0.0-a..b.', '1.0.0-a.b'],
    ['1.0.0rc1+linux', '1.0.0-rc.1'],
    ['1.0.0+linux', '1.0.0'],
  ])('%s is read as %s and keeps its name', (name, readAs) => {
    expect(readUntidyVersion('semver', name)).toEqual({ name, readAs, key: orderKey('semver', name) })
    expect(orderKey('semver', readAs)).toBe(orderKey('semver', name))
  })

  test.each([
    '',
    'latest',
    '3.24',
    '3.24.9.1',
    'vv3.24.9',
    '3.24.9-',
    '3.24.9 rc1',
    '3.24.9-rc_1',
    '3.24.9+',
    '-3.24.9',
    `1.0.0-${'a'.repeat(123)}`,
  ])('"%s" is refused all the same', (name) => {
    expect(problemOf(() => readUntidyVersion('semver', name)).code).toBe('invalid_version')
  })

  test('letters are split from digits: rc10 comes after rc2, and after the rc without a number', () => {
    expect(
      inOrder('semver', ['3.24.3rc10', '3.24.3', '3.24.3rc2', '3.24.3-rc', '3.24.2', '3.24.3rc1']),
    ).toEqual(['3.24.2', '3.24.3-rc', '3.24.3rc1', '3.24.3rc2', '3.24.3rc10', '3.24.3'])
  })

  test('a strict version of the same form has the same place, however it came in', () => {
    expect(compare('semver', '3.24.3-rc10', '3.24.3-rc2')).toBe(1)
    expect(compare('semver', '3.24.3-rc10', '3.24.3rc10')).toBe(0)
    expect(semver.compare('3.24.3-rc10', '3.24.3-rc2')).toBe(-1)
  })

  test('numbers come before words, fewer identifiers before more, and a part before what it begins', () => {
    const rising = [
      '1.0.0-1',
      '1.0.0-2',
      '1.0.0-10',
      '1.0.0-a',
      '1.0.0-a.1',
      '1.0.0-a.a',
      '1.0.0-a-a',
      '1.0.0-ab',
      '1.0.0',
    ]
    expect(inOrder('semver', [...rising].reverse())).toEqual(rising)
  })

  test('build metadata does not order', () => {
    expect(compare('semver', '1.0.0+a', '1.0.0+b')).toBe(0)
    expect(compare('semver', '1.0.0-rc.1+a', '1.0.0-rc.1')).toBe(0)
  })
})

describe('the 337 real tags of Convox v3', () => {
  /** The order that a person would say, written without our keys: numbers, then word, then its number. */
  const said = (tag: string): { numbers: number[]; word: string; n: number } => {
    const [, a, b, c, word = '', n = '-1'] = /^(\d+)\.(\d+)\.(\d+)-?([a-z-]*)(\d*)$/.exec(tag) ?? []
    return { numbers: [a, b, c].map(Number), word, n: n === '' ? -1 : Number(n) }
  }
  const compareSaid = (x: string, y: string): number => {
    const [a, b] = [said(x), said(y)]
    for (const [i, number] of a.numbers.entries())
      if (number !== b.numbers[i]) return number - (b.numbers[i] ?? 0)
    if (a.word !== b.word) return a.word === '' ? 1 : b.word === '' ? -1 : a.word < b.word ? -1 : 1
    return a.n - b.n
  }

  test('all are read, and each has a place of its own', () => {
    expect(realTags).toHaveLength(337)
    expect(new Set(realTags.map((tag) => orderKey('semver', tag))).size).toBe(337)
  })

  test('they stand in the order that a person would say', () => {
    expect(inOrder('semver', realTags)).toEqual([...realTags].sort(compareSaid))
  })

  test('214 of them are no strict versions, and 222 are read otherwise than they are written', () => {
    const isStrict = (tag: string): boolean => semver.valid(tag) === tag
    expect(realTags.filter((tag) => !isStrict(tag))).toHaveLength(214)
    expect(realTags.filter(isStrict).map((tag) => parseVersion('semver', tag).name)).toEqual(
      realTags.filter(isStrict),
    )
    expect(realTags.filter((tag) => readUntidyVersion('semver', tag).readAs !== tag)).toHaveLength(222)
  })

  test('what each is read as is a strict version with the same place', () => {
    for (const tag of realTags) {
      const { key, readAs } = readUntidyVersion('semver', tag)
      expect(parseVersion('semver', readAs).key).toBe(key)
    }
  })

  test('loose semver puts 3.24.3rc10 before 3.24.3rc2, which is why it is not used', () => {
    expect(semver.compare('3.24.3rc10', '3.24.3rc2', true)).toBe(-1)
    expect(compare('semver', '3.24.3rc10', '3.24.3rc2')).toBe(1)
  })
})

test('there are two schemes', () => {
  expect(schemes).toEqual(['semver', 'timestamp'])
})

describe('timestamps', () => {
  test.each([
    '20160816160115',
    '0',
    '1'.repeat(64),
    '20160816160115-hotfix',
    '2016-a.b-1',
    `1-${'a'.repeat(126)}`,
  ])('%s is a version, strictly and otherwise', (name) => {
    const version = { name, key: orderKey('timestamp', name) }
    expect(parseVersion('timestamp', name)).toEqual(version)
    expect(readUntidyVersion('timestamp', name)).toEqual({ ...version, readAs: name })
  })

  test.each([
    '',
    '2016-',
    '2016--a',
    '2016_1',
    'v2016',
    '2016a',
    '2016.1',
    ' 2016',
    '2016\n',
    '-1',
    '٢٠١٦',
    '1'.repeat(65),
    `1-${'a'.repeat(127)}`,
  ])('"%s" is refused', (name) => {
    const problem = problemOf(() => parseVersion('timestamp', name))
    expect(problem.code).toBe('invalid_version')
    expect(problem.message).toContain('digits with an optional -suffix, such as 20160816140022')
  })

  test('they are compared as integers, whatever their length', () => {
    expect(inOrder('timestamp', ['100', '20', '9', `${'9'.repeat(63)}`, `1${'0'.repeat(63)}`])).toEqual([
      '9',
      '20',
      '100',
      '9'.repeat(63),
      `1${'0'.repeat(63)}`,
    ])
  })

  test('ties go by the suffix: none comes first, and any of them before the next number', () => {
    const rising = ['20', '20-a', '20-a.b', '20-b', '21']
    expect(inOrder('timestamp', [...rising].reverse())).toEqual(rising)
  })

  test('leading zeros do not make another number', () => {
    expect(compare('timestamp', '007', '7')).toBe(0)
    expect(compare('timestamp', '000', '0')).toBe(0)
    expect(compare('timestamp', '007', '6')).toBe(1)
  })

  test('the instant that the digits spell out', () => {
    expect(instantOfTimestamp('20160816160115')).toBe(Date.UTC(2016, 7, 16, 16, 1, 15))
    expect(instantOfTimestamp('20160816160115-hotfix')).toBe(Date.UTC(2016, 7, 16, 16, 1, 15))
    expect(instantOfTimestamp('20160229000000')).toBe(Date.UTC(2016, 1, 29))
  })

  test.each([
    '2016081616011',
    '201608161601155',
    '20161316160115',
    '20160832160115',
    '20150229000000',
    '20160816240000',
    '20160816166015',
    '20160816160160',
    '20160016160115',
    '00160816160115',
    '99999999999999',
    '20160816160115x',
    'x20160816160115',
  ])('%s spells no instant', (name) => {
    expect(instantOfTimestamp(name)).toBeUndefined()
  })
})

describe('the order is total', () => {
  const word = fc.stringMatching(/^[A-Za-z][A-Za-z-]{0,4}[A-Za-z]$|^[A-Za-z]$/)
  const number = fc.oneof(fc.nat(30), fc.nat(2 ** 31)).map(String)
  const numbers = fc.tuple(number, number, number).map((parts) => parts.join('.'))
  const prerelease = fc.array(fc.oneof(number, word), { maxLength: 3 })
  const strict = fc
    .tuple(numbers, prerelease)
    .map(([release, parts]) => (parts.length === 0 ? release : `${release}-${parts.join('.')}`))
  const untidy = fc
    .tuple(
      fc.constantFrom('', 'v'),
      fc.nat(2),
      fc.nat(2),
      fc.nat(11),
      fc.constantFrom('', 'rc', '-rc', '-rc.', '-rc-', '-b'),
      fc.constantFrom('', '1', '2', '10', '010'),
    )
    .map(
      ([v, a, b, c, joint, n]) => `${v}${a}.${b}.${c}${joint}${joint === '' || joint.endsWith('.') ? '' : n}`,
    )
    .filter((name) => !name.endsWith('.'))
  const timestamp = fc
    .tuple(fc.stringMatching(/^\d{1,20}$/), fc.constantFrom('', '-a', '-b', '-a.1', '-10', '-9'))
    .map((parts) => parts.join(''))
  const semverName = fc.oneof(strict, untidy, fc.constantFrom(...realTags))

  test.each([
    ['semver', semverName],
    ['timestamp', timestamp],
  ] as const)('antisymmetric and transitive: %s', (scheme, name) => {
    fc.assert(
      fc.property(name, name, name, (a, b, c) => {
        expect(compare(scheme, a, b)).toBe(0 - compare(scheme, b, a))
        expect(compare(scheme, a, a)).toBe(0)
        if (compare(scheme, a, b) <= 0 && compare(scheme, b, c) <= 0)
          expect(compare(scheme, a, c)).toBeLessThanOrEqual(0)
      }),
      { numRuns: 2000 },
    )
  })

  test('it is that of semver, where no identifier mixes letters and digits', () => {
    fc.assert(
      fc.property(strict, strict, (a, b) => {
        expect(compare('semver', a, b)).toBe(semver.compare(a, b))
      }),
      { numRuns: 3000 },
    )
    fc.assert(
      fc.property(prerelease, prerelease, (a, b) => {
        const [x, y] = [`1.0.0-${['a', ...a].join('.')}`, `1.0.0-${['a', ...b].join('.')}`]
        expect(compare('semver', x, y)).toBe(semver.compare(x, y))
      }),
      { numRuns: 3000 },
    )
  })

  test('timestamps compare as whole numbers of any size', () => {
    const digits = fc.stringMatching(/^\d{1,60}$/)
    fc.assert(
      fc.property(digits, digits, (a, b) => {
        const expected = BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0
        expect(compare('timestamp', a, b)).toBe(expected)
      }),
      { numRuns: 2000 },
    )
  })
})
