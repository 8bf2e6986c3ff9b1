/**
 * The fleet as people ask for it: how many racks stand how, which versions they run, and the racks behind a number. Each
 * answer is one pass over the index that lets checks through; that of a large fleet is kept for a moment.
 */
import type { FleetBody, FleetRackBody } from '../../shared/contract/fleet.ts'
import { reasonsOf, type Standing, standings, standingsOf } from '../../shared/domain/fleet-standing.ts'
import { day, toIso } from '../../shared/domain/instants.ts'
import { type AppState, findApp, findChannel } from '../../shared/domain/state.ts'
import { yankOf } from '../../shared/domain/yank.ts'
import { keyOfCurrent } from './current-key.ts'
import type { FleetIndex, KnownRack } from './fleet-index.ts'
import { type PictureDeps, pictureMaker } from './fleet-pictures.ts'
import { eachInTurns, manyRacks } from './in-turns.ts'
import { shortestGap } from './receiving.ts'

/** Which racks are asked about; undefined: all of them. */
export interface FleetScope {
  readonly app: string
  readonly channel?: string | undefined
  /** `name=value`; all of them have to hold. */
  readonly labels: readonly string[]
}

export interface RacksAsked extends FleetScope {
  readonly standing?: Standing | undefined
  /** What runs; `none`: nothing that is known. */
  readonly version?: string | undefined
  /** A part of the name. */
  readonly part?: string | undefined
  /** The name of the last rack of the page before. */
  readonly after?: string | undefined
  readonly limit: number
}

export interface FleetSummary {
  /** Raises `app_not_found` or `channel_not_found`. */
  summary(scope: FleetScope): Promise<FleetBody>
  /** By name. */
  racks(asked: RacksAsked): Promise<{ racks: FleetRackBody[]; next: string | null }>
}

export interface FleetSummaryDeps extends PictureDeps {
  readonly index: Pick<FleetIndex, 'inApp'>
  /** Ephemeral racks of the app that were retired since then. */
  readonly retiredSince: (app: string, since: number) => Promise<number>
}

const noVersion = 'none'
const mostVersions = 500
const retiredDays = 7
const keptMilliseconds = 2_000

export function createFleetSummary(deps: FleetSummaryDeps): FleetSummary {
  const { state, index, receiving, clock, retiredSince } = deps
  const kept = new Map<string, Promise<FleetBody>>()

  function inScope({ app, channel, labels }: FleetScope): {
    app: AppState
    isIn: (rack: KnownRack) => boolean
  } {
    const found = findApp(state, app)
    if (channel !== undefined) findChannel(found, channel)
    const terms = labels.map(termOf)
    const isIn = ({ row }: KnownRack): boolean =>
      (channel === undefined || row.channel === channel) &&
      terms.every(([name, value]) => Object.hasOwn(row.labels, name) && row.labels[name] === value)
    return { app: found, isIn }
  }

  async function count(scope: FleetScope, keep: () => void): Promise<FleetBody> {
    const { app, isIn } = inScope(scope)
    const pictureOf = await pictureMaker(deps, app)
    const tally = startTally()
    let looked = 0
    await eachInTurns(index.inApp(app.name), (rack) => {
      looked += 1
      if (isIn(rack)) tally.add(rack, standingsOf(pictureOf(rack)))
    })
    if (looked >= manyRacks) keep()
    const now = clock()
    const since = now - retiredDays * day
    const { lastHeardAt } = receiving
    return {
      app: app.name,
      channel: scope.channel ?? null,
      labels: [...scope.labels],
      at: toIso(now),
      ...tally.end(app),
      lastHeardAt: lastHeardAt === undefined ? null : toIso(lastHeardAt),
      isReceiving: lastHeardAt !== undefined && now - lastHeardAt <= shortestGap,
      retired: { racks: await retiredSince(app.name, since), since: toIso(since) },
    }
  }

  /** Several who ask at once are answered from one pass. */
  function summary(scope: FleetScope): Promise<FleetBody> {
    const key = JSON.stringify([scope.app, scope.channel, scope.labels])
    const known = kept.get(key)
    if (known !== undefined) return known
    let isKept = false
    const counted = count(scope, () => {
      isKept = true
    })
    kept.set(key, counted)
    const forget = (): void => {
      kept.delete(key)
    }
    counted.then(() => {
      if (isKept) setTimeout(forget, keptMilliseconds).unref()
      else forget()
    }, forget)
    return counted
  }

  return {
    summary,
    async racks({ standing, version, part, after, limit, ...scope }) {
      const { app, isIn } = inScope(scope)
      const pictureOf = await pictureMaker(deps, app)
      const page = firstByName(limit + 1, after)
      await eachInTurns(index.inApp(app.name), (rack) => {
        const { row, facts } = rack
        if (!page.wants(row.name) || !isIn(rack)) return
        if (version !== undefined && (facts.current ?? noVersion) !== version) return
        if (part !== undefined && !row.name.includes(part)) return
        if (standing === undefined || standingsOf(pictureOf(rack)).includes(standing)) page.add(rack)
      })
      const found = page.end()
      const shown = found.slice(0, limit)
      return {
        racks: shown.map((rack) => {
          const picture = pictureOf(rack)
          return fleetRackOf(rack, standingsOf(picture), reasonsOf(picture))
        }),
        next: found.length > limit ? (shown.at(-1)?.row.name ?? null) : null,
      }
    },
  }
}

function termOf(text: string): readonly [string, string] {
  const at = text.indexOf('=')
  return [text.slice(0, at), text.slice(at + 1)]
}

function startTally() {
  const having = new Map<Standing, number>()
  const worst = new Map<Standing, number>()
  const versions = new Map<string | undefined, Map<string, number>>()
  let racks = 0
  return {
    add({ row, facts }: KnownRack, found: readonly Standing[]): void {
      racks += 1
      for (const standing of found) grow(having, standing)
      grow(worst, found[0] ?? 'well')
      const channels = versions.get(facts.current) ?? new Map<string, number>()
      versions.set(facts.current, channels)
      grow(channels, row.channel)
    },
    end(app: AppState): Pick<FleetBody, 'racks' | 'standings' | 'versions' | 'otherVersions'> {
      const counted = [...versions].map(([version, channels]) => ({
        version,
        racks: sumOf(channels),
        channels: Object.fromEntries([...channels].toSorted(([a], [b]) => (a < b ? -1 : 1))),
      }))
      const frequent = counted.toSorted((a, b) => b.racks - a.racks).slice(0, mostVersions)
      return {
        racks,
        standings: standings.map((standing) => ({
          standing,
          racks: having.get(standing) ?? 0,
          worst: worst.get(standing) ?? 0,
        })),
        versions: newestFirst(app, frequent).map(({ version, key, ...counts }) => ({
          version: version ?? null,
          advisory: (version !== undefined && key !== undefined && yankOf(app, version, key)?.id) || null,
          ...counts,
        })),
        otherVersions: counted.length - frequent.length,
      }
    },
  }
}

/** What has no place in the order comes last. */
export function newestFirst<Item extends { readonly version: string | undefined }>(
  app: AppState,
  items: readonly Item[],
): (Item & { readonly key: string | undefined })[] {
  return items
    .map((item) => ({ ...item, key: keyOfCurrent(app, { current: item.version }) }))
    .toSorted((a, b) => ((a.key ?? '') > (b.key ?? '') ? -1 : 1))
}

function grow<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function sumOf(counts: ReadonlyMap<string, number>): number {
  let sum = 0
  for (const count of counts.values()) sum += count
  return sum
}

/** The first so many by name behind `after`, out of any order and without sorting a million. */
function firstByName(count: number, after: string | undefined) {
  let racks: KnownRack[] = []
  let last: string | undefined
  function cut(): void {
    racks = racks.toSorted((a, b) => (a.row.name < b.row.name ? -1 : 1)).slice(0, count)
    last = racks.length < count ? undefined : racks.at(-1)?.row.name
  }
  return {
    wants: (name: string) => (after === undefined || name > after) && (last === undefined || name < last),
    add(rack: KnownRack): void {
      racks.push(rack)
      if (racks.length >= 4 * count + 1_000) cut()
    },
    end(): readonly KnownRack[] {
      cut()
      return racks
    },
  }
}

function fleetRackOf(
  { row, facts, lastSeenAt }: KnownRack,
  found: readonly Standing[],
  why: readonly string[],
): FleetRackBody {
  return {
    rack: row.name,
    channel: row.channel,
    current: facts.current ?? null,
    platform: facts.platform,
    labels: { ...row.labels },
    standings: [...found],
    why: [...why],
    lastSeenAt: lastSeenAt === undefined ? null : toIso(lastSeenAt),
  }
}
