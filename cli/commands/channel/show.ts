/** `headgate channel show`: one channel, what waits for it, and what its gates say to the release that is next. */
import type { Command } from 'commander'
import { at, unwrap } from '../../api.ts'
import { drawChannel, drawWaiting, nextForChannel } from '../../channel-page.ts'
import type { Deps } from '../../deps.ts'
import { atOption, atQuery, drawPast } from '../../past-page.ts'
import { openSession } from '../../session.ts'
import { appOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
  readonly at?: string
}

export function channelShowCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate channel show stable --app rack',
    problems: ['app_not_found', 'channel_not_found', 'invalid_date'],
  })
    .argument('<channel>', 'its name')
    .addOption(appOption())
    .option(...atOption)
    .action(async (channel: string, options: Options) => {
      const { api, report } = await openSession(deps, options)
      const body = await unwrap(
        api.v1.apps[':app'].channels[':channel'].details.$get({
          param: at({ app: options.app, channel }),
          query: atQuery(deps, options.at),
        }),
      )
      report.show('Channel', body, (page) => {
        drawChannel(page, body)
        drawWaiting(page, body)
        drawPast(page, body.past)
      })
      if (!body.past) report.next(nextForChannel(body))
    })
}
