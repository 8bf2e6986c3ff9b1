/**
 * What ends so soon that somebody has to act, found before it bites: the last token that administers the registry,
 * racks' tokens when they are many, and what racks declare that they hang on. And, for a gauge, the first end of each kind.
 */
import { alarmingCount, type Finding } from './alarm.ts'
import { type EndingKind, joinedRacks, type Racks, type Thing } from './ending.ts'
import { type ExpiringRack, isInUse, lastAdmin } from './expiring-things.ts'
import { type Lifetime, lifetimeWarnDays } from './expiry.ts'
import { day, describeDuration, toIso } from './instants.ts'
import type { State } from './state.ts'

/** Renewed by a person, like root keys: two months. What renews itself, or is renewed by every rack's operator: one. */
export const adminTokenWarnDays = 60
export const rackTokenWarnDays = 30

/** An app's racks choose these names: so many alarms about them may be open at once, the rest is in the forecast. */
export const mostLifetimeAlarms = 20

export interface FirstEnd {
  readonly kind: EndingKind
  readonly app: string | undefined
  /** Undefined: of none of them it is known. */
  readonly at: number | undefined
  readonly unknown: number
}

export interface Watch {
  /** Each rack once, with its things. */
  addRack(rack: ExpiringRack, things: readonly Thing[]): void
  addState(things: Iterable<Thing>): void
  firstEnds(): FirstEnd[]
  /** What is worth an alarm and has none, neither an open one nor one that was closed after it was known. */
  findings(): Finding[]
}

/** What is to end of one name, and how soon that is worth an alarm. */
interface Ahead {
  racks: Racks
  /** The first end, and when its warning time began. */
  at: number
  warnedAt: number
  isKnown: boolean
}

export function startWatch(state: State, now: number): Watch {
  const alarms = [...state.alarms.values()].filter(({ kind }) => kind === 'expiring')
  const ends = new Map<string, FirstEnd>()
  const fleets = new Map<
    string,
    { racks: number; tokens: Map<string, Ahead>; lifetimes: Map<string, Ahead> }
  >()

  /** It was within its warning time when an alarm of this name told of an end no later, and was closed. */
  function isLookedAt(app: string | undefined, subject: string, warnedAt: number): boolean {
    return alarms.some(
      (alarm) =>
        alarm.app === app &&
        alarm.subject === subject &&
        alarm.closed !== undefined &&
        alarm.since <= warnedAt &&
        warnedAt <= alarm.closed.at,
    )
  }

  function adminFinding(): Finding[] {
    const last = lastAdmin([...state.tokens.values()].filter((token) => isInUse(token, now)))
    if (!last) return []
    const since = last.expiresAt - adminTokenWarnDays * day
    if (now < since || isLookedAt(undefined, subjectOfAdmins, since)) return []
    return [
      {
        kind: 'expiring',
        subject: subjectOfAdmins,
        count: 1,
        since,
        detail: `${last.name}, the last admin token, ${endWords(last.expiresAt, now)}; without one nobody can make another: headgate token create NAME --role admin`,
      },
    ]
  }

  function lifetimeFindings(app: string, lifetimes: ReadonlyMap<string, Ahead>): Finding[] {
    const open = alarms.filter(
      (alarm) => alarm.app === app && !alarm.closed && alarm.subject.startsWith(subjectPrefix),
    )
    const fresh = [...lifetimes].filter(([subject]) => !open.some((alarm) => alarm.subject === subject))
    const room = Math.max(0, mostLifetimeAlarms - open.length)
    const soonestFirst = fresh.toSorted(([, a], [, b]) => a.at - b.at).slice(0, room)
    return soonestFirst.map(([subject, { racks, at, warnedAt, isKnown }]) => ({
      kind: 'expiring',
      app,
      subject,
      count: racks.count,
      since: warnedAt,
      detail: `${subject.slice(subjectPrefix.length)} ${endWords(at, now)}${isKnown ? '' : ' at the latest: a link of its chain has no declared end'}; headgate forecast --app ${app}`,
      racks: racks.names,
    }))
  }

  function note({ kind, app, expiry }: Thing): void {
    const key = `${kind}/${app ?? ''}`
    const before = ends.get(key)
    ends.set(key, {
      kind,
      app,
      at: earliest(before?.at, expiry.noLaterThan),
      unknown: (before?.unknown ?? 0) + (expiry.at === undefined ? 1 : 0),
    })
  }

  return {
    addRack({ app, facts: { name, lifetimes = [] } }, things) {
      const fleet = fleets.get(app) ?? { racks: 0, tokens: new Map(), lifetimes: new Map() }
      fleets.set(app, fleet)
      fleet.racks += 1
      for (const thing of things) {
        note(thing)
        const { kind, what, expiry } = thing
        const at = expiry.noLaterThan
        if (at === undefined || (kind !== 'rack_token' && kind !== 'lifetime')) continue
        const warnedAt = at - warnDaysOf(kind, what, lifetimes) * day
        const named = kind === 'rack_token' ? subjectOfTokens : subjectOf(what)
        if (now < warnedAt || isLookedAt(app, named, warnedAt)) continue
        const ahead = kind === 'rack_token' ? fleet.tokens : fleet.lifetimes
        ahead.set(named, withOne(ahead.get(named), name, at, warnedAt, expiry.at !== undefined))
      }
    },
    addState(things) {
      for (const thing of things) note(thing)
    },
    firstEnds: () => [...ends.values()],
    findings: () => [
      ...adminFinding(),
      ...[...fleets].flatMap(([app, fleet]) => [
        ...tokenFinding(app, fleet.racks, fleet.tokens.get(subjectOfTokens), now),
        ...lifetimeFindings(app, fleet.lifetimes),
      ]),
    ],
  }
}

const subjectOfAdmins = 'admin tokens'
const subjectOfTokens = 'rack tokens'
const subjectPrefix = 'lifetime '

function subjectOf(lifetime: string): string {
  return `${subjectPrefix}${lifetime}`
}

function warnDaysOf(kind: EndingKind, what: string, lifetimes: readonly Lifetime[]): number {
  if (kind === 'rack_token') return rackTokenWarnDays
  return lifetimes.find(({ name }) => name === what)?.warnDays ?? lifetimeWarnDays
}

function withOne(
  before: Ahead | undefined,
  name: string,
  at: number,
  warnedAt: number,
  isKnown: boolean,
): Ahead {
  const one = { count: 1, names: [name] }
  if (!before) return { racks: one, at, warnedAt, isKnown }
  const racks = joinedRacks(before.racks, one)
  return at < before.at ? { racks, at, warnedAt, isKnown } : { ...before, racks }
}

function tokenFinding(app: string, racks: number, ahead: Ahead | undefined, now: number): Finding[] {
  if (!ahead || ahead.racks.count < alarmingCount(racks)) return []
  const { count, names } = ahead.racks
  return [
    {
      kind: 'expiring',
      app,
      subject: subjectOfTokens,
      count,
      since: ahead.warnedAt,
      detail: `the tokens of ${count} of ${racks} racks end within ${rackTokenWarnDays} days; the first ${endWords(ahead.at, now)}`,
      racks: names,
    },
  ]
}

function endWords(at: number, now: number): string {
  return at <= now
    ? `ended ${describeDuration(now - at)} ago (${toIso(at)})`
    : `ends in ${describeDuration(at - now)} (${toIso(at)})`
}

function earliest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b)
}
