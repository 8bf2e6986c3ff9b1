/** A registry for racks: the real app on a real port in this process, whose answers a test may take over or cut off. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import { createApp } from '../../server/app.ts'
import type { Registry } from '../../server/registry.ts'
import { inProcessRegistry } from './in-process-registry.ts'
import type { AtEnd } from './scratch-directory.ts'

/** True when it has answered, or cut the connection; what it leaves goes to the registry. */
export type Interception = (request: IncomingMessage, response: ServerResponse) => boolean

export interface ListeningRegistry {
  readonly url: string
  readonly tokenFile: string
  readonly registry: Registry
  /** What was asked over the port, as `POST /v1/racks/prod-1/check`. */
  readonly asked: string[]
  /** From now on; undefined: nobody stands between any more. */
  intercept(interception: Interception | undefined): void
  /** For an interception that took over and lets the registry answer after all. */
  passOn(request: IncomingMessage, response: ServerResponse): void
}

/** To be called inside a test. */
export async function listeningRegistry(
  dataDir: string,
  now: () => number,
  atEnd: AtEnd = onTestFinished,
): Promise<ListeningRegistry> {
  const { registry, tokenFile } = await inProcessRegistry(dataDir, now, atEnd)
  const app = createApp({
    registry,
    log: pino({ level: 'silent' }),
    version: '0.0.0-test',
    requestId: () => 'request-1',
    monotonic: () => performance.now(),
    limits: { artifactBytes: 64 * 1024 * 1024, bodyBytes: 16 * 1024 * 1024 },
  })
  const asked: string[] = []
  let interception: Interception | undefined
  const answer = getRequestListener(app.fetch)
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    if (!interception?.(request, response)) void answer(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  atEnd(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    tokenFile,
    registry,
    asked,
    intercept(next) {
      interception = next
    },
    passOn: (request, response) => void answer(request, response),
  }
}

/** Every question is cut off: the machine is there, the registry is not. */
export const silence: Interception = (request) => {
  request.socket.destroy()
  return true
}
