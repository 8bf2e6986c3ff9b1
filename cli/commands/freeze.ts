/** `headgate freeze`: one person, one second, and nobody moves forward. With `--all` nobody moves at all. */
import type { Command } from 'commander'
import type { FreezeBody } from '../../shared/contract/registry.ts'
import { toIso } from '../../shared/domain/instants.ts'
import { Problem } from '../../shared/domain/problem.ts'
import { dryRunQuery, unwrap } from '../api.ts'
import { drawConcerned } from '../concerned-page.ts'
import type { Deps } from '../deps.ts'
import { parseUntil } from '../duration.ts'
import { scopeFlags, scopeOf, scopeWords } from '../freeze-scope.ts'
import { oneLine } from '../plain-text.ts'
import { confirmByName } from '../prompt.ts'
import { openSession, type Session } from '../session.ts'
import { dryRunOption, type RegistryOptions, registryVerb } from '../verb.ts'

interface Options extends RegistryOptions {
  readonly app?: string
  readonly channel?: string
  readonly all?: boolean
  readonly reason?: string
  readonly until?: string
  readonly confirm?: string
  readonly list?: boolean
}

export function freezeCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate freeze --app rack --channel stable --reason "looking into INC-42" --until 4h',
    problems: ['app_not_found', 'channel_not_found', 'invalid_date', 'confirmation_required', 'declined'],
  })
    .option('--app <app>', 'only this app (else the whole registry)')
    .option('--channel <channel>', 'only this channel of the app')
    .option('--reason <text>', 'why; racks that wait are told')
    .option('--until <when>', 'it ends by itself: 4h, 2026-12-01 or RFC 3339 (else somebody lifts it)')
    .option('--all', 'also stop remedies, recalls and first installs')
    .option('--confirm <name>', 'with --all: confirm by the name of the channel or app, or "registry"')
    .option('--list', 'only list what is frozen now')
    .addOption(dryRunOption())
    .action(async (options: Options) => {
      const { all = false, reason, until, dryRun } = options
      const session = await openSession(deps, options)
      if (options.list) return listFreezes(session)
      if (reason === undefined) {
        throw new Problem('invalid_input', 'A freeze wants a reason: whoever is stopped by it reads it.', {
          hint: `headgate freeze${scopeFlags(options)} --reason "…"`,
        })
      }
      const end = until === undefined ? undefined : toIso(parseUntil('--until', until, deps.clock.now()))
      if (all && !dryRun) {
        await confirmByName(deps, {
          name: options.channel ?? options.app ?? 'registry',
          given: options.confirm,
          act: `This stops every movement in ${scopeWords(options)}, also the way back from a withdrawn version.`,
          preview: async () => undefined,
        })
      }
      const freeze = await unwrap(
        session.api.v1.freezes.$post({
          query: dryRunQuery(dryRun),
          json: { ...scopeOf(options), all, reason, ...(end !== undefined && { until: end }) },
        }),
      )
      session.report.show('Freeze', freeze, (page) => {
        page.table(columns, [rowOf(freeze, page.when)])
        drawConcerned(page, freeze.concerned)
      })
      if (dryRun) session.report.say('A dry run: nothing was changed.')
      else session.report.done(`Frozen: ${scopeWords(options)}.`)
      session.report.next(`headgate unfreeze${scopeFlags(options)}`)
    })
}

async function listFreezes({ api, report }: Session): Promise<void> {
  const { freezes } = await unwrap(api.v1.freezes.$get())
  report.show('FreezeList', { freezes }, (page) => {
    page.table(
      columns,
      freezes.map((freeze) => rowOf(freeze, page.when)),
    )
  })
}

const columns = ['scope', 'stops', 'since', 'by', 'until', 'reason']

function rowOf(freeze: FreezeBody, when: (instant: string | null) => string): string[] {
  const { app, channel, all, at, actor, until, reason } = freeze
  return [
    [app, channel].filter(Boolean).join('/') || 'registry',
    all ? 'everything' : 'forward',
    when(at),
    actor,
    until === null ? 'it is lifted' : when(until),
    oneLine(reason, 80),
  ]
}
