/** Whom an act concerns, on the state as the act leaves it: the same list before it is done and after. */
import type { ConcernedBody } from '../../shared/contract/concerned.ts'
import type { State } from '../../shared/domain/state.ts'
import type { KnownRack } from '../fleet/fleet-index.ts'
import type { Registry } from '../registry.ts'
import { toldIn } from './told.ts'

export interface Scope {
  readonly app?: string | undefined
  readonly channel?: string | undefined
}

/** Each is decided for, at about a microsecond a rack: of a larger fleet the first ones stand for it. */
const mostTold = 20_000
const mostNamed = 50
const mostKeys = 100

export function concernedIn(registry: Registry, state: State, racks: readonly KnownRack[]): ConcernedBody {
  const byName = racks.toSorted((a, b) => (a.row.name < b.row.name ? -1 : 1))
  const told = byName.slice(0, mostTold).map((rack) => ({ rack, told: toldIn(registry, state, rack) }))
  return {
    racks: racks.length,
    byChannel: countBy(racks, ({ row }) => [row.channel]),
    byVersion: countBy(racks, ({ facts }) => [facts.current ?? 'nothing']),
    byLabel: countBy(racks, ({ row }) =>
      Object.entries(row.labels).map(([name, value]) => `${name}=${value}`),
    ),
    told: countBy(told, (one) => [`${one.told.action}, ${one.told.reason}`]),
    toldTo: told.length,
    named: told.slice(0, mostNamed).map((one) => ({
      rack: one.rack.row.name,
      app: one.rack.row.app,
      channel: one.rack.row.channel,
      current: one.rack.facts.current ?? null,
      labels: { ...one.rack.row.labels },
      told: one.told,
    })),
  }
}

/** The racks that follow what a scope names. */
export function racksIn({ fleet, ledger }: Registry, { app, channel }: Scope): KnownRack[] {
  const apps = app === undefined ? [...ledger.state.apps.values()].map(({ name }) => name) : [app]
  return apps.flatMap((name) =>
    [...fleet.index.inApp(name)].filter((rack) => channel === undefined || rack.row.channel === channel),
  )
}

/** Most first; what is rare beyond the first hundred is left out. */
function countBy<T>(items: readonly T[], keysOf: (item: T) => readonly string[]): Record<string, number> {
  const counts = new Map<string, number>()
  for (const item of items) for (const key of keysOf(item)) counts.set(key, (counts.get(key) ?? 0) + 1)
  return Object.fromEntries([...counts].toSorted(([, a], [, b]) => b - a).slice(0, mostKeys))
}
