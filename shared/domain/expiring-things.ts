/** What ends: everything of a registry and of its racks that somebody relies on, each with its chain and what it would stop. */
import type { TokenState } from './access.ts'
import { standingOfBreakGlass } from './break-glass.ts'
import type { ChannelState } from './channel.ts'
import { joinedRacks, noRacks, type Racks, type Thing } from './ending.ts'
import { effectiveExpiry, type Link, linksByName } from './expiry.ts'
import { describeScope, inForce } from './freeze.ts'
import { day, hour } from './instants.ts'
import { openProposals, type Proposal } from './proposal.ts'
import { isPresent, type RackFacts } from './rack.ts'
import { openReviews } from './review.ts'
import type { AppState, State } from './state.ts'

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
  const counted = new Map<string, Racks>()
  const keyOf = (...place: readonly (string | undefined)[]): string =>
    place.filter((part) => part !== undefined).join('/')
  return {
    count({ app, channel, facts: { name, current } }) {
      const one: Racks = { count: 1, names: [name] }
      const places = [keyOf(), keyOf(app), keyOf(app, channel)]
      if (current !== undefined) places.push(keyOf(app, channel, current))
      for (const key of places) counted.set(key, joinedRacks(counted.get(key) ?? noRacks, one))
    },
    on: ({ app, channel, version }) => counted.get(keyOf(app, channel, version)) ?? noRacks,
  }
}

export function* thingsOfRack(rack: ExpiringRack, now: number): Generator<Thing> {
  const { app, channel, tokenExpiresAt, facts } = rack
  const { name, pins, holds, lifetimes = [] } = facts
  const ofRack = { app, channel, racks: { count: 1, names: [name] } }
  yield {
    ...ofRack,
    kind: 'rack_token',
    what: "racks' tokens",
    stops: 'these racks are answered no more: no update and no withdrawal reaches them',
    expiry: alone({ name: 'the token of each rack', endsAt: tokenExpiresAt }),
  }
  for (const pin of pins.filter((one) => isPresent(one, now))) {
    const { version, until, owner } = pin
    yield {
      ...ofRack,
      kind: 'pin',
      what: `a pin to ${version}`,
      stops: 'the pin: these racks follow their channel again',
      expiry: alone({ name: `the pin of ${owner}`, endsAt: until }),
    }
  }
  for (const hold of holds.filter((one) => isPresent(one, now))) {
    yield {
      ...ofRack,
      kind: 'hold',
      what: 'a hold',
      stops: 'the hold: these racks take updates again',
      expiry: alone({ name: `the hold of ${hold.owner}`, endsAt: hold.until }),
    }
  }
  if (lifetimes.length === 0) return
  // One of each name, whatever a rack reports.
  const links = new Map(lifetimes.map((lifetime) => [lifetime.name, lifetime]))
  for (const { name: what, stops } of links.values()) {
    yield { ...ofRack, kind: 'lifetime', what, stops, expiry: effectiveExpiry([what], links) }
  }
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
      expiry: alone({ name: `the freeze of ${scope}`, endsAt: until }),
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
      expiry: alone({ name: glass.id, endsAt: glass.expiresAt }),
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
      expiry: alone({ name: review.id, endsAt: review.dueAt }),
      racks: noRacks,
    }
  }
  for (const app of state.apps.values()) {
    for (const channel of app.channels.values()) yield* thingsOfChannel(app, channel, on)
    for (const proposal of openProposals(app)) yield* thingOfProposal(app, proposal, on)
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
      expiry: alone({ name: what, endsAt: expiresAt }),
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
      expiry: alone({ name: `${release.version}, validUntil`, endsAt }),
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
    expiry: alone({ name: `the nomination of ${nomination.version}`, endsAt: nomination.until }),
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

function alone(link: Link): Thing['expiry'] {
  return effectiveExpiry([link.name], new Map([[link.name, link]]))
}
