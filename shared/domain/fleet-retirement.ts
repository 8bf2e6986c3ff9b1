/** When an ephemeral rack is retired: it has been silent as long as it said that it may be, while others were heard. */
import { hour } from './instants.ts'

export interface Ephemeral {
  readonly ephemeralHours: number
  /** Milliseconds of receiving time since it was last heard of, or since it was enrolled. */
  readonly silence: number
  /** Milliseconds of receiving time since this registry started. */
  readonly receivedSinceStart: number
  /** Within which a rack that is there would have been heard of (`allowedSilence`). */
  readonly allowed: number
}

/** A registry that has just started knows nothing of the gaps before it: racks get their chance to speak first. */
export function isToRetire({ ephemeralHours, silence, receivedSinceStart, allowed }: Ephemeral): boolean {
  return silence >= ephemeralHours * hour && receivedSinceStart >= allowed
}
