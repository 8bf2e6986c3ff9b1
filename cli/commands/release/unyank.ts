/** `headgate release unyank`: a yank is lifted, at once or as a proposal where a channel asks for approvals. */
import type { Command } from 'commander'
import type { LiftedBody } from '../../../shared/contract/release.ts'
import { at, dryRunQuery, unwrap } from '../../api.ts'
import { drawConcerned } from '../../concerned-page.ts'
import type { Deps } from '../../deps.ts'
import type { Page } from '../../output.ts'
import { oneLine } from '../../plain-text.ts'
import { drawProposal } from '../../proposal-page.ts'
import { openSession } from '../../session.ts'
import { appOption, dryRunOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
  readonly reason: string
}

export function releaseUnyankCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate release unyank ADV-1 --app rack --reason "the reports were about another build"',
    problems: ['app_not_found', 'advisory_not_found', 'frozen'],
  })
    .argument('<advisory>', 'its id')
    .addOption(appOption())
    .requiredOption('--reason <text>', 'why it is good after all')
    .addOption(dryRunOption())
    .action(async (advisory: string, options: Options) => {
      const { app, reason, dryRun } = options
      const { api, report } = await openSession(deps, options)
      const lifted = await unwrap(
        api.v1.apps[':app'].advisories[':advisory'].lift.$post({
          param: at({ app, advisory }),
          query: dryRunQuery(dryRun),
          json: { reason },
        }),
      )
      report.show('Lifted', lifted, (page) => drawLifted(page, lifted))
      const { proposal } = lifted
      if (dryRun) report.say('A dry run: nothing was changed.')
      else if (proposal) report.done(`${proposal.id} lifts ${advisory} with its last approval.`)
      else report.done(`${advisory} is lifted; to serve what it withdrew is a promotion.`)
      report.next(
        proposal
          ? `headgate proposal show ${proposal.id} --app ${app}`
          : `headgate advisory show ${advisory} --app ${app}`,
      )
    })
}

function drawLifted(page: Page, { advisory, proposal, concerned }: LiftedBody): void {
  const { id, app, range, reason, lifted } = advisory
  page.fields([
    ['advisory', `${id} of ${app}`],
    ['range', range],
    ['withdrawn for', oneLine(reason)],
    [
      'lifted',
      lifted === null ? 'not yet' : `by ${lifted.actor}, ${page.when(lifted.at)}: ${oneLine(lifted.reason)}`,
    ],
  ])
  if (proposal) drawProposal(page, proposal)
  drawConcerned(page, concerned)
}
