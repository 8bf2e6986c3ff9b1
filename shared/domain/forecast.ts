/**
 * The forecast: what ends when, the link that sets the date, what stops working then, and for which racks. What nobody
 * knows the end of comes first; the rest follows by date. What is alike and ends on one day is one line.
 */
import { endingKinds, joinedRacks, type Thing } from './ending.ts'
import { type ExpiringRack, startCensus, thingsOfRack, thingsOfState } from './expiring-things.ts'
import { day } from './instants.ts'
import type { State } from './state.ts'

export interface Span {
  /** Now. What ended before and is still relied on is listed as well. */
  readonly from: number
  readonly to: number
  /** Undefined: every app, and the registry as a whole. */
  readonly app?: string | undefined
}

export interface Forecast {
  readonly ends: readonly Thing[]
  /** How many more there are: the farthest ones are left out. */
  readonly leftOut: number
}

const mostEnds = 1_000

/** A forecast in the making: whoever has a large fleet answers others between two racks. */
export interface ForecastInMaking {
  addRack(rack: ExpiringRack): void
  /** After every rack. */
  end(): Forecast
}

export function forecast(state: State, racks: Iterable<ExpiringRack>, span: Span): Forecast {
  const making = startForecast(state, span)
  for (const rack of racks) making.addRack(rack)
  return making.end()
}

export function startForecast(state: State, span: Span): ForecastInMaking {
  const census = startCensus()
  const lines = new Map<string, Thing>()

  function add(things: Iterable<Thing>): void {
    for (const thing of things) {
      if (!isWithin(thing, span)) continue
      const key = keyOf(thing)
      const line = lines.get(key)
      lines.set(key, line ? joined(line, thing) : thing)
    }
  }

  return {
    addRack(rack) {
      census.count(rack)
      add(thingsOfRack(rack, span.from))
    },
    end() {
      add(thingsOfState(state, span.from, census))
      const sorted = [...lines.values()].toSorted(firstToLast)
      const ends = sorted.slice(0, mostEnds).map(withSortedNames)
      return { ends, leftOut: sorted.length - ends.length }
    },
  }
}

/** Unknown first, then by date; what is alike in that by kind and name, so that the order is always the same. */
export function firstToLast(a: Thing, b: Thing): number {
  const areKnown = [a, b].map(({ expiry }) => (expiry.at === undefined ? 0 : 1))
  const byKnown = (areKnown[0] ?? 0) - (areKnown[1] ?? 0)
  if (byKnown !== 0) return byKnown
  const byKind = endingKinds.indexOf(a.kind) - endingKinds.indexOf(b.kind)
  // Of what is unknown, what somebody saw the end of comes after what nobody knows anything of.
  const byDate = (a.expiry.noLaterThan ?? -Infinity) - (b.expiry.noLaterThan ?? -Infinity) || 0
  const first = areKnown[0] === 0 ? byKind || byDate : byDate || byKind
  return first || compareTexts(keyOf(a), keyOf(b))
}

/** An unknown end may come within any span. */
function isWithin({ app, kind, expiry }: Thing, span: Span): boolean {
  if (expiry.at !== undefined && expiry.at > span.to) return false
  // A freeze of the whole registry lies on every app.
  return span.app === undefined || app === span.app || (app === undefined && kind === 'freeze')
}

function keyOf({ kind, app, channel, what, stops, expiry }: Thing): string {
  const when = expiry.at === undefined ? null : Math.floor(expiry.at / day)
  return JSON.stringify([kind, app, channel, what, stops, expiry.setBy, when])
}

/** The earlier of the two sets the date; the racks of both are concerned. */
function joined(a: Thing, b: Thing): Thing {
  const isEarlier = (b.expiry.noLaterThan ?? Infinity) < (a.expiry.noLaterThan ?? Infinity)
  return { ...(isEarlier ? b : a), racks: joinedRacks(a.racks, b.racks) }
}

function withSortedNames(thing: Thing): Thing {
  const { count, names } = thing.racks
  return { ...thing, racks: { count, names: names.toSorted(compareTexts) } }
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
