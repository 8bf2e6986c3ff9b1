/**
 * Ranges of versions, by our total order, prereleases included. A range may name versions that nobody has seen.
 *
 *   A            one version                A, B, C      a list (also `||`)
 *   A..B         from A to B, both ends     >=A <C       comparators, all of which hold
 *   ^A  ~A       as npm reads them (semver apps only)
 */
import type { Comparator } from 'semver'
import Range from 'semver/classes/range.js'
import { Problem } from './problem.ts'
import { orderKey, type VersionScheme } from './version.ts'

interface Bound {
  readonly key: string
  readonly isInclusive: boolean
}

interface Interval {
  readonly from?: Bound
  readonly to?: Bound
}

/** Any of the intervals. The text is what was asked, kept to be shown. */
export interface VersionRange {
  readonly text: string
  readonly intervals: readonly Interval[]
}

const maxAlternatives = 1000

/** Raises `invalid_range` (or `invalid_version`) that names the part that is wrong. */
export function parseRange(scheme: VersionScheme, text: string): VersionRange {
  const parts = text.split(/,|\|\|/).map((part) => part.trim())
  if (parts.length > maxAlternatives) {
    throw new Problem(
      'invalid_range',
      `The range has ${parts.length} parts, at most ${maxAlternatives} are read.`,
    )
  }
  const intervals = parts.flatMap((part) => parsePart(scheme, part, text))
  refuseOpenEnded(intervals, text)
  return { text, intervals }
}

/** `>=A,<B` reads like a span and means everything: a list of parts without an end on either side is a slip. */
function refuseOpenEnded(intervals: readonly Interval[], text: string): void {
  const hasOpenStart = intervals.some(({ from }) => from === undefined)
  const hasOpenEnd = intervals.some(({ to }) => to === undefined)
  if (intervals.length < 2 || !hasOpenStart || !hasOpenEnd) return
  throw invalidRange(
    text,
    'a comma means "or", so these parts together leave out little or nothing; for both at once write them with a space',
  )
}

/** `--introduced A --fixed C`: from A, up to but without C. */
export function rangeOfDefect(scheme: VersionScheme, introduced: string, fixed: string): VersionRange {
  return parseRange(scheme, `>=${introduced} <${fixed}`)
}

export function contains(range: VersionRange, key: string): boolean {
  return range.intervals.some((interval) => isAbove(interval.from, key) && isBelow(interval.to, key))
}

function isAbove(from: Bound | undefined, key: string): boolean {
  return from === undefined || key > from.key || (from.isInclusive && key === from.key)
}

function isBelow(to: Bound | undefined, key: string): boolean {
  return to === undefined || key < to.key || (to.isInclusive && key === to.key)
}

function parsePart(scheme: VersionScheme, part: string, text: string): Interval[] {
  if (part === '') throw invalidRange(text, 'a part of it is empty')
  if (part.includes('..')) return [span(scheme, part, text)]
  if (/^[~^]/.test(part)) return caret(scheme, part, text)
  if (/^[<>=]/.test(part)) return [comparators(scheme, part, text)]
  if (/\s/.test(part)) throw invalidRange(text, `"${part}" is neither a version nor a list of comparators`)
  return [exactly(orderKey(scheme, part))]
}

function span(scheme: VersionScheme, part: string, text: string): Interval {
  const ends = part.split('..')
  const [from, to] = ends
  if (ends.length !== 2 || !from || !to) throw invalidRange(text, `"${part}" is not of the form A..B`)
  const interval = { from: bound(scheme, from, true), to: bound(scheme, to, true) }
  if (interval.from.key > interval.to.key)
    throw invalidRange(text, `it starts at ${from}, which comes after its end ${to}`)
  return interval
}

function comparators(scheme: VersionScheme, part: string, text: string): Interval {
  let interval: Interval = {}
  for (const one of part.replace(/([<>=])\s+/g, '$1').split(/\s+/)) {
    const [, operator, version] = /^(>=|<=|>|<|=)([^<>=]+)$/.exec(one) ?? []
    if (!operator || !version) throw invalidRange(text, `"${one}" is not a comparator such as >=A or <B`)
    interval = narrow(interval, operator, orderKey(scheme, version))
  }
  return satisfiable(interval, part, text)
}

function satisfiable(interval: Interval, part: string, text: string): Interval {
  const { from, to } = interval
  if (from && to && (from.key > to.key || (from.key === to.key && !(from.isInclusive && to.isInclusive)))) {
    throw invalidRange(text, `no version can satisfy "${part}"`)
  }
  return interval
}

function narrow(interval: Interval, operator: string, key: string): Interval {
  const isInclusive = operator.includes('=')
  const next: Bound = { key, isInclusive }
  const from = operator === '<' || operator === '<=' ? interval.from : tighter(interval.from, next, 1)
  const to = operator === '>' || operator === '>=' ? interval.to : tighter(interval.to, next, -1)
  return { ...(from && { from }), ...(to && { to }) }
}

function tighter(present: Bound | undefined, next: Bound, sign: 1 | -1): Bound {
  if (!present) return next
  if (present.key === next.key) return present.isInclusive ? next : present
  return present.key > next.key === (sign === 1) ? present : next
}

function caret(scheme: VersionScheme, part: string, text: string): Interval[] {
  if (scheme !== 'semver') throw invalidRange(text, `${part[0]} has a meaning only for semver apps`)
  let sets: readonly (readonly Comparator[])[]
  try {
    sets = new Range(part).set
  } catch {
    throw invalidRange(text, `"${part}" is not understood`)
  }
  return sets.map((set) => {
    let interval: Interval = {}
    for (const one of set) {
      // `^*` is npm's word for anything: a comparator with no version in it.
      if (typeof one.semver.version !== 'string') throw invalidRange(text, `"${part}" names no version`)
      interval = narrow(interval, one.operator || '=', orderKey('semver', one.semver.version))
    }
    return satisfiable(interval, part, text)
  })
}

function bound(scheme: VersionScheme, version: string, isInclusive: boolean): Bound {
  return { key: orderKey(scheme, version.trim()), isInclusive }
}

function exactly(key: string): Interval {
  return { from: { key, isInclusive: true }, to: { key, isInclusive: true } }
}

function invalidRange(text: string, why: string): Problem {
  const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text
  return new Problem('invalid_range', `"${shown}" is not a range of versions: ${why}.`, {
    hint: 'Write one version, a list A,B, a span A..B, or comparators such as ">=A <B".',
  })
}
