/** What is known about a rack when it is decided for: what it runs, what it proved, and what people ordered. */
import type { Lifetime } from './expiry.ts'
import type { Health } from './health.ts'
import type { Motive } from './reasons.ts'
import type { UpdateWindow } from './window.ts'

export interface ProvedVersion {
  readonly version: string
  readonly at: number
  /** False when the parameters it was proved with no longer hold; going back to it would not be going back. */
  readonly parametersHold: boolean
}

export interface Pin {
  readonly version: string
  readonly owner: string
  readonly reason: string
  readonly until?: number
  /** The advisory that the pin's owner has read and accepts. */
  readonly acceptedAdvisory?: string
  readonly origin: Origin
}

export interface Hold {
  readonly until: number
  readonly owner: string
  readonly reason: string
  readonly origin: Origin
}

/** Where an order was given, and so where it is lifted: neither side clears what the other one ordered. */
export type Origin = 'rack' | 'registry'
export type PinOrder = Omit<Pin, 'origin'>
export type HoldOrder = Omit<Hold, 'origin'>

/** After a person's rollback: versions above `above`, up to `upTo`, until something newer is offered. */
export interface Bar {
  readonly above: string
  readonly upTo: string
}

/** Attempts at one version that ended `returned` or `stuck`; nothing else counts. */
export interface FailedTarget {
  readonly target: string
  readonly count: number
  readonly lastAt: number
}

export interface UnderWay {
  readonly id: string
  /** What ran when it began; undefined: nothing was installed. */
  readonly from?: string
  readonly target: string
  readonly motive: Motive
  /** A confirmed attempt is being applied; nothing aborts it. */
  readonly isConfirmed: boolean
}

export interface RackFacts {
  readonly name: string
  /** Undefined: nothing is installed. */
  readonly current: string | undefined
  readonly platform: string
  /** Newest first. */
  readonly proved: readonly ProvedVersion[]
  readonly pins: readonly Pin[]
  readonly holds: readonly Hold[]
  readonly bar?: Bar
  readonly failures: readonly FailedTarget[]
  readonly attempt?: UnderWay
  /** `switch --align`: go to the channel's head even if that is back. */
  readonly isAligning: boolean
  /** Names of parameters that are not what was recorded with what it runs; said to people, decided by nobody. */
  readonly drifted?: readonly string[]
  /** Other apps on the rack: app → version. */
  readonly apps: Readonly<Record<string, string>>
  /** When its operator lets updates land; always, without one. */
  readonly window?: UpdateWindow
  /** A range that the rack's operator keeps to. */
  readonly within?: string
  /** Releases younger than this are not taken. */
  readonly minAgeMinutes?: number
  /** Undefined: nothing is monitored. Shown and counted; it decides nothing. */
  readonly health?: Health
  /** What it hangs on outside of Headgate, as its operator declares it and as it sees it; decided by nobody. */
  readonly lifetimes?: readonly Lifetime[]
}

/** What of a rack its orders are judged by; the rack does it with the same functions when nobody answers it. */
export type Ordered = Pick<RackFacts, 'current' | 'pins' | 'holds'>

/**
 * The pin in force: expired ones are ignored; of two that differ, staying is stricter than moving, and of two that move,
 * the rack's own comes first.
 */
export function pinInForce(
  { current, pins }: Pick<Ordered, 'current' | 'pins'>,
  now: number,
): Pin | undefined {
  const present = pins.filter((pin) => isPresent(pin, now))
  return (
    present.find((pin) => pin.version === current) ??
    present.find((pin) => pin.origin === 'rack') ??
    present[0]
  )
}

/** Somebody, here or there, ordered to stay on what runs and accepts this advisory. */
export function acceptsAdvisory({ current, pins }: Ordered, advisory: string, now: number): boolean {
  return pins.some(
    (pin) => pin.version === current && pin.acceptedAdvisory === advisory && isPresent(pin, now),
  )
}

export function isPresent({ until }: { readonly until?: number }, now: number): boolean {
  return until === undefined || now < until
}

/** The hold that lasts longest. */
export function holdInForce(rack: Pick<Ordered, 'holds'>, now: number): Hold | undefined {
  let longest: Hold | undefined
  for (const hold of rack.holds)
    if (now < hold.until && (!longest || hold.until > longest.until)) longest = hold
  return longest
}
