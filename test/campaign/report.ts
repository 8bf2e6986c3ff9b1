/** What the campaign prints: a line for each chapter, every fault that was not survived, and a table of all. */
import { idOf } from './chapters.ts'
import type { PlayedChapter } from './lanes.ts'
import { mayBeStuck } from './may-be-stuck.ts'
import type { Verdict } from './run-chapter.ts'

export interface Totals {
  readonly tried: number
  readonly survived: number
  readonly stuck: number
}

/** A stuck rack that may be stuck, said so, and was put right by a person, has survived, too; it is named apart. */
export function totalsOf(verdicts: readonly Verdict[]): Totals {
  const count = (end: Verdict['end']) => verdicts.filter((verdict) => verdict.end === end).length
  const stuck = count('stuck')
  return {
    tried: count('survived') + stuck + count('not survived'),
    survived: count('survived') + stuck,
    stuck,
  }
}

export function chapterLine({ chapter, verdicts, seconds }: PlayedChapter): string {
  const { tried, survived } = totalsOf(verdicts)
  const late = verdicts.filter(({ end }) => end === 'late').length
  const words = `tried ${tried}, survived ${survived}${late > 0 ? `, came too late ${late}` : ''}`
  return `${idOf(chapter).padEnd(34)} ${words.padEnd(32)} ${seconds.toFixed(1).padStart(6)} s`
}

export function failureLines({ id, words, complaints }: Verdict, seed: number): readonly string[] {
  return [
    `NOT SURVIVED ${id}: ${words}`,
    ...complaints.map((complaint) => `    ${complaint.trim().replaceAll('\n', '\n      ')}`),
    `    alone: npm run campaign -- --seed ${seed} --only ${id}`,
  ]
}

/** Survived of tried, per driver and kind. */
export function tableLines(verdicts: readonly Verdict[]): readonly string[] {
  const cells = verdicts.map((verdict) => ({ verdict, place: verdict.id.split('/') }))
  const names = (index: number) => [...new Set(cells.map(({ place }) => place[index] ?? ''))]
  const drivers = names(0)
  const row = (head: string, cellOf: (driver: string) => string) =>
    [head.padEnd(16), ...drivers.map((driver) => cellOf(driver).padStart(24))].join('')
  const shown = (driver: string, kind?: string) => {
    const own = cells.filter(({ place }) => place[0] === driver && (kind === undefined || place[2] === kind))
    const { tried, survived, stuck } = totalsOf(own.map(({ verdict }) => verdict))
    return tried === 0 ? '·' : `${survived}/${tried}${stuck > 0 ? ` (${stuck} stuck)` : ''}`
  }
  return [
    row('', (driver) => driver),
    ...names(2).map((kind) => row(kind, (driver) => shown(driver, kind))),
    row('all', (driver) => shown(driver)),
  ]
}

export function stuckLines(verdicts: readonly Verdict[]): readonly string[] {
  const stuck = verdicts.filter(({ end }) => end === 'stuck').map(({ id }) => id)
  if (stuck.length === 0) return []
  const why = mayBeStuck.map((allowed) => `  ${allowed.kind} (${allowed.stories.join(', ')}): ${allowed.why}`)
  return [`stuck ${stuck.length}, as they may be:`, ...why, `  ${stuck.join(' ')}`]
}
