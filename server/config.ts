/** What the operator may set, checked once at the start. Everything has a default that is safe on loopback. */
import { resolve } from 'node:path'
import { Problem } from '../shared/domain/problem.ts'

export interface Config {
  readonly dataDir: string
  readonly host: string
  readonly port: number
  readonly logLevel: string
  readonly artifactBytes: number
  readonly bodyBytes: number
}

export interface ServeOptions {
  readonly dataDir: string
  readonly host?: string | undefined
  readonly port?: number | undefined
  /** TLS ends at a proxy in front of the registry, so it may bind beyond loopback. */
  readonly isBehindProxy?: boolean | undefined
}

const loopback = new Set(['127.0.0.1', '::1', 'localhost'])
const logLevels = ['silent', 'error', 'warn', 'info', 'debug']

/** Raises `invalid_input` that names the setting, what it is and what was expected. */
export function readConfig(options: ServeOptions, env: Readonly<Record<string, string | undefined>>): Config {
  const host = options.host ?? '127.0.0.1'
  if (!loopback.has(host) && !options.isBehindProxy) {
    throw new Problem(
      'invalid_input',
      `Binding to ${host} would carry tokens over the network in the clear.`,
      {
        hint: 'Bind to 127.0.0.1, or put a proxy with TLS in front and add --behind-proxy.',
      },
    )
  }
  const logLevel = env.HEADGATE_LOG_LEVEL ?? 'warn'
  if (!logLevels.includes(logLevel)) throw invalid('HEADGATE_LOG_LEVEL', logLevel, logLevels.join(', '))
  return {
    dataDir: resolve(options.dataDir),
    host,
    port: options.port ?? 4400,
    logLevel,
    artifactBytes: megabytes('HEADGATE_MAX_ARTIFACT_MEGABYTES', env, 4096),
    bodyBytes: megabytes('HEADGATE_MAX_BODY_MEGABYTES', env, 16),
  }
}

function megabytes(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
  otherwise: number,
): number {
  const text = env[name]
  if (text === undefined || text === '') return otherwise * 1024 * 1024
  const count = Number(text)
  if (Number.isInteger(count) && count > 0 && count <= 1_000_000) return count * 1024 * 1024
  throw invalid(name, text, 'a whole number of megabytes, at least 1')
}

function invalid(name: string, got: string, expected: string): Problem {
  return new Problem('invalid_input', `${name} is "${got}"; expected is ${expected}.`)
}
