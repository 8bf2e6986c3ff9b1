/**
 * Which registry, and who asks: flag, then environment, then the context of the configuration file. A secret is
 * never in a flag; a token file that others can read is refused with the command that mends it.
 */
import { readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Problem } from '../shared/domain/problem.ts'
import { errorCode } from './agent/files.ts'
import type { Deps } from './deps.ts'

export interface ProfileFlags {
  readonly url?: string
  readonly tokenFile?: string
  readonly context?: string
}

export interface Profile {
  /** Without a slash at its end. */
  readonly url: string
  readonly urlFrom: string
  readonly token: TokenSource
}

/** Where the token is. It is read when it is needed: a server that is just starting may still be writing it. */
export type TokenSource =
  | { readonly kind: 'value'; readonly value: string; readonly from: string }
  | { readonly kind: 'file'; readonly path: string; readonly from: string; readonly mayBeShared: boolean }
  | { readonly kind: 'none' }

type Surroundings = Pick<Deps, 'env' | 'cwd'>

export interface Context {
  readonly name: string
  readonly url?: string
  readonly tokenFile?: string
}

/** Raises `invalid_input` when no registry is named or its address is none. */
export async function findProfile(deps: Surroundings, flags: ProfileFlags): Promise<Profile> {
  const { env } = deps
  const fixed = urlOf(flags, env)
  const token = tokenOf(deps, flags)
  // The context's token goes to the context's registry, or where a person names both; never to another by accident.
  const needsContext = flags.context !== undefined || fixed === undefined
  const context = needsContext ? await readContext(deps, flags) : undefined
  const [url, urlFrom] = fixed ?? [context?.url, `the context ${context?.name}`]
  if (!url) {
    throw new Problem(
      'invalid_input',
      'No registry is named: neither by --url, nor by HEADGATE_URL, nor by a context.',
      {
        hint: 'export HEADGATE_URL=http://127.0.0.1:4400',
      },
    )
  }
  return { url: checkUrl(url, urlFrom), urlFrom, token: token ?? tokenOfContext(deps, context) }
}

function urlOf(flags: ProfileFlags, env: Surroundings['env']): readonly [string, string] | undefined {
  if (flags.url !== undefined) return [flags.url, '--url']
  // A context that was asked for by name outranks the environment, as flags do.
  if (flags.context === undefined && env.HEADGATE_URL) return [env.HEADGATE_URL, 'HEADGATE_URL']
  return undefined
}

function tokenOf({ env, cwd }: Surroundings, flags: ProfileFlags): TokenSource | undefined {
  const file = (path: string, from: string, mayBeShared = false): TokenSource => ({
    kind: 'file',
    path: resolve(cwd, path),
    from,
    mayBeShared,
  })
  if (flags.tokenFile !== undefined) return file(flags.tokenFile, '--token-file')
  if (flags.context !== undefined) return undefined
  if (env.HEADGATE_TOKEN) return { kind: 'value', value: env.HEADGATE_TOKEN, from: 'HEADGATE_TOKEN' }
  if (env.HEADGATE_TOKEN_FILE) return file(env.HEADGATE_TOKEN_FILE, 'HEADGATE_TOKEN_FILE')
  const credential = env.CREDENTIALS_DIRECTORY ? join(env.CREDENTIALS_DIRECTORY, 'headgate-token') : undefined
  // systemd grants access by an access control list, which shows in the group's bits; the directory is private.
  if (credential !== undefined && isThere(credential)) return file(credential, 'CREDENTIALS_DIRECTORY', true)
  return undefined
}

function tokenOfContext({ cwd }: Surroundings, context: Context | undefined): TokenSource {
  if (context?.tokenFile === undefined) return { kind: 'none' }
  return {
    kind: 'file',
    path: resolve(cwd, context.tokenFile),
    from: `the context ${context.name}`,
    mayBeShared: false,
  }
}

function checkUrl(text: string, from: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const why =
    url === undefined
      ? 'is not an address'
      : !/^https?:$/.test(url.protocol)
        ? `begins with ${url.protocol}//, expected http:// or https://`
        : url.username !== '' || url.password !== ''
          ? 'has a name or a password in it; a token belongs into HEADGATE_TOKEN_FILE'
          : url.search !== '' || url.hash !== ''
            ? 'has a query or a fragment'
            : undefined
  if (url === undefined || why !== undefined) {
    const shown = url === undefined ? text : `${url.protocol}//${url.host}${url.pathname}`
    throw new Problem('invalid_input', `The registry "${shown}" (${from}) ${why}.`, {
      hint: 'export HEADGATE_URL=http://127.0.0.1:4400',
    })
  }
  return url.href.replace(/\/+$/, '')
}

export function isLoopback(url: string): boolean {
  const { hostname } = new URL(url)
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

/**
 * The token in a file, or null while there is none (or an empty one). Raises `not_signed_in` for a file that others
 * can read, or that holds no token.
 */
export function readTokenFile(source: TokenSource & { kind: 'file' }): string | null {
  const stats = statSync(source.path, { throwIfNoEntry: false })
  if (!stats) return null
  if (!stats.isFile()) throw new Problem('not_signed_in', `${source.path} (${source.from}) is not a file.`)
  const shared = stats.mode & 0o077
  if (shared !== 0 && !source.mayBeShared) {
    throw new Problem(
      'not_signed_in',
      `The token file ${source.path} (${source.from}) has the mode ${modeText(stats.mode)}: others could use it. It is not read.`,
      { hint: `chmod 600 ${source.path}`, numbers: { mode: modeText(stats.mode), expected: '0600' } },
    )
  }
  const token = readText(source.path, source.from).trim()
  return token === '' ? null : checkToken(token, `${source.path} (${source.from})`)
}

/** A token goes into a header: one word of printable ASCII. Raises `not_signed_in`, never showing what was found. */
export function checkToken(token: string, from: string): string {
  if (/^[\x21-\x7e]{1,500}$/.test(token)) return token
  throw new Problem('not_signed_in', `${from} does not hold a token: expected one word such as hg_admin_….`)
}

function readText(path: string, from: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code = errorCode(error)
    if (code === null) throw error
    throw new Problem('not_signed_in', `The token file ${path} (${from}) cannot be read: ${code}.`)
  }
}

function modeText(mode: number): string {
  return `0${(mode & 0o777).toString(8)}`
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}

async function readContext(deps: Surroundings, flags: ProfileFlags): Promise<Context | undefined> {
  const { readConfiguredContext } = await import('./context-file.ts')
  return readConfiguredContext(deps, flags.context)
}
