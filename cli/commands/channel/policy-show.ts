/** `headgate channel policy show`: what a channel's promotions have to pass; or the document, to be edited and set. */
import { type Command, Option } from 'commander'
import { at, unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { drawPolicy } from '../../policy-page.ts'
import { openSession } from '../../session.ts'
import { appOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
  readonly document?: 'json' | 'toml'
}

export function channelPolicyShowCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate channel policy show stable --app rack --document toml',
    problems: ['app_not_found', 'channel_not_found'],
  })
    .argument('<channel>', 'its name')
    .addOption(appOption())
    .addOption(new Option('--document <format>', 'print the document alone').choices(['json', 'toml']))
    .action(async (name: string, options: Options) => {
      const { app, document } = options
      const { api, report } = await openSession(deps, options)
      const { channel, policy, policyRevision } = await unwrap(
        api.v1.apps[':app'].channels[':channel'].details.$get({
          query: {},
          param: at({ app, channel: name }),
        }),
      )
      if (document !== undefined && !report.isJson) {
        const { writePolicy } = await import('../../policy-file.ts')
        deps.out.stdout.write(writePolicy(policy, document))
        return
      }
      report.show('Policy', { app, channel, policyRevision, policy }, (page) => {
        page.line(`The policy of ${channel} of ${app}, revision ${policyRevision}`)
        drawPolicy(page, policy)
      })
      report.next(`headgate channel policy show ${channel} --app ${app} --document toml > policy.toml`)
    })
}
