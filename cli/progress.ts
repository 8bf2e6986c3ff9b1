/** How far a long act has come: one bar that is redrawn on a terminal, and nothing at all in a pipe or a log. */
import type { Sink } from './output.ts'

export interface Progress {
  /** `done` in the unit of `total`. */
  readonly update: (done: number) => void
  /** Removes the bar; what was reached is for the verb to say. */
  readonly end: () => void
}

export interface ProgressOptions {
  readonly label: string
  /** Null when nobody knows. */
  readonly total: number | null
  readonly show: (amount: number) => string
  /** Milliseconds from an arbitrary start. */
  readonly monotonic: () => number
}

const redrawMilliseconds = 100
const silent: Progress = { update: () => undefined, end: () => undefined }

export function createProgress(sink: Sink, options: ProgressOptions): Progress {
  if (!sink.isTerminal) return silent
  const startedAt = options.monotonic()
  let drawnAt = Number.NEGATIVE_INFINITY
  return {
    update(done) {
      const now = options.monotonic()
      if (now - drawnAt < redrawMilliseconds && done !== options.total) return
      drawnAt = now
      const text = lineOf(sink, options, done, now - startedAt)
      sink.write(`\r\u001b[K${[...text].slice(0, Math.max(10, sink.width - 1)).join('')}`)
    },
    end() {
      if (drawnAt !== Number.NEGATIVE_INFINITY) sink.write('\r\u001b[K')
    },
  }
}

/** `12.3 MB`; decimal units, as download sizes are given. */
export function showBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3))
  return power === 0 ? `${bytes} B` : `${(bytes / 1000 ** power).toFixed(1)} ${units[power]}`
}

function lineOf(sink: Sink, { label, total, show }: ProgressOptions, done: number, elapsed: number): string {
  const perSecond = elapsed > 0 ? done / (elapsed / 1000) : 0
  const rate = perSecond > 0 ? `  ${show(Math.round(perSecond))}/s` : ''
  if (total === null || total === 0) return `${label}  ${show(done)}${rate}`
  const share = Math.min(1, done / total)
  const left = perSecond > 0 && share < 1 ? `  ${Math.ceil((total - done) / perSecond)} s left` : ''
  return `${label}  ${bar(sink, share)} ${String(Math.floor(share * 100)).padStart(3)} %  ${show(done)} of ${show(total)}${rate}${left}`
}

function bar(sink: Sink, share: number): string {
  const cells = 24
  const full = Math.round(share * cells)
  return sink.isUnicode
    ? '█'.repeat(full) + '░'.repeat(cells - full)
    : `[${'#'.repeat(full)}${'.'.repeat(cells - full)}]`
}
