/**
 * One GET whose body is streamed: by node:http, or by undici when a proxy is set (loading it costs as much as the
 * rest of a process's start, so it is loaded only then). Redirects are the caller's business.
 */

import * as http from 'node:http'
import * as https from 'node:https'
import { type Environment, type ProxySettings, proxySettings } from './proxy-settings.ts'

export interface HttpAnswer {
  readonly status: number
  /** Names in lower case; a repeated header is joined with ", ". */
  readonly headers: Readonly<Record<string, string>>
  readonly body: AsyncIterable<unknown>
  /** Gives up the rest of the body and its connection. */
  discard(): void
}

export type HttpGet = (
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
) => Promise<HttpAnswer>

function joined(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const result: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) result[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value
  }
  return result
}

const direct: HttpGet = (url, headers, signal) =>
  new Promise((resolve, reject) => {
    const client = url.protocol === 'https:' ? https : http
    const request = client.get(url, { headers, signal, agent: false }, (response) => {
      resolve({
        status: response.statusCode ?? 0,
        headers: joined(response.headers),
        body: response,
        discard: () => response.destroy(),
      })
    })
    request.on('error', reject)
  })

async function proxied(settings: ProxySettings): Promise<HttpGet> {
  const { EnvHttpProxyAgent, request } = await import('undici')
  const dispatcher = new EnvHttpProxyAgent({ ...settings })
  return async (url, headers, signal) => {
    const answer = await request(url, { headers: { ...headers }, signal, dispatcher })
    // An error after the body was given up has nobody left to hear it.
    answer.body.on('error', () => undefined)
    return {
      status: answer.statusCode,
      headers: joined(answer.headers),
      body: answer.body,
      discard: () => void answer.body.destroy(),
    }
  }
}

/** The GET that this environment asks for. */
export async function httpGetFor(env: Environment): Promise<HttpGet> {
  const settings = proxySettings(env)
  return settings ? proxied(settings) : direct
}
