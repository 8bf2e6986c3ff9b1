/**
 * When the registry was receiving: time in which no rack at all checked in is nobody's merit and nobody's fault, and is
 * taken out of what is counted in rack-time.
 */
import { minute } from '../../shared/domain/instants.ts'

export interface Receiving {
  note(at: number): void
  /** When any rack was heard of last; undefined: never. */
  readonly lastHeardAt: number | undefined
  /** Milliseconds between two instants without the gaps that are longer than `silenceMilliseconds`. */
  between(from: number, to: number, silenceMilliseconds: number): number
}

interface Gap {
  readonly from: number
  readonly to: number
  readonly wasDown: boolean
}

/** A shorter silence is no gap: with few racks it is the time between two questions. */
export const shortestGap = 15 * minute

const mostGaps = 100

/**
 * `lastHeardAt`: of any rack, before this process; until it started there was nobody to receive, however short that was. A
 * gap that lasts is told from a quiet fleet only when it ends: until then it counts.
 */
export function createReceiving(lastHeardAt: number | undefined, startedAt?: number): Receiving {
  let last = lastHeardAt
  const gaps: Gap[] = []
  if (last !== undefined && startedAt !== undefined && startedAt > last) {
    gaps.push({ from: last, to: startedAt, wasDown: true })
    last = startedAt
  }
  return {
    get lastHeardAt() {
      return last
    },
    note(at) {
      if (last !== undefined && at - last > shortestGap) {
        gaps.push({ from: last, to: at, wasDown: false })
        if (gaps.length > mostGaps) gaps.shift()
      }
      if (last === undefined || at > last) last = at
    },
    between(from, to, silenceMilliseconds) {
      let time = Math.max(0, to - from)
      for (const gap of gaps) {
        if (!gap.wasDown && gap.to - gap.from <= silenceMilliseconds) continue
        time -= Math.max(0, Math.min(gap.to, to) - Math.max(gap.from, from))
      }
      return Math.max(0, time)
    },
  }
}
