/** `headgate agent supervise`: runs the agent and lets it change itself; what a service starts instead of `agent run`. */
import type { Command } from 'commander'
import { Problem } from '../../../shared/domain/problem.ts'
import type { DurableFiles } from '../../agent/files.ts'
import { rackConfigFile } from '../../agent/rack-config.ts'
import { supervise } from '../../agent/self-update/supervise.ts'
import type { Deps } from '../../deps.ts'
import { openRackSession, type RackOptions, rackVerb } from '../../rack-session.ts'
import { wholeNumber } from '../../verb.ts'

interface Options extends RackOptions {
  readonly every: number
}

export function agentSuperviseCommand(deps: Deps): Command {
  return rackVerb({ example: 'headgate agent supervise --dir /var/lib/headgate' })
    .option('--every <seconds>', 'from one question for a new agent to the next', wholeNumber, 900)
    .action(async (options: Options) => {
      const { place, report, dir } = openRackSession(deps, options)
      const { files, clock, env } = place
      requireRack(dir, files)
      report.say(`The supervisor of ${dir} runs; SIGTERM stops it after the round under way.`)
      await supervise({
        dir,
        files,
        clock,
        env,
        program: deps.program,
        signal: deps.interruption(),
        chance: () => Buffer.from(deps.random.bytes(4)).readUInt32BE() / 2 ** 32,
        say: report.say,
        everySeconds: Math.max(1, options.every),
      })
      report.say('The supervisor has stopped.')
    })
}

/** It does not read the file: the agents that it starts may be newer than itself, and their configuration, too. */
function requireRack(dir: string, files: DurableFiles): void {
  const file = rackConfigFile(dir)
  if (files.kindOf(file) === 'file') return
  throw new Problem('not_enrolled', `There is no ${file}: this directory is not enrolled.`, {
    hint: `headgate enroll --dir ${dir} --app APP --channel CHANNEL --name NAME`,
  })
}
