/**
 * fetch by node:http. The built-in fetch compiles a parser in the background, which this process waits for when it
 * ends: 70 ms on every call of the program, more than all the rest. Redirects are never followed: an answer that is
 * one is an error, for the token must not travel.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

const withoutBody = new Set([204, 205, 304])

/** As far as this program needs it: an address, a method, headers, a text or a stream, a signal. */
export function createDirectFetch(): typeof globalThis.fetch {
  const agents = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) }
  return async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input)
    const { method = 'GET', signal, body } = init
    const headers = Object.fromEntries(new Headers(init.headers))
    const isTls = url.protocol === 'https:'
    const request = (isTls ? httpsRequest : httpRequest)(url, {
      method,
      headers: { accept: '*/*', 'user-agent': 'headgate', ...headers },
      agent: isTls ? agents.https : agents.http,
      ...(signal && { signal }),
    })
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      request.once('response', resolve)
      request.on('error', reject)
    })
    // An answer may come before the body is through, and then it is the answer that counts.
    const [answer] = await Promise.all([answered, Promise.race([answered, sendBody(request, body)])])
    return asResponse(answer, url, method)
  }
}

async function sendBody(request: NodeJS.WritableStream, body: RequestInit['body']): Promise<void> {
  if (body === undefined || body === null) request.end()
  else if (typeof body === 'string' || body instanceof Uint8Array) request.end(body)
  else if (body instanceof ReadableStream) await pipeline(Readable.fromWeb(body), request)
  else throw new TypeError('A body is a text, bytes or a stream.')
}

function asResponse(answer: IncomingMessage, url: URL, method: string): Response {
  const status = answer.statusCode ?? 0
  if (status >= 300 && status < 400 && status !== 304) {
    answer.resume()
    throw new TypeError(`it redirects to ${answer.headers.location ?? 'nowhere'}, which is not followed`)
  }
  const headers = new Headers()
  for (const [name, value] of Object.entries(answer.headersDistinct)) {
    for (const one of value ?? []) headers.append(name, one)
  }
  const hasBody = method !== 'HEAD' && !withoutBody.has(status)
  if (!hasBody) answer.resume()
  const response = new Response(hasBody ? Readable.toWeb(answer) : null, { status, headers })
  Object.defineProperty(response, 'url', { value: url.href })
  return response
}
