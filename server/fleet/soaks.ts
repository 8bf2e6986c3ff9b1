/**
 * Rack-time: how long each rack has run what it runs, proved and healthy, while the registry was receiving. Counted at
 * check-ins from one to the next, so that a rack which falls silent earns nothing for it until it speaks again.
 */
import { minute } from '../../shared/domain/instants.ts'
import type { RackFacts } from '../../shared/domain/rack.ts'
import type { Store } from '../store/connection.ts'
import { findSoak, loadPresentSoaks, type SoakRow, writeSoaks } from '../store/soaks.ts'
import type { FleetIndex, KnownRack } from './fleet-index.ts'
import { createReceiving, shortestGap } from './receiving.ts'

export interface Soak {
  readonly version: string
  readonly milliseconds: number
  readonly countedAt: number
  /** Whether it was healthy when it was last counted. */
  readonly isHealthy: boolean
}

export interface Soaks {
  /** After the rack's facts have been taken; `checkSeconds` is its channel's. */
  noteCheckIn(rack: KnownRack, at: number, checkSeconds: number): void
  flush(): Promise<void>
  start(): void
  /** Writes for the last time; raises what keeps it from that. */
  stop(): Promise<void>
}

export interface SoaksDeps {
  readonly store: Store
  readonly index: FleetIndex
  readonly onFailure: (error: unknown) => void
  readonly everyMilliseconds?: number
}

const batchSize = 100
/** A rack that asks this many times more rarely than it should has not been silent yet. */
const patience = 3

export function soakedMinutes({ soak }: KnownRack): number {
  return soak === undefined ? 0 : soak.milliseconds / minute
}

export async function openSoaks(deps: SoaksDeps): Promise<Soaks> {
  const { store, index, onFailure, everyMilliseconds = 30_000 } = deps
  await takeUp(store, index)
  const receiving = createReceiving(lastHeardAt(index))
  let changed = new Set<KnownRack>()
  let departed: SoakRow[] = []
  /** Racks that came back to a version: what they had earned with it is added as soon as it is read. */
  let returned = new Map<KnownRack, string>()
  let timer: NodeJS.Timeout | undefined
  let flushing: Promise<void> | undefined

  async function recall(rack: KnownRack, version: string): Promise<void> {
    const earlier = await findSoak(store.read, rack.row.rackKey, version)
    const { soak } = rack
    if (!earlier || earlier.leftAt === null || soak?.version !== version) return
    rack.soak = { ...soak, milliseconds: soak.milliseconds + earlier.milliseconds }
  }

  async function write(): Promise<void> {
    const [racks, left, back] = [changed, departed, returned]
    changed = new Set()
    departed = []
    returned = new Map()
    try {
      for (const [rack, version] of back) await recall(rack, version)
      const rows = [...left, ...[...racks].flatMap((rack) => rowOf(rack, null) ?? [])]
      while (rows.length > 0) {
        const batch = rows.splice(0, batchSize)
        await store.transact((tx) => writeSoaks(tx, batch))
        await new Promise((resolve) => setImmediate(resolve))
      }
    } catch (error) {
      for (const rack of racks) changed.add(rack)
      departed = [...left, ...departed]
      throw error
    }
  }

  function flush(): Promise<void> {
    flushing ??= write().finally(() => {
      flushing = undefined
    })
    return flushing
  }

  return {
    noteCheckIn(rack, at, checkSeconds) {
      receiving.note(at)
      const { soak, facts } = rack
      const isHealthy = facts.health?.state !== 'unhealthy'
      if (soak && soak.version === facts.current) {
        const isEarned = soak.isHealthy && isHealthy
        const silence = Math.max(shortestGap, patience * checkSeconds * 1_000)
        const earned = isEarned ? receiving.between(soak.countedAt, at, silence) : 0
        rack.soak = { ...soak, milliseconds: soak.milliseconds + earned, countedAt: at, isHealthy }
        changed.add(rack)
        return
      }
      const gone = rowOf(rack, at)
      if (gone) departed.push(gone)
      rack.soak = undefined
      if (facts.current === undefined || !isProvedHere(facts, facts.current)) return
      rack.soak = { version: facts.current, milliseconds: 0, countedAt: at, isHealthy }
      returned.set(rack, facts.current)
      changed.add(rack)
    },
    flush,
    start() {
      timer = setInterval(() => {
        if (changed.size + departed.length > 0) flush().catch(onFailure)
      }, everyMilliseconds)
      timer.unref()
    },
    async stop() {
      clearInterval(timer)
      await flushing?.catch(() => undefined)
      await flush()
    },
  }
}

function isProvedHere({ proved }: RackFacts, version: string): boolean {
  return proved.some((one) => one.version === version)
}

function rowOf({ row, soak }: KnownRack, leftAt: number | null): SoakRow | undefined {
  if (!soak) return undefined
  const { version, milliseconds, countedAt } = soak
  return {
    rackKey: row.rackKey,
    version,
    app: row.app,
    rack: row.name,
    milliseconds: Math.round(milliseconds),
    countedAt,
    leftAt,
  }
}

async function takeUp(store: Store, index: FleetIndex): Promise<void> {
  for await (const rows of loadPresentSoaks(store.read)) {
    for (const { app, rack: name, rackKey, version, milliseconds, countedAt } of rows) {
      const rack = index.byName(app, name)
      if (rack?.row.rackKey === rackKey && rack.facts.current === version)
        rack.soak = { version, milliseconds, countedAt, isHealthy: rack.facts.health?.state !== 'unhealthy' }
    }
  }
}

function lastHeardAt(index: FleetIndex): number | undefined {
  let last: number | undefined
  for (const { lastSeenAt } of index.all())
    if (lastSeenAt !== undefined && (last === undefined || lastSeenAt > last)) last = lastSeenAt
  return last
}
