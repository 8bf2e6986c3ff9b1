/** `headgate advisory show`: one yank, who is still on it and who has gone back. */
import type { Command } from 'commander'
import { drawAdvisory } from '../../advisory-page.ts'
import { at, unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { openSession } from '../../session.ts'
import { appOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
}

export function advisoryShowCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate advisory show ADV-1 --app rack',
    problems: ['app_not_found', 'advisory_not_found'],
  })
    .argument('<advisory>', 'its id')
    .addOption(appOption())
    .action(async (id: string, options: Options) => {
      const { api, report } = await openSession(deps, options)
      const advisory = await unwrap(
        api.v1.apps[':app'].advisories[':advisory'].$get({ param: at({ app: options.app, advisory: id }) }),
      )
      report.show('Advisory', advisory, (page) => drawAdvisory(page, advisory))
      const [first] = advisory.racksOn
      if (first) report.next(`headgate explain --app ${options.app} --rack ${first.rack}`)
    })
}
