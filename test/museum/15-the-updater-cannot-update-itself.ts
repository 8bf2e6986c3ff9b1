// Updaters that broke by their own update: what was broken is what would have installed the mend.
// When: April and November 2022, November 2023, July 2025.
// Source: actions/runner#1812, #3955; home-assistant/supervisor#4003, #4004; coreos/fedora-coreos-streams#813.
import { minute } from '../../shared/domain/instants.ts'
import { rolloutPresets } from '../../shared/domain/rollout-policy.ts'
import { aRack, aRegistry } from '../support/builders.ts'
import { aFleet } from '../support/fleet-story.ts'
import { verdictOn } from '../support/gate-story.ts'
import { type Exhibit, happened } from './exhibit.ts'

export const theUpdaterCannotUpdateItself: Exhibit = {
  id: '15-the-updater-cannot-update-itself',
  title: 'Runner, Supervisor, Zincati: the updater cannot update itself',
  when: '2022-04 to 2025-07',
  sources: [
    'actions/runner#1812',
    '#1833',
    '#3955',
    'home-assistant/supervisor#3998',
    '#4003',
    '#4004',
    'coreos/fedora-coreos-streams#813',
    '#1199',
    'werf/trdl#33',
    '#396',
  ],
  happened:
    'Runners were dead after they had updated themselves, and a mend helps later updates only, since the old version’s code performs the step. A supervisor’s beta could not install the release that mended it, nor restore a backup, for it is what restores them; users pasted a line into a shell.',
  mechanism: 'the part that is replaced is the one that would have to take it back',
  peer: {
    name: 'an agent that replaces itself',
    rule: 'agent = download(newest); restart(agent); the agent asks for updates',
    incident() {
      const works = (version: number) => version !== 20
      let agent = 10
      // The mend is out at once; whoever would fetch it is the one that does not run.
      for (const newest of [20, 21, 22]) if (works(agent)) agent = newest
      return happened(agent === 20, `it took 20, and neither 21 nor 22 reached it any more`)
    },
  },
  answer:
    'The agent is an app like any other, in two slots, beside what it looks after: a small supervisor that is not replaced runs the new one on probation and flips back by itself. Then the version is barred on that rack, the next one is not, its rollout is halted by that one failure, and the rack’s own app was never touched. A release has to have been left once before it is promoted, where the channel asks for the evidence `exit`.',
  heldBy: [
    'cli/agent/self-update/supervise.ts',
    'cli/agent/self-update/probation.ts',
    'shared/domain/admission.ts',
    'shared/domain/gates/people-gates.ts',
  ],
  missing:
    'A registry that updates itself; an agent is published as one file, and what its rack’s state may be read by is promised by its tests.',
  processes: {
    file: 'test/journeys/self-update.test.ts',
    test: 'an agent that is no good goes by itself, and the rack is not touched',
  },
  holds(witness) {
    const registry = aRegistry().withApp('headgate').serves('10').publishes('20')
    registry.withPolicy('stable', { evidence: [{ name: 'exit', maxAgeHours: 30 * 24 }] })
    witness.judged(verdictOn(registry, '20', 'evidence'), 'evidence: waiting')
    registry.promotes('20')
    witness.is('nobody has left it yet, so nobody gets it', registry.channel().head === '10')
    registry.shows('20', 'exit')
    witness.judged(verdictOn(registry, '20', 'evidence'), 'evidence: pass')
    registry.promotes('20', { rollout: rolloutPresets.canary })

    const fleet = aFleet(registry, { count: 40, current: '10' }).isPlanned('R-1').shows('R-1', {})
    const [canary = ''] = fleet.inWave('R-1', 0)
    witness.told(fleet.asks(canary), 'update 20: offered')
    registry.later(10)
    const returned = { outcome: 'returned', step: 'settling', message: '0 of 3 check-ins' }
    fleet.shows('R-1', { [canary]: { attempt: returned } })
    witness.answered(registry.rollout('R-1').state, 'halted')
    const others = fleet.racks.map(({ facts }) => facts.name).filter((name) => name !== canary)
    for (const name of others) witness.told(fleet.asks(name), 'wait 20: rollout_halted')

    // The supervisor has flipped back; the agent of before asks, and is not sent there again.
    const bar = { above: '10', upTo: '20' }
    witness.told(aRack({ current: '10', bar }).asks(registry), 'wait: rolled_back_here')
    registry.publishes('21').shows('21', 'exit').promotes('21')
    witness.told(aRack({ current: '10', bar }).asks(registry), 'update 21: offered')

    // What it looks after is another app, and heard nothing of this.
    registry.withApp('payload').serves('10')
    witness.told(aRack({ current: '10' }).asks(registry, { at: registry.now + minute }), 'none: up_to_date')
  },
}
