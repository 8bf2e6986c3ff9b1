/** The `tcp` check: somebody accepts the connection and, if that is asked, says what is expected. */

import { connect, isIPv6, type Socket } from 'node:net'
import {
  type Check,
  type CheckPatience,
  healthy,
  reasonOf,
  type Severity,
  timed,
  unhealthy,
} from './check.ts'

export interface TcpCheckConfig extends CheckPatience {
  readonly kind: 'tcp'
  readonly name: string
  readonly severity: Severity
  readonly host: string
  readonly port: number
  /** Sent as it is when the connection stands. */
  readonly send?: string
  /** What the answer must contain. */
  readonly expect?: string
}

const mostBytes = 65_536

export function addressOf({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`
}

/** Resolves when the socket has emitted `event`; rejects when it fails first, or when the time is up. */
export function connected(socket: Socket, event: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, () => resolve())
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('the connection was closed')))
    if (signal.aborted) return void socket.destroy(new Error('aborted'))
    signal.addEventListener('abort', () => socket.destroy(new Error('aborted')), { once: true })
  })
}

function shown(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text)
}

/** What is heard until `expected` is in it; everything, when the other side ends or says too much before. */
async function heard(socket: Socket, expected: string): Promise<string> {
  let text = ''
  socket.setEncoding('utf8')
  for await (const chunk of socket) {
    text += String(chunk)
    if (text.includes(expected) || text.length > mostBytes) break
  }
  return text
}

export function createTcpCheck(config: TcpCheckConfig): Check {
  const address = addressOf(config)
  return {
    ...config,
    run: ({ signal }) =>
      timed(async () => {
        const { host, port, send, expect } = config
        const socket = connect({ host, port })
        try {
          await connected(socket, 'connect', signal)
          if (send !== undefined) socket.write(send)
          if (expect === undefined) return healthy(`${address} accepts connections`)
          const said = await heard(socket, expect)
          const numbers = { bytes: Buffer.byteLength(said) }
          if (said.includes(expect)) return healthy(`${address} answered as expected`, numbers)
          const found = said === '' ? 'nothing' : shown(said)
          return unhealthy(`${address} answered ${found}, expected ${shown(expect)} in it`, numbers)
        } catch (error) {
          return unhealthy(`${address}: ${reasonOf(error, signal)}`)
        } finally {
          socket.destroy()
        }
      }),
  }
}
