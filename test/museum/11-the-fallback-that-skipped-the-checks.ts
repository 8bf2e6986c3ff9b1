// Whoever lost the draw of a throttle was sent to another release, which nobody had checked for them.
// When: 8 February 2017; August 2022.
// Source: mozilla-releng/balrog#243 (commit 4c49780) and #2623 (commit a9f6083).
import { decide, type Trace } from '../../shared/domain/decide.ts'
import { day } from '../../shared/domain/instants.ts'
import type { RackFacts } from '../../shared/domain/rack.ts'
import { rolloutPresets } from '../../shared/domain/rollout-policy.ts'
import { anArtifact, aRack, aRegistry, type RegistryStory } from '../support/builders.ts'
import { aFleet, type FleetStory } from '../support/fleet-story.ts'
import { type Exhibit, happened } from './exhibit.ts'

interface World {
  readonly registry: RegistryStory
  readonly fleet: FleetStory
  /** In a wave that is not open. */
  readonly rack: string
}

/** 1.3.0 is on its way and its waves are closed to the rack; for everybody else there is 1.2.0. */
function aWorld(content: Parameters<RegistryStory['publishes']>[1] = {}): World {
  const registry = aRegistry()
    .withApp('browser', 'semver')
    .serves('1.0.0', '1.1.0')
    .publishes('1.2.0', content)
    .promotes('1.2.0')
    .publishes('1.3.0')
    .promotes('1.3.0', { rollout: rolloutPresets.canary })
  const fleet = aFleet(registry, { count: 10, current: '1.0.0' }).isPlanned('R-1').shows('R-1', {})
  const [rack = ''] = fleet.inWave('R-1', 1)
  return { registry, fleet, rack }
}

interface Variant {
  readonly name: string
  readonly world?: () => World
  readonly facts?: Partial<RackFacts>
  readonly expected: string
}

const failedYesterday = (now: number) => [{ target: '1.2.0', count: 3, lastAt: now - day / 2 }]

const variants: readonly Variant[] = [
  { name: 'nothing is the matter', expected: 'update 1.2.0: offered' },
  {
    name: 'it was withdrawn',
    world: () => {
      const world = aWorld()
      world.registry.yanks('1.2.0', { remedy: 'stay' })
      return world
    },
    expected: 'update 1.1.0: offered',
  },
  {
    name: 'a person went back from it here',
    facts: { bar: { above: '1.0.0', upTo: '1.2.0' } },
    expected: 'wait 1.3.0: wave_not_open',
  },
  {
    name: 'it failed here yesterday',
    facts: { failures: failedYesterday(aWorld().registry.now) },
    expected: 'wait 1.3.0: wave_not_open',
  },
  {
    name: 'it is not built for the platform',
    world: () => aWorld({ artifacts: [anArtifact({ platform: 'windows/amd64' })] }),
    expected: 'wait 1.3.0: wave_not_open',
  },
  {
    name: 'nobody may jump over 1.1.0',
    world: () => {
      const world = aWorld()
      world.registry.routes('1.1.0', { required: true })
      return world
    },
    expected: 'update 1.1.0: offered',
  },
  {
    name: 'it can be reached from 1.1.0 only',
    world: () => {
      const world = aWorld()
      world.registry.routes('1.2.0', { requiresFrom: '>=1.1.0' })
      return world
    },
    expected: 'update 1.1.0: offered',
  },
  {
    name: 'the rack takes nothing but 1.1',
    facts: { within: '~1.1.0' },
    expected: 'wait: outside_constraint',
  },
  {
    name: 'the rack takes nothing that is younger than a week',
    facts: { minAgeMinutes: 7 * 24 * 60 },
    expected: 'wait: too_young',
  },
  {
    name: 'the rack is past it',
    facts: { current: '1.2.5' },
    expected: 'wait 1.3.0: wave_not_open',
  },
]

export const theFallbackThatSkippedTheChecks: Exhibit = {
  id: '11-the-fallback-that-skipped-the-checks',
  title: 'Balrog: the fallback that skipped the checks',
  when: '2017-02-08; 2022-08',
  sources: ['mozilla-releng/balrog#243', 'commit 4c49780', '#2623', 'commit a9f6083'],
  happened:
    'A client that lost the draw of the throttle got the fallback of the rule; that branch returned it without asking whether version and build increase. Five years later the same branch was found to overlook pins.',
  mechanism: 'the main way and the substitute are two ways through the code, and only one has the checks',
  peer: {
    name: 'a throttle with a fallback',
    rule: 'if (draw >= rate) return fallback; return isNewer(release, client) ? release : none',
    incident() {
      const [release, fallback] = [13, 11]
      const answer = (client: number, draw: number) => {
        if (draw >= 10) return fallback
        return release > client ? release : undefined
      }
      const runs = 12
      const told = answer(runs, 50)
      return happened(told !== undefined && told < runs, `a client on ${runs} was sent to ${told}`)
    },
  },
  answer:
    'Whoever has to wait for the head has the base of the channel as the next candidate, and one predicate judges both: withdrawn, barred, out of range, too young, not built, not to be reached. What is answered would also be answered if it were the head, and the trace shows every candidate.',
  heldBy: ['shared/domain/decide.ts', 'shared/domain/admission.ts'],
  holds(witness) {
    for (const { name, world: make = aWorld, facts, expected } of variants) {
      const world = make()
      const rack = world.fleet.rack(world.rack)
      rack.facts = { ...rack.facts, ...facts }
      const trace: Trace = []
      const told = world.fleet.asks(world.rack, { trace })
      witness.told(told, expected)
      const isShown = (why: string) => trace.some(({ detail }) => detail.includes(`(${why})`))
      witness.is(`${name}: the trace shows the head`, isShown('the head of the channel'))
      const hasBase = rack.facts.current === '1.0.0'
      witness.is(`${name}: and its substitute`, isShown('the base of the channel') === hasBase)
      if (told.action !== 'update') continue

      // The same target, were it the head: the same answer.
      const { state, app, now } = world.registry
      const to = told.destination?.version
      const channel = { ...world.registry.channel(), head: to, base: to }
      const again = decide({ state, app, channel, rack: rack.facts, now, conditions: { canGrant: true } })
      witness.is(`${name}: as head as well`, again.target === told.target && again.action === told.action)
    }

    // A pin is an order, and leads to nothing that was withdrawn either.
    const withdrawn = aWorld().registry.yanks('1.2.0', { remedy: 'stay' })
    const order = { version: '1.2.0', owner: 'ada', reason: 'as before', origin: 'rack' } as const
    witness.told(aRack({ current: '1.0.0', pins: [order] }).asks(withdrawn), 'wait: yanked')

    // The way back has substitutes, too: a floor holds for what the rack proved before as for the base.
    const { registry } = aWorld()
    registry.routes('1.3.0', { floor: '1.2.0' }).yanks('1.3.0', { severity: 'critical' })
    const proved = ['1.3.0', '1.1.0'].map((version) => ({ version, at: registry.now, parametersHold: true }))
    const canary = aRack({ current: '1.3.0', proved })
    witness.told(canary.asks(registry), 'rollback 1.2.0: yanked')
    registry.routes('1.3.0', { floor: '1.3.0' })
    witness.told(canary.asks(registry), 'wait: remedy_unreachable')
  },
}
