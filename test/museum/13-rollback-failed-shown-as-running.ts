// A stack whose way back had failed was shown as running, took new deployments and failed them, one after the other.
// When: September and November 2016.
// Source: convox/rack#1266 and #1363.
import { configTable } from '../../cli/agent/config-table.ts'
import { convoxDriverIn } from '../../cli/agent/drivers/convox-config.ts'
import { createConvoxProblems } from '../../cli/agent/drivers/convox-problems.ts'
import { createSettle } from '../../cli/agent/drivers/convox-settle.ts'
import {
  driverStatusOf,
  meaningOfRackWord,
  meaningOfStackWord,
  worseOf,
} from '../../cli/agent/drivers/convox-status.ts'
import { standingsOf } from '../../shared/domain/fleet-standing.ts'
import { Problem, problems } from '../../shared/domain/problem.ts'
import { rolloutPresets } from '../../shared/domain/rollout-policy.ts'
import { aRegistry } from '../support/builders.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { aFleet } from '../support/fleet-story.ts'
import { aPicture } from '../support/rack-picture.ts'
import { type Exhibit, happened } from './exhibit.ts'

/** What CloudFormation has for the end of something that went well, or was taken back whole by itself. */
const good = [
  'CREATE_COMPLETE',
  'UPDATE_COMPLETE',
  'UPDATE_ROLLBACK_COMPLETE',
  'IMPORT_COMPLETE',
  'IMPORT_ROLLBACK_COMPLETE',
]
const bad = ['CREATE_FAILED', 'ROLLBACK_FAILED', 'UPDATE_FAILED', 'UPDATE_ROLLBACK_FAILED', 'DELETE_FAILED']
const unheardOf = ['UPDATE_MELTED', 'update_complete', '', 'toString', 'constructor']

/** A driver that waits for a rack which answers with that word for ever: how that ends. */
async function waitedFor(word: string): Promise<Problem> {
  const config = convoxDriverIn(configTable({ rack: 'prod' }, '[driver]', 'rack.toml'), '/')
  const meaning = meaningOfStackWord(word)
  const look = { by: 'stack', version: '20', word, meaning, parameters: {}, generation: 'v2' } as const
  const lookout = { look: async () => ({ answer: look }) }
  const settle = createSettle(lookout, createConvoxProblems(config), 5_000, fakeClock())
  const patience = { limitMs: 600_000, patienceMs: 300_000, times: 2, note: () => undefined }
  const ended = await settle(patience).catch((error: unknown) => error)
  if (ended instanceof Problem) return ended
  throw new Error(`"${word}" was taken for settled`)
}

export const rollbackFailedShownAsRunning: Exhibit = {
  id: '13-rollback-failed-shown-as-running',
  title: 'Convox: rollback failed, shown as running',
  when: '2016-09; 2016-11',
  sources: ['convox/rack#1266', '#1363'],
  happened:
    'The stack of a rack was in UPDATE_ROLLBACK_FAILED, the command line said "running", new deployments were taken and failed, and a new update was answered with "system is already updating".',
  mechanism: 'a state that nobody thought of is mapped to a good one',
  peer: {
    name: 'a status with a default',
    rule: "status = words[stack] ?? 'running'; takesDeployments = status === 'running'",
    incident() {
      const words = new Map([
        ['CREATE_IN_PROGRESS', 'creating'],
        ['UPDATE_IN_PROGRESS', 'updating'],
        ['UPDATE_ROLLBACK_IN_PROGRESS', 'rollback'],
        ['DELETE_IN_PROGRESS', 'deleting'],
      ])
      const stack = 'UPDATE_ROLLBACK_FAILED'
      const status = words.get(stack) ?? 'running'
      const takesDeployments = status === 'running'
      return happened(takesDeployments && stack.endsWith('FAILED'), `${stack} was shown as ${status}`)
    },
  },
  answer:
    'Every word of the platform stands in a table, and one that does not is unclear, which is never good: nothing begins and nothing counts as done. A way back that failed makes the attempt stuck, exit 21, with the command that mends the stack; the rack counts as failed, is shown as stuck, and its rollout halts.',
  heldBy: [
    'cli/agent/drivers/convox-status.ts',
    'cli/agent/drivers/convox-settle.ts',
    'shared/domain/rollout-progress.ts',
    'shared/domain/fleet-standing.ts',
  ],
  processes: {
    file: 'test/journeys/convox.test.ts',
    test: 'a stack that cannot be rolled back is stuck, until a person has mended it',
  },
  async holds(witness) {
    for (const word of good) witness.answered(driverStatusOf(meaningOfStackWord(word)), 'settled')
    for (const word of bad) witness.answered(meaningOfStackWord(word), 'broken')
    for (const word of unheardOf) {
      witness.answered(meaningOfStackWord(word), 'unclear')
      witness.answered(meaningOfRackWord(word), 'unclear')
      witness.answered(driverStatusOf(meaningOfStackWord(word)), 'unknown')
    }
    // "running", says the rack; its stack says otherwise, and the worse of the two counts.
    const running = meaningOfRackWord('running')
    witness.answered(worseOf(running, meaningOfStackWord('UPDATE_ROLLBACK_FAILED')), 'broken')
    witness.answered(worseOf(running, meaningOfStackWord('UPDATE_MELTED')), 'unclear')

    const broken = await waitedFor('UPDATE_ROLLBACK_FAILED')
    witness.refused(() => {
      throw broken
    }, 'stuck')
    witness.is('a person is told what to run', broken.hint?.includes('continue-update-rollback') === true)
    witness.is('and the exit code says that one is needed', problems.stuck.exit === 21)
    const unknown = await waitedFor('UPDATE_MELTED')
    witness.refused(() => {
      throw unknown
    }, 'preflight_failed')

    // The fleet sees a rack that is stuck, not one that is updating.
    const rollout = rolloutPresets.canary
    const registry = aRegistry().withApp('rack').serves('10').publishes('20').promotes('20', { rollout })
    const fleet = aFleet(registry, { count: 5, current: '10' }).isPlanned('R-1').shows('R-1', {})
    const [canary = ''] = fleet.inWave('R-1', 0)
    fleet.begins(canary)
    const attempt = { outcome: 'stuck', step: 'returning', message: broken.message }
    const [wave] = fleet.count('R-1', { [canary]: { attempt } }).waves
    witness.is('it has failed', wave?.failures.length === 1 && wave.underWay === 0)
    fleet.shows('R-1', { [canary]: { attempt } })
    witness.answered(registry.rollout('R-1').state, 'halted')
    const [other = ''] = fleet.inWave('R-1', 1)
    witness.told(fleet.asks(other), 'wait 20: rollout_halted')
    const { facts } = fleet.rack(canary)
    const stuck = { target: '20', at: registry.now }
    witness.answered(standingsOf(aPicture(facts, { stuck })).join(', '), 'stuck')
  },
}
