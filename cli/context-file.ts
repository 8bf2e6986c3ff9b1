/** The configuration file: named contexts, each a registry and the file with its token. It is only read here. */
import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Problem } from '../shared/domain/problem.ts'
import { errorCode } from './agent/files.ts'
import type { Deps } from './deps.ts'
import type { Context } from './profile.ts'

/**
 * The context called `wanted`, else the one that the file calls current; undefined without a file. Raises
 * `invalid_input` for a file that is not understood or a context that it does not have.
 *
 *   current = "prod"
 *   [context.prod]
 *   url = "https://headgate.example.com"
 *   tokenFile = "prod.token"                  # relative to this file
 */
export async function readConfiguredContext(
  deps: Pick<Deps, 'env' | 'cwd'>,
  wanted: string | undefined,
): Promise<Context | undefined> {
  const path = configPath(deps)
  const text = path === undefined ? null : readIfThere(path)
  if (path === undefined || text === null) {
    if (wanted === undefined) return undefined
    throw new Problem(
      'invalid_input',
      `There is no context ${wanted}: ${path ?? 'the configuration file'} does not exist.`,
    )
  }
  const file = await parse(path, text)
  const name = wanted ?? file.current
  if (name === undefined) return undefined
  if (typeof name !== 'string') throw malformed(path, 'current is not a text')
  const contexts = isTable(file.context) ? file.context : {}
  const context = Object.hasOwn(contexts, name) ? contexts[name] : undefined
  if (!isTable(context)) {
    const known = Object.keys(contexts).join(', ') || 'none'
    throw new Problem('invalid_input', `${path} has no context ${name}; it has: ${known}.`)
  }
  const { url, tokenFile } = context
  if (url !== undefined && typeof url !== 'string') throw malformed(path, `context.${name}.url is not a text`)
  if (tokenFile !== undefined && typeof tokenFile !== 'string') {
    throw malformed(path, `context.${name}.tokenFile is not a text`)
  }
  if (tokenFile?.includes('\0')) throw malformed(path, `context.${name}.tokenFile has a NUL in it`)
  return {
    name,
    ...(url !== undefined && { url }),
    ...(tokenFile !== undefined && { tokenFile: resolve(dirname(path), tokenFile) }),
  }
}

function configPath({ env, cwd }: Pick<Deps, 'env' | 'cwd'>): string | undefined {
  // XDG Base Directory: a relative path in the variable is to be ignored.
  const configured = env.XDG_CONFIG_HOME?.startsWith('/') ? env.XDG_CONFIG_HOME : undefined
  const home = configured ?? (env.HOME ? join(resolve(cwd, env.HOME), '.config') : undefined)
  return home === undefined ? undefined : join(home, 'headgate', 'config.toml')
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code = errorCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    if (code === null) throw error
    throw new Problem('invalid_input', `${path} cannot be read: ${code}.`)
  }
}

async function parse(path: string, text: string): Promise<Readonly<Record<string, unknown>>> {
  const { parse: parseToml } = await import('smol-toml')
  try {
    return parseToml(text)
  } catch (error) {
    throw malformed(path, error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'not TOML')
  }
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function malformed(path: string, why: string): Problem {
  return new Problem('invalid_input', `${path} is not understood: ${why}.`)
}
