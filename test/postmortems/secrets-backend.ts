/**
 * A secrets backend as JumpCloud's postmortem tells of it: tokens and credentials are leased for a time, a lease ends with
 * the token that it was made with, and whoever sets no longest life for a token gets the backend's own: 32 days.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { day, toIso } from '../../shared/domain/instants.ts'

/** The backend's own, for a token without one. */
export const longestLifeDays = 32

export interface Lease {
  readonly name: string
  /** What its owner set, and believes. */
  readonly ttlDays: number
  /** The attribute: how long it may live, renewed or not. Undefined: nobody set it. */
  readonly longestDays?: number
  /** The lease that it was made with. */
  readonly madeWith?: string
}

export interface SecretsBackend {
  lease(lease: Lease): void
  /** When it is revoked, by the backend's own rules: the truth, which nobody asks for. */
  revokedAt(name: string): number
  /** Whether the app that asks with it is let in. */
  letsIn(name: string, at: number): boolean
}

/**
 * Leases begin at `now`. What an operator can look up of one token is a file of its name in `folder`: what the backend says of that
 * token itself, as such a lookup does.
 */
export function aSecretsBackend(folder: string, now: number): SecretsBackend {
  const leases = new Map<string, Lease>()
  mkdirSync(folder, { recursive: true })

  function ownEnd({ ttlDays, longestDays, madeWith }: Lease): number {
    // Only a token that was made with no other is held to the backend's longest life itself; others end with theirs.
    const longest = madeWith === undefined ? (longestDays ?? longestLifeDays) : (longestDays ?? Infinity)
    return now + Math.min(ttlDays, longest) * day
  }

  function revokedAt(name: string): number {
    const lease = leases.get(name)
    if (!lease) throw new Error(`${name} was never leased`)
    const own = ownEnd(lease)
    return lease.madeWith === undefined ? own : Math.min(own, revokedAt(lease.madeWith))
  }

  return {
    lease(lease) {
      leases.set(lease.name, lease)
      writeFileSync(join(folder, lease.name), `${toIso(ownEnd(lease))}\n`)
    },
    revokedAt,
    letsIn: (name, at) => at < revokedAt(name),
  }
}
