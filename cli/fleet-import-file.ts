/** Racks of an import file: CSV with a header, a JSON array, or JSON lines; each with the number of its line. */

import { Problem } from '../shared/domain/problem.ts'
import type { Deps } from './deps.ts'
import { readImportRows } from './import-rows.ts'
import { readTextInput } from './input-file.ts'

export type FileLine =
  | { readonly line: number; readonly value: unknown }
  /** The line itself cannot be read. */
  | { readonly line: number; readonly why: string }

const columns = ['name', 'channel', 'platform', 'labels', 'current']

/** Everything in the file, good or bad. Raises `invalid_input` for a file that is none of these. */
export async function readRackFile(deps: Pick<Deps, 'cwd' | 'stdin'>, path: string): Promise<FileLine[]> {
  const text = await readTextInput(deps, 'The file', path)
  const isJson = /^\uFEFF?\s*[[{]/.test(text)
  if (!isJson) return linesOfCsv(text, path)
  const stdin = { isTerminal: false, read: () => bytesOf(text) }
  const lines: FileLine[] = []
  for await (const { place: line, ...row } of readImportRows({ cwd: deps.cwd, stdin }, '-'))
    lines.push('why' in row ? { line, why: row.why } : { line, value: row.value })
  return lines
}

function linesOfCsv(text: string, path: string): FileLine[] {
  const [header, ...records] = recordsOf(text.replace(/^\uFEFF/, ''))
  const names = header?.cells.map((cell) => cell.trim().toLowerCase()) ?? []
  const unknown = names.find((name) => !columns.includes(name))
  if (!names.includes('name') || !names.includes('channel') || unknown !== undefined) {
    const got =
      unknown === undefined ? `${names.join(',').slice(0, 100) || 'nothing'}` : `"${unknown.slice(0, 60)}"`
    throw new Problem(
      'invalid_input',
      `${path} is no JSON, and as CSV its first line is to name its columns: ${columns.join(',')}. Found: ${got}.`,
      {
        hint: 'printf "name,channel,platform,labels,current\\nprod-1,stable,linux/amd64,tier=canary,1.2.0\\n"',
      },
    )
  }
  return records.map(({ line, cells, why }) => {
    if (why !== undefined) return { line, why }
    if (cells.length !== names.length)
      return { line, why: `${cells.length} cells, and the first line names ${names.length} columns` }
    return rackOf(line, new Map(names.map((name, index) => [name, cells[index]?.trim() ?? ''])))
  })
}

function rackOf(line: number, cells: ReadonlyMap<string, string>): FileLine {
  const words = (cells.get('labels') ?? '').split(/[\s;]+/).filter((word) => word !== '')
  const odd = words.find((word) => !/^[^=]+=/.test(word))
  if (odd !== undefined) return { line, why: `labels: "${odd.slice(0, 60)}" is not of the form NAME=VALUE` }
  const labels = Object.fromEntries(
    words.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
  )
  const given = ['name', 'channel', 'platform'].flatMap((name) => {
    const cell = cells.get(name)
    return cell ? [[name, cell] as const] : []
  })
  return { line, value: { ...Object.fromEntries(given), labels, current: cells.get('current') || null } }
}

interface CsvRecord {
  /** Where it begins, from 1. */
  readonly line: number
  readonly cells: string[]
  why?: string
}

/** RFC 4180: quoted cells may hold commas, line ends and doubled quotes. Empty lines are no records. */
function recordsOf(text: string): CsvRecord[] {
  const records: CsvRecord[] = []
  const token = /"((?:[^"]|"")*)"|([^,"\r\n]*)/y
  let line = 1
  let at = 0
  while (at < text.length) {
    const record: CsvRecord = { line, cells: [] }
    for (;;) {
      token.lastIndex = at
      const [whole = '', quoted, plain = ''] = token.exec(text) ?? []
      record.cells.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
      line += whole.split('\n').length - 1
      at += whole.length
      if (text[at] !== ',') break
      at += 1
    }
    if (at < text.length && text[at] !== '\r' && text[at] !== '\n') {
      record.why = 'a quote that does not end, or text beside a quoted cell'
      const end = text.indexOf('\n', at)
      at = end === -1 ? text.length : end
    }
    if (text[at] === '\r') at += 1
    if (text[at] === '\n') at += 1
    line += 1
    if (record.cells.length > 1 || record.cells[0] !== '' || record.why !== undefined) records.push(record)
  }
  return records
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}
