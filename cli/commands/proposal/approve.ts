/** `headgate proposal approve`: a second person's word, for the gates as they stand now. */
import type { Command } from 'commander'
import type { ProposalBody } from '../../../shared/contract/gates.ts'
import { at, dryRunQuery, unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { drawProposal, nextForProposal, wishOf } from '../../proposal-page.ts'
import { openSession } from '../../session.ts'
import { appOption, dryRunOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
  readonly note?: string
}

export function proposalApproveCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate proposal approve P-1 --app rack --note "read the diff with ada"',
    problems: ['app_not_found', 'proposal_not_found', 'proposal_closed', 'self_approval'],
  })
    .argument('<proposal>', 'its id')
    .addOption(appOption())
    .option('--note <text>', 'what was looked at')
    .addOption(dryRunOption())
    .action(async (proposal: string, options: Options) => {
      const { app, note, dryRun } = options
      const { api, report } = await openSession(deps, options)
      const body = await unwrap(
        api.v1.apps[':app'].proposals[':proposal'].approve.$post({
          param: at({ app, proposal }),
          query: dryRunQuery(dryRun),
          json: { ...(note !== undefined && { note }) },
        }),
      )
      report.show('Proposal', body, (page) => drawProposal(page, body))
      if (dryRun) report.say('A dry run: nothing was changed.')
      else report.done(endOf(body))
      report.next(nextForProposal(body))
    })
}

/** The last approval carries out what was armed. */
function endOf(body: ProposalBody): string {
  if (body.standing === 'enacted') return `${body.id} is approved and carried out: ${wishOf(body)}.`
  return `${body.id} is approved as its gates stand now; one that gets worse takes the approval away.`
}
