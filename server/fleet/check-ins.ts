/**
 * Check-ins, coalesced: of each rack the last one is kept in memory and written in small transactions off the hot
 * path. When the store cannot be written they wait here, and are what shows that it can be written again.
 */
import { appendRackHistory } from '../store/rack-history.ts'
import { upsertCheckIns } from '../store/racks.ts'
import type { KnownRack } from './fleet-index.ts'
import { healthChangeOf, healthStateOf } from './health-history.ts'
import type { Receiving } from './receiving.ts'
import type { Writability } from './writability.ts'

export interface CheckIns {
  /** Whether the store takes writes: without it nothing is granted. */
  readonly canWrite: boolean
  note(rack: KnownRack): void
  /** What has not been written yet. */
  readonly waiting: number
  /** Writes everything that is waiting; raises `store_unavailable` and keeps it when that fails. */
  flush(): Promise<void>
  start(): void
  /** Flushes for the last time; raises what keeps it from that. */
  stop(): Promise<void>
}

export interface CheckInsDeps {
  readonly receiving: Pick<Receiving, 'flush'>
  readonly writability: Writability
  readonly onFailure: (error: unknown) => void
  readonly everyMilliseconds?: number
}

/** Small enough that the event loop answers checks between two batches. */
const batchSize = 100

export function createCheckIns(deps: CheckInsDeps): CheckIns {
  const { receiving, writability, onFailure, everyMilliseconds = 1000 } = deps
  let waiting = new Set<KnownRack>()
  let timer: NodeJS.Timeout | undefined
  let flushing: Promise<void> | undefined

  async function writeAll(): Promise<void> {
    const batch: KnownRack[] = []
    await receiving.flush()
    const racks = waiting
    waiting = new Set()
    for (const rack of racks) {
      racks.delete(rack)
      batch.push(rack)
      if (batch.length < batchSize && racks.size > 0) continue
      await writeBatch(batch.splice(0), racks)
      await new Promise((resolve) => setImmediate(resolve))
    }
    if (!writability.canWrite) await writability.probe()
  }

  async function writeBatch(batch: readonly KnownRack[], rest: ReadonlySet<KnownRack>): Promise<void> {
    try {
      // As it is now: another check-in may say something else while this is written.
      const recorded = batch.map(healthStateOf)
      const changes = batch.flatMap((rack) => healthChangeOf(rack) ?? [])
      await writability.store.transact(async (tx) => {
        await upsertCheckIns(tx, batch.map(checkInOf))
        for (const change of changes) await appendRackHistory(tx, change)
      })
      for (const [index, rack] of batch.entries()) rack.recordedHealth = recorded[index] ?? null
      writability.noteWritten()
    } catch (error) {
      for (const rack of [...batch, ...rest]) waiting.add(rack)
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
      return writability.canWrite
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
        if (waiting.size > 0 || !writability.canWrite) flush().catch(onFailure)
      }, everyMilliseconds)
      // A registry that could not begin to listen is to end, not to wait for check-ins.
      timer.unref()
    },
    async stop() {
      clearInterval(timer)
      await flushing?.catch(() => undefined)
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
    outside: rack.outside ?? null,
  }
}
