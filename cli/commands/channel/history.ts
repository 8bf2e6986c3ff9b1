/** `headgate channel history`: every movement of a channel's head, who made it and why. */
import type { Command } from 'commander'
import type { HistoryEntryBody } from '../../../shared/contract/app.ts'
import { at, unwrap } from '../../api.ts'
import { againWith } from '../../command-line.ts'
import type { Deps } from '../../deps.ts'
import { parseLimit, takePages } from '../../paging.ts'
import { oneLine } from '../../plain-text.ts'
import { openSession } from '../../session.ts'
import { appOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
  readonly limit: number
  readonly after?: string
}

export function channelHistoryCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate channel history stable --app rack',
    problems: ['app_not_found', 'channel_not_found'],
  })
    .argument('<channel>', 'its name')
    .addOption(appOption())
    .option('--limit <n>', 'how many movements, newest first, or all', parseLimit, 20)
    .option('--after <revision>', 'go on behind this one')
    .action(async (channel: string, options: Options) => {
      const { api, report } = await openSession(deps, options)
      const param = at({ app: options.app, channel })
      const { items: entries, next } = await takePages(options.limit, options.after, async (query) => {
        const page = await unwrap(api.v1.apps[':app'].channels[':channel'].history.$get({ param, query }))
        return { items: page.entries, next: page.next }
      })
      report.show('ChannelHistory', { app: options.app, channel, entries, next }, (page) => {
        page.table(
          ['revision', 'movement', 'version', 'yanked', 'when', 'by', 'reason'],
          entries.map((entry) => [
            String(entry.revision),
            movementWords(entry),
            entry.version ?? '',
            entry.isYanked ? 'yes' : 'no',
            page.when(entry.at),
            entry.actor,
            oneLine(entry.reason ?? '', 80),
          ]),
        )
      })
      if (next !== null) report.next(againWith(deps.argv, '--after', next))
    })
}

/** With the gates that it went past: whoever reads the history must not have to look for them. */
function movementWords({ movement, via, overrides }: HistoryEntryBody): string {
  const words = via === null ? movement : `${movement} (${via})`
  return overrides.length === 0 ? words : `${words} past ${overrides.join(', ')}`
}
