// An exact revision was installed and taken for pinned; the next refresh replaced it.
// When: 22 May 2026.
// Source: ansible-collections/community.general#12088, #12097; canonical/snapd#12817.
import { day } from '../../shared/domain/instants.ts'
import { aRack, aRegistry } from '../support/builders.ts'
import { type Exhibit, happened } from './exhibit.ts'

const checks = 100

export const pinnedUntilTheNextRefresh: Exhibit = {
  id: '30-pinned-until-the-next-refresh',
  title: 'snap: pinned until the next refresh',
  when: '2026-05-22',
  sources: ['ansible-collections/community.general#12088', '#12097', 'canonical/snapd#12817'],
  happened:
    'A revision was given to the installation and taken for a pin; the next refresh went to the newest one, as the tool’s help says that it does.',
  mechanism: 'to go somewhere and to stay there are one word for people and two for the tool',
  peer: {
    name: 'an installation by revision',
    rule: 'install(revision); every refresh: install(newest)',
    incident() {
      let revision = 12
      for (let refresh = 0; refresh < checks; refresh += 1) revision = Math.max(revision, 13)
      return happened(revision === 13, `12 was asked for, and ${revision} ran after the first refresh`)
    },
  },
  answer:
    'One order goes to a version and stays: a pin, with owner, reason and, if wanted, an end, and each answer names them. `update VERSION` is only a condition: it goes there if that is what is offered, says "not pinned", and for any other version refuses with the command that pins.',
  heldBy: ['shared/domain/rack.ts', 'shared/domain/claims.ts', 'cli/commands/update.ts'],
  processes: {
    file: 'test/cli/agent/update.test.ts',
    test: 'to a version that is named: only if that is offered, and it says that nothing pins it',
  },
  holds(witness) {
    const registry = aRegistry().withApp('snap').serves('11', '12', '13')
    const pins = [
      { version: '12', owner: 'ops', reason: 'the driver is for 12', origin: 'registry' },
    ] as const
    witness.told(aRack({ current: '11', pins }).asks(registry), 'update 12: pinned')
    witness.told(aRack({ current: '13', pins }).asks(registry), 'rollback 12: pinned')
    const pinned = aRack({ current: '12', pins })
    for (let check = 0; check < checks; check += 1) {
      registry
        .later(60)
        .publishes(String(14 + check))
        .promotes(String(14 + check))
      witness.told(pinned.asks(registry), 'none: pinned')
    }
    const { detail } = pinned.asks(registry)
    witness.is(`by whom and why: ${detail}`, /by ops until it is unpinned: the driver is for 12/.test(detail))
    // Without a pin, what was installed is only where it is now. An end is an end.
    witness.told(aRack({ current: '12' }).asks(registry), 'update 113: offered')
    const until = registry.now + day
    const ending = aRack({ current: '12', pins: [{ ...pins[0], until }] })
    witness.told(ending.asks(registry), 'none: pinned')
    witness.told(ending.asks(registry, { at: until }), 'update 113: offered')
  },
}
