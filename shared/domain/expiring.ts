/**
 * What ends so soon that somebody has to act, found before it bites: the last token that administers the registry,
 * racks' tokens when they are many, and what racks declare that they hang on. And, for a gauge, the first end of each kind.
 */
import { alarmingCount, type Finding, openAlarm } from './alarm.ts'
import { type Count, countIn, type EndingKind, startCount, type Thing } from './ending.ts'
import { type ExpiringRack, isInUse, lastAdmin } from './expiring-things.ts'
import { type Lifetime, lifetimeWarnDays } from './expiry.ts'
import { day, describeDuration, toIso } from './instants.ts'
import type { State } from './state.ts'

/** Renewed by a person, like root keys: two months. What renews itself, or is renewed by every rack's operator: one. */
const adminTokenWarnDays = 60
const rackTokenWarnDays = 30

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

/** What is to end with one link, in an app. */
interface Ahead {
  readonly racks: Count
  /** The rack that was counted last: one that comes with several things is one rack. */
  lastRack: string
  /** The first end, and when the first warning time began. */
  at: number
  warnedAt: number
  isKnown: boolean
  /** What ends with the link, some of it. */
  readonly things: Set<string>
}

interface Fleet {
  racks: number
  readonly ahead: Map<string, Ahead>
}

export function startWatch(state: State, now: number): Watch {
  const alarms = [...state.alarms.values()].filter(({ kind }) => kind === 'expiring')
  const ends = new Map<string, { -readonly [Key in keyof FirstEnd]: FirstEnd[Key] }>()
  const fleets = new Map<string, Fleet>()

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

  function lifetimeFindings(app: string, { ahead }: Fleet): Finding[] {
    const open = alarms.filter(
      (alarm) => alarm.app === app && !alarm.closed && alarm.subject.startsWith(subjectPrefix),
    )
    const fresh = [...ahead].filter(
      ([subject]) => subject.startsWith(subjectPrefix) && !open.some((alarm) => alarm.subject === subject),
    )
    const room = Math.max(0, mostLifetimeAlarms - open.length)
    const soonestFirst = fresh.toSorted(([, a], [, b]) => a.at - b.at).slice(0, room)
    return soonestFirst.map(([subject, { racks, at, warnedAt, isKnown, things }]) => {
      const link = subject.slice(subjectPrefix.length)
      const others = [...things].filter((name) => name !== link).sort()
      const along = others.length === 0 ? '' : `, and with it ${others.join(', ')}`
      const doubt = isKnown ? '' : ' at the latest, for a link of the chain declares no end'
      const detail = `${link} ${endWords(at, now)}${doubt}${along}: headgate forecast --app ${app}`
      const { count, names } = racks
      return { kind: 'expiring', app, subject, count, since: warnedAt, detail, racks: names }
    })
  }

  function note({ kind, app, expiry: { at, noLaterThan } }: Thing): void {
    const key = `${kind}/${app ?? ''}`
    let end = ends.get(key)
    if (!end) {
      end = { kind, app, at: undefined, unknown: 0 }
      ends.set(key, end)
    }
    if (noLaterThan !== undefined && !(end.at !== undefined && end.at <= noLaterThan)) end.at = noLaterThan
    if (at === undefined) end.unknown += 1
  }

  return {
    addRack({ app, facts: { name, lifetimes = [] } }, things) {
      const fleet = fleets.get(app) ?? { racks: 0, ahead: new Map() }
      fleets.set(app, fleet)
      fleet.racks += 1
      for (const thing of things) {
        note(thing)
        const { noLaterThan: at, endsFirst } = thing.expiry
        const warnDays = warnDaysOf(thing, lifetimes)
        if (at === undefined || endsFirst === undefined || warnDays === undefined) continue
        const warnedAt = at - warnDays * day
        // One alarm for the link that ends, not one for everything that hangs on it.
        const subject = thing.kind === 'lifetime' ? `${subjectPrefix}${endsFirst}` : subjectOfTokens
        if (now < warnedAt || isLookedAt(app, subject, warnedAt)) continue
        fleet.ahead.set(subject, withOne(fleet.ahead.get(subject), { thing, rack: name, at, warnedAt }))
      }
    },
    addState(things) {
      for (const thing of things) note(thing)
    },
    firstEnds: () => [...ends.values()],
    findings() {
      const ofApps = [...fleets].flatMap(([app, fleet]) => [
        ...tokenFinding(app, fleet, now),
        ...lifetimeFindings(app, fleet),
      ])
      return [...adminFinding(), ...ofApps].filter((finding) => !openAlarm(state, finding))
    },
  }
}

const subjectOfAdmins = 'admin tokens'
const subjectOfTokens = 'rack tokens'
const subjectPrefix = 'lifetime '

/** So many names are told of what ends together. */
const mostThingsNamed = 5

/** Undefined: not worth an alarm, whenever it ends. */
function warnDaysOf({ kind, what }: Thing, lifetimes: readonly Lifetime[]): number | undefined {
  if (kind === 'rack_token') return rackTokenWarnDays
  if (kind !== 'lifetime') return undefined
  return lifetimes.find(({ name }) => name === what)?.warnDays ?? lifetimeWarnDays
}

interface One {
  readonly thing: Thing
  readonly rack: string
  readonly at: number
  readonly warnedAt: number
}

function withOne(before: Ahead | undefined, { thing, rack, at, warnedAt }: One): Ahead {
  const isKnown = thing.expiry.at !== undefined
  const { racks, things } = before ?? { racks: startCount(), things: new Set<string>() }
  if (before?.lastRack !== rack) countIn(racks, rack)
  if (things.size < mostThingsNamed) things.add(thing.what)
  return {
    racks,
    lastRack: rack,
    at: Math.min(at, before?.at ?? at),
    warnedAt: Math.min(warnedAt, before?.warnedAt ?? warnedAt),
    isKnown: isKnown && (before?.isKnown ?? true),
    things,
  }
}

function tokenFinding(app: string, { racks, ahead }: Fleet, now: number): Finding[] {
  const soon = ahead.get(subjectOfTokens)
  if (!soon || soon.racks.count < alarmingCount(racks)) return []
  const { count, names } = soon.racks
  const detail = `the tokens of ${count} of ${racks} racks end within ${rackTokenWarnDays} days; the first ${endWords(soon.at, now)}`
  return [
    { kind: 'expiring', app, subject: subjectOfTokens, count, since: soon.warnedAt, detail, racks: names },
  ]
}

function endWords(at: number, now: number): string {
  return at <= now
    ? `ended ${describeDuration(now - at)} ago (${toIso(at)})`
    : `ends in ${describeDuration(at - now)} (${toIso(at)})`
}
