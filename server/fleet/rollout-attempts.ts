/**
 * Attempts under rollouts, in memory: the newest of each rack, and who holds a lease. A lease ends by report, by expiry, or
 * when the rack is seen on its target: a report that is lost does not keep a slot. What a rack says that it proved counts
 * when it was seen: its last question is from before, and would look as if it had gone back.
 */
import type { RackFacts } from '../../shared/domain/rack.ts'
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
  /** After the rack's facts were taken, also when they are the same as before. */
  noteCheckIn(rack: KnownRack): void
  /** Of a rollout that has ended nobody counts racks any more; its leases end by themselves. */
  forget(app: string, rollout: string): void
}

interface Kept {
  readonly attempt: RolloutAttempt
  /** It has asked since it reported what became of it. */
  isSeen: boolean
}

interface Lease {
  readonly expiresAt: number
  readonly target: string
}

interface OfRollout {
  readonly newest: Map<string, Kept>
  /** By rack. */
  readonly leases: Map<string, Lease>
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
  /** Of each rack, the rollouts under which its next question tells something: few, and looked at with every check-in. */
  const awaited = new Map<string, Set<OfRollout>>()

  function find(app: string, rollout: string): OfRollout {
    const key = `${app} ${rollout}`
    const present = kept.get(key)
    if (present) return present
    const fresh = { newest: new Map(), leases: new Map(), nextExpiry: Number.POSITIVE_INFINITY }
    kept.set(key, fresh)
    return fresh
  }

  function awaitRack(app: string, rack: string, of: OfRollout): void {
    const key = `${app} ${rack}`
    awaited.set(key, (awaited.get(key) ?? new Set()).add(of))
  }

  function note(row: AttemptRow): void {
    const { app, rack, rollout, id, target, grantedAt, outcome, leaseExpiresAt: expiresAt } = row
    if (rollout === null) return
    const of = find(app, rollout)
    const before = of.newest.get(rack)
    const isNewest = !before || before.attempt.id === id || before.attempt.grantedAt <= grantedAt
    const hasLostData = row.severity === 'data-loss' || before?.attempt.hasLostData === true
    if (!isNewest) {
      of.newest.set(rack, { ...before, attempt: { ...before.attempt, hasLostData } })
      return
    }
    const { step, message, finishedAt } = row
    const attempt = { id, grantedAt, outcome, step, message, finishedAt, hasLostData }
    const isToldAgain = before?.attempt.id === id && before.attempt.outcome === outcome
    of.newest.set(rack, { attempt, isSeen: isToldAgain && before.isSeen })
    if (outcome === null && expiresAt > clock()) {
      of.leases.set(rack, { expiresAt, target })
      of.nextExpiry = Math.min(of.nextExpiry, expiresAt)
    } else of.leases.delete(rack)
    awaitRack(app, rack, of)
  }

  function expire(of: OfRollout, now: number): void {
    of.nextExpiry = Number.POSITIVE_INFINITY
    for (const [rack, { expiresAt }] of [...of.leases]) {
      if (expiresAt <= now) of.leases.delete(rack)
      else of.nextExpiry = Math.min(of.nextExpiry, expiresAt)
    }
  }

  function noteCheckIn({ row, facts }: KnownRack): void {
    if (awaited.size === 0) return
    const key = `${row.app} ${row.name}`
    const rollouts = awaited.get(key)
    if (!rollouts) return
    for (const of of rollouts) {
      const kept = of.newest.get(row.name)
      if (kept && kept.attempt.outcome !== null) kept.isSeen = true
      if (isOn(facts, of.leases.get(row.name)?.target)) of.leases.delete(row.name)
      if (!of.leases.has(row.name)) rollouts.delete(of)
    }
    if (rollouts.size === 0) awaited.delete(key)
  }

  /** What the rack said last, before this process, may be from before its grant: it ends a lease, and shows nothing else. */
  function takeUp(row: AttemptRow): void {
    note(row)
    const facts = index.byName(row.app, row.rack)?.facts
    if (row.rollout !== null && facts && isOn(facts, row.target))
      find(row.app, row.rollout).leases.delete(row.rack)
  }

  for (const app of state.apps.values()) {
    for (const rollout of app.rollouts.values()) {
      if (!isActive(rollout)) continue
      for (const row of await listAttemptsOfRollout(store.read, app.name, rollout.id)) takeUp(row)
    }
    for (const row of await listLeased(store.read, app.name, clock())) takeUp(row)
  }

  return {
    underWay(app, rollout) {
      const of = kept.get(`${app} ${rollout}`)
      if (!of) return 0
      const now = clock()
      if (now >= of.nextExpiry) expire(of, now)
      return of.leases.size
    },
    of(app, rollout, rack) {
      const found = kept.get(`${app} ${rollout}`)?.newest.get(rack)
      if (!found || found.isSeen || found.attempt.outcome !== 'proved') return found?.attempt
      return { ...found.attempt, outcome: null }
    },
    note,
    noteCheckIn,
    forget(app, rollout) {
      kept.get(`${app} ${rollout}`)?.newest.clear()
    },
  }
}

function isOn({ current, attempt }: RackFacts, target: string | undefined): boolean {
  return target !== undefined && current === target && attempt === undefined
}
