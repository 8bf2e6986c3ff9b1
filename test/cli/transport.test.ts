// Asking a registry: what is waited for, what is tried again and with which key, and what is no registry's answer.
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { RegistryFault, RegistryProblem } from '../../cli/answer.ts'
import { at, openRegistry, unwrap } from '../../cli/api.ts'
import { createDirectFetch } from '../../cli/direct-fetch.ts'
import type { TokenSource } from '../../cli/profile.ts'
import { Problem } from '../../shared/domain/problem.ts'
import { fakeClock } from '../support/fake-clock.ts'
import { scratchDirectory } from '../support/scratch-directory.ts'

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void
interface Asked {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A server that answers the n-th request with the n-th answer, and the last one for ever. */
async function aServer(...answers: readonly Answer[]) {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (part: string) => {
      body += part
    })
    request.on('end', () => {
      asked.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body })
      answers[Math.min(asked.length, answers.length) - 1]?.(request, response, body)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return { asked, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}` }
}

const json =
  (status: number, body: unknown, type = 'application/json'): Answer =>
  (_, response) =>
    response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body))
const text =
  (status: number, body: string, type: string): Answer =>
  (_, response) =>
    response.writeHead(status, { 'content-type': type }).end(body)
const cut: Answer = (request) => request.socket.destroy()
const apps = json(200, { apps: [] })

const aToken: TokenSource = { kind: 'value', value: 'hg_admin_test', from: 'HEADGATE_TOKEN' }

function aRegistry(url: string, token: TokenSource = aToken) {
  const said: string[] = []
  let ids = 0
  const clock = fakeClock()
  const deps = {
    clock,
    fetch: createDirectFetch(),
    random: { uuid: () => `key-${++ids}`, bytes: (count: number) => new Uint8Array(count) },
  }
  return { ...openRegistry(deps, { url, token }, (line) => said.push(line)), said, clock }
}

async function refusal(asked: Promise<unknown>): Promise<Problem> {
  const error = await asked.catch((refused: unknown) => refused)
  if (error instanceof Problem) return error
  throw new Error(`not refused: ${error}`)
}

const createApp = ({ api }: ReturnType<typeof aRegistry>) =>
  unwrap(api.v1.apps.$post({ query: {}, json: { app: 'rack', scheme: 'semver' } }))

describe('a good answer', () => {
  test('is its value, and the token is in the header only', async () => {
    const server = await aServer(apps)
    expect(await unwrap(aRegistry(server.url).api.v1.apps.$get())).toEqual({ apps: [] })
    expect(server.asked[0]?.headers.authorization).toBe('Bearer hg_admin_test')
    expect(server.asked[0]?.url).toBe('/v1/apps')
    expect(server.asked[0]?.headers['idempotency-key']).toBeUndefined()
  })

  test('has every part of a path encoded, so that a name stays in its place', async () => {
    const server = await aServer(json(200, {}))
    const { api } = aRegistry(server.url)
    await unwrap(
      api.v1.apps[':app'].releases[':version'].$get({
        query: {},
        param: at({ app: 'a/../b', version: '1.0.0+x?y#z$&' }),
      }),
    )
    expect(server.asked[0]?.url).toBe('/v1/apps/a%2F..%2Fb/releases/1.0.0%2Bx%3Fy%23z%24%26')
    expect(() => at({ app: '..' })).toThrow(/not the name of an app/)
    expect(() => at({ version: '' })).toThrow(/not the name of a version/)
  })
})

describe('a write', () => {
  test('has a key of its own each time', async () => {
    const server = await aServer(json(200, {}))
    const registry = aRegistry(server.url)
    await createApp(registry)
    await createApp(registry)
    expect(server.asked.map(({ headers }) => headers['idempotency-key'])).toEqual(['key-1', 'key-2'])
  })

  test('whose connection broke is sent once more with the same key and the same body', async () => {
    const server = await aServer(cut, json(200, { app: 'rack' }))
    expect(await createApp(aRegistry(server.url))).toEqual({ app: 'rack' })
    expect(server.asked.map(({ headers }) => headers['idempotency-key'])).toEqual(['key-1', 'key-1'])
    expect(server.asked[0]?.body).toBe(server.asked[1]?.body)
  })

  test('is not sent a third time', async () => {
    const server = await aServer(cut)
    const problem = await refusal(createApp(aRegistry(server.url)))
    expect(problem.code).toBe('registry_unreachable')
    expect(problem.message).toBe(
      `The registry at ${server.url} cannot be reached: the connection was cut (ECONNRESET).`,
    )
    expect(server.asked).toHaveLength(2)
  })
})

describe('a registry that is just starting', () => {
  async function aFreePort(): Promise<number> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    server.close()
    await once(server, 'close')
    return typeof address === 'object' ? (address?.port ?? 0) : 0
  }

  test('is waited for, and the wait is said', async () => {
    const port = await aFreePort()
    const { api, said, clock } = aRegistry(`http://127.0.0.1:${port}`)
    const later = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"apps":[]}')
    })
    onTestFinished(() => {
      later.closeAllConnections()
      later.close()
    })
    const asked = unwrap(api.v1.apps.$get())
    await clock.sleep(3000)
    later.listen(port, '127.0.0.1')
    expect(await asked).toEqual({ apps: [] })
    expect(said).toEqual([`http://127.0.0.1:${port} does not answer yet; waiting for up to 10 s …`])
  })

  test('is given up after ten seconds, with the command that starts one', async () => {
    const { api, clock } = aRegistry(`http://127.0.0.1:${await aFreePort()}`)
    const problem = await refusal(unwrap(api.v1.apps.$get()))
    expect(problem.message).toContain('the connection was refused: nothing listens there (ECONNREFUSED)')
    expect(problem.hint).toBe('headgate serve --data ./registry')
    expect(clock.monotonic()).toBeGreaterThanOrEqual(10_000)
    expect(clock.monotonic()).toBeLessThan(11_000)
  })

  test('may still be writing its token', async () => {
    const server = await aServer(apps)
    const path = join(scratchDirectory(), 'admin.token')
    const { api, said, clock } = aRegistry(server.url, {
      kind: 'file',
      path,
      from: 'HEADGATE_TOKEN_FILE',
      mayBeShared: false,
    })
    const asked = unwrap(api.v1.apps.$get())
    await clock.sleep(2000)
    writeFileSync(path, 'hg_late\n', { mode: 0o600 })
    await asked
    expect(server.asked[0]?.headers.authorization).toBe('Bearer hg_late')
    expect(said[0]).toContain('is not there yet')
  })

  test('never writes it, and then the file is named', async () => {
    const server = await aServer(apps)
    const path = join(scratchDirectory(), 'admin.token')
    const { api } = aRegistry(server.url, {
      kind: 'file',
      path,
      from: 'HEADGATE_TOKEN_FILE',
      mayBeShared: false,
    })
    const problem = await refusal(unwrap(api.v1.apps.$get()))
    expect(problem.code).toBe('not_signed_in')
    expect(problem.message).toContain(path)
    expect(server.asked).toHaveLength(0)
  })

  test('is a thing of this machine: another host that refuses is not waited for', async () => {
    const { api, clock } = aRegistry('http://no-such-host.invalid:4400')
    const problem = await refusal(unwrap(api.v1.apps.$get()))
    expect(problem.code).toBe('registry_unreachable')
    expect(problem.message).toMatch(/there is no host of that name|the name service does not answer/)
    expect(problem.hint).toBe('curl -i http://no-such-host.invalid:4400/healthz')
    expect(clock.monotonic()).toBe(0)
  })
})

describe('a refusal', () => {
  const told = { code: 'app_not_found', hint: 'headgate app list', numbers: { apps: 0 }, requestId: 'r-1' }
  const body = { ...told, detail: 'There is no app "x".' }

  test('keeps its code, its hint, its numbers and the request id', async () => {
    const server = await aServer(json(404, body, 'application/problem+json'))
    const problem = await refusal(unwrap(aRegistry(server.url).api.v1.apps.$get()))
    expect(problem).toBeInstanceOf(RegistryProblem)
    expect(problem).toMatchObject({ ...told, message: body.detail })
  })

  test.each([
    [401, 'not_signed_in'],
    [403, 'not_allowed'],
    [404, 'not_found'],
    [422, 'invalid_input'],
  ])('of a newer registry, %d with a code that nobody knows here, is read as %s', async (status, code) => {
    const server = await aServer(json(status, { ...body, code: 'too_new' }, 'application/problem+json'))
    const problem = await refusal(unwrap(aRegistry(server.url).api.v1.apps.$get()))
    expect(problem).toMatchObject({ code, requestId: 'r-1' })
    expect(problem.message).toContain('(too_new)')
  })

  test('that is a bug of the registry is no problem of the caller', async () => {
    const server = await aServer(
      json(500, { code: 'bug', detail: 'Something unexpected.', requestId: 'r-2' }),
    )
    const error = await unwrap(aRegistry(server.url).api.v1.apps.$get()).catch((refused: unknown) => refused)
    expect(error).toBeInstanceOf(RegistryFault)
    expect(error).toMatchObject({ requestId: 'r-2' })
  })
})

describe('no answer of a registry', () => {
  test.each<readonly [string, Answer, string]>([
    [
      'a page',
      text(200, '<html>\n  Welcome</html>', 'text/html'),
      'text/html, expected JSON: is that a Headgate registry? It begins: <html> Welcome</html>',
    ],
    ['a page that is missing', text(404, 'not here', 'text/plain'), 'answered 404 with text/plain'],
    ['nothing', (_, response) => response.writeHead(200).end(), 'It begins: (nothing)'],
    ['cut JSON', text(200, '{"apps":[', 'application/json'), 'JSON that is cut or broken'],
    [
      'an error of something else',
      json(502, { message: 'bad gateway' }),
      'an error that is no problem of a registry',
    ],
  ])('is %s', async (_, answer, why) => {
    const server = await aServer(answer)
    const problem = await refusal(unwrap(aRegistry(server.url).api.v1.apps.$get()))
    expect(problem.code).toBe('bad_answer')
    expect(problem.message).toContain(why)
  })

  test('is one that sends elsewhere: the token does not travel', async () => {
    const elsewhere = await aServer(apps)
    const server = await aServer((_, response) => response.writeHead(302, { location: elsewhere.url }).end())
    const problem = await refusal(unwrap(aRegistry(server.url).api.v1.apps.$get()))
    expect(problem.code).toBe('registry_unreachable')
    expect(problem.message).toContain('it redirects to')
    expect(elsewhere.asked).toHaveLength(0)
  })

  test('is one that breaks off in the middle', async () => {
    const server = await aServer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
      response.write('{"apps":', () => response.destroy())
    })
    const problem = await refusal(unwrap(aRegistry(server.url).api.v1.apps.$get()))
    expect(problem.code).toBe('registry_unreachable')
    expect(problem.message).toContain('broke off')
  })
})

test('a stream that cannot be read is its own problem, not the connection’s', async () => {
  const server = await aServer(json(200, {}))
  const { send } = aRegistry(server.url)
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(10)
    throw new Problem('artifact_unavailable', 'The file went away.')
  }
  const body = () => ReadableStream.from(broken())
  const problem = await refusal(send('/v1/artifacts/x', { method: 'PUT', body, isStream: true }))
  expect(problem.code).toBe('artifact_unavailable')
})
