// An update deleted files of about one installation in ten thousand; who had said so before was not heard.
// When: October 2018.
// Source: Microsoft, posts of J. Cable on the release of Windows 10 1809.
import { rolloutPresets } from '../../shared/domain/rollout-policy.ts'
import { aRegistry } from '../support/builders.ts'
import { aFleet } from '../support/fleet-story.ts'
import { aFleetShowing, verdictOn } from '../support/gate-story.ts'
import { type Exhibit, happened } from './exhibit.ts'

const racks = 10_000

export const oneInTenThousand: Exhibit = {
  id: '24-one-in-ten-thousand',
  title: 'Windows 10 1809: one in ten thousand',
  when: '2018-10',
  sources: ['Microsoft, J. Cable on 1809'],
  happened:
    'The update deleted files of users in about 0.01 % of installations. Reports of it had come in before the release; it was paused days after.',
  mechanism: 'all failures weigh the same, so that a rare one that cannot be undone is far below the limit',
  uncertain: 'the posts were read as they are quoted',
  peer: {
    name: 'a limit in percent',
    rule: "failedPercent > limit ? 'pause' : 'go on'",
    incident() {
      const failedPercent = (1 / racks) * 100
      const goesOn = !(failedPercent > 1)
      return happened(goesOn, `${failedPercent} % is below 1 %: it went on to all ${racks} racks`)
    },
  },
  answer:
    'A failure that says it lost data halts at one, whatever share is tolerated; a known issue does not excuse it, and a later success does not bring the data back. Anybody may object to a release, and while nobody has answered it is promoted nowhere.',
  heldBy: [
    'shared/domain/rollout-gates.ts',
    'shared/domain/gates/fleet-gates.ts',
    'shared/domain/gates/people-gates.ts',
  ],
  processes: {
    file: 'test/cli/agent/data-loss.test.ts',
    test: 'the line makes the gate fail at one; it is in the history, and survives an attempt that goes well',
  },
  holds(witness) {
    const registry = aRegistry().withApp('windows').serves('10').publishes('20')
    registry.objects('20', 'it deleted the pictures on three of our machines')
    witness.judged(verdictOn(registry, '20', 'objections'), 'objections: fail')
    registry.promotes('20')
    witness.is('who objects is heard: it became a proposal', registry.channel().head === '10')
    registry.answers('O-1', 'we believe that is something else')

    // Where it ran before, one of ten thousand is one too many, also as a known issue.
    registry.withPolicy('stable', { failures: { maxFailed: 0, percent: 1 } })
    const failed = {
      rack: 'rack-1',
      at: registry.now,
      cause: 'applying: deleted # files',
      message: 'deleted 41 files',
    }
    const shown = (isDataLoss: boolean) => aFleetShowing({ racks, failures: [{ ...failed, isDataLoss }] })
    witness.judged(verdictOn(registry, '20', 'failures', { fleet: shown(false) }), 'failures: pass')
    registry.as('token:ben').knows('20', failed.cause)
    witness.judged(verdictOn(registry, '20', 'failures', { fleet: shown(true) }), 'failures: fail')
    registry.as('token:ada').withPolicy('stable', {}).promotes('20', { rollout: rolloutPresets.staged })

    const fleet = aFleet(registry, { count: racks, current: '10' }).isPlanned('R-1')
    // As far as the wave of five thousand, of whom 450 may fail.
    registry.steps('R-1', { soaked: 1 }, { soaked: 1_000 }, {}, {})
    const [one = '', ...others] = fleet.inWave('R-1', 2)
    const plain = { outcome: 'returned', step: 'settling', message: 'status 502' }
    const usual = Object.fromEntries(others.slice(0, 100).map((name) => [name, { attempt: plain }]))
    fleet.shows('R-1', usual)
    witness.answered(registry.rollout('R-1').state, 'running')
    const lost = { outcome: 'returned', step: 'applying', message: 'deleted 41 files', hasLostData: true }
    fleet.runs(one, '20').shows('R-1', { ...usual, [one]: { attempt: { ...lost, outcome: 'proved' } } })
    witness.answered(registry.rollout('R-1').state, 'halted')
    witness.is('by that one', registry.rollout('R-1').evidence?.numbers.dataLoss === 1)
    witness.told(fleet.asks(others.at(-1) ?? ''), 'wait 20: rollout_halted')
  },
}
