/** `headgate agent run`: asks when the registry says, takes what it may, and goes on until it is stopped. */
import type { Command } from 'commander'
import { describeNext, runAgent } from '../../agent/agent.ts'
import type { Deps } from '../../deps.ts'
import { openRackSession, type RackOptions, rackVerb } from '../../rack-session.ts'

export function agentRunCommand(deps: Deps): Command {
  return rackVerb({ example: 'headgate agent run --dir /var/lib/headgate' }).action(
    async (options: RackOptions) => {
      deps.staySmall?.()
      const { place, report, dir } = openRackSession(deps, options)
      let lastWords = ''
      await runAgent({
        place,
        signal: deps.interruption(),
        chance: () => Buffer.from(deps.random.bytes(4)).readUInt32BE() / 2 ** 32,
        onStart: () => report.say(`The agent of ${dir} runs; SIGTERM stops it after the round under way.`),
        onRound({ words, problem, nextInSeconds }) {
          // A log that repeats itself every minute is one that nobody reads.
          if (words === lastWords) return
          lastWords = words
          const line = `${words} (${describeNext(nextInSeconds)})`
          report.show(
            'Round',
            { words, code: problem?.code ?? null, nextInSeconds: Math.round(nextInSeconds) },
            (page) => (problem ? page.mark('warning', line) : page.line(line)),
          )
        },
      })
      report.say('The agent has stopped.')
    },
  )
}
