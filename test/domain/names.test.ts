// Names of apps, channels and racks: narrow enough to be a path, a role and a flag's value.
import { expect, test } from 'vitest'
import { checkName } from '../../shared/domain/names.ts'
import { problemOf } from '../support/builders.ts'

test.each(['a', 'rack', 'prod-1', 'a.b', '1a', 'a1', 'x'.repeat(63), 'eu-west.prod-2', 'constructors'])(
  '%s is a name',
  (name) => {
    expect(checkName('rack', name)).toBe(name)
  },
)

test.each([
  '',
  'A',
  'Rack',
  '-a',
  'a-',
  '.a',
  'a.',
  'a..b',
  'a b',
  'a/b',
  'a_b',
  'ä',
  '1',
  '2016',
  'a\n',
  '../a',
  'constructor',
  'x'.repeat(64),
])('"%s" is none', (name) => {
  expect(problemOf(() => checkName('rack', name)).code).toBe('invalid_input')
})

test('the refusal names the thing, and shows a long name short', () => {
  const form =
    '1 to 63 of a-z, 0-9, "." and "-", starting and ending with a letter or digit, not only digits, not "constructor".'
  const app = problemOf(() => checkName('app', 'My App'))
  expect(app.message).toBe(`"My App" is not a name for an app: ${form}`)
  expect(app.numbers).toEqual({ length: 6 })
  expect(problemOf(() => checkName('channel', '-')).message).toBe(`"-" is not a name for a channel: ${form}`)
  const long = problemOf(() => checkName('rack', 'x'.repeat(71)))
  expect(long.message).toBe(`"${'x'.repeat(70)}…" is not a name for a rack: ${form}`)
  expect(long.numbers).toEqual({ length: 71 })
  expect(problemOf(() => checkName('rack', 'x'.repeat(70))).message).toContain(`"${'x'.repeat(70)}" is not`)
})
