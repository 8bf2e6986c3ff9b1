/**
 * The two answers that a fleet asks for all day, in front of the framework: a check and a channel's pointer. What is
 * answered is in agent.ts and pointer.ts; here is only the way in and out over node:http, as short as it can be.
 * (docs/decisions/0008: measured in bench/.)
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { protocolHeader } from '../../shared/contract/protocol.ts'
import type { ProblemBody } from '../../shared/contract/shapes.ts'
import { Problem } from '../../shared/domain/problem.ts'
import { requireServedHeader } from '../middleware/protocol.ts'
import type { Registry } from '../registry.ts'
import { answerCheck } from './agent.ts'
import { createPointers } from './pointer.ts'

const checkPath = /^\/v1\/racks\/([a-z0-9.-]+)\/check(\?trace=true)?$/
const pointerPath = /^\/v1\/apps\/([a-z0-9.-]+)\/channels\/([a-z0-9.-]+)$/
const mostBytes = 256 * 1024

export interface HotDeps {
  readonly registry: Registry
  readonly requestId: () => string
  readonly describeError: (error: Error, requestId: string) => ProblemBody
  /** For everything else. */
  readonly others: RequestListener
}

export function hotListener({ registry, requestId, describeError, others }: HotDeps): RequestListener {
  const { metrics } = registry
  const pointerOf = createPointers(registry)
  const countCheck = metrics.observer({ method: 'POST', route: '/v1/racks/:rack/check', status: 200 })
  const countPointer = metrics.observer({
    method: 'GET',
    route: '/v1/apps/:app/channels/:channel',
    status: 200,
  })

  function check(request: IncomingMessage, response: ServerResponse, rack: string, isTraced: boolean): void {
    readBody(request, (report) => {
      answering(response, () => {
        if (report === undefined) throw tooLarge()
        const { authorization } = request.headers
        requireServedHeader(protocolOf(request))
        const answer = answerCheck(registry, { authorization, rack, report, isTraced })
        response.writeHead(200, {
          'Content-Type': 'application/json',
          'Cache-Control': 'no-store',
          'Content-Length': Buffer.byteLength(answer),
        })
        response.end(answer)
        countCheck()
      })
    })
  }

  function pointer(request: IncomingMessage, response: ServerResponse, app: string, channel: string): void {
    answering(response, () => {
      const { status, bytes, headers } = pointerOf(app, channel, request.headers['if-none-match'])
      response.writeHead(
        status,
        bytes === null ? headers : { ...headers, 'Content-Length': Buffer.byteLength(bytes) },
      )
      response.end(bytes)
      countPointer()
    })
  }

  function answering(response: ServerResponse, answer: () => void): void {
    try {
      answer()
    } catch (error) {
      const problem = describeError(error instanceof Error ? error : new Error(String(error)), requestId())
      const body = JSON.stringify(problem)
      response.writeHead(problem.status, {
        'Content-Type': 'application/problem+json',
        'Cache-Control': 'no-store',
        'Content-Length': Buffer.byteLength(body),
      })
      response.end(body)
    }
  }

  return (request, response) => {
    const { method, url = '' } = request
    if (method === 'POST') {
      const found = checkPath.exec(url)
      if (found?.[1]) return check(request, response, found[1], found[2] !== undefined)
    } else if (method === 'GET') {
      const found = pointerPath.exec(url)
      if (found?.[1] && found[2]) return pointer(request, response, found[1], found[2])
    }
    others(request, response)
  }
}

function protocolOf({ headers }: IncomingMessage): string | undefined {
  const value = headers[protocolHeader]
  return Array.isArray(value) ? value[0] : value
}

/** A body is small and mostly one chunk. Of one that is too large nothing is kept, and the text is undefined. */
function readBody(request: IncomingMessage, use: (text: string | undefined) => void): void {
  let chunks: Buffer | undefined
  let bytes = 0
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > mostBytes) chunks = undefined
    else chunks = chunks ? Buffer.concat([chunks, chunk]) : chunk
  })
  request.on('end', () => use(bytes > mostBytes ? undefined : (chunks?.toString('utf8') ?? '')))
}

function tooLarge(): Problem {
  return new Problem('body_too_large', `A report has at most ${mostBytes} bytes.`, {
    numbers: { limitBytes: mostBytes },
  })
}
