/** `headgate advisory list`: every yank of an app, and how many racks are still on it. */
import type { Command } from 'commander'
import { at, unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { oneLine } from '../../plain-text.ts'
import { openSession } from '../../session.ts'
import { appOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
}

export function advisoryListCommand(deps: Deps): Command {
  return registryVerb({ example: 'headgate advisory list --app rack', problems: ['app_not_found'] })
    .addOption(appOption())
    .action(async (options: Options) => {
      const { api, report } = await openSession(deps, options)
      const { advisories } = await unwrap(
        api.v1.apps[':app'].advisories.$get({ param: at({ app: options.app }) }),
      )
      report.show('AdvisoryList', { app: options.app, advisories }, (page) => {
        page.table(
          ['advisory', 'range', 'severity', 'remedy', 'withdrawn', 'racks on it', 'gone', 'when', 'reason'],
          advisories.map((one) => [
            one.id,
            oneLine(one.range, 50),
            one.severity,
            one.remedy,
            String(one.versions.length),
            String(one.racksOn.length),
            String(one.racksGone.length),
            page.when(one.at),
            oneLine(one.reason, 80),
          ]),
        )
      })
    })
}
