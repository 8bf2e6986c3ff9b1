/**
 * The hosts of a rack that is a group of them, while a move runs: on a terminal one table that is redrawn under the
 * words, in a pipe or a log a line for each host that has come further.
 */
import type { HostRow } from './agent/drivers/host-row.ts'
import { createLiveLines, mostLiveLines } from './live-lines.ts'
import type { Sink } from './output.ts'
import { oneLine } from './plain-text.ts'
import { formatTable } from './table.ts'

export interface HostsTable {
  readonly update: (rows: readonly HostRow[]) => void
  /** Writes words above the table. */
  readonly around: (write: () => void) => void
  /** The table stays as it was last; what follows stands below it. */
  readonly end: () => void
}

const mostRows = mostLiveLines
const restStates: readonly string[] = ['waiting', 'moved']

export function createHostsTable(sink: Sink, say: (line: string) => void): HostsTable {
  return sink.isTerminal ? redrawn(sink) : told(say)
}

export const hostColumns = ['host', 'version', 'serves', 'state', 'detail'] as const

export function hostCells({ host, version, attached, state, detail }: HostRow): string[] {
  return [host, version ?? 'nothing', attached ? 'yes' : 'no', state, detail]
}

function told(say: (line: string) => void): HostsTable {
  const known = new Map<string, string>()
  return {
    update(rows) {
      for (const { host, version, state, detail } of rows) {
        if (known.get(host) === state) continue
        const isFirst = !known.has(host) && state === 'waiting'
        known.set(host, state)
        const where = restStates.includes(state) ? ` on ${version ?? 'nothing'}` : ''
        if (!isFirst) say(`${host}: ${state}${where}${detail && `: ${detail}`}`)
      }
    },
    around: (write) => write(),
    end: () => known.clear(),
  }
}

function redrawn(sink: Sink): HostsTable {
  const lines = createLiveLines(sink)
  return { ...lines, update: (rows) => lines.update(linesOf(rows)) }
}

function linesOf(rows: readonly HostRow[]): readonly string[] {
  const shown = rows.length <= mostRows ? rows : rows.filter(({ state }) => !restStates.includes(state))
  const cells = shown.slice(0, mostRows).map((row) => hostCells(row).map((cell) => oneLine(cell)))
  const table = formatTable(hostColumns, cells)
  const left = rows.length - Math.min(shown.length, mostRows)
  return left === 0 ? table : [...table, `and ${left} more: ${countsOf(rows)}`]
}

function countsOf(rows: readonly HostRow[]): string {
  const counts = new Map<string, number>()
  for (const { state } of rows) counts.set(state, (counts.get(state) ?? 0) + 1)
  return `of all ${rows.length}, ${[...counts].map(([state, count]) => `${count} ${state}`).join(', ')}`
}
