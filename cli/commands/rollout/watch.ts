/**
 * `headgate rollout watch`: a rollout as it goes on, redrawn in place on a terminal, a line for each change in a pipe.
 * Its exit code is how the rollout ended, so that a job of CI ends with it.
 */
import type { Command } from 'commander'
import type { RolloutDetailBody } from '../../../shared/contract/rollout.ts'
import { Problem } from '../../../shared/domain/problem.ts'
import { at, unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { parseDuration } from '../../duration.ts'
import { Exit } from '../../exit.ts'
import { followRollout } from '../../follow-rollout.ts'
import { createLiveLines, type LiveLines } from '../../live-lines.ts'
import type { Report } from '../../output.ts'
import { changesIn, stateWords } from '../../rollout-changes.ts'
import { viewOf } from '../../rollout-view.ts'
import { nextForRollout, showCommand } from '../../rollout-words.ts'
import { openSession, type Session } from '../../session.ts'
import { appOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
  readonly channel?: string
  readonly timeout?: string
}

/** How a rollout ends, for a script. */
const exits = {
  20: 'it was halted, by a gate or by a person',
  23: 'something newer took its place',
  24: 'it was taken back',
  124: 'with --timeout: it was still going on',
} as const

export function rolloutWatchCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate rollout watch --channel stable --app rack --timeout 2h',
    problems: ['app_not_found', 'channel_not_found', 'rollout_not_found', 'invalid_date', 'interrupted'],
    exits,
  })
    .argument('[rollout]', 'its id (else the newest of --channel)')
    .addOption(appOption())
    .option('--channel <channel>', 'the newest rollout of this channel')
    .option('--timeout <duration>', 'look no longer than 30m, 2h or 1d')
    .action(async (given: string | undefined, options: Options) => {
      const { app, timeout } = options
      const timeoutMilliseconds = timeout === undefined ? null : parseDuration('--timeout', timeout)
      if (given !== undefined && options.channel !== undefined)
        throw new Problem('invalid_input', 'A rollout is named by its id or by its --channel, not by both.')
      const { stdout } = deps.out
      const lines = options.json !== true && stdout.isTerminal ? createLiveLines(stdout) : undefined
      const session = await openSession(lines ? withWordsAround(deps, lines) : deps, options)
      const rollout = given ?? (await newestOf(session, options))
      const screen = createScreen(deps, session.report, lines)
      const end = await followRollout({
        ...{ deps, session, app, rollout, timeoutMilliseconds },
        counted: screen.show,
      })
      screen.end()
      const again = `headgate rollout watch ${rollout} --app ${app}`
      if (end === 'left') throw new Problem('interrupted', `${rollout} goes on without you.`, { hint: again })
      if (end === 'out_of_time') {
        session.report.warn(`${rollout} still goes on after ${timeout}; nothing was changed.`)
        session.report.next(again)
        throw new Exit(124)
      }
      const last = screen.last()
      if (last) conclude(session.report, last)
    })
}

async function newestOf({ api }: Session, { app, channel }: Options): Promise<string> {
  if (channel === undefined) {
    throw new Problem(
      'invalid_input',
      'Which rollout? Either its id, or --channel for the newest one there.',
      {
        hint: `headgate rollout list --app ${app}`,
      },
    )
  }
  const { rollouts } = await unwrap(
    api.v1.apps[':app'].rollouts.$get({ param: at({ app }), query: { channel, limit: '1' } }),
  )
  const [newest] = rollouts
  if (newest) return newest.id
  throw new Problem('rollout_not_found', `${channel} of ${app} has had no rollout.`, {
    hint: `headgate channel show ${channel} --app ${app}`,
  })
}

interface Screen {
  readonly show: (rollout: RolloutDetailBody) => void
  readonly last: () => RolloutDetailBody | undefined
  readonly end: () => void
}

function createScreen(deps: Deps, report: Report, lines: LiveLines | undefined): Screen {
  const { stdout } = deps.out
  const leave = 'Ctrl-C ends the looking; the rollout goes on.'
  let last: RolloutDetailBody | undefined
  return {
    last: () => last,
    show(rollout) {
      const changes = changesIn(rollout, last)
      last = rollout
      if (lines) lines.update([...viewOf(rollout, stdout, deps.clock.now()), leave])
      else if (changes.length > 0)
        report.show('Rollout', rollout, (page) => {
          for (const line of changes)
            page.line(`${page.when(rollout.countedAt ?? rollout.since.at)}  ${line}`)
        })
    },
    end() {
      if (lines && last) lines.update(viewOf(last, stdout, deps.clock.now()))
      lines?.end()
    },
  }
}

/** Whatever is said meanwhile does not disturb what is redrawn. */
function withWordsAround(deps: Deps, lines: LiveLines): Deps {
  const { stderr } = deps.out
  const write = (text: string) => lines.around(() => stderr.write(text))
  return { ...deps, out: { ...deps.out, stderr: { ...stderr, write } } }
}

function conclude(report: Report, rollout: RolloutDetailBody): void {
  const { id, app, state, takenBackBy } = rollout
  if (state === 'completed') report.done(`${id} is through.`)
  else report.warn(`${id} was ${stateWords(rollout)}`)
  if (takenBackBy !== null) report.say(`It is taken back by ${takenBackBy}: ${showCommand(app, takenBackBy)}`)
  // Before it goes on somebody has to have seen what failed.
  report.next(state === 'halted' ? `headgate rollout show ${id} --app ${app}` : nextForRollout(rollout))
  if (state !== 'completed') throw new Exit(state === 'halted' ? 20 : state === 'superseded' ? 23 : 24)
}
