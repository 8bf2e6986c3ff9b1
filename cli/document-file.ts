/** A document that a person wrote, in JSON or TOML, read by its schema: what does not fit is told by file and field. */
import { parse, TomlError } from 'smol-toml'
import { z } from 'zod'
import { issueWords } from '../shared/contract/issue-words.ts'
import { Problem } from '../shared/domain/problem.ts'
import type { Deps } from './deps.ts'
import { readTextInput } from './input-file.ts'

/** Raises `invalid_input` that names the flag, the file and the field. */
export async function readDocument<S extends z.ZodType>(
  deps: Pick<Deps, 'cwd' | 'stdin'>,
  { flag, file, schema }: { readonly flag: string; readonly file: string; readonly schema: S },
): Promise<z.output<S>> {
  const value = valueIn(await readTextInput(deps, flag, file), flag, file)
  const read = schema.safeParse(value)
  if (read.success) return read.data
  const [first] = read.error.issues
  const words = first ? issueWords(first, value, 'the document') : 'the document does not fit'
  throw new Problem('invalid_input', `${flag} ${file}: ${words}.`, {
    numbers: {
      issues: z.treeifyError(read.error),
    },
  })
}

function valueIn(text: string, flag: string, file: string): unknown {
  const isJson = text.trimStart().startsWith('{')
  try {
    return isJson ? JSON.parse(text) : parse(text)
  } catch (error) {
    const why = error instanceof TomlError ? error.message.split('\n')[0] : String(error)
    throw new Problem(
      'invalid_input',
      `${flag} ${file} is ${isJson ? 'not JSON' : 'neither JSON nor TOML'}: ${why}.`,
    )
  }
}
