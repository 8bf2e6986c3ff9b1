/**
 * What became of parameters between a record and now, by name. Three questions that must not be mixed up: has
 * anything drifted (an update waits for a person), does an old proof still hold (a remedy may go there), and what
 * would the way back lose (people are told). What is opaque on either side answers none of them.
 */
import type { Observation } from './observation.ts'

export interface Drift {
  /** There now, and not when it was recorded. */
  readonly added: readonly string[]
  /** Recorded, and not there now. */
  readonly removed: readonly string[]
  readonly changed: readonly string[]
}

export function driftBetween(recorded: Observation, now: Observation): Drift {
  const added = [...now.digests.keys()].filter((name) => !has(recorded, name))
  const removed = [...recorded.digests.keys()].filter((name) => !has(now, name))
  return { added: added.sort(), removed: removed.sort(), changed: changedBetween(recorded, now) }
}

/** Of what can be observed on both sides; every name that is on one side only is left out. */
export function changedBetween(recorded: Observation, now: Observation): readonly string[] {
  const changed = [...recorded.digests].filter(([name, digest]) => {
    const present = now.digests.get(name)
    return present !== undefined && present !== digest
  })
  return changed.map(([name]) => name).sort()
}

export function has({ digests, opaque }: Observation, name: string): boolean {
  return digests.has(name) || opaque.has(name)
}

/** Every name once, sorted. */
export function driftedNames({ added, removed, changed }: Drift): readonly string[] {
  return [...added, ...removed, ...changed].sort()
}

export function withoutNames(drift: Drift, accepted: readonly string[]): Drift {
  const rest = (names: readonly string[]) => names.filter((name) => !accepted.includes(name))
  return { added: rest(drift.added), removed: rest(drift.removed), changed: rest(drift.changed) }
}

/** `A changed, B is new, C is gone`; empty without drift. */
export function describeDrift({ added, removed, changed }: Drift): string {
  const parts = [
    changed.length > 0 && `${listed(changed)} changed`,
    added.length > 0 && `${listed(added)} ${added.length === 1 ? 'is' : 'are'} new`,
    removed.length > 0 && `${listed(removed)} ${removed.length === 1 ? 'is' : 'are'} gone`,
  ]
  return parts.filter((part) => part !== false).join('; ')
}

const mostListed = 20

/** For a sentence; whoever needs all of them has them in the numbers. */
export function listed(names: readonly string[]): string {
  const more = names.length - mostListed
  return `${names.slice(0, mostListed).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** The record with the present values of these names in it. */
export function adopting(recorded: Observation, now: Observation, names: readonly string[]): Observation {
  const digests = new Map(recorded.digests)
  const opaque = new Set(recorded.opaque)
  for (const name of names) {
    digests.delete(name)
    opaque.delete(name)
    const digest = now.digests.get(name)
    if (digest !== undefined) digests.set(name, digest)
    else if (now.opaque.has(name)) opaque.add(name)
  }
  return { digests, opaque }
}

/** What is set now and unknown to a version that declares only these names: gone once it runs. */
export function lostWith(declared: readonly string[] | null, now: Observation): readonly string[] {
  if (declared === null) return []
  const known = new Set(declared)
  return [...now.digests.keys(), ...now.opaque].filter((name) => !known.has(name)).sort()
}
