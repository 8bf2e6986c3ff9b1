/** A parameter contract in a file, read: names to declarations, and nothing that the registry would not know. */
import { Problem } from '../shared/domain/problem.ts'
import type { Deps } from './deps.ts'
import { readJsonObject } from './input-file.ts'

interface Declaration {
  type?: string
  default?: string
  masked?: boolean
  allowed?: string[]
}

const flag = '--parameters'

/** Raises `invalid_input` that names the parameter and what is wrong with it. */
export async function readParameters(
  deps: Pick<Deps, 'cwd' | 'stdin'>,
  path: string,
): Promise<Record<string, Declaration>> {
  const file = await readJsonObject(deps, flag, path)
  return Object.fromEntries(
    Object.entries(file).map(([name, declared]) => [
      name,
      declarationOf(`${flag} ${path}: ${name}`, declared),
    ]),
  )
}

function declarationOf(where: string, given: unknown): Declaration {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new Problem('invalid_input', `${where} is not an object with type, default, masked and allowed.`)
  }
  const declaration: Declaration = {}
  for (const [key, value] of Object.entries(given)) {
    if ((key === 'type' || key === 'default') && typeof value === 'string') declaration[key] = value
    else if (key === 'masked' && typeof value === 'boolean') declaration.masked = value
    else if (key === 'allowed' && isTexts(value)) declaration.allowed = value
    else
      throw new Problem(
        'invalid_input',
        `${where}: ${key} is ${JSON.stringify(value)}, expected ${expected(key)}.`,
      )
  }
  return declaration
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}

function expected(key: string): string {
  if (key === 'type' || key === 'default') return 'a text'
  if (key === 'masked') return 'true or false'
  return key === 'allowed' ? 'a list of texts' : 'only type, default, masked and allowed'
}
