/** The registry's desk in the world of rollouts: plans, counts and steps, as the real one does with racks of a database. */
import { recordPlan, stepRollout } from '../../shared/domain/commands/rollout.ts'
import { minute } from '../../shared/domain/instants.ts'
import { isActive, type Rollout } from '../../shared/domain/rollout.ts'
import { leftOutBy } from '../../shared/domain/rollout-eligible.ts'
import { countWaves, type RolloutCounts } from '../../shared/domain/rollout-gates.ts'
import { isTooEarly, type PlanningRack, plannedAtOnce } from '../../shared/domain/rollout-plan.ts'
import { progressOf } from '../../shared/domain/rollout-progress.ts'
import { waveOfRack } from '../../shared/domain/rollout-standing.ts'
import {
  answerTo,
  keyOf,
  labelsOf,
  type ModelRack,
  placedOf,
  soakedMinutesOf,
  tries,
  type World,
} from './rollout-world.ts'

/** Whom a rollout is about, as the registry has it: who follows its channel, or runs what it leads away from. */
function* concerned(world: World, rollout: Rollout): Generator<{ rack: ModelRack; isThere: boolean }> {
  const { app } = world.registry
  const { takenBack, recall } = world.registry.channel()
  for (const rack of world.racks) {
    const key = keyOf(rack.current) ?? ''
    let isThere = false
    if (rollout.purpose === 'head') isThere = rack.current === rollout.version
    else if (rollout.purpose === 'remedy')
      isThere = app.releases.get(rack.current ?? '')?.yank !== rollout.yank
    else if (takenBack?.rollout === rollout.id) {
      const proved = rack.proved.findLast(({ version }) => version === rack.current)
      const halted = world.registry.rollout(takenBack.halted)
      const soak = halted.plan?.waves[waveOfRack(halted, placedOf(world, rack))]?.soakMinutes ?? Infinity
      isThere = key !== takenBack.key || (proved?.at ?? Infinity) <= takenBack.haltedAt - soak * minute
    } else isThere = recall?.rollout !== rollout.id || key <= recall.aboveKey || key > recall.upToKey
    if (rollout.purpose === 'head' || !isThere || rack.tries.has(rollout.id)) yield { rack, isThere }
  }
}

const silentMinutesOf = (world: World, rack: ModelRack): number => (world.registry.now - rack.seenAt) / minute

function planOf(world: World, rollout: Rollout): void {
  const { registry, faults } = world
  const { key, policy, notBefore, purpose, id } = rollout
  const racks = [...concerned(world, rollout)].map(({ rack }): PlanningRack => {
    const isSilent = silentMinutesOf(world, rack) > policy.silentMinutes
    const leftOut = isSilent ? 'silent' : leftOutBy(answerTo(world, rack, true), rollout)
    return { key: rack.key, labels: labelsOf(rack, registry.now), leftOut }
  })
  const isForNobodyToo = purpose !== 'head'
  const over = faults.racks?.(racks) ?? racks
  const plan = plannedAtOnce({ key, policy, notBefore, racks: over, at: registry.now, isForNobodyToo })
  if (isTooEarly(plan)) return
  world.onPlan(id, racks)
  registry.records(recordPlan(registry.state, { app: 'rack', rollout: id, plan }, bySelf(world)))
}

const bySelf = ({ registry: { now } }: World) => ({ now, actor: 'registry' })

export function countsOf(world: World, rollout: Rollout): RolloutCounts {
  const { registry, faults } = world
  const waves = rollout.plan?.waves ?? []
  const counting = countWaves(waves)
  for (const { rack, isThere } of concerned(world, rollout)) {
    const wave = waveOfRack(rollout, placedOf(world, rack))
    const shown = {
      rack: rack.name,
      current: rack.current,
      isThere,
      wasThere: isThere && !rack.tries.has(rollout.id) && !hasCome(rack, rollout),
      health: rack.isUnhealthy ? { state: 'unhealthy' as const, since: rack.since, checks: [] } : undefined,
      soakedMinutes: faults.soakedMinutes ?? soakedMinutesOf(rack),
      silentMinutes: faults.forgets === 'silence' ? 0 : silentMinutesOf(world, rack),
      lastSeenAt: rack.seenAt,
      attempt: rack.tries.get(rollout.id),
      hasProvedSince: hasProvedSince(rack, rollout.id),
      leftOut: isThere ? undefined : leftOutBy(answerTo(world, rack, true), rollout),
    }
    const { silentMinutes } = rollout.policy
    const soakMinutes = waves[wave]?.soakMinutes ?? 0
    const { plannedAt = 0 } = rollout.plan ?? {}
    const progress = progressOf(shown, { soakMinutes, silentMinutes, plannedAt, now: registry.now })
    if (faults.forgets === 'failures' && progress.is === 'failed') continue
    counting.add(wave, progress)
  }
  return counting.done(registry.now)
}

function hasCome({ proved, current }: ModelRack, { plan }: Rollout): boolean {
  return proved.some(({ version, at }) => version === current && at > (plan?.plannedAt ?? 0))
}

function hasProvedSince({ tries }: ModelRack, rollout: string): boolean {
  const overAt = tries.get(rollout)?.finishedAt ?? Number.POSITIVE_INFINITY
  return [...tries].some(
    ([id, { outcome, finishedAt }]) => id !== rollout && outcome === 'proved' && (finishedAt ?? 0) > overAt,
  )
}

/** One look of the registry's clock at every rollout. */
export function look(world: World): void {
  const { registry } = world
  for (const { id } of [...registry.app.rollouts.values()].filter(isActive)) {
    if (!registry.rollout(id).plan) tries(() => planOf(world, registry.rollout(id)))
    const rollout = registry.rollout(id)
    if (!rollout.plan || !isActive(rollout)) continue
    const counts = countsOf(world, rollout)
    registry.records(stepRollout(registry.state, { app: 'rack', rollout: id, counts }, bySelf(world)))
  }
}
