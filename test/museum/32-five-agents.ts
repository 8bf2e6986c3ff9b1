// A rollout asked for nine tenths of its agents, so a fleet of five with one that failed stood still for ever.
// When: 2025.
// Source: gravitational/teleport, automatic updates: rollout controller and documentation.
import { remarksOn } from '../../shared/domain/rollout-plan.ts'
import { type RolloutPolicy, rolloutPresets } from '../../shared/domain/rollout-policy.ts'
import { aRegistry } from '../support/builders.ts'
import { aFleet } from '../support/fleet-story.ts'
import { type Exhibit, happened } from './exhibit.ts'

const tolerant = { maxFailed: 0, percent: 10 }

export const fiveAgents: Exhibit = {
  id: '32-five-agents',
  title: 'Teleport: five agents, nine tenths',
  when: '2025',
  sources: ['gravitational/teleport, rollout controller', 'its documentation'],
  happened:
    'A group is through when 90 % of its agents are up to date, a number that nobody can set: of five agents one that fails is 20 %, and the rollout neither goes on nor fails. Canaries have to be fewer than the agents.',
  mechanism: 'a share that a small fleet cannot have, and waiting as the only answer',
  uncertain: 'from a reading of its source and documentation; no ticket was seen',
  peer: {
    name: 'a group that is through at nine tenths',
    rule: "state = upToDate / agents >= 0.9 ? 'done' : 'active'",
    incident() {
      const agents = 5
      let days = 0
      let state = 'active'
      for (; days < 365 && state === 'active'; days += 1) if ((agents - 1) / agents >= 0.9) state = 'done'
      return happened(state === 'active', `after ${days} days it was ${state}: 4 of 5 are 80 %`)
    },
  },
  answer:
    'The plan is made of the racks that there are and says beforehand what a failure does: "1 of 5 = 20 % > 10 %". A failure beyond the limit halts with evidence instead of waiting; racks that leave shrink what is asked, and when all of a wave have left it says so. What could never be met is refused.',
  heldBy: [
    'shared/domain/rollout-plan.ts',
    'shared/domain/rollout-gates.ts',
    'shared/domain/rollout-policy.ts',
  ],
  holds(witness) {
    const whole: RolloutPolicy = {
      ...rolloutPresets['at-once'],
      waves: [{ name: 'all', share: 'rest', soakMinutes: 60, failures: tolerant }],
    }
    const registry = aRegistry()
      .withApp('agent')
      .serves('10')
      .publishes('20')
      .promotes('20', { rollout: whole })
    const fleet = aFleet(registry, { count: 5, current: '10' }).isPlanned('R-1').shows('R-1', {})
    const { plan } = registry.rollout('R-1')
    const [remark = ''] = plan ? remarksOn(plan) : []
    witness.answered(remark, 'all: one failure halts: 1 of 5 = 20 % > 10 %')
    const [failing = '', leaving = '', ...others] = fleet.racks.map(({ facts }) => facts.name)
    for (const name of others) fleet.runs(name, '20')
    const well = Object.fromEntries(
      others.map((name) => [name, { soakedMinutes: 90, attempt: { outcome: 'proved' } }]),
    )
    const isHeld = { leftOut: 'held' }

    // One is held, one is yet to come: three of what is left is not all, and it is said who is awaited.
    fleet.shows('R-1', { ...well, [leaving]: isHeld })
    witness.answered(registry.rollout('R-1').state, 'running')
    // One fails: it does not wait for ever.
    fleet.shows('R-1', {
      ...well,
      [leaving]: isHeld,
      [failing]: { attempt: { outcome: 'returned', step: 'settling', message: 'status 502' } },
    })
    witness.answered(registry.rollout('R-1').state, 'halted')
    registry.resumes(
      'R-1',
      ['settling: status #'],
      fleet.count('R-1', {
        ...well,
        [failing]: { attempt: { outcome: 'returned', step: 'settling', message: 'status 502' } },
      }),
    )
    // Looked at and acknowledged: those that are left are enough, and it is through.
    fleet.shows('R-1', {
      ...well,
      [leaving]: isHeld,
      [failing]: { attempt: { outcome: 'returned', step: 'settling', message: 'status 502' } },
    })
    witness.answered(registry.rollout('R-1').state, 'completed')

    // More canaries than agents is all of them; more healthy ones than a wave has is a contradiction.
    const canaries = (minHealthy?: number): RolloutPolicy => ({
      ...whole,
      waves: [
        { share: 10, soakMinutes: 60, ...(minHealthy !== undefined && { minHealthy }) },
        { share: 'rest', soakMinutes: 60 },
      ],
    })
    registry.publishes('30')
    witness.refused(() => registry.promotes('30', { rollout: canaries(11) }), 'invalid_input')
    registry.promotes('30', { rollout: canaries() })
    aFleet(registry, { count: 5, current: '20' }).isPlanned('R-2').shows('R-2', {})
    witness.is('five of ten are five', registry.rollout('R-2').plan?.waves[0]?.racks === 5)
    registry.steps('R-2', { leftOut: { forgotten: 5 } }, {})
    witness.answered(registry.rollout('R-2').state, 'running')
    const half: RolloutPolicy = {
      ...whole,
      waves: [
        { share: '50%', soakMinutes: 60, minHealthy: 4 },
        { share: 'rest', soakMinutes: 60 },
      ],
    }
    registry.publishes('40').promotes('40', { rollout: half })
    witness.refused(
      () => aFleet(registry, { count: 5, current: '30' }).isPlanned('R-3'),
      'rollout_unsatisfiable',
    )
  },
}
