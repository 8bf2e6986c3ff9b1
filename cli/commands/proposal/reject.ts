/** `headgate proposal reject`: it is over, with a reason; the same may be proposed anew. */
import type { Command } from 'commander'
import { at, dryRunQuery, unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { drawProposal } from '../../proposal-page.ts'
import { openSession } from '../../session.ts'
import { appOption, dryRunOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
  readonly reason: string
}

export function proposalRejectCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate proposal reject P-1 --app rack --reason "the fix is out"',
    problems: ['app_not_found', 'proposal_not_found', 'proposal_closed'],
  })
    .argument('<proposal>', 'its id')
    .addOption(appOption())
    .requiredOption('--reason <text>', 'why, for the record')
    .addOption(dryRunOption())
    .action(async (proposal: string, options: Options) => {
      const { app, reason, dryRun } = options
      const { api, report } = await openSession(deps, options)
      const body = await unwrap(
        api.v1.apps[':app'].proposals[':proposal'].reject.$post({
          param: at({ app, proposal }),
          query: dryRunQuery(dryRun),
          json: { reason },
        }),
      )
      report.show('Proposal', body, (page) => drawProposal(page, body))
      if (dryRun) report.say('A dry run: nothing was changed.')
      else report.done(`${body.id} is rejected.`)
      report.next(`headgate proposal list --app ${app}`)
    })
}
