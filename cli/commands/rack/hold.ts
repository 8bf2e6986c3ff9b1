/** `headgate rack hold`: from the registry, a rack takes nothing until a time; a critical withdrawal passes. */
import type { Command } from 'commander'
import { toIso } from '../../../shared/domain/instants.ts'
import { at, dryRunQuery, unwrap } from '../../api.ts'
import type { Deps } from '../../deps.ts'
import { parseUntil } from '../../duration.ts'
import { reportOrdered } from '../../ordered-rack.ts'
import { openSession } from '../../session.ts'
import { appOption, dryRunOption, type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app: string
  readonly reason: string
  readonly until: string
}

export function rackHoldCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate rack hold prod-1 --app rack --until 4h --reason "audit"',
    problems: ['app_not_found', 'rack_not_found', 'invalid_date'],
  })
    .argument('<rack>', 'its name')
    .addOption(appOption())
    .requiredOption('--until <when>', 'until when: 4h, 2026-12-01 or RFC 3339')
    .requiredOption('--reason <text>', 'why')
    .addOption(dryRunOption())
    .action(async (rack: string, options: Options) => {
      const { app, reason, dryRun } = options
      const until = toIso(parseUntil('--until', options.until, deps.clock.now()))
      const session = await openSession(deps, options)
      const ordered = await unwrap(
        session.api.v1.apps[':app'].racks[':rack'].hold.$post({
          param: at({ app, rack }),
          query: dryRunQuery(dryRun),
          json: { until, reason },
        }),
      )
      reportOrdered(session, ordered, `${rack} is held until ${until}.`)
    })
}
