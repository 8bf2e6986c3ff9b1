/**
 * Racks around one channel with rollouts, and what the registry answers them. A fault may be planted where the registry's
 * own code stands, to see that the books notice.
 */

import { type Decision, decide } from '../../shared/domain/decide.ts'
import { minute } from '../../shared/domain/instants.ts'
import { Problem } from '../../shared/domain/problem.ts'
import type { Conditions } from '../../shared/domain/question.ts'
import type { RackFacts, UnderWay } from '../../shared/domain/rack.ts'
import type { PlanningRack } from '../../shared/domain/rollout-plan.ts'
import type { RolloutPolicy } from '../../shared/domain/rollout-policy.ts'
import type { RolloutAttempt } from '../../shared/domain/rollout-progress.ts'
import { type Placed, rolloutConditions, rolloutOfMove } from '../../shared/domain/rollout-standing.ts'
import { orderKey } from '../../shared/domain/version.ts'
import { aRack, aRegistry, type RegistryStory } from './builders.ts'

export interface ModelRack {
  readonly name: string
  readonly key: string
  readonly labels: { readonly at: number; readonly labels: Readonly<Record<string, string>> }[]
  current: string | undefined
  /** Since when it runs that. */
  since: number
  seenAt: number
  isSilent: boolean
  isUnhealthy: boolean
  pinned: string | undefined
  heldUntil: number
  windowOpensAt: number
  attempt: (UnderWay & { readonly rollout: string | undefined; readonly grantedAt: number }) | undefined
  readonly proved: { readonly version: string; readonly at: number; readonly parametersHold: boolean }[]
  readonly failures: { target: string; count: number; lastAt: number }[]
  /** Its newest attempt under each rollout. */
  readonly tries: Map<string, RolloutAttempt>
  readonly ran: Set<string>
}

/** Where an implementation may go wrong; each hook stands where the registry's own code stands. */
export interface Faults {
  readonly conditions?: (conditions: Partial<Conditions>) => Partial<Conditions>
  readonly racks?: (racks: readonly PlanningRack[]) => readonly PlanningRack[]
  readonly soakedMinutes?: number
  readonly labelsAt?: 'now'
  readonly forgets?: 'silence' | 'attempt' | 'failures'
}

export interface Grant {
  readonly rack: ModelRack
  readonly decision: Decision
  readonly rollout: string | undefined
  /** Attempts that the rack had under way already. */
  readonly hadUnderWay: boolean
}

export interface World {
  readonly registry: RegistryStory
  readonly racks: ModelRack[]
  readonly faults: Faults
  /** Told of every grant, before the rack moves, and of everybody whom a plan was made over. */
  readonly onGrant: (grant: Grant) => void
  readonly onPlan: (rollout: string, racks: readonly PlanningRack[]) => void
  published: number
  joined: number
}

const policies: readonly RolloutPolicy[] = [
  {
    waves: [
      { share: 1, soakMinutes: 10 },
      { share: 'rest', soakMinutes: 5, failures: { maxFailed: 0, percent: 30 } },
    ],
    onFail: 'halt',
    silentMinutes: 40,
  },
  {
    waves: [
      { share: '25%', soakMinutes: 15, deadlineMinutes: 240 },
      {
        share: '50%',
        soakMinutes: 10,
        minHealthy: 1,
        failures: { maxFailed: 1, percent: 0 },
        afterMinutes: 30,
      },
      { share: 'rest', soakMinutes: 0, failures: { maxFailed: 1, percent: 0 } },
    ],
    maxInFlight: 2,
    onFail: 'halt-and-revert',
    silentMinutes: 40,
  },
  {
    waves: [
      { selector: { tier: 'canary' }, share: 'rest', soakMinutes: 10, minHealthy: 1 },
      { selector: { tier: 'gold' }, share: 1, soakMinutes: 10 },
      { share: 'rest', soakMinutes: 10, failures: { maxFailed: 1, percent: 10 } },
    ],
    maxInFlight: '50%',
    onFail: 'halt-and-revert',
    silentMinutes: 40,
  },
]

const tiers = ['canary', 'gold', 'plain'] as const

export function startOfWorld(racks: number, faults: Faults, told: Pick<World, 'onGrant' | 'onPlan'>): World {
  const registry = aRegistry().withApp('rack').serves('10')
  const world: World = { registry, racks: [], faults, published: 1, joined: 0, ...told }
  setPolicy(world, 0)
  for (let n = 0; n < racks; n += 1) join(world, n, '10')
  return world
}

export function setPolicy({ registry }: World, number: number): void {
  const channel = registry.channel()
  const rollout = policies[number % policies.length]
  registry.records([
    {
      type: 'policy.changed',
      v: 1,
      at: registry.now,
      actor: 'token:ada',
      app: 'rack',
      channel: 'stable',
      policy: { ...channel.policy, ...(rollout && { rollout }) },
    },
  ])
}

export function join(world: World, number: number, current: string | undefined): void {
  world.joined += 1
  const { now } = world.registry
  const key = BigInt.asUintN(64, BigInt(world.joined) * 0x9e3779b97f4a7c15n + 0x1234567n)
  world.racks.push({
    name: `prod-${world.joined}`,
    key: key.toString(16).padStart(16, '0'),
    labels: [{ at: 0, labels: { tier: tiers[number % tiers.length] ?? 'plain' } }],
    current,
    since: now,
    seenAt: now,
    isSilent: false,
    isUnhealthy: false,
    pinned: undefined,
    heldUntil: 0,
    windowOpensAt: 0,
    attempt: undefined,
    proved: current === undefined ? [] : [{ version: current, at: now, parametersHold: true }],
    failures: [],
    tries: new Map(),
    ran: new Set(current === undefined ? [] : [current]),
  })
}

/** As it was at an instant. */
export function labelsOf(rack: ModelRack, at: number): Readonly<Record<string, string>> {
  return rack.labels.findLast((one) => one.at <= at)?.labels ?? rack.labels[0]?.labels ?? {}
}

function factsOf(world: World, rack: ModelRack): RackFacts {
  const { current, pinned, heldUntil, attempt, proved, failures, name } = rack
  const origin = 'registry' as const
  return aRack({
    name,
    current,
    proved: proved.toReversed(),
    failures,
    pins: pinned === undefined ? [] : [{ version: pinned, owner: 'ada', reason: 'so', origin }],
    holds: heldUntil > world.registry.now ? [{ until: heldUntil, owner: 'ada', reason: 'so', origin }] : [],
    ...(attempt && { attempt }),
  }).facts
}

export function placedOf(world: World, rack: ModelRack): Placed {
  return {
    key: rack.key,
    labelsAt: (at) => labelsOf(rack, world.faults.labelsAt === 'now' ? world.registry.now : at),
  }
}

export function underWay(world: World, rollout: string): number {
  return world.racks.filter(({ attempt }) => attempt?.rollout === rollout).length
}

/** What the registry answers the rack now; `isFree`: as if no wave stood in its way. */
export function answerTo(world: World, rack: ModelRack, isFree = false): Decision {
  const { state, app, now } = world.registry
  const channel = world.registry.channel()
  const window = { isFree: rack.windowOpensAt <= now, detail: 'at night' }
  const question = {
    app,
    channel,
    current: rack.current,
    placed: placedOf(world, rack),
    underWay: (rollout: string) => underWay(world, rollout),
  }
  const told = isFree ? {} : (rolloutConditions(question) ?? {})
  const conditions = { canGrant: true, window, ...(world.faults.conditions?.(told) ?? told) }
  return decide({ state, app, channel, rack: factsOf(world, rack), now, conditions })
}

export function keyOf(version: string | undefined): string | undefined {
  return version === undefined ? undefined : orderKey('timestamp', version)
}

export function ask(world: World, rack: ModelRack): void {
  if (rack.isSilent) return
  const decision = answerTo(world, rack)
  const { now } = world.registry
  const hadUnderWay = rack.attempt !== undefined
  if (rack.attempt && (world.faults.forgets !== 'attempt' || decision.action === 'abort')) {
    if (decision.action === 'abort') finish(world, rack, 'aborted')
    return
  }
  const { target, motive } = decision
  if ((decision.action !== 'update' && decision.action !== 'rollback') || !target) return
  const { app } = world.registry
  const rollout = rolloutOfMove(app, world.registry.channel(), rack.current, decision)
  world.onGrant({ rack, decision, rollout, hadUnderWay })
  const from = rack.current
  const id = `A-${rack.name}-${now}`
  const attempt = { id, target: target.version, motive, isConfirmed: false, rollout, grantedAt: now }
  rack.attempt = { ...attempt, ...(from !== undefined && { from }) }
  if (rollout !== undefined) rack.tries.set(rollout, attemptOf(id, now))
}

function attemptOf(id: string, grantedAt: number): RolloutAttempt {
  return { id, grantedAt, outcome: null, finishedAt: null, step: null, message: null, hasLostData: false }
}

export function finish(world: World, rack: ModelRack, outcome: 'proved' | 'returned' | 'aborted'): void {
  const { attempt } = rack
  if (!attempt) return
  const { now } = world.registry
  rack.attempt = undefined
  const step = outcome === 'returned' ? 'settling' : null
  const message = outcome === 'returned' ? 'status 502' : null
  const present = attempt.rollout === undefined ? undefined : rack.tries.get(attempt.rollout)
  if (attempt.rollout !== undefined && present)
    rack.tries.set(attempt.rollout, { ...present, outcome, finishedAt: now, step, message })
  if (outcome === 'proved') {
    run(rack, attempt.target, now)
    rack.proved.push({ version: attempt.target, at: now, parametersHold: true })
  }
  if (outcome === 'returned') {
    rack.ran.add(attempt.target)
    const failed = rack.failures.find(({ target }) => target === attempt.target)
    if (failed) Object.assign(failed, { count: failed.count + 1, lastAt: now })
    else rack.failures.push({ target: attempt.target, count: 1, lastAt: now })
  }
}

export function run(rack: ModelRack, version: string, now: number): void {
  rack.current = version
  rack.since = now
  rack.isUnhealthy = false
  rack.ran.add(version)
}

export function soakedMinutesOf(rack: ModelRack): number {
  return rack.isUnhealthy ? 0 : Math.max(0, rack.seenAt - rack.since) / minute
}

/** False when it was refused. */
export function tries(act: () => unknown): boolean {
  try {
    act()
    return true
  } catch (error) {
    if (error instanceof Problem) return false
    throw error
  }
}
