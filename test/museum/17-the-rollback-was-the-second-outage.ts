// A version was rolled back as a precaution, met a configuration newer than itself, and was the second outage of the day.
// When: 10 July 2019.
// Source: stripe.com/rcas/2019-07-10.
import { aRack, aRegistry } from '../support/builders.ts'
import { aFleet } from '../support/fleet-story.ts'
import { type Exhibit, happened } from './exhibit.ts'

export const theRollbackWasTheSecondOutage: Exhibit = {
  id: '17-the-rollback-was-the-second-outage',
  title: 'Stripe: the rollback was the second outage',
  when: '2019-07-10',
  sources: ['stripe.com/rcas/2019-07-10'],
  happened:
    'A version of a database that had run for three months had a fault in its failover. Hours after that outage was over it was rolled back as a precaution; the older version met a newer configuration of the shards, starved their processors, and was an outage of 93 minutes more.',
  mechanism:
    'the last good version had been good with another configuration, and all went back to it at once',
  uncertain: 'read in excerpts',
  peer: {
    name: 'a rollback as people do it',
    rule: 'for (const host of hosts) host.version = lastGood(host)',
    incident() {
      const isUp = ({ version, configuration }: { version: string; configuration: string }) =>
        !(version === '1.0' && configuration === 'P2')
      const hosts = Array.from({ length: 12 }, () => ({
        version: '1.1',
        configuration: 'P2',
        lastGood: '1.0',
      }))
      for (const host of hosts) host.version = host.lastGood
      const down = hosts.filter((host) => !isUp(host)).length
      return happened(
        down === hosts.length,
        `${down} of ${hosts.length} hosts starved on the version that was good in April`,
      )
    },
  },
  answer:
    'To withdraw takes effect at once; to move racks is a rollout of its own, also backwards: one rack, a tenth, all. The first that does not hold halts it, and the others stay on what they run. A version that a rack had proved with other parameters is no good version of that rack: it goes to one whose proof still holds, or to the base.',
  heldBy: ['shared/domain/rollout-policy.ts', 'shared/domain/commands/yank.ts', 'shared/domain/claims.ts'],
  missing:
    'What the yank is shown before it is confirmed counts racks by what they are told, not by whose proof is stale.',
  processes: {
    file: 'test/cli/agent/parameters.test.ts',
    test: 'an older proof with other parameters is none: a remedy goes to the base of the channel instead',
  },
  holds(witness) {
    const registry = aRegistry().withApp('database').serves('9', '10', '11')
    const april = registry.now
    registry.later(90 * 24 * 60)
    const fleet = aFleet(registry, {
      count: 12,
      current: '11',
      factsOf: () => ({
        proved: [
          { version: '11', at: registry.now, parametersHold: true },
          // `ShardMode` was changed since.
          { version: '10', at: april, parametersHold: false },
        ],
      }),
    })
    registry.yanks('11', { severity: 'critical', reason: 'its failover can stall' })
    // At once, and for everybody: nobody new gets it.
    witness.is('the channel fell back', registry.channel().head === '10')
    witness.told(aRack({ current: '9' }).asks(registry), 'update 10: offered')

    fleet.isPlanned('R-1').shows('R-1', {})
    const [first = ''] = fleet.inWave('R-1', 0)
    const others = fleet.racks.map(({ facts }) => facts.name).filter((name) => name !== first)
    witness.told(fleet.asks(first), 'rollback 10: yanked')
    for (const name of others) witness.told(fleet.asks(name), 'wait 10: remedy_wave_not_open')

    // It starves; its own checks take it back to 11, and nobody follows it.
    registry.later(2)
    fleet.shows('R-1', {
      [first]: { attempt: { outcome: 'returned', step: 'settling', message: 'cpu at 100 %' } },
    })
    witness.answered(registry.rollout('R-1').state, 'halted')
    for (const name of others) witness.told(fleet.asks(name), 'wait 10: remedy_halted')
    witness.is(
      'eleven were never touched',
      others.every((name) => fleet.rack(name).facts.current === '11'),
    )

    // A proof that still holds comes before a newer one that does not.
    const proved = [
      { version: '10', at: april, parametersHold: false },
      { version: '9', at: april - 1, parametersHold: true },
    ]
    witness.told(aRack({ current: '11', proved }).asks(registry), 'rollback 9: yanked')
    witness.told(
      aRack({ current: '11', proved: proved.map((one) => ({ ...one, parametersHold: true })) }).asks(
        registry,
      ),
      'rollback 10: yanked',
    )
    // People may say afterwards that racks stay: the newer of two alike speaks.
    registry.yanks('11', { severity: 'critical', remedy: 'stay', reason: 'to stay is better' })
    for (const name of others) witness.told(fleet.asks(name), 'none: yanked')
  },
}
