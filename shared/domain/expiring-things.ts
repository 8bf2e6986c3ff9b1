/** What ends: everything of a registry and of its racks that somebody relies on, each with its chain and what it would stop. */
import type { TokenState } from './access.ts'
import { standingOfBreakGlass } from './break-glass.ts'
import type { ChannelState } from './channel.ts'
import { type Count, countIn, noRacks, type Racks, startCount, type Thing } from './ending.ts'
import { aloneExpiry, effectiveExpiry, type Lifetime, type Link, linksByName } from './expiry.ts'
import { describeScope, inForce } from './freeze.ts'
import { day, hour, toIso } from './instants.ts'
import { openProposals, type Proposal } from './proposal.ts'
import { isPresent, type RackFacts } from './rack.ts'
import { openReviews } from './review.ts'
import type { AppState, State } from './state.ts'
import { leverStandings } from './synthetic.ts'

/** What a forecast is told of a rack. */
export interface ExpiringRack {
  readonly app: string
  readonly channel: string
  readonly tokenExpiresAt: number
  readonly facts: Pick<RackFacts, 'name' | 'current' | 'pins' | 'holds' | 'lifetimes'>
}

/** How many racks there are on what, and some of their names. */
export interface Census {
  count(rack: ExpiringRack): void
  /** Of everything, of an app, of a channel, or of those of a channel that run one version. */
  on(place: { app?: string | undefined; channel?: string | undefined; version?: string }): Racks
}

export function startCensus(): Census {
  const everywhere = startCount()
  const places = new Map<string, Count>()
  const keyOf = (app: string, channel: string | undefined, version: string | undefined): string =>
    `${app}/${channel ?? ''}/${version ?? ''}`

  function countAt(key: string, name: string): void {
    let count = places.get(key)
    if (!count) {
      count = startCount()
      places.set(key, count)
    }
    countIn(count, name)
  }

  return {
    count({ app, channel, facts: { name, current } }) {
      countIn(everywhere, name)
      countAt(keyOf(app, undefined, undefined), name)
      countAt(keyOf(app, channel, undefined), name)
      if (current !== undefined) countAt(keyOf(app, channel, current), name)
    },
    on({ app, channel, version }) {
      const found = app === undefined ? everywhere : places.get(keyOf(app, channel, version))
      return found ? { count: found.count, names: [...found.names] } : noRacks
    },
  }
}

/** In the hot loop of a forecast: written out where a spread would say the same. */
export function thingsOfRack({ app, channel, tokenExpiresAt, facts }: ExpiringRack, now: number): Thing[] {
  const { name, pins, holds, lifetimes } = facts
  const racks: Racks = { count: 1, names: [name] }
  const token = aloneExpiry({ name: 'the token of each rack', endsAt: tokenExpiresAt })
  const things: Thing[] = [
    { kind: 'rack_token', app, channel, what: "racks' tokens", stops: stopsWithToken, expiry: token, racks },
  ]
  for (const pin of pins) {
    if (!isPresent(pin, now)) continue
    const expiry = aloneExpiry({ name: `the pin of ${pin.owner}`, endsAt: pin.until })
    const what = `a pin to ${pin.version}`
    things.push({ kind: 'pin', app, channel, what, stops: stopsWithPin, expiry, racks })
  }
  for (const hold of holds) {
    if (!isPresent(hold, now)) continue
    const expiry = aloneExpiry({ name: `the hold of ${hold.owner}`, endsAt: hold.until })
    things.push({ kind: 'hold', app, channel, what: 'a hold', stops: stopsWithHold, expiry, racks })
  }
  if (lifetimes === undefined) return things
  for (const { what, stops, expiry } of endingsOf(lifetimes))
    things.push({ kind: 'lifetime', app, channel, what, stops, expiry, racks })
  return things
}

const stopsWithToken = 'these racks are answered no more: no update and no withdrawal reaches them'
const stopsWithPin = 'the pin: these racks follow their channel again'
const stopsWithHold = 'the hold: these racks take updates again'

type LifetimeEnding = Pick<Thing, 'what' | 'stops' | 'expiry'>

/** Ends do not move with the clock: of a report that is the same they are worked out once. */
const workedOut = new WeakMap<readonly Lifetime[], readonly LifetimeEnding[]>()

function endingsOf(lifetimes: readonly Lifetime[]): readonly LifetimeEnding[] {
  const before = workedOut.get(lifetimes)
  if (before) return before
  // One of each name, whatever a rack reports.
  const links = new Map(lifetimes.map((lifetime) => [lifetime.name, lifetime]))
  const endings = [...links.values()].map(({ name: what, stops }) => {
    return { what, stops, expiry: effectiveExpiry([what], links) }
  })
  workedOut.set(lifetimes, endings)
  return endings
}

export function* thingsOfState(state: State, now: number, { on }: Pick<Census, 'on'>): Generator<Thing> {
  yield* tokensOf(state, now)
  for (const one of state.freezes.values()) {
    const freeze = inForce(one, now)
    if (!freeze) continue
    const { app, channel, until } = freeze
    const scope = describeScope(freeze)
    yield {
      kind: 'freeze',
      app,
      channel,
      what: `the freeze of ${scope}`,
      stops: 'the freeze: these racks move again',
      expiry: aloneExpiry({ name: `the freeze of ${scope}`, endsAt: until }),
      racks: on({ app, channel }),
    }
  }
  for (const glass of state.breakGlass.values()) {
    if (standingOfBreakGlass(glass, now) !== 'open') continue
    yield {
      kind: 'break_glass',
      app: undefined,
      what: `the break-glass ${glass.id}`,
      stops: 'what its token may do; it is to be closed and reviewed all the same',
      expiry: aloneExpiry({ name: glass.id, endsAt: glass.expiresAt }),
      racks: noRacks,
    }
  }
  for (const review of openReviews(state)) {
    yield {
      kind: 'review',
      app: review.app,
      channel: review.channel,
      what: `the review ${review.id}`,
      stops: 'the time to review it: it counts as overdue',
      expiry: aloneExpiry({ name: review.id, endsAt: review.dueAt }),
      racks: noRacks,
    }
  }
  yield* thingsOfRehearsals(state)
  for (const app of state.apps.values()) {
    for (const channel of app.channels.values()) yield* thingsOfChannel(app, channel, on)
    for (const proposal of openProposals(app)) yield* thingOfProposal(app, proposal, on)
  }
}

/** Once somebody rehearses at all. What was never rehearsed is known to nobody, and comes first. */
function* thingsOfRehearsals(state: State): Generator<Thing> {
  const isRehearsing = state.synthetic.size > 0
  for (const { lever, rehearsedAt, limitDays } of leverStandings(state, state.synthetic.values())) {
    if (rehearsedAt === undefined && !isRehearsing) continue
    const last =
      rehearsedAt === undefined ? 'never rehearsed' : `last rehearsed ${toIso(rehearsedAt).slice(0, 10)}`
    const name = `${last}, limit ${limitDays} days`
    yield {
      kind: 'rehearsal',
      app: undefined,
      what: `the rehearsal of ${lever}`,
      stops: 'knowing that it works before somebody needs it',
      expiry: aloneExpiry(
        rehearsedAt === undefined ? { name } : { name, endsAt: rehearsedAt + limitDays * day },
      ),
      racks: noRacks,
    }
  }
}

function* tokensOf(state: State, now: number): Generator<Thing> {
  const inUse = [...state.tokens.values()].filter((token) => isInUse(token, now))
  const last = lastAdmin(inUse)
  for (const token of inUse) {
    const { name, role, app, channel, expiresAt } = token
    const what = `the token ${name}`
    yield {
      kind: role === 'join' ? 'join_token' : 'token',
      app,
      channel,
      what,
      stops: token === last ? 'the last admin token: nobody can make another' : whatStopsWith[role],
      expiry: aloneExpiry({ name: what, endsAt: expiresAt }),
      racks: noRacks,
    }
  }
}

const whatStopsWith: Readonly<Record<TokenState['role'], string>> = {
  viewer: 'whoever reads with it',
  rack: 'the rack that asks with it',
  publisher: 'whoever publishes with it, such as a CI job',
  maintainer: 'whoever promotes, withdraws and freezes with it',
  admin: 'whoever administers with it',
  join: 'racks that are to enrol with it',
}

export function isInUse({ revokedAt, expiresAt }: TokenState, now: number): boolean {
  return revokedAt === undefined && now < expiresAt
}

/** Of the tokens that administer everything, the one that is there longest. */
export function lastAdmin(inUse: readonly TokenState[]): TokenState | undefined {
  const admins = inUse.filter(({ role, app }) => role === 'admin' && app === undefined)
  return admins.toSorted((a, b) => b.expiresAt - a.expiresAt)[0]
}

function* thingsOfChannel(app: AppState, channel: ChannelState, on: Census['on']): Generator<Thing> {
  const place = { app: app.name, channel: channel.name }
  for (const version of new Set([channel.head, channel.base])) {
    const release = version === undefined ? undefined : app.releases.get(version)
    const endsAt = release?.content.validUntil
    if (!release || endsAt === undefined) continue
    yield {
      ...place,
      kind: 'release',
      what: `the validity of ${release.version}`,
      stops: 'what its publisher vouches for; a gate with a lifetime takes it no more',
      expiry: aloneExpiry({ name: `${release.version}, validUntil`, endsAt }),
      racks: on({ ...place, version: release.version }),
    }
  }
  const { nomination } = channel
  if (!nomination) return
  yield {
    ...place,
    kind: 'nomination',
    what: `the nomination of ${nomination.version}`,
    stops: `its soaking for ${nomination.to}: these racks take newer builds again`,
    expiry: aloneExpiry({ name: `the nomination of ${nomination.version}`, endsAt: nomination.until }),
    racks: on(place),
  }
}

/** A proposal ends with the first of the records and dates that its gates stand on and that grow too old. */
function* thingOfProposal(app: AppState, { id, proposed }: Proposal, on: Census['on']): Generator<Thing> {
  if (proposed.kind !== 'promote') return
  const links = linksOfPromotion(app, proposed.channel, proposed.version)
  if (links.length === 0) return
  yield {
    kind: 'proposal',
    app: app.name,
    channel: proposed.channel,
    what: `the proposal ${id} of ${proposed.version}`,
    stops: 'its gates: one that passes by then fails from then on',
    expiry: effectiveExpiry(
      links.map(({ name }) => name),
      linksByName(links),
    ),
    racks: on({ app: app.name, channel: proposed.channel }),
  }
}

function linksOfPromotion(app: AppState, channel: string, version: string): Link[] {
  const gates = app.channels.get(channel)?.policy.gates
  const release = app.releases.get(version)
  if (!gates || !release) return []
  const { record, content } = release
  const evidence = (gates.evidence ?? []).flatMap(({ name, maxAgeHours }) => {
    const newest = record.evidence.findLast((one) => one.name === name && one.outcome === 'pass')
    return newest ? [{ name: `the evidence ${name}`, endsAt: newest.at + maxAgeHours * hour }] : []
  })
  if (!gates.lifetime || content.validUntil === undefined) return evidence
  const { minRemainingDays } = gates.lifetime
  const name = `${version}, validUntil less ${minRemainingDays} days`
  return [...evidence, { name, endsAt: content.validUntil - minRemainingDays * day }]
}
