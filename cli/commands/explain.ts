/** `headgate explain`: what a rack would be told if it asked now, with every rule that was asked on the way. */
import type { Command } from 'commander'
import { at, unwrap } from '../api.ts'
import { drawDecision } from '../decision-page.ts'
import type { Deps } from '../deps.ts'
import { openSession } from '../session.ts'
import { appOption, type RegistryOptions, registryVerb } from '../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
  readonly rack: string
}

export function explainCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate explain --app rack --rack prod-1',
    problems: ['app_not_found', 'rack_not_found'],
  })
    .addOption(appOption())
    .requiredOption('--rack <rack>', 'the rack')
    .action(async (options: Options) => {
      const { api, report } = await openSession(deps, options)
      const decision = await unwrap(
        api.v1.apps[':app'].racks[':rack'].decision.$get({
          param: at({ app: options.app, rack: options.rack }),
        }),
      )
      report.show('Decision', decision, (page) => drawDecision(page, decision))
    })
}
