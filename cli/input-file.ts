/** Small files that a person names on the command line, read whole; `-` is what comes in. */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Problem } from '../shared/domain/problem.ts'
import { errorCode } from './agent/files.ts'
import type { Deps } from './deps.ts'

/** Raises `invalid_input` that names the flag and the file. */
export async function readTextInput(
  deps: Pick<Deps, 'cwd' | 'stdin'>,
  flag: string,
  path: string,
): Promise<string> {
  try {
    return path === '-' ? await readAll(deps.stdin.read()) : await readFile(resolve(deps.cwd, path), 'utf8')
  } catch (error) {
    const code = errorCode(error)
    if (code === null) throw error
    throw cannotRead(flag, path, code)
  }
}

/** An object in JSON. What is inside is for the registry to judge. Raises `invalid_input`. */
export async function readJsonObject(
  deps: Pick<Deps, 'cwd' | 'stdin'>,
  flag: string,
  path: string,
): Promise<Readonly<Record<string, unknown>>> {
  const text = await readTextInput(deps, flag, path)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Problem('invalid_input', `${flag} ${path} is not JSON: ${why}.`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Problem(
      'invalid_input',
      `${flag} ${path} is not an object: expected {"NAME": {"type": …, "default": …}}.`,
    )
  }
  return Object.fromEntries(Object.entries(value))
}

export function cannotRead(flag: string, path: string, code: string): Problem {
  const why = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : code
  return new Problem('invalid_input', `${flag} ${path} cannot be read: ${why}.`, { hint: `ls -l ${path}` })
}

async function readAll(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
