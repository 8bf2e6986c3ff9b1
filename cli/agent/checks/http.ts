/**
 * The `http` check: one GET, straight to the address (never through a proxy, never following a redirect), judged by
 * status, headers, body, a JSON value, and the version it reports. Certificates are verified; there is no exception.
 */

import * as http from 'node:http'
import * as https from 'node:https'
import {
  authorityIn,
  type Check,
  type CheckContext,
  type CheckPatience,
  healthy,
  reasonOf,
  type Severity,
  timed,
  unhealthy,
} from './check.ts'
import { valueAt } from './json-pointer.ts'

export interface HttpCheckConfig extends CheckPatience {
  readonly kind: 'http'
  readonly name: string
  readonly severity: Severity
  readonly url: string
  readonly status: readonly number[]
  readonly bodyContains?: string
  /** Header name → what its value must contain; the empty string asks only that it is there. */
  readonly headers?: Readonly<Record<string, string>>
  /** JSON pointer → the value expected there. */
  readonly json?: Readonly<Record<string, string | number | boolean>>
  /** Where the answer reports the running version, which must be the expected one. */
  readonly versionPointer?: string
  /** A PEM file with the authority to trust instead of the system's. */
  readonly caFile?: string
}

const mostBytes = 1_048_576

interface Answer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: string
}

async function get(url: string, ca: Buffer | undefined, signal: AbortSignal): Promise<Answer> {
  const options = { signal, agent: false, headers: { accept: '*/*', 'user-agent': 'headgate' } } as const
  return new Promise((resolve, reject) => {
    const receive = (response: http.IncomingMessage) => {
      const chunks: Buffer[] = []
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        chunks.push(chunk)
        if (bytes > mostBytes) response.destroy(new Error(`the answer is longer than ${mostBytes} bytes`))
      })
      response.on('error', reject)
      response.on('end', () => {
        const body = Buffer.concat(chunks).toString('utf8')
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
      })
    }
    const request = url.startsWith('https:')
      ? https.get(url, { ...options, ...(ca === undefined ? {} : { ca }) }, receive)
      : http.get(url, options, receive)
    request.on('error', reject)
  })
}

function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value)
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}

/** What is wrong with the answer, or null. In the order in which a person would look. */
function complaint(config: HttpCheckConfig, answer: Answer, context: CheckContext): string | null {
  if (!config.status.includes(answer.status)) {
    return `answered ${answer.status}, expected ${config.status.join(' or ')}`
  }
  for (const [name, expected] of Object.entries(config.headers ?? {})) {
    const value = answer.headers[name.toLowerCase()]
    const text = Array.isArray(value) ? value.join(', ') : value
    if (text === undefined) return `sent no header ${name}`
    if (!text.includes(expected)) return `sent ${name}: ${shown(text)}, expected ${shown(expected)} in it`
  }
  if (config.bodyContains !== undefined && !answer.body.includes(config.bodyContains)) {
    return `the body does not contain ${shown(config.bodyContains)}`
  }
  if (config.json === undefined && config.versionPointer === undefined) return null

  let document: unknown
  try {
    document = JSON.parse(answer.body)
  } catch {
    return 'the body is not JSON'
  }
  for (const [pointer, expected] of Object.entries(config.json ?? {})) {
    const value = valueAt(document, pointer)
    if (value !== expected) return `${pointer} is ${shown(value)}, expected ${shown(expected)}`
  }
  if (config.versionPointer === undefined || context.expectedVersion === null) return null
  const version = valueAt(document, config.versionPointer)
  if (typeof version === 'number' && !Number.isSafeInteger(version)) {
    return `${config.versionPointer} is a number too large to compare: report the version as a string`
  }
  if (String(version) === context.expectedVersion) return null
  return `${config.versionPointer} is ${shown(version)}, expected version ${shown(context.expectedVersion)}`
}

export function createHttpCheck(config: HttpCheckConfig): Check {
  return {
    ...config,
    run: (context) =>
      timed(async () => {
        try {
          const answer = await get(config.url, await authorityIn(config.caFile), context.signal)
          const wrong = complaint(config, answer, context)
          const numbers = { status: answer.status, bytes: Buffer.byteLength(answer.body) }
          if (wrong === null) return healthy(`${config.url} answered ${answer.status}`, numbers)
          return unhealthy(`${config.url}: ${wrong}`, numbers)
        } catch (error) {
          return unhealthy(`${config.url}: ${reasonOf(error, context.signal)}`)
        }
      }),
  }
}
