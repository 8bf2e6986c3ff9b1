// A script that was to remove an app was given ids of sites, and removed the sites: 883 of them, within 23 minutes.
// When: 5 April 2022.
// Source: Atlassian, post-incident review of the outage of April 2022.
import { releasesToYank } from '../../shared/domain/commands/yank.ts'
import { parseRange } from '../../shared/domain/range.ts'
import { aRegistry } from '../support/builders.ts'
import { aFleet } from '../support/fleet-story.ts'
import { type Exhibit, happened } from './exhibit.ts'

const racks = 883

export const idsOfTheWrongKind: Exhibit = {
  id: '27-ids-of-the-wrong-kind',
  title: 'Atlassian: ids of the wrong kind',
  when: '2022-04-05',
  sources: ['Atlassian post-incident review, April 2022'],
  happened:
    'A script was to delete an old app from some sites. It was given the ids of the sites, took them, and deleted 883 sites for good within 23 minutes; it asked nobody whether it meant an app or a site, or how many.',
  mechanism: 'ids of two kinds look alike, the act is done at once to all, and it cannot be undone',
  uncertain: 'read in excerpts',
  peer: {
    name: 'a script that deletes by id',
    rule: 'for (const id of ids) api.deletePermanently(id)',
    incident() {
      const things = new Map<number, 'site' | 'app'>()
      for (let site = 0; site < racks; site += 1) {
        things.set(site, 'site')
        things.set(10_000 + site, 'app')
      }
      const given = Array.from({ length: racks }, (_, site) => site)
      for (const id of given) things.delete(id)
      const sites = [...things.values()].filter((kind) => kind === 'site').length
      return happened(
        sites === 0,
        `${racks} sites were gone and ${sites} left; what was meant were ${racks} apps`,
      )
    },
  },
  answer:
    'A range that is no range of this app’s versions is refused; a comma where a space was meant, which would be everything, too. What a yank resolves to is counted and shown before it, and confirmed by name. If it is wrong all the same, it deletes nothing, moves one rack before it moves others, and is lifted by one command.',
  heldBy: [
    'shared/domain/range.ts',
    'shared/domain/commands/yank.ts',
    'shared/domain/rollout-policy.ts',
    'shared/domain/commands/unyank.ts',
  ],
  processes: {
    file: 'test/cli/maintainer.test.ts',
    test: 'wants the name, and prints the command that confirms it',
  },
  holds(witness) {
    const registry = aRegistry().withApp('site', 'semver').serves('1.0.0', '1.1.0', '1.2.0')
    // A rack's name, an advisory, a channel, another app's version: none of them is a version of this app.
    for (const id of ['prod-1', 'ADV-1', 'stable'])
      witness.refused(() => registry.yanks(id, { severity: 'critical' }), 'invalid_version')
    witness.refused(() => registry.yanks('>=1.2.0,<1.3.0', { severity: 'critical' }), 'invalid_range')
    witness.is('nothing was withdrawn', registry.app.yanks.size === 0)

    // `<=1.2.0` for `1.2.0`: what it comes to is told before, name by name.
    const typed = '<=1.2.0'
    const resolved = releasesToYank(registry.app, parseRange('semver', typed)).map(({ version }) => version)
    witness.is(`it says what it means: ${resolved}`, String(resolved.toSorted()) === '1.0.0,1.1.0,1.2.0')
    // `>=1.1.0` for `1.1.0`: 883 racks are on it, one is moved, and the rest wait for what it shows.
    const fleet = aFleet(registry, { count: racks, current: '1.2.0' })
    registry.yanks('>=1.1.0', { severity: 'critical' })
    fleet.isPlanned('R-1').shows('R-1', {})
    const told = fleet.racks.map(({ facts }) => fleet.asks(facts.name))
    witness.is('one rack, not 883', told.filter(({ action }) => action === 'rollback').length === 1)
    const waiting = told.find(({ action }) => action === 'wait')
    witness.is('882 wait', waiting !== undefined)
    if (waiting) witness.told(waiting, 'wait 1.0.0: remedy_wave_not_open')
    // All at once is for a second person, who was not asked yet.
    witness.refused(() => registry.opens('R-1'), 'not_allowed')
    registry.unyanks('ADV-1')
    witness.is('nothing is lost', registry.app.releases.size === 3)
    for (const { facts } of fleet.racks)
      witness.is('nobody is told to move', fleet.asks(facts.name).action === 'none')

    // Everything withdrawn is nowhere to go: nobody moves, and the remedy is not through for having reached all of nobody.
    registry.yanks('<=1.1.0', { remedy: 'stay' }).yanks('1.2.0', { severity: 'critical' })
    for (const { facts } of fleet.racks) witness.told(fleet.asks(facts.name), 'wait: remedy_unreachable')
    fleet.isPlanned('R-2')
    witness.answered(registry.rollout('R-2').state, 'planned')
    registry.unyanks('ADV-2').promotes('1.1.0')
    for (const { facts } of fleet.racks)
      witness.is('nobody goes unplanned', fleet.asks(facts.name).action === 'wait')
    fleet.isPlanned('R-2').shows('R-2', {})
    const back = fleet.racks.map(({ facts }) => fleet.asks(facts.name))
    witness.is('one rack again', back.filter(({ action }) => action === 'rollback').length === 1)
  },
}
