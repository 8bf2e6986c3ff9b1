/** `headgate rollout show`: one rollout, with what its racks have shown by now. */
import type { Command } from 'commander'
import { at, unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { drawRollout } from '../../rollout-page.ts'
import { nextForRollout } from '../../rollout-words.ts'
import { openSession } from '../../session.ts'
import { appOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
}

export function rolloutShowCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate rollout show R-1 --app rack',
    problems: ['app_not_found', 'rollout_not_found'],
  })
    .argument('<rollout>', 'its id')
    .addOption(appOption())
    .action(async (rollout: string, options: Options) => {
      const { api, report } = await openSession(deps, options)
      const body = await unwrap(
        api.v1.apps[':app'].rollouts[':rollout'].$get({ param: at({ app: options.app, rollout }) }),
      )
      report.show('Rollout', body, (page) => drawRollout(page, body))
      report.next(nextForRollout(body))
    })
}
