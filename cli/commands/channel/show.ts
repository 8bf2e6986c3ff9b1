/** `headgate channel show`: one channel, what waits for it, and what its gates say to the release that is next. */
import type { Command } from 'commander'
import { at, unwrap } from '../../api.ts'
import { drawChannel, drawWaiting, nextForChannel } from '../../channel-page.ts'
import type { Deps } from '../../deps.ts'
import { openSession } from '../../session.ts'
import { appOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
}

export function channelShowCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate channel show stable --app rack',
    problems: ['app_not_found', 'channel_not_found'],
  })
    .argument('<channel>', 'its name')
    .addOption(appOption())
    .action(async (channel: string, options: Options) => {
      const { api, report } = await openSession(deps, options)
      const body = await unwrap(
        api.v1.apps[':app'].channels[':channel'].details.$get({ param: at({ app: options.app, channel }) }),
      )
      report.show('Channel', body, (page) => {
        drawChannel(page, body)
        drawWaiting(page, body)
      })
      report.next(nextForChannel(body))
    })
}
