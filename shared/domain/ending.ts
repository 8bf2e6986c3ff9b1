/** Something that ends: what it is, what it would stop, and for which racks. */
import type { Expiry } from './expiry.ts'

/** In the order in which the unknown ones are listed: what nobody meant to end first. */
export const endingKinds = [
  'lifetime',
  'rack_token',
  'token',
  'join_token',
  'release',
  'proposal',
  'nomination',
  'review',
  'rehearsal',
  'break_glass',
  'freeze',
  'pin',
  'hold',
] as const
export type EndingKind = (typeof endingKinds)[number]

export interface Racks {
  readonly count: number
  /** Some of them, never more than `mostRacksNamed`. */
  readonly names: readonly string[]
}

export const noRacks: Racks = { count: 0, names: [] }
const mostRacksNamed = 20

/** Something that ends, and what that would do. */
export interface Thing {
  readonly kind: EndingKind
  /** Undefined: the registry as a whole. */
  readonly app: string | undefined
  readonly channel?: string | undefined
  /** What it is, in words: `db-credential`, `the token ci`. */
  readonly what: string
  readonly stops: string
  readonly expiry: Expiry
  readonly racks: Racks
}

/** Racks that are still being counted. */
export interface Count {
  count: number
  readonly names: string[]
}

export function startCount(): Count {
  return { count: 0, names: [] }
}

export function countIn(count: Count, name: string): void {
  count.count += 1
  if (count.names.length < mostRacksNamed) count.names.push(name)
}

export function countAll(count: Count, racks: Racks): void {
  count.count += racks.count
  const room = mostRacksNamed - count.names.length
  if (room > 0) count.names.push(...racks.names.slice(0, room))
}
