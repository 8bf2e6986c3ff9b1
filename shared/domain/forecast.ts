/**
 * The forecast: what ends when, the link that sets the date, what stops working then, and for which racks. What nobody
 * knows the end of comes first; the rest follows by date. What is alike and ends on one day is one line.
 */
import { type Count, countAll, endingKinds, startCount, type Thing } from './ending.ts'
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
/** A fleet that makes up names may not push the dates off the list. */
const mostUnknown = 500

/** Things that are alike, and the racks of all of them. */
interface Line {
  first: Thing
  readonly racks: Count
}

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
  const lines = new Map<string, Line>()

  function add(things: Iterable<Thing>): void {
    for (const thing of things) {
      if (!isWithin(thing, span)) continue
      const key = keyOf(thing)
      let line = lines.get(key)
      if (!line) {
        line = { first: thing, racks: startCount() }
        lines.set(key, line)
      } else if (isEarlier(thing, line.first)) line.first = thing
      countAll(line.racks, thing.racks)
    }
  }

  return {
    addRack(rack) {
      census.count(rack)
      add(thingsOfRack(rack, span.from))
    },
    end() {
      add(thingsOfState(state, span.from, census))
      const sorted = [...lines.values()].map(thingOf).toSorted(firstToLast)
      const firstKnown = sorted.findIndex(({ expiry }) => expiry.at !== undefined)
      const unknown = firstKnown < 0 ? sorted : sorted.slice(0, firstKnown)
      const known = sorted.slice(unknown.length)
      const told = [...unknown.slice(0, mostUnknown), ...known].slice(0, mostEnds)
      return { ends: told, leftOut: sorted.length - told.length }
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

/** What is alike and ends on one day. A rack that reports the separator in a name joins a line of its own app at most. */
function keyOf({ kind, app = '', channel = '', what, stops, expiry }: Thing): string {
  const when = expiry.at === undefined ? '' : Math.floor(expiry.at / day)
  return `${kind}\0${app}\0${channel}\0${what}\0${expiry.setBy}\0${stops}\0${when}`
}

/** The earliest of a line sets its date. */
function isEarlier(a: Thing, b: Thing): boolean {
  return (a.expiry.noLaterThan ?? Infinity) < (b.expiry.noLaterThan ?? Infinity)
}

function thingOf({ first, racks: { count, names } }: Line): Thing {
  return { ...first, racks: { count, names: names.toSorted(compareTexts) } }
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
