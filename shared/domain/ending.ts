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

export function joinedRacks(a: Racks, b: Racks): Racks {
  const room = mostRacksNamed - a.names.length
  return {
    count: a.count + b.count,
    names: room > 0 && b.names.length > 0 ? [...a.names, ...b.names.slice(0, room)] : a.names,
  }
}
