/**
 * Version schemes and their total order. Every version has one order key, a text whose plain `<` is the order,
 * so that nothing downstream compares versions in a way of its own.
 */
import valid from 'semver/functions/valid.js'
import { Problem } from './problem.ts'

export const schemes = ['semver', 'timestamp'] as const
export type VersionScheme = (typeof schemes)[number]

/** A version as it was written, and where it stands in its scheme's order. */
export interface Version {
  readonly name: string
  readonly key: string
}

export interface UntidyVersion extends Version {
  /** How the name was read: `3.24.9rc1` is read as `3.24.9-rc.1`. Equal to the name when nothing was tidied. */
  readonly readAs: string
}

const maxLength = 128
const timestampForm = /^(\d{1,64})(?:-([0-9A-Za-z][0-9A-Za-z.-]*))?$/
// Four numbers (1.2.3.4) are refused: they are not a prerelease of the first three.
const untidyForm =
  /^v?(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z][0-9A-Za-z.-]*)|([A-Za-z][0-9A-Za-z.-]*))?(?:\+[0-9A-Za-z.-]+)?$/

/** The strict reading, for versions that are published now. Raises `invalid_version`. */
export function parseVersion(scheme: VersionScheme, name: string): Version {
  const isStrict =
    scheme === 'timestamp' || (name.length <= maxLength && /^\d\S*$/.test(name) && valid(name) !== null)
  if (!isStrict) throw invalidVersion(scheme, name)
  return { name, key: orderKey(scheme, name) }
}

/** The forgiving reading, for versions that exist already: the name is kept, the order is what its author meant. */
export function readUntidyVersion(scheme: VersionScheme, name: string): UntidyVersion {
  return { name, key: orderKey(scheme, name), readAs: readingOf(scheme, name) }
}

/**
 * The order key of a name. Letters are split from digits (`rc10` is read `rc.10`) for every version of a semver
 * app, however it came in, so that one name has one place: loose SemVer puts `rc10` before `rc2`. Build metadata
 * does not order (SemVer 2.0.0, 10). Raises `invalid_version`.
 */
export function orderKey(scheme: VersionScheme, name: string): string {
  return scheme === 'semver' ? semverKey(name) : timestampKey(name)
}

export function compareKeys(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/**
 * The instant that a timestamp version spells out (`20160816160115` is 2016-08-16T16:01:15Z), or undefined for
 * digits that are no date.
 */
export function instantOfTimestamp(name: string): number | undefined {
  const digits = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(?:-|$)/.exec(name)
  if (!digits) return undefined
  const [year, month, day, hour, minute, second] = digits.slice(1).map(Number)
  const at = Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second)
  // Date.UTC carries over: a thirteenth month is the next January, and would be believed.
  return new Date(at).toISOString().replace(/\D/g, '').startsWith(digits.slice(1).join('')) ? at : undefined
}

function readingOf(scheme: VersionScheme, name: string): string {
  if (scheme === 'timestamp') return name
  const { numbers, prerelease } = semverParts(name)
  return numbers.join('.') + (prerelease.length > 0 ? `-${prerelease.join('.')}` : '')
}

function semverKey(name: string): string {
  const { numbers, prerelease } = semverParts(name)
  const release = numbers.map(numberKey).join('')
  // A release stands after all its prereleases; `!` ends an identifier and is smaller than any character in one.
  if (prerelease.length === 0) return `${release}~`
  return `${release}-${prerelease.map((part) => `${identifierKey(part)}!`).join('')}`
}

function semverParts(name: string): { numbers: string[]; prerelease: string[] } {
  const parts = name.length <= maxLength ? untidyForm.exec(name) : null
  if (!parts) throw invalidVersion('semver', name)
  const numbers = [parts[1] ?? '', parts[2] ?? '', parts[3] ?? ''].map(stripZeros)
  return {
    numbers,
    prerelease: (parts[4] ?? parts[5] ?? '')
      .split('.')
      .flatMap(splitLetters)
      .filter((part) => part !== ''),
  }
}

/** `rc10` → `rc`, `10`; `noid-eh2` → `noid-eh`, `2`; a commit hash such as `0a1b2c` is one word. */
function splitLetters(identifier: string): string[] {
  const word = /^([A-Za-z-]*[A-Za-z])-?(\d+)$/.exec(identifier)
  return word
    ? [word[1] ?? '', stripZeros(word[2] ?? '')]
    : [/^\d+$/.test(identifier) ? stripZeros(identifier) : identifier]
}

function identifierKey(part: string): string {
  return /^\d+$/.test(part) ? `0${numberKey(part)}` : `1${part}`
}

function timestampKey(name: string): string {
  const parts = name.length <= maxLength ? timestampForm.exec(name) : null
  if (!parts) throw invalidVersion('timestamp', name)
  return numberKey(stripZeros(parts[1] ?? '')) + (parts[2] === undefined ? '' : `!${parts[2]}`)
}

/** Digits with their count in front: texts then order as the integers do, whatever their size. */
function numberKey(digits: string): string {
  return String(digits.length).padStart(3, '0') + digits
}

function stripZeros(digits: string): string {
  return digits.replace(/^0+(?=\d)/, '')
}

function invalidVersion(scheme: VersionScheme, name: string): Problem {
  const expected =
    scheme === 'semver'
      ? 'MAJOR.MINOR.PATCH[-PRERELEASE], such as 3.24.9 or 3.24.9-rc.1'
      : 'digits with an optional -suffix, such as 20160816140022'
  const shown = name.length > 60 ? `${name.slice(0, 60)}… (${name.length} characters)` : name
  return new Problem(
    'invalid_version',
    `"${shown}" is not a version of the scheme ${scheme}: expected ${expected}, at most ${maxLength} characters.`,
    {
      numbers: { scheme, length: name.length },
    },
  )
}
