/**
 * Expiry: when something really ends. A thing ends with the first link of its chain that ends, and a link of which
 * nobody said when it ends makes the whole chain unknown. Unknown is never "for ever": JumpCloud's credentials ended
 * after 32 days (2024) because of an attribute that nobody had set.
 */
import { toIso } from './instants.ts'

export interface Link {
  readonly name: string
  /** As its owner declares. Undefined: nobody said. */
  readonly endsAt?: number | undefined
  /** As it was observed, whatever was declared: a certificate's own date, what a command printed. */
  readonly seenEndsAt?: number | undefined
  /** The links that it hangs on, by name: it ends with the first of them. */
  readonly of?: readonly string[]
}

/** Something outside of Headgate that a rack hangs on, as its operator declares it. */
export interface Lifetime extends Link {
  /** What no longer works when it has ended, in words. */
  readonly stops: string
  /** How many days ahead its end is worth an alarm; undefined: `lifetimeWarnDays`. */
  readonly warnDays?: number | undefined
}

export const lifetimeWarnDays = 30

export interface Expiry {
  /** Undefined: unknown, for a link of the chain has no declared end. */
  readonly at: number | undefined
  /** The link that sets it: the one that ends first, or the nearest one without a declared end. */
  readonly setBy: string
  /** That link's own dates. */
  readonly declaredAt: number | undefined
  readonly seenAt: number | undefined
  /** The first end of the chain that anybody declared or saw: it lasts no longer than that, unknown or not. */
  readonly noLaterThan: number | undefined
  /** The link whose end that is. */
  readonly endsFirst: string | undefined
  /** Everything that it hangs on and itself, nearest first. */
  readonly chain: readonly string[]
}

export type Links = ReadonlyMap<string, Link>

export function linksByName(links: readonly Link[]): Links {
  return new Map(links.map((link) => [link.name, link]))
}

/**
 * The minimum along the chain that begins at `roots`, at least one. A name that is no link is a link of which nothing is
 * known; a circle, which a rack's configuration may not have, is walked once.
 */
export function effectiveExpiry(roots: readonly string[], links: Links): Expiry {
  const chain = chainOf(roots, links)
  const earliest = chain.reduce(earlier)
  const unknown = chain.find(({ endsAt }) => endsAt === undefined)
  const set = unknown ?? earliest
  const noLaterThan = knownEnd(earliest)
  return {
    at: unknown ? undefined : noLaterThan,
    setBy: set.name,
    declaredAt: set.endsAt,
    seenAt: set.seenEndsAt,
    noLaterThan,
    endsFirst: noLaterThan === undefined ? undefined : earliest.name,
    chain: chain.map(({ name }) => name),
  }
}

/** Of a link that hangs on nothing. */
export function aloneExpiry(link: Pick<Link, 'name' | 'endsAt' | 'seenEndsAt'>): Expiry {
  const { name, endsAt, seenEndsAt } = link
  const noLaterThan = knownEnd(link)
  return {
    at: endsAt === undefined ? undefined : noLaterThan,
    setBy: name,
    declaredAt: endsAt,
    seenAt: seenEndsAt,
    noLaterThan,
    endsFirst: noLaterThan === undefined ? undefined : name,
    chain: [name],
  }
}

/** The earlier of what was declared and what was seen; undefined when nobody knows anything. */
export function knownEnd({ endsAt, seenEndsAt }: Pick<Link, 'endsAt' | 'seenEndsAt'>): number | undefined {
  if (endsAt === undefined || seenEndsAt === undefined) return endsAt ?? seenEndsAt
  return Math.min(endsAt, seenEndsAt)
}

/** Where what was declared and what was seen differ, both; undefined where they agree or one is missing. */
export function describeDifference({
  declaredAt,
  seenAt,
}: Pick<Expiry, 'declaredAt' | 'seenAt'>): string | undefined {
  if (declaredAt === undefined || seenAt === undefined || declaredAt === seenAt) return undefined
  return `declared ${toIso(declaredAt)}, seen ${toIso(seenAt)}: the earlier counts`
}

/** A circle among the links, in order, its first name again at the end; undefined when there is none. */
export function circleIn(links: Links): readonly string[] | undefined {
  const done = new Set<string>()
  for (const name of links.keys()) {
    const circle = circleFrom([name], links, done)
    if (circle) return circle
  }
  return undefined
}

function circleFrom(path: readonly string[], links: Links, done: Set<string>): readonly string[] | undefined {
  const name = path.at(-1) ?? ''
  if (done.has(name)) return undefined
  for (const next of links.get(name)?.of ?? []) {
    if (path.includes(next)) return [...path.slice(path.indexOf(next)), next]
    const circle = circleFrom([...path, next], links, done)
    if (circle) return circle
  }
  done.add(name)
  return undefined
}

function chainOf(roots: readonly string[], links: Links): Link[] {
  const names = new Set(roots)
  // A set is walked in the order of its additions, those that are made meanwhile included.
  for (const name of names) for (const next of links.get(name)?.of ?? []) names.add(next)
  return [...names].map((name) => links.get(name) ?? { name })
}

/** Of two that end at once the nearer one. */
function earlier(a: Link, b: Link): Link {
  const [endOfA, endOfB] = [knownEnd(a), knownEnd(b)]
  if (endOfB === undefined) return a
  return endOfA === undefined || endOfB < endOfA ? b : a
}
