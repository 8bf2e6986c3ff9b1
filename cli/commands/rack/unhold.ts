/** `headgate rack unhold`: lifts the hold that was ordered from the registry; the rack takes updates again, where no hold of its own keeps it. */
import type { Command } from 'commander'
import { at, dryRunQuery, unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { reportOrdered } from '../../ordered-rack.ts'
import { openSession } from '../../session.ts'
import { appOption, dryRunOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
  readonly reason?: string
}

export function rackUnholdCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate rack unhold prod-1 --app rack --reason "INC-42 is mended"',
    problems: ['app_not_found', 'rack_not_found', 'order_not_found'],
  })
    .argument('<rack>', 'its name')
    .addOption(appOption())
    .option('--reason <text>', 'why, for the record')
    .addOption(dryRunOption())
    .action(async (rack: string, options: Options) => {
      const { app, reason, dryRun } = options
      const session = await openSession(deps, options)
      const ordered = await unwrap(
        session.api.v1.apps[':app'].racks[':rack'].unhold.$post({
          param: at({ app, rack }),
          query: dryRunQuery(dryRun),
          json: { ...(reason !== undefined && { reason }) },
        }),
      )
      reportOrdered(session, ordered, `No longer held from the registry: ${rack}.`)
    })
}
