/** `headgate release list`: releases in version order, newest first. */
import type { Command } from 'commander'
import { at, unwrap } from '../../api.ts'
import { againWith } from '../../command-line.ts'
import type { Deps } from '../../deps.ts'
import { parseLimit, takePages } from '../../paging.ts'
import { openSession } from '../../session.ts'
import { appOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
  readonly channel?: string
  readonly limit: number
  readonly after?: string
}

export function releaseListCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate release list --app rack --channel stable --limit 20',
    problems: ['app_not_found', 'channel_not_found'],
  })
    .addOption(appOption())
    .option('--channel <channel>', 'only what this channel ever served')
    .option('--limit <n>', 'how many, or all', parseLimit, 50)
    .option('--after <version>', 'go on behind this one')
    .action(async (options: Options) => {
      const { app, channel, limit, after } = options
      const { api, report } = await openSession(deps, options)
      const { items: releases, next } = await takePages(limit, after, async (query) => {
        const page = await unwrap(
          api.v1.apps[':app'].releases.$get({
            param: at({ app }),
            query: { ...query, ...(channel !== undefined && { channel }) },
          }),
        )
        return { items: page.releases, next: page.next }
      })
      report.show('ReleaseList', { app, releases, next }, (page) => {
        page.table(
          ['version', 'published', 'head of', 'served on', 'racks', 'yanked', 'facts'],
          releases.map(({ version, publishedAt, headOf, servedOn, racks, yank, routing }) => [
            version,
            page.when(publishedAt),
            headOf.join(','),
            servedOn.join(','),
            String(racks),
            yank ?? '',
            [routing.required ? 'required' : '', routing.floor ? `floor=${routing.floor}` : '']
              .filter(Boolean)
              .join(','),
          ]),
        )
      })
      if (next !== null) report.next(againWith(deps.argv, '--after', next))
    })
}
