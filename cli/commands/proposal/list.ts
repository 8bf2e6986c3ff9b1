/** `headgate proposal list`: what waits, for what, and who wished it. */
import { type Command, Option } from 'commander'
import { at, unwrap } from '../../api.ts'
import { againWith } from '../../command-line.ts'
import type { Deps } from '../../deps.ts'
import { parseLimit, takePages } from '../../paging.ts'
import { oneLine } from '../../plain-text.ts'
import { waitsFor, wishOf } from '../../proposal-page.ts'
import { openSession } from '../../session.ts'
import { appOption, type RegistryOptions, registryVerb } from '../../verb.ts'

const standings = ['open', 'enacted', 'rejected', 'stale', 'all'] as const

interface Options extends RegistryOptions {
  readonly app: string
  readonly standing: (typeof standings)[number]
  readonly limit: number
  readonly after?: string
}

export function proposalListCommand(deps: Deps): Command {
  return registryVerb({ example: 'headgate proposal list --app rack', problems: ['app_not_found'] })
    .addOption(appOption())
    .addOption(
      new Option('--standing <standing>', 'those that stand like this').choices(standings).default('open'),
    )
    .option('--limit <n>', 'how many, newest first, or all', parseLimit, 20)
    .option('--after <proposal>', 'go on behind this one')
    .action(async (options: Options) => {
      const { app, standing, limit, after } = options
      const { api, report } = await openSession(deps, options)
      const filter = standing === 'all' ? {} : { standing }
      const { items: proposals, next } = await takePages(limit, after, async (query) => {
        const page = await unwrap(
          api.v1.apps[':app'].proposals.$get({ param: at({ app }), query: { ...query, ...filter } }),
        )
        return { items: page.proposals, next: page.next }
      })
      report.show('ProposalList', { app, proposals, next }, (page) => {
        page.table(
          ['proposal', 'wish', 'stands', 'waits for', 'by', 'when', 'reason'],
          proposals.map((one) => [
            one.id,
            wishOf(one),
            one.standing,
            waitsFor(one),
            one.actor,
            page.when(one.at),
            oneLine(one.reason ?? '', 60),
          ]),
        )
      })
      const [first] = proposals
      if (next !== null) report.next(againWith(deps.argv, '--after', next))
      else if (first) report.next(`headgate proposal show ${first.id} --app ${app}`)
    })
}
