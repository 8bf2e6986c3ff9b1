/**
 * Stories about a fleet: racks with places of their own in rollouts, asked, planned for and counted by the rules that the
 * registry uses, without the registry.
 */
import { stepRollout } from '../../shared/domain/commands/rollout.ts'
import type { Decision } from '../../shared/domain/decide.ts'
import type { RackFacts } from '../../shared/domain/rack.ts'
import type { Rollout } from '../../shared/domain/rollout.ts'
import { leftOutBy } from '../../shared/domain/rollout-eligible.ts'
import { countWaves, type RolloutCounts } from '../../shared/domain/rollout-gates.ts'
import { progressOf, type RackInRollout, type RolloutAttempt } from '../../shared/domain/rollout-progress.ts'
import { rolloutConditions, rolloutOfMove, waveOfRack } from '../../shared/domain/rollout-standing.ts'
import { type Asking, aRack, type RegistryStory } from './builders.ts'

export interface FleetRack {
  readonly key: string
  readonly labels: Readonly<Record<string, string>>
  facts: RackFacts
}

/** What a rack shows under a rollout; what is not said follows from its facts. */
export type Showing = Partial<Omit<RackInRollout, 'attempt'>> & { readonly attempt?: Partial<RolloutAttempt> }

export interface FleetStory {
  readonly racks: readonly FleetRack[]
  rack(name: string): FleetRack
  /** The rollout is planned over all that it is about, but for those that are named and those that a decision turns away. */
  isPlanned(rollout: string, leftOut?: Readonly<Record<string, string>>): FleetStory
  /** With what the registry knows of its place. */
  asks(name: string, asking?: Asking): Decision
  /** As a grant does: decided anew, and its lease taken in the same step. */
  begins(name: string): Decision
  /** It reported, its lease expired, or it was seen on its target. */
  letsGo(name: string): FleetStory
  /** Counted from 0. */
  waveOf(rollout: string, name: string): number
  inWave(rollout: string, wave: number): readonly string[]
  /** From now on it runs that, proved. */
  runs(name: string, version: string): FleetStory
  count(rollout: string, showing: Readonly<Record<string, Showing>>): RolloutCounts
  /** One look of the registry's clock. */
  shows(rollout: string, showing: Readonly<Record<string, Showing>>): FleetStory
}

export interface FleetAsked {
  readonly count: number
  readonly current: string
  readonly on?: string
  labelsOf?(index: number): Readonly<Record<string, string>>
  /** What a rack has to tell besides. */
  factsOf?(index: number): Partial<RackFacts>
}

/** `rack-1` and so on, on one version that each has proved. */
export function aFleet(
  registry: RegistryStory,
  { count, current, on = 'stable', labelsOf = () => ({}), factsOf = () => ({}) }: FleetAsked,
): FleetStory {
  const byName = new Map<string, FleetRack>()
  for (let index = 0; index < count; index += 1) {
    const name = `rack-${index + 1}`
    const proved = [{ version: current, at: registry.now, parametersHold: true }]
    // Any odd number times the index: keys that differ, and say nothing about who comes first.
    const key = (BigInt(index + 1) * 0x9e37_79b9_7f4a_7c15n) & 0xffff_ffff_ffff_ffffn
    byName.set(name, {
      key: key.toString(16).padStart(16, '0'),
      labels: labelsOf(index),
      facts: aRack({ name, current, proved, ...factsOf(index) }).facts,
    })
  }

  const placed = ({ key, labels }: FleetRack) => ({ key, labelsAt: () => labels })
  /** By rack: the rollout that its lease counts for. */
  const leases = new Map<string, string>()
  const underWay = (rollout: string): number => [...leases.values()].filter((one) => one === rollout).length

  /** It runs what the rollout leads to, or no longer what it leads away from. */
  function isThere({ facts: { current: present } }: FleetRack, { purpose, version, yank }: Rollout): boolean {
    if (purpose === 'head') return present === version
    if (purpose === 'remedy') return registry.app.releases.get(present ?? '')?.yank !== yank
    return present !== version
  }

  const story: FleetStory = {
    racks: [...byName.values()],
    rack(name) {
      const rack = byName.get(name)
      if (!rack) throw new Error(`The story has no ${name}.`)
      return rack
    },
    isPlanned(rollout, leftOut = {}) {
      const ordered = registry.rollout(rollout)
      const concerned = story.racks.filter((rack) => ordered.purpose === 'head' || !isThere(rack, ordered))
      const racks = concerned.map(({ key, labels, facts }) => ({
        key,
        labels,
        leftOut: leftOut[facts.name] ?? leftOutBy(aRack(facts).asks(registry, { on }), ordered),
      }))
      registry.plans(rollout, racks)
      return story
    },
    asks(name, { conditions, ...asking } = {}) {
      const rack = story.rack(name)
      const channel = registry.channel(asking.on ?? on)
      const { current: present } = rack.facts
      const standing = rolloutConditions({
        app: registry.app,
        channel,
        current: present,
        placed: placed(rack),
        underWay,
      })
      return aRack(rack.facts).asks(registry, { on, ...asking, conditions: { ...standing, ...conditions } })
    },
    begins(name) {
      const decision = story.asks(name)
      const { current: present } = story.rack(name).facts
      if (decision.action !== 'update' && decision.action !== 'rollback') return decision
      const rollout = rolloutOfMove(registry.app, registry.channel(on), present, decision)
      if (rollout !== undefined) leases.set(name, rollout)
      return decision
    },
    letsGo(name) {
      leases.delete(name)
      return story
    },
    waveOf: (rollout, name) => waveOfRack(registry.rollout(rollout), placed(story.rack(name))),
    inWave: (rollout, wave) =>
      story.racks.map(({ facts }) => facts.name).filter((name) => story.waveOf(rollout, name) === wave),
    runs(name, version) {
      const rack = story.rack(name)
      const proved = [{ version, at: registry.now, parametersHold: true }, ...rack.facts.proved]
      rack.facts = { ...rack.facts, current: version, proved }
      return story.letsGo(name)
    },
    count(rollout, showing) {
      const present = registry.rollout(rollout)
      const waves = present.plan?.waves ?? []
      const counting = countWaves(waves)
      const { silentMinutes } = present.policy
      for (const rack of story.racks) {
        const wave = waveOfRack(present, placed(rack))
        const { soakMinutes = 0 } = waves[wave] ?? {}
        const showed = showing[rack.facts.name] ?? {}
        const isOver = isThere(rack, present)
        // Whoever is not on what a remedy leads away from, and never moved under it, is none of its business.
        if (present.purpose !== 'head' && isOver && !showed.attempt) continue
        const shown = shownBy(rack, showed, isOver, registry.now)
        counting.add(wave, progressOf(shown, { soakMinutes, silentMinutes, plannedAt: 0, now: registry.now }))
      }
      return counting.done(registry.now)
    },
    shows(rollout, showing) {
      const counts = story.count(rollout, showing)
      const named = { app: registry.app.name, rollout, counts }
      registry.records(stepRollout(registry.state, named, { now: registry.now, actor: 'registry' }))
      return story
    },
  }
  return story
}

function shownBy(
  { facts }: FleetRack,
  { attempt, ...showing }: Showing,
  isThere: boolean,
  now: number,
): RackInRollout {
  return {
    rack: facts.name,
    current: facts.current,
    isThere,
    wasThere: false,
    health: facts.health,
    soakedMinutes: 0,
    silentMinutes: 0,
    hasProvedSince: false,
    lastSeenAt: now,
    leftOut: undefined,
    attempt: attempt && {
      id: `A-${facts.name}`,
      grantedAt: now,
      outcome: null,
      finishedAt: null,
      step: null,
      message: null,
      hasLostData: false,
      ...attempt,
    },
    ...showing,
  }
}
