/** `headgate review sign`: a second person has looked at what went past the rules, and says what was found. */
import type { Command } from 'commander'
import { at, dryRunQuery, unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { drawReviews } from '../../reviews-page.ts'
import { openSession } from '../../session.ts'
import { dryRunOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly note: string
}

export function reviewSignCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate review sign R-1 --note "was right: staging was down, the soak is there by now"',
    problems: ['review_not_found', 'self_approval'],
  })
    .argument('<review>', 'its id')
    .requiredOption('--note <text>', 'what was found')
    .addOption(dryRunOption())
    .action(async (review: string, options: Options) => {
      const { note, dryRun } = options
      const { api, report } = await openSession(deps, options)
      const body = await unwrap(
        api.v1.reviews[':review'].sign.$post({
          param: at({ review }),
          query: dryRunQuery(dryRun),
          json: { note },
        }),
      )
      report.show('Review', body, (page) => drawReviews(page, [body]))
      if (dryRun) report.say('A dry run: nothing was changed.')
      else report.done(`${body.id} is signed.`)
      report.next('headgate review list')
    })
}
