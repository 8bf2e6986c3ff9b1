/** `headgate audit log`: the ledger, read: who changed what, when and why; with `--follow` as it happens. */
import { type Command, Option } from 'commander'
import type { AuditEntryBody } from '../../../shared/contract/audit.ts'
import { toIso } from '../../../shared/domain/instants.ts'
import { Problem } from '../../../shared/domain/problem.ts'
import { unwrap } from '../../api.ts'
import { againWith } from '../../command-line.ts'
import type { Deps } from '../../deps.ts'
import { parsePast } from '../../duration.ts'
import { followEvents } from '../../follow-events.ts'
import type { Page } from '../../output.ts'
import { parseLimit, takePages } from '../../paging.ts'
import { oneLine } from '../../plain-text.ts'
import { openSession, type Session } from '../../session.ts'
import { type RegistryOptions, registryVerb } from '../../verb.ts'

interface Filter {
  readonly app?: string
  readonly type?: string
  readonly actor?: string
  readonly channel?: string
  readonly version?: string
}

interface Options extends RegistryOptions, Omit<Filter, 'version'> {
  readonly release?: string
  readonly since?: string
  readonly until?: string
  readonly order: 'newest' | 'oldest'
  readonly limit: number
  readonly after?: string
  readonly follow?: boolean
}

export function auditLogCommand(deps: Deps): Command {
  return registryVerb({
    example: 'headgate audit log --app rack --type release.yanked --since 7d',
    problems: ['invalid_date'],
  })
    .option('--app <app>', 'only what is about this app')
    .option('--type <type>', 'only this type of event, such as channel.promoted')
    .option('--actor <actor>', 'only what was done by token:NAME, rack:APP/NAME, registry, or by NAME')
    .option('--channel <channel>', 'only what names this channel')
    .option('--release <version>', 'only what names this version')
    .option('--since <when>', 'from then on: 7d (ago), 2026-12-01 or RFC 3339')
    .option('--until <when>', 'what was before that')
    .addOption(
      new Option('--order <order>', 'what comes first').choices(['newest', 'oldest']).default('newest'),
    )
    .option('--limit <n>', 'how many, or all', parseLimit, 50)
    .option('--after <sequence>', 'go on behind this one')
    .option('--follow', 'then go on with what happens, oldest first, until you end it')
    .action(async (options: Options) => {
      const session = await openSession(deps, options)
      const filter = filterOf(options)
      if (options.follow) return follow(deps, session, options, filter)
      const { entries, next } = await take(deps, session, options, filter)
      session.report.show('AuditLog', { entries, next }, (page) => {
        page.table(
          columns,
          entries.map((entry) => cellsOf(page, entry)),
        )
      })
      if (next !== null) session.report.next(againWith(deps.argv, '--after', next))
    })
}

async function take(deps: Deps, { api }: Session, options: Options, filter: Filter) {
  const { order, limit, after } = options
  const now = deps.clock.now()
  const iso = (flag: string, text: string | undefined) =>
    text === undefined ? undefined : toIso(parsePast(flag, text, now))
  const [since, until] = [iso('--since', options.since), iso('--until', options.until)]
  const span = { ...(since !== undefined && { since }), ...(until !== undefined && { until }) }
  const { items, next } = await takePages(limit, after, async (query) => {
    const page = await unwrap(api.v1.audit.$get({ query: { ...query, order, ...filter, ...span } }))
    return { items: page.entries, next: page.next }
  })
  return { entries: items, next }
}

/** The newest ones first, as the list begins; then each as it happens. */
async function follow(deps: Deps, session: Session, options: Options, filter: Filter): Promise<void> {
  for (const flag of ['until', 'after'] as const) {
    if (options[flag] !== undefined)
      throw new Problem('invalid_input', `--follow goes on with what happens next; --${flag} does not fit.`)
  }
  const signal = deps.interruption()
  const { report } = session
  const { entries } = await take(deps, session, { ...options, order: 'newest' }, filter)
  let last = 0
  const show = (entry: AuditEntryBody): void => {
    last = entry.sequence
    report.show('AuditEntry', entry, (page) => page.line(cellsOf(page, entry).filter(Boolean).join('  ')))
  }
  for (const entry of entries.reverse()) show(entry)
  const asked = { registry: session, clock: deps.clock, report, filter: { ...filter }, after: last, signal }
  for await (const entry of followEvents(asked)) show(entry)
}

function filterOf({ app, type, actor, channel, release: version }: Options): Filter {
  return {
    ...(app !== undefined && { app }),
    ...(type !== undefined && { type }),
    ...(actor !== undefined && { actor }),
    ...(channel !== undefined && { channel }),
    ...(version !== undefined && { version }),
  }
}

const columns = ['sequence', 'when', 'by', 'event', 'app', 'about', 'reason']

function cellsOf(page: Page, entry: AuditEntryBody): string[] {
  const { sequence, at, actor, type, app, reason } = entry
  return [
    String(sequence),
    page.when(at),
    actor,
    type,
    app ?? '',
    aboutOf(entry),
    oneLine(reason ?? noteOf(entry), 80),
  ].map((cell) => oneLine(cell))
}

/** What the event names: the version, channel, rack or token that it is about. */
function aboutOf({ event, type }: AuditEntryBody): string {
  if (event === null) return 'redacted'
  if (type === 'event.redacted') return `event ${String(event.sequence)}`
  const names = [
    ...['channel', 'version', 'yank', 'range', 'rack', 'name', 'token'],
    ...['scope', 'proposal', 'approver', 'review', 'breakGlass', 'alarm', 'subject', 'rollout'],
  ]
  const words = names.map((name) => event[name]).filter((value) => typeof value === 'string')
  return oneLine([...words, ...pastWords(event.overrides)].join(' '), 120)
}

/** What was said with it instead of a reason: signing, closing, answering; what a wave had shown. */
function noteOf({ event }: AuditEntryBody): string {
  return [event?.note, event?.detail].find((text) => typeof text === 'string') ?? ''
}

/** `past path, soak`: a promotion past its gates is told wherever it is told. */
function pastWords(overrides: unknown): string[] {
  if (!Array.isArray(overrides) || overrides.length === 0) return []
  return [`past ${overrides.map((one: { gate?: unknown }) => String(one.gate)).join(', ')}`]
}
