// Several clusters that followed a channel went ten minor versions down in a night.
// When: 17 August 2026.
// Source: k3s-io/k3s#14530.
import { aRack, aRegistry } from '../support/builders.ts'
import { type Exhibit, happened } from './exhibit.ts'

const served = ['1.25.9', '1.26.3', '1.35.5', '1.36.3']

export const tenMinorVersionsDown: Exhibit = {
  id: '01-ten-minor-versions-down',
  title: 'k3s: ten minor versions down in a night',
  when: '2026-08-17',
  sources: ['k3s-io/k3s#14530', 'k3s-io/docs#167'],
  happened:
    'Clusters that followed the channel `latest` were at 1.36.3; the channel named 1.26.3 for a while, and the controller took their control planes down to it. Nobody had ever run 1.26.3 there.',
  mechanism: 'the pointer is computed from a remote list whenever it is read, and whoever reads it obeys',
  uncertain: 'that an incomplete list of releases was the cause is the suspicion of a commenter',
  peer: {
    name: 'a channel that is derived when it is read',
    rule: 'target = newest(fetchReleases()); if (target !== current) install(target)',
    incident() {
      const newest = (list: readonly string[]) => list.at(-1) ?? ''
      let current = newest(served)
      const listOfThatNight = served.slice(0, 2)
      const target = newest(listOfThatNight)
      if (target !== current) current = target
      return happened(current === '1.26.3', 'a list that ended at 1.26.3 took a rack from 1.36.3 down to it')
    },
  },
  answer:
    'A channel is stored and moves forward only; going back is a revert with a reason. A rack that is newer than its channel is told so and stays, and an import adds what it finds and takes nothing away.',
  heldBy: ['shared/domain/commands/promote.ts', 'shared/domain/claims.ts'],
  missing:
    'The feed for k3s clients, and pointers that a rack refuses because it has seen a newer signed one.',
  holds(witness) {
    const registry = aRegistry()
      .withApp('k3s', 'semver')
      .serves(...served)
    const rack = aRack({ current: '1.36.3' })

    witness.refused(() => registry.promotes('1.26.3'), 'not_forward')
    witness.is('the head stays', registry.channel().head === '1.36.3')
    witness.told(rack.asks(registry), 'none: up_to_date')

    // The same channel, asked by a rack that is ahead of it: no pointer takes it down.
    registry.reverts('1.26.3')
    witness.told(rack.asks(registry), 'none: ahead_of_channel')
  },
}
