/** Registries and mirrors that misbehave: a real server whose every answer a test decides, and what it was asked. */

import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { onTestFinished } from 'vitest'

export interface Asked {
  readonly url: string
  readonly headers: IncomingHttpHeaders
}

export interface OddServer {
  readonly origin: string
  readonly asked: readonly Asked[]
}

/** `answers[i]` answers the i-th request; the last one answers all that follow. */
export async function oddServer(
  ...answers: readonly ((request: IncomingMessage, response: ServerResponse) => void)[]
): Promise<OddServer> {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)]
    asked.push({ url: request.url ?? '', headers: request.headers })
    answer?.(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return { origin: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`, asked }
}

/** Serves `content` as a good server does, Range and If-Range included; cuts the connection after `cutAfter` bytes. */
export function serving(content: Buffer, etag: string | null = '"v1"', cutAfter = Infinity) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')
    const resumes = range !== null && etag !== null && request.headers['if-range'] === etag
    const from = resumes ? Number(range[1]) : 0
    if (etag !== null) response.setHeader('etag', etag)
    response.setHeader('content-length', content.length - from)
    if (resumes) response.setHeader('content-range', `bytes ${from}-${content.length - 1}/${content.length}`)
    response.writeHead(resumes ? 206 : 200)
    const part = content.subarray(from, from + cutAfter)
    if (part.length === content.length - from) response.end(part)
    // What the client has not read by then is lost with the connection.
    else response.write(part, () => setTimeout(() => response.destroy(), 100))
  }
}
