/**
 * When the registry was receiving: time in which no rack at all checked in is nobody's merit and nobody's fault, and is
 * taken out of what is counted in rack-time. Gaps are on the disk before any check-in that ends them: a registry that starts
 * twice must not take its first outage for the silence of its racks.
 */
import { minute } from '../../shared/domain/instants.ts'
import type { Store } from '../store/connection.ts'
import { listReceivingGaps, type ReceivingGap, writeReceivingGaps } from '../store/receiving.ts'
import type { FleetIndex } from './fleet-index.ts'

/** What others ask of it. */
export interface Received {
  /** When any rack was heard of last; undefined: never. */
  readonly lastHeardAt: number | undefined
  /** Milliseconds between two instants without the gaps that are longer than `silenceMilliseconds`. */
  between(from: number, to: number, silenceMilliseconds: number): number
}

export interface Receiving extends Received {
  note(at: number): void
  /** Writes the gaps that are not on the disk; raises `store_unavailable` and keeps them when that fails. */
  flush(): Promise<void>
}

export interface ReceivingDeps {
  readonly store: Store
  /** Of any rack, as far as the store has it. */
  readonly lastHeardAt: number | undefined
  /** Of the process: nobody was received between the last check-in and this, however short that was. */
  readonly startedAt: number
}

/** A shorter silence is no gap: with few racks it is the time between two questions. */
export const shortestGap = 15 * minute

const mostGaps = 100
/** Who starts again within this has not been up in between: a registry that falls at every start has one outage. */
const shortestLife = minute

/** A gap that lasts is told from a quiet fleet only when it ends: until then it counts. */
export async function openReceiving({ store, lastHeardAt, startedAt }: ReceivingDeps): Promise<Receiving> {
  let gaps: ReceivingGap[] = await listReceivingGaps(store.read)
  let last = lastHeardAt
  let isWritten = true

  function add(gap: ReceivingGap): void {
    gaps = [...gaps, gap].slice(-mostGaps)
    isWritten = false
  }

  // Of whom nothing is stored may have asked all the same: what a kill took is nobody's silence either.
  if (startedAt > (last ?? 0)) {
    add(outage(last ?? 0, startedAt))
    if (last !== undefined) last = startedAt
  }

  /** What was written of it at an earlier start is part of it. */
  function outage(heardAt: number, to: number): ReceivingGap {
    gaps = gaps.filter(({ from }) => from < heardAt)
    const before = gaps.at(-1)
    if (before?.cause !== 'down' || heardAt - before.to > shortestLife)
      return { from: heardAt, to, cause: 'down' }
    gaps.pop()
    return { ...before, to }
  }

  return {
    get lastHeardAt() {
      return last
    },
    note(at) {
      if (last !== undefined && at - last > shortestGap) add({ from: last, to: at, cause: 'quiet' })
      if (last === undefined || at > last) last = at
    },
    between(from, to, silenceMilliseconds) {
      let time = Math.max(0, to - from)
      for (const gap of gaps) {
        if (gap.cause === 'quiet' && gap.to - gap.from <= silenceMilliseconds) continue
        time -= Math.max(0, Math.min(gap.to, to) - Math.max(gap.from, from))
      }
      return Math.max(0, time)
    },
    async flush() {
      if (isWritten) return
      const written = gaps
      await store.transact((tx) => writeReceivingGaps(tx, written))
      isWritten = written === gaps
    },
  }
}

export function lastHeardOf(index: FleetIndex): number | undefined {
  let last: number | undefined
  for (const { lastSeenAt } of index.all())
    if (lastSeenAt !== undefined && (last === undefined || lastSeenAt > last)) last = lastSeenAt
  return last
}
