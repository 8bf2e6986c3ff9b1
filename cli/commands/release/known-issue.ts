/** `headgate release known-issue`: a cause of failures that is understood; it is shown with them and no longer counted. */
import type { Command } from 'commander'
import { at, dryRunQuery, unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { oneLine } from '../../plain-text.ts'
import { reportSaid } from '../../release-record.ts'
import { openSession } from '../../session.ts'
import { appOption, dryRunOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
  readonly cause: string
  readonly note: string
}

export function releaseKnownIssueCommand(deps: Deps): Command {
  return registryVerb({
    example:
      'headgate release known-issue 1.4.0 --app rack --cause "settling: the mail server does not answer" --note "the lab has none"',
    problems: ['app_not_found', 'release_not_found', 'self_approval'],
  })
    .argument('<version>', 'the release')
    .addOption(appOption())
    .requiredOption('--cause <cause>', 'as the gate failures shows it')
    .requiredOption('--note <text>', 'why it does not count')
    .addOption(dryRunOption())
    .action(async (version: string, options: Options) => {
      const { app, cause, note, dryRun = false } = options
      const session = await openSession(deps, options)
      const record = await unwrap(
        session.api.v1.apps[':app'].releases[':version']['known-issues'].$post({
          param: at({ app, version }),
          query: dryRunQuery(dryRun),
          json: { cause, note },
        }),
      )
      await reportSaid(session, record, {
        isDryRun: dryRun,
        gate: 'failures',
        done: `Failures of ${version} by that cause are shown, and not counted.`,
        draw: (page) => {
          page.table(
            ['cause', 'when', 'by', 'note'],
            record.knownIssues.map((one) => [
              oneLine(one.cause, 100),
              page.when(one.at),
              one.actor,
              oneLine(one.note, 80),
            ]),
          )
        },
      })
    })
}
