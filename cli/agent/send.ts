/** One request to the registry and its answer as text: over node:http, or through the proxy that is set. */
import type { IncomingMessage } from 'node:http'
import type { Dispatcher } from 'undici'
import { type Environment, proxySettings } from './proxy-settings.ts'

export interface Answer {
  readonly status: number
  readonly text: string
  /** The header, as it came. */
  readonly retryAfter?: string | undefined
}

export type Send = (
  url: URL,
  request: {
    readonly method: string
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
    readonly timeoutMs: number
  },
) => Promise<Answer>

const mostBytes = 4 * 1024 * 1024

/** One request over node:http, its answer read whole and bounded. */
export const sendDirectly: Send = (url, { method, headers, body, timeoutMs }) =>
  within(timeoutMs, async (signal) => {
    // TLS is a tenth of what a check costs: a registry on this machine or behind a tunnel does without.
    const client = url.protocol === 'https:' ? await import('node:https') : await import('node:http')
    const length = body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const request = client.request(url, {
      method,
      headers: { ...headers, ...length },
      agent: false,
      signal,
    })
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request.once('response', resolve)
      request.on('error', reject)
      request.end(body)
    })
    return {
      status: response.statusCode ?? 0,
      text: await textOf(response),
      retryAfter: response.headers['retry-after'],
    }
  })

/** The way out that this environment asks for: directly, or through its proxy, for which undici is loaded. */
export function sendFor(env: Environment): Send {
  const settings = proxySettings(env)
  if (!settings) return sendDirectly
  // One for all: each has connections of its own.
  let dispatcher: Dispatcher | undefined
  return (url, { method, headers, body, timeoutMs }) =>
    within(timeoutMs, async (signal) => {
      const { EnvHttpProxyAgent, request } = await import('undici')
      dispatcher ??= new EnvHttpProxyAgent({ ...settings })
      const verb = method === 'POST' ? 'POST' : method === 'PUT' ? 'PUT' : 'GET'
      const answer = await request(url, {
        method: verb,
        headers: { ...headers },
        ...(body !== '' && { body }),
        signal,
        dispatcher,
      })
      const asked = answer.headers['retry-after']
      return {
        status: answer.statusCode,
        text: await textOf(answer.body),
        retryAfter: Array.isArray(asked) ? asked[0] : asked,
      }
    })
}

/** Unlike AbortSignal.timeout it goes with the request, and keeps nothing of it until the time would have been up. */
async function within<Result>(
  timeoutMs: number,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), timeoutMs)
  try {
    return await work(late.signal)
  } catch (error) {
    throw late.signal.aborted ? new Error(`no answer within ${timeoutMs / 1000} s`) : error
  } finally {
    clearTimeout(timer)
  }
}

async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > mostBytes) throw new Error(`the answer is larger than ${mostBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
