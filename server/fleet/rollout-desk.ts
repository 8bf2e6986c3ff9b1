/**
 * Rollouts in service: planned over the fleet as it is, counted, and looked at again and again. What time and racks have
 * done to them is recorded by the registry itself: planned, opened, halted, completed.
 */
import type { CommandContext } from '../../shared/domain/commands/command.ts'
import { orderedIn, recordPlan, stepRollout } from '../../shared/domain/commands/rollout.ts'
import type { LedgerEvent } from '../../shared/domain/events.ts'
import { applyEvent, foldEvents } from '../../shared/domain/fold.ts'
import { Problem } from '../../shared/domain/problem.ts'
import { restingState } from '../../shared/domain/resting-state.ts'
import { isActive, type Rollout, type RolloutPlan } from '../../shared/domain/rollout.ts'
import { countWaves, type RolloutCounts } from '../../shared/domain/rollout-gates.ts'
import { isTooEarly, planRollout, waitsFor } from '../../shared/domain/rollout-plan.ts'
import { progressOf } from '../../shared/domain/rollout-progress.ts'
import { waveOfRack } from '../../shared/domain/rollout-standing.ts'
import { findApp, findRollout, forkState, type State } from '../../shared/domain/state.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { FleetIndex } from './fleet-index.ts'
import { inTurns, manyRacks } from './in-turns.ts'
import { type Looked, placedOf, planningRacks, type RolloutRacksDeps, shownByRacks } from './rollout-racks.ts'

export interface RolloutDesk {
  /** What its racks have shown, wave by wave; undefined before it is planned. */
  count(state: State, rollout: Rollout): Promise<RolloutCounts | undefined>
  /** For whoever stops it, and does not wait for a large fleet to be gone through: as of the registry's last look. */
  countForStop(rollout: Rollout): Promise<RolloutCounts | undefined>
  /**
   * What the events of an act would have the registry record next: plans and first waves of the rollouts that they order.
   * Raises `rollout_unsatisfiable`, so that an act is refused before it is recorded.
   */
  followUps(events: readonly LedgerEvent[], actor: string): Promise<FollowUps>
  /** The same in a state that has the events already and is nobody else's: a simulation's. It takes up what follows. */
  followUpsIn(supposed: SupposedWorld, events: readonly LedgerEvent[]): Promise<FollowUps>
  /** Whether plans and counts take so long that what stops is recorded before them, and planned by the next look. */
  readonly isSlow: boolean
  /** One look at every rollout; raises what keeps it from that. */
  tick(): Promise<void>
  /** Why one cannot be planned yet. */
  complaintOf(app: string, rollout: string): string | undefined
  start(): void
  stop(): Promise<void>
}

export interface FollowUps {
  readonly events: readonly LedgerEvent[]
  /** Why what was ordered is not planned with it. */
  readonly complaint?: string
}

export interface SupposedWorld {
  readonly state: State
  readonly index: FleetIndex
  readonly context: CommandContext
}

export interface RolloutDeskDeps extends RolloutRacksDeps {
  readonly ledger: Ledger
  readonly clock: () => number
  readonly canWrite: () => boolean
  readonly onFailure: (error: unknown) => void
  readonly everyMilliseconds?: number
}

const byItself = 'registry'
/** Of the time that a look takes: a fleet that takes long to count is counted more rarely. */
const restFactor = 10

export function createRolloutDesk(deps: RolloutDeskDeps): RolloutDesk {
  const { ledger, clock, canWrite, onFailure, everyMilliseconds = 1_000 } = deps
  const complaints = new Map<string, string>()
  /** What the last look counted, by app and rollout. */
  const lastCounts = new Map<string, RolloutCounts>()
  let timer: NodeJS.Timeout | undefined
  let ticking: Promise<void> | undefined
  let isStopped = false

  async function plan(looked: Looked, of: RolloutRacksDeps = deps): Promise<RolloutPlan> {
    const { policy, key, notBefore, purpose } = looked.rollout
    const racks = planningRacks(of, looked)
    const isForNobodyToo = purpose !== 'head'
    return inTurns(planRollout({ policy, key, notBefore, racks, at: looked.now, isForNobodyToo }))
  }

  async function count(state: State, rollout: Rollout): Promise<RolloutCounts | undefined> {
    return rollout.plan && inTurns(counting(deps, { state, rollout, now: clock() }))
  }

  async function followUpsIn(
    { state, index, context }: SupposedWorld,
    events: readonly LedgerEvent[],
  ): Promise<FollowUps> {
    const of = { ...deps, index }
    const { now } = context
    const more: LedgerEvent[] = []
    let complaint: string | undefined
    for (const named of orderedIn(events)) {
      const planned = await plan({ state, rollout: rolloutIn(state, named), now }, of)
      if (isTooEarly(planned)) {
        complaint = waitsFor(planned)
        continue
      }
      for (const event of recordPlan(state, { ...named, plan: planned }, context)) {
        applyEvent(state, event)
        more.push(event)
      }
      const rollout = rolloutIn(state, named)
      if (!rollout.plan) continue
      const counts = await inTurns(counting(of, { state, rollout, now }))
      for (const event of stepRollout(state, { ...named, counts }, context)) {
        applyEvent(state, event)
        more.push(event)
      }
    }
    return { events: more, ...(complaint !== undefined && { complaint }) }
  }

  async function followUps(events: readonly LedgerEvent[], actor: string): Promise<FollowUps> {
    if (orderedIn(events).length === 0) return { events: [] }
    const resting = restingState(ledger.state)
    try {
      const state = foldEvents(forkState(resting.state), events)
      return await followUpsIn({ state, index: deps.index, context: { now: clock(), actor } }, events)
    } finally {
      resting.release()
    }
  }

  async function lookAt({ app, id }: Rollout): Promise<void> {
    const named = { app, rollout: id }
    const key = `${app} ${id}`
    if (!rolloutIn(ledger.state, named).plan) {
      try {
        const rollout = rolloutIn(ledger.state, named)
        const planned = await plan({ state: ledger.state, rollout, now: clock() })
        if (isTooEarly(planned)) {
          complaints.set(key, waitsFor(planned))
          return
        }
        complaints.delete(key)
        await record((state, context) => recordPlan(state, { ...named, plan: planned }, context))
      } catch (error) {
        // It waits for racks; whoever looks at it is told so.
        if (!(error instanceof Problem) || error.code !== 'rollout_unsatisfiable') throw error
        complaints.set(key, error.message)
        return
      }
    }
    const counts = await count(ledger.state, rolloutIn(ledger.state, named))
    if (!counts) return
    lastCounts.set(key, counts)
    // Most looks change nothing, and then the ledger's lock is not asked for.
    const context = { now: clock(), actor: byItself }
    if (stepRollout(ledger.state, { ...named, counts }, context).length === 0) return
    await record((state, at) => stepRollout(state, { ...named, counts }, at))
  }

  function record(decide: (state: State, context: CommandContext) => LedgerEvent[]) {
    return ledger.record({ actor: byItself, isDryRun: false, decide, answer: () => null })
  }

  async function look(): Promise<void> {
    if (!canWrite()) return
    const failed: unknown[] = []
    for (const app of [...ledger.state.apps.values()])
      for (const rollout of [...app.rollouts.values()]) {
        if (!isActive(rollout)) {
          deps.attempts.forget(app.name, rollout.id)
          lastCounts.delete(`${app.name} ${rollout.id}`)
          complaints.delete(`${app.name} ${rollout.id}`)
        }
        // What is wrong with one keeps no other from being stopped in time.
        else await lookAt(rollout).catch((error: unknown) => failed.push(error))
      }
    if (failed.length > 0) throw failed[0]
  }

  function tick(): Promise<void> {
    ticking ??= look().finally(() => {
      ticking = undefined
    })
    return ticking
  }

  const isSlow = (): boolean => deps.index.size >= manyRacks

  /** Nobody has tried to plan it: racks wait for it, however lately everything was looked at. */
  function isOrderNew(): boolean {
    for (const { name, rollouts } of ledger.state.apps.values())
      for (const rollout of rollouts.values())
        if (!rollout.plan && isActive(rollout) && !complaints.has(`${name} ${rollout.id}`)) return true
    return false
  }

  function tickLater(restedAt: number): void {
    timer = setTimeout(async () => {
      const begun = performance.now()
      const isDue = begun >= restedAt || isOrderNew()
      if (isDue) await tick().catch(onFailure)
      const ended = performance.now()
      if (!isStopped) tickLater(isDue ? ended + restFactor * (ended - begun) : restedAt)
    }, everyMilliseconds)
    timer.unref()
  }

  return {
    count,
    async countForStop(rollout) {
      const { app, id } = rollout
      return isSlow() ? lastCounts.get(`${app} ${id}`) : count(ledger.state, rollout)
    },
    get isSlow() {
      return isSlow()
    },
    followUps,
    followUpsIn,
    tick,
    complaintOf: (app, rollout) => complaints.get(`${app} ${rollout}`),
    start: () => tickLater(0),
    async stop() {
      isStopped = true
      clearTimeout(timer)
      await ticking?.catch(() => undefined)
    },
  }
}

const racksInOneStep = 100

function* counting(deps: RolloutRacksDeps, looked: Looked): Generator<undefined, RolloutCounts> {
  const { rollout, now } = looked
  const { waves = [], plannedAt = 0 } = rollout.plan ?? {}
  const limits = { silentMinutes: rollout.policy.silentMinutes, plannedAt, now }
  const counts = countWaves(waves)
  let counted = 0
  for (const { known, rack } of shownByRacks(deps, looked)) {
    counted += 1
    if (counted % racksInOneStep === 0) yield
    const wave = waveOfRack(rollout, placedOf(known))
    const soakMinutes = waves[wave]?.soakMinutes ?? 0
    counts.add(wave, progressOf(rack, { ...limits, soakMinutes }))
  }
  return counts.done(now)
}

function rolloutIn(state: State, { app, rollout }: { app: string; rollout: string }): Rollout {
  return findRollout(findApp(state, app), rollout)
}
