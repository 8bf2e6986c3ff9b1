/** `headgate unfreeze`: lifts one freeze, named by where it lies. */
import type { Command } from 'commander'
import { dryRunQuery, unwrap } from '../api.ts'
import { drawConcerned } from '../concerned-page.ts'
import type { Deps } from '../deps.ts'
import { scopeOf, scopeWords } from '../freeze-scope.ts'
import { openSession } from '../session.ts'
import { dryRunOption, type RegistryOptions, registryVerb } from '../verb.ts'

interface Options extends RegistryOptions {
  readonly app?: string
  readonly channel?: string
  readonly reason?: string
}

export function unfreezeCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate unfreeze --app rack --channel stable --reason "INC-42 is mended"',
    problems: ['freeze_not_found', 'app_not_found', 'channel_not_found'],
  })
    .option('--app <app>', 'the freeze of this app (else that of the whole registry)')
    .option('--channel <channel>', 'the freeze of this channel of the app')
    .option('--reason <text>', 'why, for the record')
    .addOption(dryRunOption())
    .action(async (options: Options) => {
      const { reason, dryRun } = options
      const { api, report } = await openSession(deps, options)
      const freeze = await unwrap(
        api.v1.freezes.lift.$post({
          query: dryRunQuery(dryRun),
          json: { ...scopeOf(options), ...(reason !== undefined && { reason }) },
        }),
      )
      report.show('Freeze', freeze, (page) => {
        page.line(`It was set by ${freeze.actor}, ${page.when(freeze.at)}: ${freeze.reason}`)
        drawConcerned(page, freeze.concerned)
      })
      if (dryRun) report.say('A dry run: nothing was changed.')
      else report.done(`No longer frozen: ${scopeWords(options)}.`)
      report.next('headgate freeze --list')
    })
}
