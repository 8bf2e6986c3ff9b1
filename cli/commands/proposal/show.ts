/** `headgate proposal show`: one proposal with its gates as they stand now, and what would change them. */
import type { Command } from 'commander'
import { at, unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { drawProposal, nextForProposal } from '../../proposal-page.ts'
import { openSession } from '../../session.ts'
import { appOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
}

export function proposalShowCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate proposal show P-1 --app rack',
    problems: ['app_not_found', 'proposal_not_found'],
  })
    .argument('<proposal>', 'its id')
    .addOption(appOption())
    .action(async (proposal: string, options: Options) => {
      const { api, report } = await openSession(deps, options)
      const body = await unwrap(
        api.v1.apps[':app'].proposals[':proposal'].$get({ param: at({ app: options.app, proposal }) }),
      )
      report.show('Proposal', body, (page) => drawProposal(page, body))
      report.next(nextForProposal(body))
    })
}
