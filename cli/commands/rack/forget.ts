/** `headgate rack forget`: for a rack that is gone. Its token ends; what it did stays in the record. */
import type { Command } from 'commander'
import { at, dryRunQuery, unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { confirmByName } from '../../prompt.ts'
import { openSession } from '../../session.ts'
import { appOption, dryRunOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
  readonly reason: string
  readonly confirm?: string
}

export function rackForgetCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate rack forget prod-1 --app rack --reason "the host is gone" --confirm prod-1',
    problems: ['app_not_found', 'rack_not_found', 'confirmation_required', 'declined'],
  })
    .argument('<rack>', 'its name')
    .addOption(appOption())
    .requiredOption('--reason <text>', 'why, for the record')
    .option('--confirm <rack>', 'confirm by the name of the rack')
    .addOption(dryRunOption())
    .action(async (name: string, options: Options) => {
      const { app, reason, dryRun } = options
      const { api, report } = await openSession(deps, options)
      if (!dryRun) {
        await confirmByName(deps, {
          name,
          given: options.confirm,
          act: `This forgets the rack ${name} of ${app}: its token ends, and it can ask no more until it is enrolled again.`,
          preview: async () => undefined,
        })
      }
      const rack = await unwrap(
        api.v1.apps[':app'].racks[':rack'].forget.$post({
          param: at({ app, rack: name }),
          query: dryRunQuery(dryRun),
          json: { reason },
        }),
      )
      report.show('Rack', rack, (page) => {
        page.fields([
          ['rack', `${rack.rack} of ${rack.app}`],
          ['channel', rack.channel],
          ['ran', rack.current ?? 'nothing known'],
          ['last seen', rack.lastSeenAt === null ? 'never' : page.when(rack.lastSeenAt)],
        ])
      })
      if (dryRun) report.say('A dry run: nothing was changed.')
      else report.done(`The rack ${name} is forgotten.`)
      report.next(`headgate rack list --app ${app}`)
    })
}
