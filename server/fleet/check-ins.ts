/**
 * Check-ins, coalesced: of each rack the last one is kept in memory and written in small transactions off the hot
 * path. When the store cannot be written they wait here, and no rack is granted anything meanwhile.
 */
import type { Store } from '../store/connection.ts'
import { upsertCheckIns } from '../store/racks.ts'
import type { KnownRack } from './fleet-index.ts'

export interface CheckIns {
  /** False from a failed write to the next one that succeeds. */
  readonly canWrite: boolean
  note(rack: KnownRack): void
  /** What has not been written yet. */
  readonly waiting: number
  /** Writes everything that is waiting; raises `store_unavailable` and keeps it when that fails. */
  flush(): Promise<void>
  start(): void
  /** Flushes for the last time. */
  stop(): Promise<void>
}

export interface CheckInsDeps {
  readonly store: Store
  readonly onFailure: (error: unknown) => void
  readonly everyMilliseconds?: number
}

/** Small enough that the event loop answers checks between two batches. */
const batchSize = 100

export function createCheckIns({ store, onFailure, everyMilliseconds = 1000 }: CheckInsDeps): CheckIns {
  let waiting = new Set<KnownRack>()
  let canWrite = true
  let timer: NodeJS.Timeout | undefined
  let flushing: Promise<void> | undefined

  async function writeAll(): Promise<void> {
    const batch: KnownRack[] = []
    const racks = waiting
    waiting = new Set()
    for (const rack of racks) {
      racks.delete(rack)
      batch.push(rack)
      if (batch.length < batchSize && racks.size > 0) continue
      await writeBatch(batch.splice(0), racks)
      await new Promise((resolve) => setImmediate(resolve))
    }
    if (!canWrite) await store.transact(async () => undefined)
    canWrite = true
  }

  async function writeBatch(batch: readonly KnownRack[], rest: ReadonlySet<KnownRack>): Promise<void> {
    try {
      await store.transact((tx) => upsertCheckIns(tx, batch.map(checkInOf)))
    } catch (error) {
      for (const rack of [...batch, ...rest]) waiting.add(rack)
      canWrite = false
      throw error
    }
  }

  function flush(): Promise<void> {
    flushing ??= writeAll().finally(() => {
      flushing = undefined
    })
    return flushing
  }

  return {
    get canWrite() {
      return canWrite
    },
    get waiting() {
      return waiting.size
    },
    note(rack) {
      waiting.add(rack)
    },
    flush,
    start() {
      timer = setInterval(() => {
        if (waiting.size > 0 || !canWrite) flush().catch(onFailure)
      }, everyMilliseconds)
    },
    async stop() {
      clearInterval(timer)
      await flushing
      await flush()
    },
  }
}

function checkInOf(rack: KnownRack) {
  const { app, name } = rack.row
  return {
    app,
    name,
    lastSeenAt: rack.lastSeenAt ?? 0,
    report: rack.reportText === undefined ? null : JSON.parse(rack.reportText),
  }
}
