/** `headgate channel list`: the channels of an app, what they serve, and how many racks follow. */
import type { Command } from 'commander'
import { at, unwrap } from '../../api.ts'
import { rolloutOfHead } from '../../channel-page.ts'
import type { Deps } from '../../deps.ts'
import { openSession } from '../../session.ts'
import { appOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
}

export function channelListCommand(deps: Deps): Command {
  return registryVerb({ example: 'headgate channel list --app rack', problems: ['app_not_found'] })
    .addOption(appOption())
    .action(async (options: Options) => {
      const { api, report } = await openSession(deps, options)
      const { channels } = await unwrap(
        api.v1.apps[':app'].channels.$get({ param: at({ app: options.app }) }),
      )
      report.show('ChannelList', { channels }, (page) => {
        page.table(
          ['channel', 'serves', 'since', 'fed by', 'racks', 'on head', 'rollout', 'revision', 'frozen'],
          channels.map((one) => [
            one.channel,
            one.head ?? '',
            page.when(one.since),
            one.from ?? (one.policy.promoteOnPublish ? '(publications)' : ''),
            String(one.racks),
            String(one.racksOnHead),
            rolloutOfHead(one) ?? '',
            String(one.revision),
            one.frozen ?? 'no',
          ]),
        )
      })
    })
}
