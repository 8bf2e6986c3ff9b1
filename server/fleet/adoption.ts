/**
 * Versions over time: once an hour the racks of every app are counted by channel and version and written down. An hour in
 * which no registry ran is missing, and is not made up.
 */
import type { AdoptionBody } from '../../shared/contract/fleet.ts'
import { hour, toIso } from '../../shared/domain/instants.ts'
import type { AppState, State } from '../../shared/domain/state.ts'
import {
  type AdoptionRow,
  lastAdoptionAt,
  listAdoption,
  thinAdoption,
  writeAdoption,
} from '../store/adoption.ts'
import type { Store } from '../store/connection.ts'
import type { FleetIndex } from './fleet-index.ts'
import { newestFirst } from './fleet-summary.ts'
import { eachInTurns } from './in-turns.ts'
import { createLooks } from './looks.ts'

export interface Adoption {
  /** Counts, if the hour has not been counted yet. */
  tick(): Promise<void>
  /** Of one channel, or of all together. */
  over(app: AppState, channel: string | undefined, since: number): Promise<AdoptionBody>
  start(): void
  stop(): Promise<void>
}

export interface AdoptionDeps {
  readonly store: Store
  readonly state: State
  readonly index: Pick<FleetIndex, 'inApp'>
  readonly clock: () => number
  readonly canWrite: () => boolean
  readonly onFailure: (error: unknown) => void
  readonly everyMilliseconds?: number
}

/** More than a chart can show, and more than an honest fleet runs; the rest of an hour is counted as one. */
const mostVersions = 200
const rowsInOneGo = 100

export function createAdoption(deps: AdoptionDeps): Adoption {
  const { store, state, index, clock, canWrite, onFailure, everyMilliseconds = 60_000 } = deps
  let counted: number | undefined

  async function rowsOf(app: string, at: number): Promise<AdoptionRow[]> {
    const counts = new Map<string, Map<string, number>>()
    await eachInTurns(index.inApp(app), ({ row, facts }) => {
      const versions = counts.get(row.channel) ?? new Map<string, number>()
      counts.set(row.channel, versions)
      const version = facts.current ?? ''
      versions.set(version, (versions.get(version) ?? 0) + 1)
    })
    return [...counts].flatMap(([channel, versions]) =>
      [...versions]
        .toSorted(([, a], [, b]) => b - a)
        .slice(0, mostVersions)
        .map(([version, racks]) => ({ app, at, channel, version, racks })),
    )
  }

  async function look(): Promise<void> {
    const now = clock()
    const at = now - (now % hour)
    counted ??= (await lastAdoptionAt(store.read)) ?? 0
    if (at <= counted || !canWrite()) return
    const rows: AdoptionRow[] = []
    for (const { name } of [...state.apps.values()]) rows.push(...(await rowsOf(name, at)))
    while (rows.length > 0) {
      const some = rows.splice(0, rowsInOneGo)
      await store.transact((tx) => writeAdoption(tx, some))
    }
    await store.transact((tx) => thinAdoption(tx, now))
    counted = at
  }

  const looks = createLooks({ look, everyMilliseconds, onFailure })

  return {
    tick: looks.now,
    async over(app, channel, since) {
      const rows = await listAdoption(store.read, app.name, since)
      return adoptionOf(
        app,
        channel,
        since,
        rows.filter((row) => channel === undefined || row.channel === channel),
      )
    },
    start: looks.start,
    stop: looks.stop,
  }
}

function adoptionOf(
  app: AppState,
  channel: string | undefined,
  since: number,
  rows: readonly Omit<AdoptionRow, 'app'>[],
): AdoptionBody {
  const at = [...new Set(rows.map((row) => row.at))]
  const placeOf = new Map(at.map((one, place) => [one, place]))
  const all = at.map(() => 0)
  const versions = new Map<string, number[]>()
  for (const row of rows) {
    const place = placeOf.get(row.at) ?? 0
    const racks = versions.get(row.version) ?? at.map(() => 0)
    versions.set(row.version, racks)
    racks[place] = (racks[place] ?? 0) + row.racks
    all[place] = (all[place] ?? 0) + row.racks
  }
  const named = [...versions].map(([version, racks]) => ({ version: version || undefined, racks }))
  return {
    app: app.name,
    channel: channel ?? null,
    since: toIso(since),
    at: at.map(toIso),
    racks: all,
    versions: newestFirst(app, named).map(({ version, racks }) => ({ version: version ?? null, racks })),
  }
}
