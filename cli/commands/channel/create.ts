/** `headgate channel create`: a channel that another one feeds, or that takes every build as it is published. */
import type { Command } from 'commander'
import { at, dryRunQuery, unwrap } from '../../api.ts'
import { drawChannel } from '../../channel-page.ts'
import type { Deps } from '../../deps.ts'
import { openSession } from '../../session.ts'
import { appOption, dryRunOption, type RegistryOptions, registryVerb, wholeNumber } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
  readonly from?: string
  readonly promoteOnPublish?: boolean
  readonly checkSeconds?: number
}

export function channelCreateCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate channel create beta --app rack --from unstable',
    problems: ['name_taken', 'app_not_found', 'channel_not_found'],
  })
    .argument('<channel>', 'its name')
    .addOption(appOption())
    .option('--from <channel>', 'the channel that feeds it: only what was its head may be promoted')
    .option('--promote-on-publish', 'take every build as it is published')
    .option('--check-seconds <seconds>', 'how often its racks ask', wholeNumber)
    .addOption(dryRunOption())
    .action(async (channel: string, options: Options) => {
      const { from, promoteOnPublish, checkSeconds } = options
      const { api, report } = await openSession(deps, options)
      const body = await unwrap(
        api.v1.apps[':app'].channels.$post({
          param: at({ app: options.app }),
          query: dryRunQuery(options.dryRun),
          json: {
            channel,
            ...(from !== undefined && { from }),
            policy: {
              ...(promoteOnPublish !== undefined && { promoteOnPublish }),
              ...(checkSeconds !== undefined && { checkSeconds }),
            },
          },
        }),
      )
      report.show('Channel', body, (page) => drawChannel(page, body))
      if (options.dryRun) report.say('A dry run: nothing was changed.')
      else report.done(`The channel ${body.channel} of ${body.app} is there.`)
      report.next(`headgate promote --app ${body.app} --to ${body.channel}`)
    })
}
