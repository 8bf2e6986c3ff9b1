/** `headgate fleet adoption`: how versions spread over the racks, drawn for a person and as plain counts in a pipe. */
import type { Command } from 'commander'
import { toIso } from '../../../shared/domain/instants.ts'
import { at, unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { parsePast } from '../../duration.ts'
import { adoptionLines, drawAdoption } from '../../fleet-adoption-chart.ts'
import { openSession } from '../../session.ts'
import { appOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
  readonly channel?: string
  readonly since: string
}

export function fleetAdoptionCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate fleet adoption --app rack --channel stable --since 30d',
    problems: ['app_not_found', 'channel_not_found', 'invalid_date'],
  })
    .addOption(appOption())
    .option('--channel <channel>', 'only racks that follow it')
    .option('--since <when>', 'from then on: 30d (ago), 2026-12-01 or RFC 3339', '30d')
    .action(async (options: Options) => {
      const { app, channel } = options
      const since = toIso(parsePast('--since', options.since, deps.clock.now()))
      const query = { since, ...(channel !== undefined && { channel }) }
      const { api, report } = await openSession(deps, options)
      const adoption = await unwrap(api.v1.apps[':app'].fleet.adoption.$get({ param: at({ app }), query }))
      const { stdout } = deps.out
      report.show('Adoption', adoption, (page) => {
        if (stdout.isTerminal) drawAdoption(page, adoption, stdout)
        else for (const line of adoptionLines(adoption)) page.line(line)
      })
      if (adoption.at.length === 0)
        report.say(
          'The registry counts once an hour, from when it first ran; nothing was counted in that time.',
        )
      report.next(`headgate fleet status --app ${app}`)
    })
}
