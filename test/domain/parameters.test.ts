// Parameter contracts: every kind of change, what blocks, and the real history of 836 releases.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { convertRackHistory, parseRackHistory } from '../../demo/convert-convox.ts'
import {
  blockingChanges,
  diffParameters,
  isBlocking,
  type ParameterContract,
  type ParameterDeclaration,
  parameterChanges,
} from '../../shared/domain/parameters.ts'
import { compareKeys, orderKey } from '../../shared/domain/version.ts'

const changes = (from: ParameterContract | undefined, to: ParameterContract | undefined): string[] =>
  diffParameters(from, to).map(({ name, change, detail }) => `${change} ${name}: ${detail}`)

const ofOne = (before: ParameterDeclaration | undefined, after: ParameterDeclaration | undefined): string[] =>
  changes(before ? { Key: before } : {}, after ? { Key: after } : {})

describe('changes of one parameter', () => {
  const cases: readonly [
    string,
    ParameterDeclaration | undefined,
    ParameterDeclaration | undefined,
    string[],
  ][] = [
    ['nothing', { type: 'String', default: 'a' }, { type: 'String', default: 'a' }, []],
    [
      'masked',
      {},
      { masked: true },
      ['becameMasked Key: Key can no longer be read back: whoever writes what it read stores a placeholder.'],
    ],
    [
      'masked, explicitly not before',
      { masked: false },
      { masked: true },
      ['becameMasked Key: Key can no longer be read back: whoever writes what it read stores a placeholder.'],
    ],
    ['masked before as well', { masked: true }, { masked: true }, []],
    ['masked no more', { masked: true }, { masked: false }, []],
    [
      'new without a default',
      undefined,
      { type: 'String' },
      ['addedWithoutDefault Key: Key is new and has no default: racks must be given a value first.'],
    ],
    ['new with a default', undefined, { default: '' }, []],
    [
      'new and masked',
      undefined,
      { masked: true },
      ['addedWithoutDefault Key: Key is new and has no default: racks must be given a value first.'],
    ],
    [
      'gone',
      { default: 'a' },
      undefined,
      ['removed Key: Key is no longer declared; its value is lost on the way back.'],
    ],
    [
      'another type',
      { type: 'String' },
      { type: 'Number' },
      ['typeChanged Key: Key was String and is Number.'],
    ],
    ['typed', {}, { type: 'Number' }, ['typeChanged Key: Key was untyped and is Number.']],
    ['untyped', { type: 'Number' }, {}, ['typeChanged Key: Key was Number and is untyped.']],
    [
      'another default',
      { default: 'a' },
      { default: 'b' },
      ['defaultChanged Key: Key: its default was "a" and is "b".'],
    ],
    ['a default, first', {}, { default: '' }, ['defaultChanged Key: Key: its default was none and is "".']],
    [
      'a default, no more',
      { default: 'a' },
      {},
      ['defaultChanged Key: Key: its default was "a" and is none.'],
    ],
    [
      'a masked default',
      { default: 'secret', masked: true },
      { default: 'other', masked: true },
      ['defaultChanged Key: Key: its default changed.'],
    ],
    [
      'a default that was masked',
      { default: 'secret', masked: true },
      { default: 'b' },
      ['defaultChanged Key: Key: its default changed.'],
    ],
    [
      'a default that becomes masked',
      { default: 'a' },
      { default: 'secret', masked: true },
      [
        'becameMasked Key: Key can no longer be read back: whoever writes what it read stores a placeholder.',
        'defaultChanged Key: Key: its default changed.',
      ],
    ],
    [
      'fewer values',
      { allowed: ['a', 'b', 'c'] },
      { allowed: ['b'] },
      ['narrowed Key: Key no longer takes a, c.'],
    ],
    [
      'values for the first time',
      {},
      { allowed: ['a', 'b'] },
      ['narrowed Key: Key took any value and now only a, b.'],
    ],
    ['more values', { allowed: ['a'] }, { allowed: ['a', 'b'] }, []],
    ['any value', { allowed: ['a'] }, {}, []],
    ['the same values in another order', { allowed: ['a', 'b'] }, { allowed: ['b', 'a'] }, []],
  ]

  test.each(cases)('%s', (_name, before, after, expected) => {
    expect(ofOne(before, after)).toEqual(expected)
  })

  test('each of them at once, in one order', () => {
    const before = { type: 'String', default: 'a', allowed: ['a', 'b'] }
    const after = { type: 'Number', default: 'b', allowed: ['b'], masked: true }
    expect(diffParameters({ Key: before }, { Key: after }).map(({ change }) => change)).toEqual([
      'becameMasked',
      'typeChanged',
      'defaultChanged',
      'narrowed',
    ])
  })

  test('every kind of change occurs above', () => {
    const seen = new Set(cases.flatMap(([, , , expected]) => expected.map((line) => line.split(' ')[0])))
    expect([...seen].sort()).toEqual([...parameterChanges].sort())
  })
})

describe('contracts', () => {
  test('changes come by name, each once', () => {
    const from = { Zone: { default: 'a' }, Gone: {}, Key: {} }
    const to = { Key: { masked: true }, New: {}, Zone: { default: 'b' } }
    expect(diffParameters(from, to).map(({ change, name }) => `${change} ${name}`)).toEqual([
      'removed Gone',
      'becameMasked Key',
      'addedWithoutDefault New',
      'defaultChanged Zone',
    ])
  })

  test('a release without a contract declares nothing, so nothing can have changed', () => {
    expect(diffParameters(undefined, { Key: {} })).toEqual([])
    expect(diffParameters({ Key: {} }, undefined)).toEqual([])
    expect(diffParameters(undefined, undefined)).toEqual([])
  })

  test('an empty contract declares that there are none', () => {
    expect(changes({}, { Key: {} })).toHaveLength(1)
    expect(changes({ Key: {} }, {})).toHaveLength(1)
  })

  test('a parameter may bear a name that every object knows', () => {
    const inherited: ParameterContract = JSON.parse('{"constructor": {"masked": true}, "__proto__": {}}')
    expect(diffParameters({}, inherited).map(({ change, name }) => `${change} ${name}`)).toEqual([
      'addedWithoutDefault __proto__',
      'addedWithoutDefault constructor',
    ])
    expect(diffParameters(inherited, {}).map(({ change }) => change)).toEqual(['removed', 'removed'])
  })

  test('two of the changes block a promotion', () => {
    expect(blockingChanges).toEqual(['becameMasked', 'addedWithoutDefault'])
    const blocking = parameterChanges.filter((change) => isBlocking({ name: 'Key', change, detail: '' }))
    expect(blocking).toEqual(['becameMasked', 'addedWithoutDefault'])
  })
})

describe('the 836 real releases of Convox v2, in version order', () => {
  const file = new URL('../../demo/data/convox-rack-releases.json', import.meta.url)
  const releases = convertRackHistory(parseRackHistory(readFileSync(file, 'utf8')))
    .map((release) => ({ ...release, key: orderKey('timestamp', release.version) }))
    .sort((a, b) => compareKeys(a.key, b.key))
  const history = releases.flatMap((release, i) =>
    diffParameters(releases[i - 1]?.parameters, release.parameters).map((change) => ({
      ...change,
      to: release.version,
    })),
  )

  test('a parameter becomes masked exactly once: Password, at 20160816160115', () => {
    expect(releases).toHaveLength(836)
    expect(history.filter(({ change }) => change === 'becameMasked')).toEqual([
      {
        name: 'Password',
        change: 'becameMasked',
        detail: 'Password can no longer be read back: whoever writes what it read stores a placeholder.',
        to: '20160816160115',
      },
    ])
  })

  test('the fix has the contract of the build that it mends: only a person can tell them apart', () => {
    const of = (version: string): ParameterContract | undefined =>
      releases.find((one) => one.version === version)?.parameters
    expect(of('20160816160115')?.Password).toEqual({ type: 'String', masked: true })
    expect(diffParameters(of('20160816160115'), of('20160818013241'))).toEqual([])
    expect(
      diffParameters(of('20160816140022'), of('20160818013241'))
        .filter(isBlocking)
        .map(({ name }) => name),
    ).toEqual(['Password'])
  })
})
