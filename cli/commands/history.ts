/** `headgate history`: what was tried on this rack, how it ended, and the last lines of what went wrong. */
import type { Command } from 'commander'
import { toIso } from '../../shared/domain/instants.ts'
import type { Attempt } from '../agent/attempt.ts'
import { openRack } from '../agent/rack.ts'
import { allAttemptsIn } from '../agent/recover.ts'
import type { Deps } from '../deps.ts'
import { openRackSession, type RackOptions, rackVerb } from '../rack-session.ts'
import { wholeNumber } from '../verb.ts'

interface Options extends RackOptions {
  readonly limit: number
}

export function historyCommand(deps: Deps): Command {
  return rackVerb({ example: 'headgate history --dir ./prod-1 --limit 5' })
    .option('--limit <count>', 'how many attempts, newest first', wholeNumber, 20)
    .action(async (options: Options) => {
      const { place, report } = openRackSession(deps, options)
      const attempts = allAttemptsIn(await openRack(place))
        .toReversed()
        .slice(0, options.limit)
      report.show('History', { attempts: attempts.map(bodyOf) }, (page) => {
        page.table(
          ['when', 'from', 'to', 'motive', 'outcome', 'why'],
          attempts.map(({ startedAt, input, state, trouble }) => [
            page.when(toIso(startedAt)),
            input.from ?? '-',
            input.to,
            input.motive,
            state,
            trouble ? `${trouble.step}: ${trouble.message}` : input.reason,
          ]),
        )
        for (const { input, trouble } of attempts
          .filter((attempt) => (attempt.trouble?.lastLines.length ?? 0) > 0)
          .slice(0, 3)) {
          page.line()
          page.line(`last lines of the attempt to ${input.to}:`)
          for (const line of trouble?.lastLines ?? []) page.line(`  ${line}`)
        }
      })
    })
}

function bodyOf({ id, input, state, startedAt, at, trouble, lastTrouble, lines }: Attempt) {
  const events = lines.map((line) => ({ ...line, at: toIso(line.at) }))
  return {
    id,
    ...input,
    outcome: state,
    startedAt: toIso(startedAt),
    endedAt: toIso(at),
    trouble,
    lastTrouble,
    events,
  }
}
