/** `headgate fleet status`: how many racks stand how, and which versions they run where. */
import type { Command } from 'commander'
import { at, unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { drawFleet } from '../../fleet-page.ts'
import { labelTerms, scopeFlags } from '../../fleet-scope.ts'
import { openSession } from '../../session.ts'
import { appOption, collect, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
  readonly channel?: string
  readonly label?: readonly string[]
}

export function fleetStatusCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate fleet status --app rack --channel stable',
    problems: ['app_not_found', 'channel_not_found'],
  })
    .addOption(appOption())
    .option('--channel <channel>', 'only racks that follow it')
    .option('--label <name=value>', 'only racks with the label (repeatable: with all of them)', collect)
    .action(async (options: Options) => {
      const { app, channel, label } = options
      const query = { ...(channel !== undefined && { channel }), ...labelTerms(label) }
      const { api, report } = await openSession(deps, options)
      const fleet = await unwrap(api.v1.apps[':app'].fleet.$get({ param: at({ app }), query }))
      report.show('Fleet', fleet, (page) => drawFleet(page, fleet))
      const worst = fleet.standings.find(({ standing, racks }) => racks > 0 && standing !== 'well')
      const scope = scopeFlags({ channel, label })
      if (worst) report.next(`headgate fleet list --app ${app} --standing ${worst.standing}${scope}`)
    })
}
