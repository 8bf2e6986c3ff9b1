/** `headgate fleet list`: the racks behind a number of the fleet, with what is the matter with each. */
import { type Command, Option } from 'commander'
import { standings } from '../../../shared/domain/fleet-standing.ts'
import { Problem } from '../../../shared/domain/problem.ts'
import { at, unwrap } from '../../api.ts'
import { againWith } from '../../command-line.ts'
import type { Deps } from '../../deps.ts'
import { csvOf, drawRacks } from '../../fleet-page.ts'
import { labelTerms } from '../../fleet-scope.ts'
import { parseLimit, takePages } from '../../paging.ts'
import { openSession } from '../../session.ts'
import { appOption, collect, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
  readonly standing?: (typeof standings)[number]
  readonly version?: string
  readonly channel?: string
  readonly label?: readonly string[]
  readonly q?: string
  readonly limit: number
  readonly after?: string
  readonly csv?: boolean
}

const longestWhy = 70

export function fleetListCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate fleet list --app rack --standing silent --label tier=canary',
    problems: ['app_not_found', 'channel_not_found'],
  })
    .addOption(appOption())
    .addOption(new Option('--standing <standing>', 'only racks that stand so').choices(standings))
    .option('--version <version>', 'only racks that run it; none: those of which nothing is known to run')
    .option('--channel <channel>', 'only racks that follow it')
    .option('--label <name=value>', 'only racks with the label (repeatable: with all of them)', collect)
    .option('--q <text>', 'only racks with this in their name')
    .option('--limit <n>', 'how many, by name, or all', parseLimit, 100)
    .option('--after <rack>', 'go on behind this one')
    .option('--csv', 'as CSV, for a spreadsheet')
    .action(async (options: Options) => {
      const { app, limit, after, label, csv, standing, version, channel, q } = options
      if (csv && options.json)
        throw new Problem('invalid_input', '--csv and --json are two answers to one question; ask for one.')
      const asked = {
        ...labelTerms(label),
        ...(standing !== undefined && { standing }),
        ...(version !== undefined && { version }),
        ...(channel !== undefined && { channel }),
        ...(q !== undefined && { q }),
      }
      const { api, report } = await openSession(deps, options)
      const { items: racks, next } = await takePages(limit, after, async (query) => {
        const page = await unwrap(
          api.v1.apps[':app'].fleet.racks.$get({ param: at({ app }), query: { ...asked, ...query } }),
        )
        return { items: page.racks, next: page.next }
      })
      report.show('FleetRacks', { app, racks, next }, (page) => {
        if (csv) for (const line of csvOf(racks)) page.line(line)
        else drawRacks(page, racks, longestWhy)
      })
      if (next !== null) report.next(againWith(deps.argv, '--after', next))
      else if (racks[0]) report.next(`headgate explain --app ${app} --rack ${racks[0].rack}`)
    })
}
