/** Something in front of a registry that nobody changed on purpose: it hands everything on, until a test says what it does instead. */
import { createServer, type IncomingMessage, request } from 'node:http'
import { onTestFinished } from 'vitest'

export interface Instead {
  readonly status: number
  readonly body: string
}

export interface BreakingProxy {
  readonly url: string
  /** From now on; undefined hands it on. */
  breaks(rule: (asked: IncomingMessage) => Instead | undefined): void
}

export async function breakingProxy(target: string): Promise<BreakingProxy> {
  let rule: (asked: IncomingMessage) => Instead | undefined = () => undefined
  const server = createServer((asked, answer) => {
    const instead = rule(asked)
    if (instead) {
      // The body is taken first, as such things do; the client would see a broken pipe instead of the answer.
      asked.resume().on('end', () => answer.writeHead(instead.status).end(instead.body))
      return
    }
    const onward = request(
      `${target}${asked.url}`,
      { method: asked.method, headers: asked.headers },
      (answered) => {
        answer.writeHead(answered.statusCode ?? 502, answered.headers)
        answered.pipe(answer)
      },
    )
    onward.on('error', () => answer.destroy())
    asked.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    breaks(next) {
      rule = next
    },
  }
}

/** As a bucket answers whose policy somebody changed. */
export function refusesUploads({ method, url = '' }: IncomingMessage): Instead | undefined {
  if (method !== 'PUT' || !url.startsWith('/v1/artifacts/')) return undefined
  return { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' }
}
