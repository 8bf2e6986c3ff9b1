/** `headgate audit log`: the ledger, read: who changed what, when and why. */
import { type Command, Option } from 'commander'
import { unwrap } from '../../api.ts'
import { againWith } from '../../command-line.ts'
import type { Deps } from '../../deps.ts'
import { parseLimit, takePages } from '../../paging.ts'
import { oneLine } from '../../plain-text.ts'
import { openSession } from '../../session.ts'
import { type RegistryOptions, registryVerb } from '../../verb.ts'

interface Options extends RegistryOptions {
  readonly app?: string
  readonly type?: string
  readonly order: 'newest' | 'oldest'
  readonly limit: number
  readonly after?: string
}

export function auditLogCommand(deps: Deps): Command {
  return registryVerb({ example: 'headgate audit log --app rack --type release.yanked' })
    .option('--app <app>', 'only what is about this app')
    .option('--type <type>', 'only this type of event, such as channel.promoted')
    .addOption(
      new Option('--order <order>', 'what comes first').choices(['newest', 'oldest']).default('newest'),
    )
    .option('--limit <n>', 'how many, or all', parseLimit, 50)
    .option('--after <sequence>', 'go on behind this one')
    .action(async (options: Options) => {
      const { app, type, order, limit, after } = options
      const { api, report } = await openSession(deps, options)
      const { items: entries, next } = await takePages(limit, after, async (query) => {
        const filters = { order, ...(app !== undefined && { app }), ...(type !== undefined && { type }) }
        const page = await unwrap(api.v1.audit.$get({ query: { ...query, ...filters } }))
        return { items: page.entries, next: page.next }
      })
      report.show('AuditLog', { entries, next }, (page) => {
        page.table(
          ['sequence', 'when', 'by', 'event', 'app', 'about', 'reason'],
          entries.map((entry) => [
            String(entry.sequence),
            page.when(entry.at),
            entry.actor,
            entry.type,
            entry.app ?? '',
            aboutOf(entry.event),
            oneLine(entry.reason ?? noteOf(entry.event), 80),
          ]),
        )
      })
      if (next !== null) report.next(againWith(deps.argv, '--after', next))
    })
}

/** What the event names: the version, channel, rack or token that it is about. */
function aboutOf(event: Readonly<Record<string, unknown>> | null): string {
  if (event === null) return 'redacted'
  const names = [
    ...['channel', 'version', 'yank', 'range', 'rack', 'name', 'token'],
    ...['proposal', 'approver', 'review', 'breakGlass', 'alarm', 'subject'],
  ]
  const words = names.map((name) => event[name]).filter((value) => typeof value === 'string')
  return oneLine([...words, ...pastWords(event.overrides)].join(' '), 120)
}

/** What was said with it instead of a reason: signing, closing, answering. */
function noteOf(event: Readonly<Record<string, unknown>> | null): string {
  return typeof event?.note === 'string' ? event.note : ''
}

/** `past path, soak`: a promotion past its gates is told wherever it is told. */
function pastWords(overrides: unknown): string[] {
  if (!Array.isArray(overrides) || overrides.length === 0) return []
  return [`past ${overrides.map((one: { gate?: unknown }) => String(one.gate)).join(', ')}`]
}
