/**
 * Attempts under rollouts, in memory: the newest of each rack, and who holds a lease. A lease ends by report, by expiry, or
 * when the rack is seen on its target: a report that is lost does not keep a slot.
 */

import { isActive } from '../../shared/domain/rollout.ts'
import type { RolloutAttempt } from '../../shared/domain/rollout-progress.ts'
import type { State } from '../../shared/domain/state.ts'
import type { AttemptRow } from '../store/attempts.ts'
import type { Store } from '../store/connection.ts'
import { listAttemptsOfRollout, listLeased } from '../store/rollout-attempts.ts'
import type { FleetIndex, KnownRack } from './fleet-index.ts'

export interface RolloutAttempts {
  /** Racks that have a lease now. */
  underWay(app: string, rollout: string): number
  of(app: string, rollout: string, rack: string): RolloutAttempt | undefined
  /** As it was stored: granted, gone on, over. */
  note(row: AttemptRow): void
  /** After the rack's facts were taken. */
  noteCheckIn(rack: KnownRack): void
  /** Of a rollout that has ended nobody counts racks any more; its leases end by themselves. */
  forget(app: string, rollout: string): void
}

interface Kept {
  readonly attempt: RolloutAttempt
  readonly target: string
}

interface OfRollout {
  readonly newest: Map<string, Kept>
  /** Rack → when its lease ends. */
  readonly leases: Map<string, number>
  /** The earliest of them, or earlier. */
  nextExpiry: number
}

export interface RolloutAttemptsDeps {
  readonly store: Store
  readonly index: FleetIndex
  readonly state: State
  readonly clock: () => number
}

/** Takes up what the store has of rollouts that still go on. */
export async function openRolloutAttempts(deps: RolloutAttemptsDeps): Promise<RolloutAttempts> {
  const { store, index, state, clock } = deps
  const kept = new Map<string, OfRollout>()
  /** Of each rack, the rollouts under which it has a lease: few, and looked at with every check-in. */
  const leasedBy = new Map<string, Set<OfRollout>>()

  function find(app: string, rollout: string): OfRollout {
    const key = `${app} ${rollout}`
    const present = kept.get(key)
    if (present) return present
    const fresh = { newest: new Map(), leases: new Map(), nextExpiry: Number.POSITIVE_INFINITY }
    kept.set(key, fresh)
    return fresh
  }

  function release(app: string, rack: string, from: OfRollout): void {
    from.leases.delete(rack)
    const key = `${app} ${rack}`
    const leased = leasedBy.get(key)
    leased?.delete(from)
    if (leased?.size === 0) leasedBy.delete(key)
  }

  function note(row: AttemptRow): void {
    const { app, rack, rollout, id, target, grantedAt, outcome, leaseExpiresAt } = row
    if (rollout === null) return
    const of = find(app, rollout)
    const before = of.newest.get(rack)
    const isNewest = !before || before.attempt.id === id || before.attempt.grantedAt <= grantedAt
    const hasLostData = row.severity === 'data-loss' || before?.attempt.hasLostData === true
    const { step, message, finishedAt } = row
    if (isNewest) {
      const attempt = { id, grantedAt, outcome, step, message, finishedAt, hasLostData }
      of.newest.set(rack, { attempt, target })
    } else of.newest.set(rack, { ...before, attempt: { ...before.attempt, hasLostData } })
    if (!isNewest) return
    if (outcome !== null || leaseExpiresAt <= clock()) return release(app, rack, of)
    of.leases.set(rack, leaseExpiresAt)
    of.nextExpiry = Math.min(of.nextExpiry, leaseExpiresAt)
    const key = `${app} ${rack}`
    leasedBy.set(key, (leasedBy.get(key) ?? new Set()).add(of))
  }

  function expire(app: string, of: OfRollout, now: number): void {
    of.nextExpiry = Number.POSITIVE_INFINITY
    for (const [rack, until] of [...of.leases]) {
      if (until <= now) release(app, rack, of)
      else of.nextExpiry = Math.min(of.nextExpiry, until)
    }
  }

  function noteCheckIn({ row, facts }: KnownRack): void {
    if (leasedBy.size === 0) return
    for (const of of leasedBy.get(`${row.app} ${row.name}`) ?? []) {
      const isSeen = of.newest.get(row.name)?.target === facts.current && facts.attempt === undefined
      if (isSeen) release(row.app, row.name, of)
    }
  }

  for (const app of state.apps.values()) {
    for (const rollout of app.rollouts.values()) {
      if (!isActive(rollout)) continue
      for (const row of await listAttemptsOfRollout(store.read, app.name, rollout.id)) note(row)
    }
    for (const row of await listLeased(store.read, app.name, clock())) note(row)
  }
  for (const rack of index.all()) noteCheckIn(rack)

  return {
    underWay(app, rollout) {
      const of = kept.get(`${app} ${rollout}`)
      if (!of) return 0
      const now = clock()
      if (now >= of.nextExpiry) expire(app, of, now)
      return of.leases.size
    },
    of: (app, rollout, rack) => kept.get(`${app} ${rollout}`)?.newest.get(rack)?.attempt,
    note,
    noteCheckIn,
    forget(app, rollout) {
      kept.get(`${app} ${rollout}`)?.newest.clear()
    },
  }
}
