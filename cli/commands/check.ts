/** `headgate check`: asks the channel what this rack should do now, and changes nothing that runs. */
import type { Command } from 'commander'
import type { DecisionBody } from '../../shared/contract/rack.ts'
import { Problem } from '../../shared/domain/problem.ts'
import { askRegistry } from '../agent/ask.ts'
import { driftCommands, waitsForPeople } from '../agent/parameters/refuse-drifted.ts'
import { reportedParameters } from '../agent/parameters/standing.ts'
import { openRack, type Rack, withRack } from '../agent/rack.ts'
import { sendOutcomesFirst } from '../agent/tell-registry.ts'
import { drawDecision } from '../decision-page.ts'
import type { Deps } from '../deps.ts'
import { Exit } from '../exit.ts'
import { openRackSession, type RackOptions, type RackSession, rackVerb } from '../rack-session.ts'

interface Options extends RackOptions {
  readonly exitCode?: boolean
}

const asking = [
  'registry_unreachable',
  'bad_answer',
  'stale_answer',
  'not_signed_in',
  'unsupported_protocol',
] as const

export function checkCommand(deps: Deps): Command {
  return rackVerb({
    example: 'headgate check --dir ./prod-1 --exit-code',
    problems: asking,
    exits: {
      100: 'with --exit-code: update, rollback or abort',
      101: 'with --exit-code: something waits',
      102: 'with --exit-code: the running version is withdrawn',
    },
  })
    .option('--exit-code', 'say with the exit code what is to be done')
    .action(async (options: Options) => {
      const session = openRackSession(deps, options)
      const { decision, drifted } = await ask(session)
      session.report.show('Decision', { ...decision, ...(drifted && { drifted }) }, (page) => {
        drawDecision(page, decision)
        if (drifted && drifted.length > 0)
          page.mark('warning', `drifted, and not updated before a person has looked: ${drifted.join(', ')}`)
      })
      const dir = options.dir ?? session.dir
      const isRefused = drifted !== undefined && drifted.length > 0 && waitsForPeople(decision)
      if (isRefused) session.report.next(driftCommands(dir, drifted))
      else if (isMove(decision)) session.report.next(`headgate update --dir ${dir}`)
      if (options.exitCode) throw new Exit(exitCodeOf(decision))
    })
}

interface Answer {
  readonly decision: DecisionBody
  /** Undefined where the driver has no parameters, or cannot read them now. */
  readonly drifted: readonly string[] | undefined
}

/** After recovery; while another run is at work on the rack, only asked. */
async function ask({ place }: RackSession): Promise<Answer> {
  try {
    return await withRack(place, 'check', async (rack) => {
      await sendOutcomesFirst(rack)
      return answerOn(rack)
    })
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'locked') throw error
    return answerOn(await openRack(place))
  }
}

async function answerOn(rack: Rack): Promise<Answer> {
  const { decision, current } = await askRegistry(rack, { isTraced: true })
  const drifted = rack.parameters.seen && reportedParameters(rack, current).drifted
  return { decision, drifted }
}

/** 102 before all: the running version is withdrawn, whatever can be done about it. */
export function exitCodeOf(decision: DecisionBody): number {
  if (decision.advisories.length > 0) return 102
  if (isMove(decision)) return 100
  return decision.action === 'wait' ? 101 : 0
}

function isMove({ action }: DecisionBody): boolean {
  return action === 'update' || action === 'rollback' || action === 'abort'
}
