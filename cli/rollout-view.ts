/** A rollout as it goes on, in a few lines that are redrawn: a bar for each wave, what is awaited, what failed last. */
import type { RolloutDetailBody } from '../shared/contract/rollout.ts'
import { freezeWords } from './freeze-scope.ts'
import { mostLiveLines } from './live-lines.ts'
import { type Sink, shownOn } from './output.ts'
import { oneLine } from './plain-text.ts'
import { countsIn, failureWords, stateWords } from './rollout-changes.ts'
import { standsWords } from './rollout-page.ts'
import { aimOf, isOver, nameOfWave, placeOf, showCommand } from './rollout-words.ts'
import { describeInstant } from './when.ts'

const mostFailures = 3
/** What stands around the waves: two lines of head, two of what is awaited, failures with their title, the last line. */
const mostRows = mostLiveLines - mostFailures - 6
const barCells = 24

/** What fills a bar, in the order of a rack's way; the counts behind it say the same in words. */
const fillings = [
  ['healthy', '█', '#'],
  ['soaking', '▓', '='],
  ['underWay', '▒', '-'],
  ['failed', '✗', 'x'],
  ['acknowledged', '✗', 'x'],
  ['waiting', '░', '.'],
] as const

/** `now` is milliseconds since the epoch. */
export function viewOf(
  rollout: RolloutDetailBody,
  sink: Pick<Sink, 'isUnicode' | 'width'>,
  now: number,
): readonly string[] {
  // The command is at its end.
  const aside = folded(asideOf(rollout, now), sink.width - 1).slice(0, 4)
  const lines = [
    `${rollout.id} of ${rollout.app} ${oneLine(aimOf(rollout))}`,
    `${rollout.state}, ${placeOf(rollout)}, since ${distance(rollout.since.at, now)}; ${underWayWords(rollout)}`,
    ...rowsOf(rollout, sink.isUnicode, mostRows - aside.length),
    ...aside,
    ...folded(awaited(rollout, now), sink.width - 1).slice(0, 2),
    ...failuresOf(rollout, now),
  ]
  return lines.map((line) => shownOn(sink, line))
}

/** What else keeps racks where they are, or moves them. */
function asideOf({ app, freeze, takenBackBy }: RolloutDetailBody, now: number): string {
  if (freeze) return freezeWords(freeze, (instant) => describeInstant(instant, now, true))
  return takenBackBy === null ? '' : `taken back by ${takenBackBy}: ${showCommand(app, takenBackBy)}`
}

function underWayWords({ underWay, plan }: RolloutDetailBody): string {
  return plan?.maxInFlight == null ? `${underWay} under way` : `${underWay} of ${plan.maxInFlight} under way`
}

/** The waves around the open one: a terminal's height is not told. */
function rowsOf(rollout: RolloutDetailBody, isUnicode: boolean, most: number): readonly string[] {
  const waves = rollout.plan?.waves ?? []
  const names = waves.map((_, wave) => oneLine(nameOfWave(rollout, wave), 20))
  const width = Math.max(0, ...names.map((name) => [...name].length))
  const rows = waves.map((_, wave) => {
    const name = `${names[wave]}${' '.repeat(width - [...(names[wave] ?? '')].length)}`
    const bar = barOf(rollout, wave, isUnicode)
    return `${String(wave + 1).padStart(2)} ${name}  ${bar}  ${standsWords(rollout, wave).padEnd(7)}  ${countsIn(rollout, wave) ?? ''}`
  })
  if (rows.length <= most) return rows
  const from = Math.min(Math.max(0, rollout.wave - 1), rows.length - most + 1)
  const shown = rows.slice(from, from + most - 1)
  return [...shown, `   and ${rows.length - shown.length} more waves`]
}

function barOf({ standing }: RolloutDetailBody, wave: number, isUnicode: boolean): string {
  const numbers = standing[wave]?.numbers ?? {}
  const counts = fillings.map(([name]) => numbers[name] ?? 0)
  if (counts.every((count) => count === 0)) return (isUnicode ? '░' : '.').repeat(barCells)
  const cells = shareOut(counts, barCells)
  return fillings
    .map(([, sign, ascii], index) => (isUnicode ? sign : ascii).repeat(cells[index] ?? 0))
    .join('')
}

/** So many cells among counts, by their shares; but one failed rack of a thousand is to be seen. */
export function shareOut(counts: readonly number[], cells: number): readonly number[] {
  const total = counts.reduce((sum, count) => sum + count, 0)
  const exact = counts.map((count) => (count / total) * cells)
  const given = exact.map((share) => (share > 0 ? Math.max(1, Math.floor(share)) : 0))
  const missing = () => cells - given.reduce((sum, one) => sum + one, 0)
  const deserving = (sign: 1 | -1) =>
    exact
      .map((share, index) => ({ index, claim: sign * (share - (given[index] ?? 0)) }))
      .filter(({ index }) => (given[index] ?? 0) > (sign === -1 ? 1 : 0))
      .toSorted((a, b) => b.claim - a.claim)[0]?.index
  while (missing() !== 0) {
    const sign = missing() > 0 ? 1 : -1
    const index = deserving(sign)
    if (index === undefined) break
    given[index] = (given[index] ?? 0) + sign
  }
  return given
}

function awaited(rollout: RolloutDetailBody, now: number): string {
  const { state, standing, wave, plan, complaint } = rollout
  if (complaint !== null) return `cannot begin: ${oneLine(complaint)}`
  if (isOver(rollout) || state === 'halted' || state === 'paused') return stateWords(rollout)
  const notBefore = plan?.waves[wave + 1]?.notBefore ?? null
  const later =
    notBefore !== null && Date.parse(notBefore) > now
      ? ` The next one opens ${distance(notBefore, now)} at the earliest.`
      : ''
  const present = standing[wave]
  if (!present) return later.trim()
  const until = present.until === null ? '' : ` Passes ${distance(present.until, now)} if nothing happens.`
  return `${oneLine(present.detail, 160)}${until}${later}`
}

/** At blanks, so that no line is cut by the edge of the terminal. */
function folded(text: string, width: number): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(' ').filter(Boolean)) {
    const last = lines.at(-1)
    if (last !== undefined && [...last].length + word.length < width)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

function failuresOf({ failures }: RolloutDetailBody, now: number): readonly string[] {
  if (failures.length === 0) return []
  const newest = failures.toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at)).slice(0, mostFailures)
  const title = failures.length > newest.length ? `The newest of ${failures.length} failures` : 'Failures'
  return [title, ...newest.map((one) => `   ${distance(one.at, now).padEnd(8)} ${failureWords(one)}`)]
}

function distance(instant: string, now: number): string {
  return describeInstant(instant, now, true)
}
