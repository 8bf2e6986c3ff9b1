// A release was pulled, and those who ran it were offered the one before it as an update, without a word.
// When: 22 April 2020.
// Source: home-assistant/core#34530.
import { aRack, aRegistry } from '../support/builders.ts'
import { type Exhibit, happened } from './exhibit.ts'

export const theUpdateThatWasOlder: Exhibit = {
  id: '31-the-update-that-was-older',
  title: 'Home Assistant: the update that was older',
  when: '2020-04-22',
  sources: ['home-assistant/core#34530'],
  happened:
    'Release 0.108.7 was pulled. Whoever ran it was shown that an update to 0.108.6 was available, and found no reason anywhere.',
  mechanism: 'any other version than the present one is called an update, and withdrawal is disappearance',
  peer: {
    name: 'a check for updates',
    rule: 'isUpdateAvailable = installed !== latest',
    incident() {
      const releases = ['0.108.5', '0.108.6', '0.108.7']
      const installed = '0.108.7'
      releases.pop()
      const latest = releases.at(-1)
      return happened(installed !== latest, `"update available: ${installed} to ${latest}"`)
    },
  },
  answer:
    'A withdrawal is a fact that stays, with advisory, severity and reason; whoever runs it is told `rollback: yanked`, which names the direction, and by which advisory. Whoever does not is not offered it; asked in a script it is exit code 102. What stays by order is `yanked` too, and never up to date.',
  heldBy: [
    'shared/domain/decide.ts',
    'shared/domain/claims.ts',
    'shared/domain/yank.ts',
    'cli/commands/check.ts',
  ],
  processes: {
    file: 'test/cli/agent/update.test.ts',
    test: 'is 100 while something is to be done, 0 when nothing is, 101 while it waits, 102 when what runs is withdrawn',
  },
  holds(witness) {
    const registry = aRegistry().withApp('core', 'semver').serves('0.108.5', '0.108.6', '0.108.7')
    registry.yanks('0.108.7', { reason: 'it breaks the database of some' })
    const told = aRack({ current: '0.108.7' }).asks(registry)
    witness.told(told, 'rollback 0.108.6: yanked')
    witness.answered(
      told.advisories.map(({ id, reason }) => `${id}: ${reason}`).join(),
      'ADV-1: it breaks the database of some',
    )
    witness.told(aRack({ current: '0.108.6' }).asks(registry), 'none: up_to_date')
    witness.told(aRack({ current: '0.108.5' }).asks(registry), 'update 0.108.6: offered')
    witness.refused(() => registry.promotes('0.108.7'), 'yanked')
    witness.is('it is still there to be looked at', registry.release('0.108.7').yank === 'ADV-1')

    // Where racks are to stay, that is said; the next good head comes as usual.
    const staying = aRegistry().withApp('core', 'semver').serves('0.108.6', '0.108.7')
    staying.yanks('0.108.7', { remedy: 'stay' })
    witness.told(aRack({ current: '0.108.7' }).asks(staying), 'none: yanked')
    staying.publishes('0.108.8').promotes('0.108.8')
    witness.told(aRack({ current: '0.108.7' }).asks(staying), 'update 0.108.8: offered')
  },
}
