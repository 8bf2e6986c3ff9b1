// A share of 0.1 was read as a whole number: nobody was ever offered the update, and nobody was told.
// When: May 2019 to August 2026.
// Source: electron-userland/electron-builder#3891, #6231, #10114.
import { rolloutPolicyBody } from '../../shared/contract/rollout.ts'
import { type RolloutPolicy, rolloutPresets, type Share } from '../../shared/domain/rollout-policy.ts'
import { aRegistry } from '../support/builders.ts'
import { aFleet } from '../support/fleet-story.ts'
import { type Exhibit, happened } from './exhibit.ts'

const racks = 40

function opensTo(share: Share): RolloutPolicy {
  const waves = [
    { share, soakMinutes: 60 },
    { share: 'rest', soakMinutes: 60 },
  ] as const
  return { ...rolloutPresets.canary, waves }
}

export const aTenthOfAPercent: Exhibit = {
  id: '29-a-tenth-of-a-percent',
  title: 'electron-builder: 0.1 % was nobody',
  when: '2019-05 to 2026-08',
  sources: ['electron-userland/electron-builder#3891', '#6231', '#10114'],
  happened:
    'The share of a staged rollout was parsed as a whole number, so 0.1 was 0 and nobody was offered the update. For years users also asked whether 0 means nobody or everybody.',
  mechanism: 'a number without a unit, rounded without a word',
  peer: {
    name: 'a staging percentage',
    rule: 'offered = userHash < parseInt(stagingPercentage, 10) / 100',
    incident() {
      const users = Array.from({ length: 1_000 }, (_, index) => index / 1_000)
      const offered = users.filter((hash) => hash < Number.parseInt('0.1', 10) / 100).length
      return happened(
        offered === 0,
        `0.1 was meant to be somebody, and ${offered} of ${users.length} were offered it`,
      )
    },
  },
  answer:
    'A share is a count or has its unit; fractions of a percent are allowed and counted out over the racks that there are. What would be 0.04 racks is refused with that number, 0 is refused as nobody, 0.1 without a unit is asked about, and what is missing never means everybody.',
  heldBy: ['shared/domain/rollout-policy.ts', 'shared/domain/rollout-plan.ts', 'shared/contract/rollout.ts'],
  holds(witness) {
    const registry = aRegistry().withApp('desktop').serves('10').publishes('20')
    const fleet = (rollout: RolloutPolicy) => {
      registry.promotes('20', { rollout })
      return aFleet(registry, { count: racks, current: '10' })
    }
    const unit = witness.refused(() => registry.promotes('20', { rollout: opensTo(0.1) }), 'invalid_input')
    witness.is('which unit is meant is asked', unit.message.includes('for 0.1 percent write "0.1%"'))
    for (const nobody of [0, '0%', '0.0%'] as const)
      witness.refused(() => registry.promotes('20', { rollout: opensTo(nobody) }), 'invalid_input')
    witness.refused(() => registry.promotes('20', { rollout: opensTo('101%') }), 'invalid_input')
    const { share: _, ...shareless } = opensTo('10%').waves[0] ?? { share: 1, soakMinutes: 0 }
    const missing = { ...opensTo('10%'), waves: [shareless, ...opensTo('10%').waves.slice(1)] }
    witness.is('missing is not everybody', !rolloutPolicyBody.safeParse(missing).success)
    witness.is(
      'the last wave is said, too',
      !rolloutPolicyBody.safeParse({ onFail: 'halt', waves: [] }).success,
    )
    witness.is('nobody was offered anything', registry.channel().head === '10')

    const few = fleet(opensTo('0.1%'))
    const refused = witness.refused(() => few.isPlanned('R-1'), 'rollout_unsatisfiable')
    witness.is('with the number', refused.message.includes('0.04 racks'))
    // The same share of a fleet that it fits is exactly what it says.
    const many = aFleet(registry, { count: 4_000, current: '10' }).isPlanned('R-1')
    witness.is('four of four thousand', many.inWave('R-1', 0).length === 4)
  },
}
