/**
 * Rack-time: how long each rack has run what it runs, proved and healthy, while the registry was receiving. Counted at
 * check-ins from one to the next, so that a rack which falls silent earns nothing for it until it speaks again.
 */
import { minute } from '../../shared/domain/instants.ts'
import type { RackFacts } from '../../shared/domain/rack.ts'
import type { Store } from '../store/connection.ts'
import { findSoak, listSoaks, loadPresentSoaks, type SoakRow, writeSoaks } from '../store/soaks.ts'
import type { FleetIndex, KnownRack } from './fleet-index.ts'
import { type Received, shortestGap } from './receiving.ts'

export interface Soak {
  readonly version: string
  readonly milliseconds: number
  readonly countedAt: number
  /** Whether it was healthy when it was last counted. */
  readonly isHealthy: boolean
  /** False until what it earned with this version at an earlier time has been read and added. */
  readonly isWhole: boolean
}

export interface Soaks {
  /** After the rack's facts have been taken; `checkSeconds` is its channel's. */
  noteCheckIn(rack: KnownRack, at: number, checkSeconds: number): void
  /** Milliseconds of every rack that ever earned any with the version, by rack key: on the disk and in memory. */
  earnedWith(app: string, version: string): Promise<ReadonlyMap<string, number>>
  flush(): Promise<void>
  start(): void
  /** Writes for the last time; raises what keeps it from that. */
  stop(): Promise<void>
}

export interface SoaksDeps {
  readonly store: Store
  readonly index: FleetIndex
  readonly receiving: Received
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
  const { store, index, receiving, onFailure, everyMilliseconds = 30_000 } = deps
  await takeUp(store, index)
  let changed = new Set<KnownRack>()
  /** Those of a flush that is under way. */
  let writing: ReadonlySet<KnownRack> = new Set()
  /** Grows when what was in memory only is on the disk. */
  let flushes = 0
  /** What racks have left, by rack and version, until it is stored. */
  const departed = new Map<string, Departure>()
  let timer: NodeJS.Timeout | undefined
  let flushing: Promise<void> | undefined

  async function earnedBefore(rackKey: string, version: string): Promise<number> {
    return (await findSoak(store.read, rackKey, version))?.milliseconds ?? 0
  }

  /** What a rack came back to: the time before is added once, as soon as it is read. */
  async function complete(rack: KnownRack): Promise<void> {
    const asked = rack.soak
    if (!asked || asked.isWhole) return
    const before = await earnedBefore(rack.row.rackKey, asked.version)
    const { soak } = rack
    if (!soak || soak.isWhole || soak.version !== asked.version) return
    rack.soak = { ...soak, milliseconds: soak.milliseconds + before, isWhole: true }
  }

  /** Undefined when the rack has come back meanwhile, and taken along what it had. */
  async function completeDeparture(key: string, one: Departure): Promise<Departure | undefined> {
    if (one.isWhole) return one
    const { row } = one
    const before = await earnedBefore(row.rackKey, row.version)
    if (departed.get(key) !== one) return undefined
    const whole = { row: { ...row, milliseconds: row.milliseconds + before }, isWhole: true }
    departed.set(key, whole)
    return whole
  }

  async function write(): Promise<void> {
    const racks = changed
    writing = racks
    changed = new Set()
    try {
      const left = new Map<string, Departure>()
      for (const [key, one] of [...departed]) {
        const whole = await completeDeparture(key, one)
        if (whole) left.set(key, whole)
      }
      for (const rack of racks) await complete(rack)
      // Of a rack that left and came back the present row is the later word; half a sum is not written over a whole one.
      const rows = [...left.values()].map(({ row }) => row)
      for (const rack of racks) {
        if (rack.soak?.isWhole === false) changed.add(rack)
        else {
          const row = rowOf(rack, null)
          if (row) rows.push(row)
        }
      }
      while (rows.length > 0) {
        const batch = rows.splice(0, batchSize)
        await store.transact((tx) => writeSoaks(tx, batch))
        await new Promise((resolve) => setImmediate(resolve))
      }
      for (const [key, one] of left) if (departed.get(key) === one) departed.delete(key)
      flushes += 1
    } catch (error) {
      for (const rack of racks) changed.add(rack)
      throw error
    } finally {
      writing = new Set()
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
      if (gone) departed.set(keyOf(gone), { row: gone, isWhole: soak?.isWhole === true })
      rack.soak = undefined
      if (facts.current === undefined || !isProvedHere(facts, facts.current)) return
      const key = keyOf({ rackKey: rack.row.rackKey, version: facts.current })
      const before = departed.get(key)
      departed.delete(key)
      const taken = {
        milliseconds: before?.row.milliseconds ?? 0,
        isWhole: before?.isWhole ?? false,
      }
      rack.soak = { version: facts.current, countedAt: at, isHealthy, ...taken }
      changed.add(rack)
    },
    async earnedWith(app, version) {
      for (;;) {
        const before = flushes
        const earned = new Map<string, number>()
        for (const { rackKey, milliseconds } of await listSoaks(store.read, app, version))
          earned.set(rackKey, milliseconds)
        // What went to the disk after it was read would be found in neither place.
        if (flushes !== before) continue
        const add = (rackKey: string, milliseconds: number, isWhole: boolean) =>
          earned.set(rackKey, milliseconds + (isWhole ? 0 : (earned.get(rackKey) ?? 0)))
        for (const { row, isWhole } of departed.values())
          if (row.app === app && row.version === version) add(row.rackKey, row.milliseconds, isWhole)
        // Of all other racks the disk has the last word: a promotion does not go through a whole fleet for a few.
        for (const rack of new Set([...writing, ...changed])) {
          const { row, soak } = rack
          if (row.app !== app || soak?.version !== version || index.byName(app, row.name) !== rack) continue
          if (row.forgottenAt === null) add(row.rackKey, soak.milliseconds, soak.isWhole)
        }
        return earned
      }
    },
    flush,
    start() {
      timer = setInterval(() => {
        if (changed.size + departed.size > 0) flush().catch(onFailure)
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

interface Departure {
  readonly row: SoakRow
  readonly isWhole: boolean
}

function keyOf({ rackKey, version }: Pick<SoakRow, 'rackKey' | 'version'>): string {
  return `${rackKey} ${version}`
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
        rack.soak = {
          version,
          milliseconds,
          countedAt,
          isHealthy: rack.facts.health?.state !== 'unhealthy',
          isWhole: true,
        }
    }
  }
}
