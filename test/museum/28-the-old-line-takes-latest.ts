// A patch for an old line was published, and the tag that everybody installs by moved to it.
// When: 24 November 2014, and again since.
// Source: npm/npm#6778; apollographql/federation#2754.
import { movesOnPublish } from '../../shared/domain/commands/moves-on-publish.ts'
import { aRack, aRegistry } from '../support/builders.ts'
import { type Exhibit, happened } from './exhibit.ts'

export const theOldLineTakesLatest: Exhibit = {
  id: '28-the-old-line-takes-latest',
  title: 'npm: the old line takes `latest`',
  when: '2014-11-24',
  sources: ['npm/npm#6778', 'apollographql/federation#2754'],
  happened:
    'To publish moves the tag `latest` unless one says otherwise, so a patch for an old major version became what everybody who named no version installed. Newer clients refuse it.',
  mechanism: 'the last that was published is taken for the newest',
  peer: {
    name: 'a registry whose publication tags',
    rule: "tags.latest = published.version, unless '--tag' is given",
    incident() {
      const tags = { latest: '4.0.0' }
      const published = { version: '3.0.1' }
      tags.latest = published.version
      return happened(
        tags.latest === '3.0.1',
        `latest was 4.0.0, and ${tags.latest} after a patch for the old line`,
      )
    },
  },
  answer:
    'A channel that takes builds as they are published takes only what is newer than its head; an older one is published, and the answer says that the channel does not follow, and why. Its way to people is a channel of its own line, and no promotion leads back.',
  heldBy: ['shared/domain/commands/moves-on-publish.ts', 'shared/domain/commands/promotion-conditions.ts'],
  holds(witness) {
    const registry = aRegistry().withApp('federation', 'semver').serves('3.0.0', '4.0.0')
    registry.publishes('3.0.1')
    witness.is('it is published', registry.release('3.0.1').version === '3.0.1')
    const { events, skipped } = movesOnPublish(
      registry.state,
      { app: 'federation', version: '3.0.1' },
      registry.context,
    )
    witness.is('and moves nothing', events.length === 0 && registry.channel('unstable').head === '4.0.0')
    witness.answered(
      skipped.map(({ channel, why }) => `${channel}: ${why}`).join(),
      'unstable: 3.0.1 is older than its head 4.0.0',
    )
    witness.refused(() => registry.promotes('3.0.1'), 'not_forward')
    witness.told(aRack({ current: '4.0.0' }).asks(registry), 'none: up_to_date')

    // The line has a channel, and whoever keeps to it gets its patch.
    registry.withChannel('lts').promotes('3.0.1', { to: 'lts' })
    witness.told(aRack({ current: '3.0.0' }).asks(registry, { on: 'lts' }), 'update 3.0.1: offered')
    witness.told(aRack({ current: '3.0.0', within: '^3.0.0' }).asks(registry), 'wait: outside_constraint')
  },
}
