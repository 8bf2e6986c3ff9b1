/** `headgate token revoke`: a token ends at once. */
import type { Command } from 'commander'
import { at, dryRunQuery, unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { openSession } from '../../session.ts'
import { dryRunOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly reason?: string
}

export function tokenRevokeCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate token revoke ci --reason "it was in a log"',
    problems: ['token_not_found'],
  })
    .argument('<token>', 'its id or its name')
    .option('--reason <text>', 'why, for the record')
    .addOption(dryRunOption())
    .action(async (name: string, options: Options) => {
      const { reason, dryRun } = options
      const { api, report } = await openSession(deps, options)
      const token = await unwrap(
        api.v1.tokens[':token'].revoke.$post({
          param: at({ token: name }),
          query: dryRunQuery(dryRun),
          json: { ...(reason !== undefined && { reason }) },
        }),
      )
      report.show('Token', token, (page) => {
        page.fields([
          ['token', `${token.name} (${token.id})`],
          ['role', token.role],
          ['last used', page.when(token.lastUsedAt)],
        ])
      })
      if (dryRun) report.say('A dry run: nothing was changed.')
      else report.done(`The token ${token.name} is good for nothing any more.`)
      report.next('headgate token list')
    })
}
