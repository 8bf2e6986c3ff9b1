/** `headgate checklist tick`: a person went through an item of a channel's checklist for a release. */
import type { Command } from 'commander'
import { at, dryRunQuery, unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { oneLine } from '../../plain-text.ts'
import { reportSaid } from '../../release-record.ts'
import { openSession } from '../../session.ts'
import { appOption, dryRunOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
  readonly to: string
  readonly release: string
  readonly note: string
}

export function checklistTickCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate checklist tick notes --app rack --to stable --release 1.4.0 --note "read by bea"',
    problems: ['app_not_found', 'channel_not_found', 'release_not_found'],
  })
    .argument('<item>', 'the item, as the policy names it')
    .addOption(appOption())
    .requiredOption('--to <channel>', 'whose checklist')
    .requiredOption('--release <version>', 'for which release')
    .requiredOption('--note <text>', 'what was done')
    .addOption(dryRunOption())
    .action(async (item: string, options: Options) => {
      const { app, to, release: version, note, dryRun = false } = options
      const session = await openSession(deps, options)
      const record = await unwrap(
        session.api.v1.apps[':app'].releases[':version'].ticks.$post({
          param: at({ app, version }),
          query: dryRunQuery(dryRun),
          json: { channel: to, item, note },
        }),
      )
      await reportSaid(session, record, {
        isDryRun: dryRun,
        gate: 'checklist',
        done: `${item} of ${to} is ticked for ${version}.`,
        draw: (page) => {
          page.table(
            ['channel', 'item', 'when', 'by', 'note'],
            record.ticks
              .filter(({ channel }) => channel === to)
              .map((one) => [one.channel, one.item, page.when(one.at), one.actor, oneLine(one.note, 80)]),
          )
        },
      })
    })
}
