/** Importing a history in chunks: row by row, additive only, idempotent, with a word for each row that is refused. */
import { createHash } from 'node:crypto'
import { createRoute } from '@hono/zod-openapi'
import {
  type ImportReport,
  type ImportRow,
  importBody,
  importReport,
  importRow,
} from '../../shared/contract/release.ts'
import { appParam } from '../../shared/contract/shapes.ts'
import type { CommandContext } from '../../shared/domain/commands/command.ts'
import { movesOnImport } from '../../shared/domain/commands/moves-on-publish.ts'
import { publishRelease, routeRelease } from '../../shared/domain/commands/release.ts'
import type { LedgerEvent } from '../../shared/domain/events.ts'
import { foldEvents } from '../../shared/domain/fold.ts'
import { Problem } from '../../shared/domain/problem.ts'
import { findApp, forkState, type State } from '../../shared/domain/state.ts'
import { readUntidyVersion } from '../../shared/domain/version.ts'
import { canonicalJson } from '../../shared/trust/canonical-json.ts'
import { may } from '../middleware/authenticate.ts'
import type { Registry } from '../registry.ts'
import { contentOf, withoutUndefined } from './content.ts'
import { answers, body, routes, writeQuery, writing } from './route.ts'

const postImport = createRoute({
  method: 'post',
  path: '/apps/{app}/import',
  tags: ['releases'],
  summary: 'Take over a chunk of a release history',
  middleware: [may('import')] as const,
  request: { params: appParam, query: writeQuery, body: body(importBody) },
  responses: answers(importReport, 'What was taken, and what was refused and why'),
})

export function importRoutes({ ledger }: Registry) {
  return routes().openapi(postImport, async (c) => {
    const { app } = c.req.valid('param')
    const { rows } = c.req.valid('json')
    const write = writing(c, rows)
    let report = emptyReport(app, write.isDryRun)
    const answer = await ledger.record({
      ...write,
      decide: (state, context) => {
        findApp(state, app)
        report = emptyReport(app, write.isDryRun)
        return takeRows(forkState(state), report, rows, context)
      },
      answer: () => report,
    })
    return c.json(answer, 200)
  })
}

function emptyReport(app: string, dryRun: boolean): ImportReport {
  return { app, dryRun, taken: 0, present: 0, tidied: [], yanked: [], moved: [], notMoved: [], refused: [] }
}

/** Each row is decided on the state that the rows before it made; a row that is refused leaves nothing. */
function takeRows(
  state: State,
  report: ImportReport,
  rows: readonly unknown[],
  context: CommandContext,
): LedgerEvent[] {
  return rows.flatMap((row, index) => {
    try {
      return takeRow(state, report, row, context)
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      report.refused.push({ row: index, version: versionIn(row), code: error.code, why: error.message })
      return []
    }
  })
}

function takeRow(state: State, report: ImportReport, given: unknown, context: CommandContext): LedgerEvent[] {
  const row = parseRow(given)
  const { app } = report
  const trial = forkState(state)
  const digest = row.parameters && createHash('sha256').update(canonicalJson(row.parameters)).digest('hex')
  const contract = row.parameters && digest ? { digest, parameters: row.parameters } : undefined
  const content = contentOf(row, digest)
  const published = publishRelease(
    trial,
    { app, version: row.version, content, via: 'import', ...withoutUndefined({ contract }) },
    context,
  )
  foldEvents(trial, published)
  const routed = routingEvents(trial, app, row, context)
  foldEvents(trial, routed)
  const moves = movesOnImport(trial, { app, version: row.version, channels: row.channels ?? [] }, context)
  const events = [...published, ...routed, ...moves.events]
  foldEvents(state, events)
  note(state, report, row, published, moves)
  return events
}

function parseRow(given: unknown): ImportRow {
  const parsed = importRow.safeParse(given)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new Problem('invalid_input', `${issue?.path.join('.') || 'the row'}: ${issue?.message}.`)
}

function routingEvents(state: State, app: string, row: ImportRow, context: CommandContext): LedgerEvent[] {
  const routing = withoutUndefined({ required: row.required || undefined, floor: row.floor })
  if (Object.keys(routing).length === 0) return []
  return routeRelease(
    state,
    { app, version: row.version, routing, channels: [], reason: 'imported' },
    context,
  )
}

function note(
  state: State,
  report: ImportReport,
  { version }: ImportRow,
  published: readonly LedgerEvent[],
  moves: ReturnType<typeof movesOnImport>,
): void {
  if (published.length > 0) report.taken += 1
  else report.present += 1
  const app = findApp(state, report.app)
  const { readAs } = readUntidyVersion(app.scheme, version)
  if (published.length > 0 && readAs !== version) report.tidied.push({ version, readAs })
  const advisory = app.releases.get(version)?.yank
  if (published.length > 0 && advisory !== undefined) report.yanked.push({ version, advisory })
  for (const event of moves.events)
    if (event.type === 'channel.promoted') report.moved.push({ version, channel: event.channel })
  for (const skip of moves.skipped) report.notMoved.push({ version, ...skip })
}

function versionIn(row: unknown): string | null {
  const version = typeof row === 'object' && row !== null ? Reflect.get(row, 'version') : undefined
  return typeof version === 'string' ? version.slice(0, 128) : null
}
