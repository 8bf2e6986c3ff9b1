/** An import as it goes on: rows in chunks to the registry, and the chunks' reports merged into one. */
import { convertConvoxVersion } from '../shared/contract/convox-versions.ts'
import type { ImportReport } from '../shared/contract/release.ts'
import { at, dryRunQuery, unwrap } from './api.ts'
import type { InputRow } from './import-rows.ts'
import type { Session } from './session.ts'

export const importFormats = ['headgate', 'convox-versions'] as const
export type ImportFormat = (typeof importFormats)[number]

/** `row` of what was refused is the place in the file, from 1. */
export interface WholeImport extends ImportReport {
  rows: number
  /** Convox let `required` count for published versions only, and so do we. */
  requiredDropped: string[]
  /** What the registry has and the file has not: reported, never removed. */
  notInFile: string[]
}

interface ImportRequest {
  readonly app: string
  readonly format: ImportFormat
  readonly dryRun: boolean
  readonly onProgress: (report: WholeImport) => void
}

interface Chunk {
  readonly places: number[]
  readonly rows: unknown[]
  bytes: number
}

const chunkRows = 100
// Well below what a registry takes by default, for contracts with hundreds of parameters.
const chunkBytes = 2 * 1024 * 1024

export async function runImport(
  session: Session,
  rows: AsyncIterable<InputRow>,
  request: ImportRequest,
): Promise<WholeImport> {
  const report = emptyReport(request)
  const seen = new Set<string>()
  let chunk = emptyChunk()
  const send = async () => {
    if (chunk.rows.length === 0) return
    merge(report, await sendChunk(session, request, chunk.rows), chunk.places)
    chunk = emptyChunk()
    request.onProgress(report)
  }
  for await (const input of rows) {
    report.rows++
    const row = takenRow(input, request.format, report)
    if (row === undefined) continue
    const version = versionIn(row)
    if (version !== undefined) seen.add(version)
    chunk.places.push(input.place)
    chunk.rows.push(row)
    chunk.bytes += JSON.stringify(row).length
    if (chunk.rows.length >= chunkRows || chunk.bytes >= chunkBytes) await send()
  }
  await send()
  report.refused.sort((a, b) => a.row - b.row)
  report.notInFile.push(...(await missingFrom(session, request.app, seen)))
  return report
}

function takenRow(input: InputRow, format: ImportFormat, report: WholeImport): unknown {
  if ('why' in input) {
    refuse(report, input.place, null, input.why)
    return undefined
  }
  if (format === 'headgate') return input.value
  const converted = convertConvoxVersion(input.value)
  if ('why' in converted) {
    refuse(report, input.place, versionIn(input.value) ?? null, converted.why)
    return undefined
  }
  if (converted.isRequiredDropped) report.requiredDropped.push(converted.row.version)
  return converted.row
}

function refuse(report: WholeImport, row: number, version: string | null, why: string): void {
  report.refused.push({ row, version, code: 'invalid_input', why })
}

function sendChunk({ api }: Session, { app, dryRun }: ImportRequest, rows: unknown[]): Promise<ImportReport> {
  return unwrap(
    api.v1.apps[':app'].import.$post({ param: at({ app }), query: dryRunQuery(dryRun), json: { rows } }),
  )
}

function merge(whole: WholeImport, part: ImportReport, places: readonly number[]): void {
  whole.taken += part.taken
  whole.present += part.present
  whole.tidied.push(...part.tidied)
  whole.yanked.push(...part.yanked)
  whole.moved.push(...part.moved)
  whole.notMoved.push(...part.notMoved)
  whole.refused.push(...part.refused.map((one) => ({ ...one, row: places[one.row] ?? one.row })))
}

/** Versions alone are kept of what was read: a name is short, a row may be long. */
async function missingFrom({ api }: Session, app: string, seen: ReadonlySet<string>): Promise<string[]> {
  const missing: string[] = []
  let after: string | null = null
  do {
    const page: { releases: { version: string }[]; next: string | null } = await unwrap(
      api.v1.apps[':app'].releases.$get({
        param: at({ app }),
        query: { limit: '1000', ...(after !== null && { after }) },
      }),
    )
    missing.push(...page.releases.map(({ version }) => version).filter((version) => !seen.has(version)))
    after = page.next
  } while (after !== null)
  return missing
}

function emptyReport({ app, dryRun }: ImportRequest): WholeImport {
  return {
    app,
    dryRun,
    rows: 0,
    taken: 0,
    present: 0,
    tidied: [],
    yanked: [],
    moved: [],
    notMoved: [],
    refused: [],
    requiredDropped: [],
    notInFile: [],
  }
}

function emptyChunk(): Chunk {
  return { places: [], rows: [], bytes: 0 }
}

function versionIn(row: unknown): string | undefined {
  const version = typeof row === 'object' && row !== null ? Reflect.get(row, 'version') : undefined
  return typeof version === 'string' ? version : undefined
}
