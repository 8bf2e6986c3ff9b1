/** One request to the registry and its answer as text: over node:http, or through the proxy that is set. */
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
export const sendDirectly: Send = async (url, { method, headers, body, timeoutMs }) => {
  // TLS costs a third of what an empty process does: a registry on this machine or behind a tunnel does without.
  const client = url.protocol === 'https:' ? await import('node:https') : await import('node:http')
  return new Promise((resolve, reject) => {
    const length = body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const signal = AbortSignal.timeout(timeoutMs)
    const request = client.request(
      url,
      { method, headers: { ...headers, ...length }, agent: false, signal },
      (response) => {
        const chunks: Buffer[] = []
        let bytes = 0
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length
          if (bytes > mostBytes) response.destroy(new Error(`the answer is larger than ${mostBytes} bytes`))
          else chunks.push(chunk)
        })
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            text: Buffer.concat(chunks).toString('utf8'),
            retryAfter: response.headers['retry-after'],
          }),
        )
        response.on('error', reject)
      },
    )
    request.on('error', (error) =>
      reject(signal.aborted ? new Error(`no answer within ${timeoutMs / 1000} s`) : error),
    )
    request.end(body)
  })
}

/** The way out that this environment asks for: directly, or through its proxy, for which undici is loaded. */
export function sendFor(env: Environment): Send {
  const settings = proxySettings(env)
  if (!settings) return sendDirectly
  // One for all: each has connections of its own.
  let dispatcher: Dispatcher | undefined
  return async (url, { method, headers, body, timeoutMs }) => {
    const { EnvHttpProxyAgent, request } = await import('undici')
    dispatcher ??= new EnvHttpProxyAgent({ ...settings })
    const verb = method === 'POST' ? 'POST' : method === 'PUT' ? 'PUT' : 'GET'
    const answer = await request(url, {
      method: verb,
      headers: { ...headers },
      ...(body !== '' && { body }),
      signal: AbortSignal.timeout(timeoutMs),
      dispatcher,
    })
    const asked = answer.headers['retry-after']
    return {
      status: answer.statusCode,
      text: await answer.body.text(),
      retryAfter: Array.isArray(asked) ? asked[0] : asked,
    }
  }
}
