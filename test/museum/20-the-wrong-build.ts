// A slip of the finger sent another build than the one that had been tested, and the displays of cars went black.
// When: 13 November 2023.
// Source: statement of Rivian's vice president of software on release 2023.42.
import { anArtifact, aRegistry } from '../support/builders.ts'
import { aFleetShowing, verdictOn } from '../support/gate-story.ts'
import { type Exhibit, happened } from './exhibit.ts'

export const theWrongBuild: Exhibit = {
  id: '20-the-wrong-build',
  title: 'Rivian: the wrong build',
  when: '2023-11-13',
  sources: ['Rivian, statement on 2023.42 of 2023-11-13'],
  happened:
    'By a slip of the finger a campaign sent a build with the wrong security certificates. Displays went black and did not come back by a restart; some cars had to be taken to a service. The build that had been tested was sent afterwards.',
  mechanism: 'what is sent is chosen by hand from a list of everything, and need not be what was tested',
  uncertain: 'a post on Reddit, read as the press quotes it in full',
  peer: {
    name: 'a campaign that takes any build',
    rule: 'campaign.build = builds.find(build => build.name.startsWith(typed))',
    incident() {
      const builds = [
        { name: '2023.42.0-dev', isTested: false },
        { name: '2023.42.0', isTested: true },
      ]
      const sent = builds.find(({ name }) => name.startsWith('2023.42'))
      return happened(
        sent?.isTested === false,
        `${sent?.name} was sent, and 2023.42.0 was the one that had been tested`,
      )
    },
  },
  answer:
    'A channel takes only what was head of the channel that feeds it: a build that nobody ran there has no way on, and cannot wait for one either. To pass that over takes a name, a reason and a review. A version that differs from the feeder’s head in its suffix only is pointed out. And what the racks of the channel need has to have been proved: a platform that no rack of the feeder showed is waited for.',
  heldBy: [
    'shared/domain/gates/release-gates.ts',
    'shared/domain/gates/fleet-gates.ts',
    'shared/domain/commands/promote.ts',
  ],
  missing:
    'Variants of an artifact for one platform, such as internal and customer: coverage counts platforms.',
  processes: {
    file: 'test/journeys/gates.test.ts',
    test: 'exits 3 with the first open gate and its command; typed as it says, each command brings it on',
  },
  holds(witness) {
    const registry = aRegistry().withApp('car', 'semver').serves('2023.41.0')
    const build = (letter: string, platform = 'linux/arm64') => ({
      artifacts: [anArtifact({ platform, sha256: letter.repeat(64) })],
    })
    // Tested is 2023.42.0; the other one is older by its name, so no channel ever took it.
    registry.publishes('2023.42.0', build('a')).publishes('2023.42.0-dev', build('b'))
    witness.is('unstable serves the one', registry.channel('unstable').head === '2023.42.0')
    witness.judged(verdictOn(registry, '2023.42.0-dev', 'path'), 'path: fail')
    const refused = witness.refused(() => registry.promotes('2023.42.0-dev'), 'not_in_feeder')
    witness.is(
      `the one that may be meant is named: ${refused.message}`,
      /serves 2023\.42\.0, .*suffix/.test(refused.message),
    )
    witness.refused(() => registry.promotes('2023.42.0-dev', { override: ['path'] }), 'invalid_input')
    // Another build under the tested one's name.
    witness.refused(() => registry.publishes('2023.42.0', build('b')), 'release_differs')
    witness.is('stable is where it was', registry.channel().head === '2023.41.0')

    // Published the other way round it was head for a while: it passes, and the likeness is said.
    const other = aRegistry().withApp('car', 'semver').serves('2023.41.0')
    other.publishes('2023.42.0-dev', build('b')).publishes('2023.42.0', build('a'))
    const path = verdictOn(other, '2023.42.0-dev', 'path')
    witness.judged(path, 'path: pass')
    witness.is(
      `the likeness is said: ${path?.detail}`,
      /serves 2023\.42\.0, .*suffix/.test(path?.detail ?? ''),
    )

    // Only one kind of rack has run it: the others are waited for.
    registry.withPolicy('stable', { coverage: true })
    const fleet = aFleetShowing(
      { provedPlatforms: ['linux/arm64'] },
      { targetPlatforms: ['linux/arm64', 'linux/amd64'] },
    )
    witness.judged(verdictOn(registry, '2023.42.0', 'coverage', { fleet }), 'coverage: waiting')
    registry.promotes('2023.42.0', {}, fleet)
    witness.is('and nobody gets it meanwhile', registry.channel().head === '2023.41.0')
  },
}
