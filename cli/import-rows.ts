/**
 * Rows of an import file: a JSON array, or JSON lines. Lines are read one by one, so that a history of any length
 * needs the memory of its longest line; a line that is no JSON is a refused row and not the end of the import.
 */
import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import { Problem } from '../shared/domain/problem.ts'
import { errorCode } from './agent/files.ts'
import type { Deps } from './deps.ts'
import { cannotRead } from './input-file.ts'

export type InputRow =
  /** `place`: the row's number in the array, or its line; from 1. */
  { readonly place: number; readonly value: unknown } | { readonly place: number; readonly why: string }

const longestLine = 4 * 1024 * 1024

/** Raises `invalid_input` for a file that cannot be read, or an array that is no JSON. */
export async function* readImportRows(
  deps: Pick<Deps, 'cwd' | 'stdin'>,
  path: string,
): AsyncGenerator<InputRow> {
  const bytes = path === '-' ? deps.stdin.read() : createReadStream(resolve(deps.cwd, path))
  try {
    yield* rowsOf(linesOf(bytes), path)
  } catch (error) {
    const code = error instanceof Problem ? null : errorCode(error)
    throw code === null ? error : cannotRead('The file', path, code)
  }
}

async function* rowsOf(lines: AsyncGenerator<string>, path: string): AsyncGenerator<InputRow> {
  let place = 0
  let isFirst = true
  for await (const line of lines) {
    place++
    const text = line.trim()
    if (text === '') continue
    if (isFirst && text.startsWith('[')) {
      yield* rowsOfArray([line, ...(await restOf(lines))].join('\n'), path)
      return
    }
    if (isFirst && text === '{') {
      throw new Problem(
        'invalid_input',
        `${path} is one object; expected a JSON array, or one object a line.`,
      )
    }
    isFirst = false
    yield { place, ...parsedLine(text) }
  }
}

function* rowsOfArray(text: string, path: string): Generator<InputRow> {
  let values: unknown
  try {
    values = JSON.parse(text)
  } catch (error) {
    throw new Problem('invalid_input', `${path} begins as a JSON array and is none: ${messageOf(error)}.`)
  }
  if (!Array.isArray(values)) return
  for (const [index, value] of values.entries()) yield { place: index + 1, value }
}

function parsedLine(text: string): { value: unknown } | { why: string } {
  if (text.length > longestLine)
    return { why: `the line has ${text.length} characters, at most ${longestLine} are read.` }
  try {
    return { value: JSON.parse(text) }
  } catch (error) {
    return { why: `the line is not JSON: ${messageOf(error)}.` }
  }
}

/** The decoder takes away a byte order mark at the very beginning. */
async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of bytes) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = parts.pop() ?? ''
    yield* parts
  }
  rest += decoder.decode()
  if (rest !== '') yield rest
}

async function restOf(lines: AsyncGenerator<string>): Promise<string[]> {
  const rest: string[] = []
  for await (const line of lines) rest.push(line)
  return rest
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
