/** A secret that was just made, on its way into a file that only its owner reads. */
import { rm, writeFile } from 'node:fs/promises'
import { Problem } from '../shared/domain/problem.ts'
import { errorCode } from './agent/files.ts'
import { RegistryProblem } from './answer.ts'

/**
 * The file is there before the secret means anything, and is taken away again when the registry refuses. Raises
 * `invalid_input` for a file that exists or cannot be written.
 */
export async function keepSecret<T>(path: string, secret: string, register: () => Promise<T>): Promise<T> {
  try {
    await writeFile(path, `${secret}\n`, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    const code = errorCode(error)
    if (code === null) throw error
    const why = code === 'EEXIST' ? 'the file exists' : code
    throw new Problem('invalid_input', `--out ${path} cannot be written: ${why}.`, {
      // Perhaps an earlier try whose answer was lost: then the secret in it may be good.
      ...(code === 'EEXIST' && { hint: 'headgate token list   # is it good? Otherwise another --out' }),
    })
  }
  try {
    return await register()
  } catch (error) {
    // An answer that was lost may have been a yes: the secret is kept then.
    if (!(error instanceof RegistryProblem)) throw error
    await rm(path, { force: true })
    throw error
  }
}
