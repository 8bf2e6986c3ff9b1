/** A load of keep-alive HTTP requests over plain sockets: light enough that the server, not this client, is measured. */
import { connect, type Socket } from 'node:net'
import type { RackReport } from '../shared/contract/rack.ts'

export interface Load {
  readonly port: number
  /** Whole requests, as bytes; each connection walks through them from a place of its own. */
  readonly requests: readonly Buffer[]
  readonly connections: number
  readonly milliseconds: number
}

export interface LoadResult {
  readonly answered: number
  readonly perSecond: number
  /** Status → count. Anything but 200 and 304 makes a measurement worthless. */
  readonly statuses: ReadonlyMap<string, number>
}

export async function runLoad({ port, requests, connections, milliseconds }: Load): Promise<LoadResult> {
  const statuses = new Map<string, number>()
  let answered = 0
  const startedAt = performance.now()
  const until = startedAt + milliseconds
  const onAnswer = (status: string): boolean => {
    answered += 1
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    return performance.now() < until
  }
  const clients = Array.from({ length: connections }, (_, index) => {
    const offset = Math.floor((index * requests.length) / connections)
    return askAgainAndAgain(port, requests, offset, onAnswer)
  })
  await Promise.all(clients)
  const seconds = (performance.now() - startedAt) / 1000
  return { answered, perSecond: answered / seconds, statuses }
}

/** One connection: the next request when the answer to the one before is whole. */
function askAgainAndAgain(
  port: number,
  requests: readonly Buffer[],
  offset: number,
  onAnswer: (status: string) => boolean,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let next = offset
    const ask = (): void => {
      const request = requests[next % requests.length]
      next += 1
      if (request) connection.ask(request)
    }
    const connection = openConnection(port, {
      onOpen: ask,
      onFailure: reject,
      onAnswer(status) {
        if (onAnswer(status)) return ask()
        connection.end()
        resolve()
      },
    })
  })
}

export interface Connection {
  /** Not before the answer to the one before. */
  ask(request: Buffer): void
  end(): void
}

export interface ConnectionEvents {
  onOpen(): void
  /** The whole answer is there. */
  onAnswer(status: string): void
  onFailure(error: Error): void
}

export function openConnection(port: number, { onOpen, onAnswer, onFailure }: ConnectionEvents): Connection {
  const socket: Socket = connect(port, '127.0.0.1')
  let received = ''
  socket.setNoDelay(true)
  socket.on('connect', onOpen)
  socket.on('error', onFailure)
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1')
    const headEnd = received.indexOf('\r\n\r\n')
    if (headEnd < 0) return
    const length = Number(/content-length: (\d+)/i.exec(received.slice(0, headEnd))?.[1] ?? 0)
    if (received.length < headEnd + 4 + length) return
    const status = received.slice(9, 12)
    received = ''
    onAnswer(status)
  })
  return { ask: (request) => void socket.write(request), end: () => void socket.end() }
}

/** An HTTP/1.1 request as bytes. */
export function requestBytes(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body = '',
): Buffer {
  const lines = [
    `${method} ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ]
  if (body !== '') lines.push(`Content-Length: ${Buffer.byteLength(body)}`)
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`)
}

export function checkRequest(
  { name, token }: { readonly name: string; readonly token: string },
  report: RackReport,
): Buffer {
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
  return requestBytes('POST', `/v1/racks/${name}/check`, headers, JSON.stringify(report))
}
