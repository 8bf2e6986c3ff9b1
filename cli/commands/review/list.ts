/** `headgate review list`: what went past the rules, and who has looked at it since. */
import type { Command } from 'commander'
import { unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { drawReviews } from '../../reviews-page.ts'
import { openSession } from '../../session.ts'
import { type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly all?: boolean
}

export function reviewListCommand(deps: Deps): Command {
  return registryVerb({ example: 'headgate review list' })
    .option('--all', 'also those that are signed')
    .action(async (options: Options) => {
      const { api, report } = await openSession(deps, options)
      const { reviews } = await unwrap(api.v1.reviews.$get({ query: options.all ? { all: 'true' } : {} }))
      report.show('ReviewList', { reviews }, (page) => drawReviews(page, reviews))
      const waiting = reviews.filter(({ signedBy }) => signedBy === null)
      const open = waiting.find(({ isOverdue }) => isOverdue) ?? waiting[0]
      if (open) report.next(`headgate review sign ${open.id} --note "…"`)
    })
}
