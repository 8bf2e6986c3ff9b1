/** `headgate rack pin`: from the registry, a rack stays on a version, or goes to one and stays there. */
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
  readonly until?: string
  readonly accept?: string
}

export function rackPinCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate rack pin prod-1 --app rack --reason "INC-42: wait for the fix" --until 7d',
    problems: [
      'app_not_found',
      'rack_not_found',
      'release_not_found',
      'advisory_not_found',
      'never_served',
      'yanked',
      'invalid_version',
      'invalid_date',
    ],
  })
    .argument('<rack>', 'its name')
    .argument('[version]', 'go to this version and stay (else: stay on what runs)')
    .addOption(appOption())
    .requiredOption('--reason <text>', 'why; whoever finds the rack there reads it')
    .option('--until <when>', 'it ends by itself: 7d, 2026-12-01 or RFC 3339')
    .option('--accept <advisory>', 'stay although this advisory withdrew the version')
    .addOption(dryRunOption())
    .action(async (rack: string, version: string | undefined, options: Options) => {
      const { app, reason, until, accept, dryRun } = options
      const end = until === undefined ? undefined : toIso(parseUntil('--until', until, deps.clock.now()))
      const session = await openSession(deps, options)
      const ordered = await unwrap(
        session.api.v1.apps[':app'].racks[':rack'].pin.$post({
          param: at({ app, rack }),
          query: dryRunQuery(dryRun),
          json: {
            reason,
            ...(version !== undefined && { version }),
            ...(end !== undefined && { until: end }),
            ...(accept !== undefined && { acceptedAdvisory: accept }),
          },
        }),
      )
      const { pin } = ordered.rack.orders
      reportOrdered(session, ordered, `${rack} is pinned to ${pin?.version ?? 'nothing'}.`)
    })
}
