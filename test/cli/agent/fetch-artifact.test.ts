/** Downloads: cut, changed, lied about, redirected; whole and as announced, or not there at all. */

import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer, request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../../cli/agent/clock.ts'
import {
  type ArtifactSource,
  downloadFile,
  type FetchPlace,
  fetchArtifact,
  pruneDownloads,
} from '../../../cli/agent/fetch-artifact.ts'
import { realFiles } from '../../../cli/agent/files.ts'
import { httpGetFor } from '../../../cli/agent/http-get.ts'
import { Problem } from '../../../shared/domain/problem.ts'
import { dieAtEveryCall } from '../../support/dying-files.ts'
import { oddServer, serving } from '../../support/odd-server.ts'
import { scratchDirectory } from '../../support/scratch-directory.ts'

const content = randomBytes(300_000)
const sha256 = createHash('sha256').update(content).digest('hex')
const source = (url: string): ArtifactSource => ({ url, sha256, size: content.length })
const sleepless = {
  ...systemClock,
  sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(Math.min(ms, 5), signal),
}

async function place(change: Partial<FetchPlace> = {}): Promise<FetchPlace> {
  const get = await httpGetFor({})
  return { dir: scratchDirectory(), files: realFiles, clock: systemClock, get, credential: null, ...change }
}

/** With waits that take no time; not for tests of stalls. */
const hasty = (change: Partial<FetchPlace> = {}) =>
  place({ clock: sleepless, stallSeconds: 1_000_000, ...change })

async function problemOf(work: Promise<unknown>): Promise<Problem> {
  const error = await work.then(
    () => new Error('it went well'),
    (reason: unknown) => reason,
  )
  if (error instanceof Problem) return error
  throw error
}

const downloads = (where: FetchPlace) => realFiles.list(join(where.dir, 'downloads'))

describe('a download', () => {
  it('ends up under its digest, alone, with progress on the way', async () => {
    const server = await oddServer(serving(content))
    const progress: [number, number][] = []
    const where = await place({ onProgress: (bytes, total) => progress.push([bytes, total]) })
    const file = await fetchArtifact(source(`${server.origin}/a`), where)
    expect(file).toBe(downloadFile(where.dir, sha256))
    expect(readFileSync(file).equals(content)).toBe(true)
    expect(downloads(where)).toEqual([sha256])
    expect(progress.at(-1)).toEqual([content.length, content.length])
    expect(progress.map(([bytes]) => bytes)).toEqual(
      progress.map(([bytes]) => bytes).toSorted((a, b) => a - b),
    )
  })

  it('that is here already asks nobody', async () => {
    const server = await oddServer(serving(content))
    const where = await place()
    await fetchArtifact(source(`${server.origin}/a`), where)
    await fetchArtifact(source('http://127.0.0.1:1/gone'), where)
    expect(server.asked).toHaveLength(1)
  })

  it('that is here but damaged is fetched again', async () => {
    const server = await oddServer(serving(content))
    const where = await place()
    mkdirSync(join(where.dir, 'downloads'))
    writeFileSync(downloadFile(where.dir, sha256), Buffer.alloc(content.length))
    const file = await fetchArtifact(source(`${server.origin}/a`), where)
    expect(readFileSync(file).equals(content)).toBe(true)
  })
})

describe('a connection that is cut', () => {
  it('is gone on with where it ended, again and again', async () => {
    const server = await oddServer(serving(content, '"v1"', 70_000))
    const where = await hasty()
    const file = await fetchArtifact(source(`${server.origin}/a`), where)
    expect(readFileSync(file).equals(content)).toBe(true)
    const [first, ...later] = server.asked.map(({ headers }) => headers.range)
    expect(first).toBeUndefined()
    expect(later.length).toBeGreaterThanOrEqual(4)
    let had = 0
    for (const range of later) {
      const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1])
      // What was on its way when the connection went may be lost with it.
      expect(from).toBeGreaterThan(had)
      expect(from).toBeLessThanOrEqual(had + 70_000)
      had = from
    }
    expect(server.asked[1]?.headers['if-range']).toBe('"v1"')
  })

  it('is gone on with by the next run, too', async () => {
    const server = await oddServer(serving(content, '"v1"', 100_000), serving(content))
    const where = await hasty({ retries: 0 })
    const stop = new AbortController()
    const onProgress = (bytes: number) => bytes >= 100_000 && stop.abort()
    const problem = await problemOf(
      fetchArtifact(source(`${server.origin}/a`), { ...where, signal: stop.signal, onProgress }),
    )
    expect(problem.code).toBe('interrupted')
    expect(downloads(where)).toEqual([`${sha256}.part`, `${sha256}.part.etag`])
    await fetchArtifact(source(`${server.origin}/a`), where)
    // From what was on the disk: on a busy machine the last piece that came may not have been there yet.
    const from = Number(/^bytes=(\d+)-$/.exec(server.asked[1]?.headers.range ?? '')?.[1])
    expect(from).toBeGreaterThan(0)
    expect(from).toBeLessThanOrEqual(100_000)
    expect(downloads(where)).toEqual([sha256])
  })

  it('begins anew when the file changed meanwhile (another ETag)', async () => {
    const other = randomBytes(content.length)
    const server = await oddServer(serving(other, '"old"', 100_000), serving(content, '"new"'))
    const where = await hasty()
    const file = await fetchArtifact(source(`${server.origin}/a`), where)
    expect(readFileSync(file).equals(content)).toBe(true)
    expect(server.asked).toHaveLength(2)
  })

  it('begins anew where there is no strong ETag to go on with', async () => {
    for (const etag of [null, 'W/"v1"']) {
      const server = await oddServer(serving(content, etag, 100_000), serving(content, etag))
      await fetchArtifact(source(`${server.origin}/a`), await hasty())
      expect(server.asked.map((each) => each.headers.range)).toEqual([undefined, undefined])
    }
  })

  it('begins anew when the rest that is answered is another one', async () => {
    const wrong = ['bytes 5-299999/300000', 'bytes 100000-400000/300000', 'items 1-2/3', undefined]
    for (const range of wrong) {
      const server = await oddServer(
        serving(content, '"v1"', 100_000),
        (_request, response) => {
          if (range !== undefined) response.setHeader('content-range', range)
          response.writeHead(206, { etag: '"v1"' }).end(content.subarray(5))
        },
        serving(content),
      )
      const file = await fetchArtifact(source(`${server.origin}/a`), await hasty())
      expect(readFileSync(file).equals(content)).toBe(true)
      expect(server.asked[2]?.headers.range).toBeUndefined()
    }
  })

  it('begins anew when the rest belongs to another file by its ETag', async () => {
    const server = await oddServer(
      serving(content, '"v1"', 100_000),
      (_request, response) => {
        response.writeHead(206, { etag: '"v2"', 'content-range': 'bytes 100000-299999/300000' })
        response.end(Buffer.alloc(200_000))
      },
      serving(content),
    )
    await fetchArtifact(source(`${server.origin}/a`), await hasty())
    expect(server.asked).toHaveLength(3)
  })

  it('begins anew after 416', async () => {
    const server = await oddServer(
      serving(content, '"v1"', 100_000),
      (_request, response) => response.writeHead(416).end(),
      serving(content),
    )
    await fetchArtifact(source(`${server.origin}/a`), await hasty())
    expect(server.asked).toHaveLength(3)
  })

  it('is given up after so many cuts without a new byte, keeping what is here', async () => {
    const server = await oddServer(serving(content, '"v1"', 100_000), (request) => request.socket.destroy())
    const where = await hasty({ retries: 3 })
    const problem = await problemOf(fetchArtifact(source(`${server.origin}/a`), where))
    expect(problem.code).toBe('artifact_unreachable')
    expect(problem.message).toContain('(tried 5 times)')
    expect(problem.numbers).toMatchObject({ bytes: 100_000, tries: 5 })
    expect(statSync(`${downloadFile(where.dir, sha256)}.part`).size).toBe(100_000)
  })

  it('is noticed when nothing comes any more', async () => {
    const server = await oddServer((_request, response) => {
      response.writeHead(200, { 'content-length': content.length, etag: '"v1"' })
      response.write(content.subarray(0, 100_000))
    }, serving(content))
    const startedAt = Date.now()
    const file = await fetchArtifact(source(`${server.origin}/a`), await place({ stallSeconds: 1 }))
    expect(readFileSync(file).equals(content)).toBe(true)
    expect(server.asked[1]?.headers.range).toBe('bytes=100000-')
    expect(Date.now() - startedAt).toBeLessThan(10_000)
  })

  it('is noticed when no answer comes at all', async () => {
    const server = await oddServer(() => undefined)
    const where = await place({ stallSeconds: 0.1, retries: 0 })
    const problem = await problemOf(fetchArtifact(source(`${server.origin}/a`), where))
    expect(problem.message).toContain('no byte came for 0.1 s')
  })

  it('does not count slow bytes as a stall', async () => {
    const server = await oddServer((_request, response) => {
      response.writeHead(200, { 'content-length': 6 })
      let sent = 0
      const timer = setInterval(() => {
        response.write('x')
        sent += 1
        if (sent === 6) clearInterval(timer)
      }, 150)
    })
    const slow = {
      url: `${server.origin}/a`,
      size: 6,
      sha256: createHash('sha256').update('xxxxxx').digest('hex'),
    }
    await fetchArtifact(slow, await place({ stallSeconds: 0.5 }))
    expect(server.asked).toHaveLength(1)
  })
})

describe('a lie', () => {
  const small = content.subarray(0, 299_999)
  const large = Buffer.concat([content, Buffer.from('!')])
  const other = randomBytes(content.length)
  const chunked = (bytes: Buffer) => serving(bytes)

  it.each([
    ['a shorter file', chunked(small), 'expected 300000 bytes, got 299999 bytes announced'],
    ['a longer file', chunked(large), 'expected 300000 bytes, got 300001 bytes announced'],
    ['other bytes', chunked(other), `expected sha256 ${sha256}, got sha256 `],
  ])('about %s is named, and nothing of it is kept', async (_what, answer, words) => {
    const where = await hasty()
    const server = await oddServer(answer)
    const problem = await problemOf(fetchArtifact(source(`${server.origin}/a`), where))
    expect(problem.code).toBe('digest_mismatch')
    expect(problem.message).toContain(words)
    expect(problem.numbers).toHaveProperty('expected')
    expect(downloads(where)).toEqual([])
    expect(server.asked).toHaveLength(1)
  })

  it('without any length is found by the bytes: too many', async () => {
    const where = await hasty()
    const server = await oddServer((_request, response) => {
      response.write(large)
      response.end()
    })
    const endless = await oddServer((_request, response) => {
      response.write(content)
      const timer = setInterval(() => response.write(content), 1)
      response.on('close', () => clearInterval(timer))
    })
    for (const { origin } of [server, endless]) {
      const problem = await problemOf(fetchArtifact(source(`${origin}/a`), where))
      expect(problem.message).toMatch(/expected 300000 bytes, got at least \d+ bytes/)
      expect(downloads(where)).toEqual([])
    }
  })

  it('without any length is found by the bytes: too few', async () => {
    const server = await oddServer((_request, response) => {
      response.write(small)
      response.end()
    })
    const problem = await problemOf(fetchArtifact(source(`${server.origin}/a`), await hasty({ retries: 1 })))
    expect(problem.message).toContain('it ended after 299999 of 300000 bytes')
  })

  it('in the total of a part is named', async () => {
    const server = await oddServer(serving(content, '"v1"', 100_000), (_request, response) => {
      response.writeHead(206, { etag: '"v1"', 'content-range': 'bytes 100000-399999/400000' })
      response.end(Buffer.alloc(300_000))
    })
    const problem = await problemOf(fetchArtifact(source(`${server.origin}/a`), await hasty()))
    expect(problem.message).toContain('got 400000 bytes announced')
  })

  it('that was already in the half that is here ends in a fresh download, not in a loop', async () => {
    const where = await hasty()
    mkdirSync(join(where.dir, 'downloads'))
    writeFileSync(`${downloadFile(where.dir, sha256)}.part`, Buffer.alloc(100_000, 1))
    writeFileSync(`${downloadFile(where.dir, sha256)}.part.etag`, '"v1"')
    const server = await oddServer(serving(content))
    await fetchArtifact(source(`${server.origin}/a`), where)
    expect(server.asked.map((each) => each.headers.range)).toEqual(['bytes=100000-', undefined])
    expect(downloads(where)).toEqual([sha256])
  })

  it('is told after one whole download, wherever the first half came from', async () => {
    const where = await hasty()
    mkdirSync(join(where.dir, 'downloads'))
    writeFileSync(`${downloadFile(where.dir, sha256)}.part`, Buffer.alloc(300_000, 1))
    const server = await oddServer(serving(other))
    const problem = await problemOf(fetchArtifact(source(`${server.origin}/a`), where))
    expect(problem.code).toBe('digest_mismatch')
    expect(server.asked).toHaveLength(1)
  })

  it('half of more than there should be is dropped', async () => {
    const where = await hasty()
    mkdirSync(join(where.dir, 'downloads'))
    writeFileSync(`${downloadFile(where.dir, sha256)}.part`, large)
    writeFileSync(`${downloadFile(where.dir, sha256)}.part.etag`, '"v1"')
    const server = await oddServer(serving(content))
    await fetchArtifact(source(`${server.origin}/a`), where)
    expect(server.asked[0]?.headers.range).toBeUndefined()
  })

  it('that it is encoded is refused', async () => {
    const server = await oddServer((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
    )
    const problem = await problemOf(fetchArtifact(source(`${server.origin}/a`), await hasty()))
    expect(problem.message).toContain('it came encoded as gzip')
    expect(server.asked[0]?.headers['accept-encoding']).toBe('identity')
  })
})

describe('an answer that is no file', () => {
  it.each([
    [404, 'artifact_unavailable', 'it is not there (404)', 1],
    [410, 'artifact_unavailable', 'it is not there (410)', 1],
    [403, 'artifact_unavailable', 'the answer was 403', 1],
    [418, 'artifact_unavailable', 'the answer was 418', 1],
    [500, 'artifact_unreachable', 'the answer was 500 (tried 3 times)', 3],
    [503, 'artifact_unreachable', 'the answer was 503 (tried 3 times)', 3],
    [429, 'artifact_unreachable', 'the answer was 429 (tried 3 times)', 3],
  ])('%i is %s', async (status, code, words, asked) => {
    const server = await oddServer((_request, response) => response.writeHead(status).end('no'))
    const problem = await problemOf(fetchArtifact(source(`${server.origin}/a`), await hasty({ retries: 2 })))
    expect(problem.code).toBe(code)
    expect(problem.message).toContain(words)
    expect(server.asked).toHaveLength(asked)
  })

  it('waits as long as Retry-After says, within reason', async () => {
    const waits: number[] = []
    const sleep = async (ms: number, signal?: AbortSignal) => {
      // The long one is the watch for stalls.
      if (ms > 1_000_000) return systemClock.sleep(ms, signal)
      waits.push(ms)
    }
    const clock = { ...systemClock, sleep }
    const busy = (after: string) => (_request: unknown, response: import('node:http').ServerResponse) =>
      response.writeHead(503, { 'retry-after': after }).end()
    const server = await oddServer(busy('7'), busy('99999'), busy('soon'), serving(content))
    await fetchArtifact(source(`${server.origin}/a`), await hasty({ clock }))
    expect(waits).toEqual([7_000, 60_000, 4_000])
  })

  it('is a problem when nobody listens', async () => {
    const problem = await problemOf(
      fetchArtifact(source('http://127.0.0.1:1/a'), await hasty({ retries: 1 })),
    )
    expect(problem.message).toContain('ECONNREFUSED')
  })
})

describe('the token', () => {
  const token = 'hgr_0123456789abcdef'
  const redirect = (to: () => string) => (_request: unknown, response: import('node:http').ServerResponse) =>
    response.writeHead(302, { location: to() }).end()

  it('goes to the registry', async () => {
    const server = await oddServer(serving(content))
    await fetchArtifact(
      source(`${server.origin}/a`),
      await hasty({ credential: { origin: server.origin, token } }),
    )
    expect(server.asked[0]?.headers.authorization).toBe(`Bearer ${token}`)
  })

  it('goes nowhere else: not to a mirror, not across a redirect, not back from one', async () => {
    const mirror = await oddServer(serving(content))
    const registry = await oddServer(redirect(() => `${mirror.origin}/b`))
    const credential = { origin: registry.origin, token }
    await fetchArtifact(source(`${mirror.origin}/a`), await hasty({ credential }))
    await fetchArtifact(source(`${registry.origin}/a`), await hasty({ credential }))
    expect(registry.asked[0]?.headers.authorization).toBe(`Bearer ${token}`)
    expect(mirror.asked.map((each) => each.headers.authorization)).toEqual([undefined, undefined])

    const home = await oddServer(
      redirect(() => `${away.origin}/`),
      serving(content),
    )
    const away = await oddServer(redirect(() => `${home.origin}/`))
    await fetchArtifact(
      source(`${home.origin}/a`),
      await hasty({ credential: { origin: home.origin, token } }),
    )
    expect(home.asked.map((each) => each.headers.authorization)).toEqual([`Bearer ${token}`, undefined])
  })

  it('goes along a redirect within the registry', async () => {
    const server = await oddServer(
      (_request, response) => response.writeHead(307, { location: '/blobs/x' }).end(),
      serving(content),
    )
    await fetchArtifact(
      source(`${server.origin}/a`),
      await hasty({ credential: { origin: server.origin, token } }),
    )
    expect(server.asked[1]).toMatchObject({ url: '/blobs/x', headers: { authorization: `Bearer ${token}` } })
  })

  it('that is not accepted is a problem of its own, and is in no message', async () => {
    for (const [status, code] of [
      [401, 'not_signed_in'],
      [403, 'not_allowed'],
    ] as const) {
      const server = await oddServer((_request, response) => response.writeHead(status).end())
      const where = await hasty({ credential: { origin: server.origin, token } })
      const problem = await problemOf(fetchArtifact(source(`${server.origin}/a`), where))
      expect(problem.code).toBe(code)
      expect(JSON.stringify([problem.message, problem.hint, problem.numbers])).not.toContain(token)
    }
  })
})

describe('a redirect', () => {
  it.each([
    [() => undefined, 'redirects nowhere'],
    [() => 'file:///etc/passwd', 'to file://'],
    [() => '/again', 'redirects more than 5 times'],
  ])('is followed only so far (%#)', async (location, words) => {
    const server = await oddServer((_request, response) => {
      const to = location()
      response.writeHead(302, to === undefined ? {} : { location: to }).end()
    })
    const problem = await problemOf(fetchArtifact(source(`${server.origin}/a`), await hasty()))
    expect(problem.code).toBe('artifact_unavailable')
    expect(problem.message).toContain(words)
  })
})

describe('an artifact that is none', () => {
  it.each([
    { url: 'ftp://a/b' },
    { url: 'not an address' },
    { sha256: 'A'.repeat(64) },
    { sha256: '../../../etc/passwd' },
    { size: 0 },
    { size: -1 },
    { size: 1.5 },
  ])('%j is a bad answer, before anything is asked or written', async (change) => {
    const where = await hasty()
    const problem = await problemOf(fetchArtifact({ ...source('http://127.0.0.1:1/'), ...change }, where))
    expect(problem.code).toBe('bad_answer')
    expect(realFiles.list(where.dir)).toEqual([])
  })
})

describe('a download that dies', () => {
  it('at any call leaves a part that the next run makes whole', async () => {
    const server = await oddServer(serving(content, '"v1"', 120_000))
    let where = await hasty()
    const deaths = await dieAtEveryCall(
      async (files) => {
        where = await hasty()
        await fetchArtifact(source(`${server.origin}/a`), { ...where, files })
      },
      async () => {
        if (existsSync(downloadFile(where.dir, sha256))) {
          expect(readFileSync(downloadFile(where.dir, sha256)).equals(content)).toBe(true)
        }
        const file = await fetchArtifact(source(`${server.origin}/a`), where)
        expect(readFileSync(file).equals(content)).toBe(true)
      },
      { losesUnsynced: true },
    )
    expect(deaths).toBeGreaterThan(5)
  })
})

describe('a proxy', () => {
  async function aProxy() {
    const seen: string[] = []
    const proxy = createServer((request, response) => {
      seen.push(request.url ?? '')
      const asked = new URL(request.url ?? '')
      asked.hostname = '127.0.0.1'
      const onward = httpRequest(asked, { headers: request.headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      })
      onward.end()
    })
    proxy.on('connect', async (request, socket, head) => {
      seen.push(`CONNECT ${request.url}`)
      const { connect } = await import('node:net')
      // It knows the names behind it: here all of them are this machine.
      const port = (request.url ?? '').split(':')[1]
      const onward = connect(Number(port), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        onward.write(head)
        onward.pipe(socket)
        socket.pipe(onward)
      })
      onward.on('error', () => socket.destroy())
      socket.on('error', () => onward.destroy())
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      proxy.closeAllConnections()
      proxy.close()
    })
    const address = proxy.address()
    return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`, seen }
  }

  it('is used when the environment names one, with resuming and the token as ever', async () => {
    const proxy = await aProxy()
    const server = await oddServer(serving(content, '"v1"', 200_000))
    const get = await httpGetFor({ HTTP_PROXY: proxy.url })
    const origin = server.origin.replace('127.0.0.1', 'artifacts.test')
    const credential = { origin, token: 'hgr_0123456789abcdef' }
    const file = await fetchArtifact(source(`${origin}/a`), await hasty({ get, credential }))
    expect(readFileSync(file).equals(content)).toBe(true)
    expect(proxy.seen.length).toBeGreaterThan(0)
    // The proxy may keep for itself what it had not passed on when it was cut off: the rest is asked for from there.
    const [whole, rest] = server.asked.map((each) => each.headers.range)
    expect(whole).toBeUndefined()
    expect(Number(/^bytes=(\d+)-$/.exec(rest ?? '')?.[1])).toBeGreaterThan(0)
    expect(server.asked).toHaveLength(2)
    expect(server.asked[0]?.headers.authorization).toBe('Bearer hgr_0123456789abcdef')
  })

  it('is not used for what NO_PROXY names', async () => {
    const proxy = await aProxy()
    const server = await oddServer(serving(content))
    const get = await httpGetFor({ http_proxy: proxy.url, no_proxy: 'artifacts.test' })
    const named = source(server.origin.replace('127.0.0.1', 'artifacts.test'))
    // Nobody knows that name here: what matters is that the proxy was not asked for it.
    await problemOf(fetchArtifact(named, await hasty({ get, retries: 0 })))
    expect(proxy.seen).toEqual([])
  })

  it('is not used for this machine itself, whether anybody says so or not', async () => {
    const proxy = await aProxy()
    const server = await oddServer(serving(content))
    const get = await httpGetFor({ http_proxy: proxy.url })
    await fetchArtifact(source(`${server.origin}/a`), await hasty({ get }))
    expect(proxy.seen).toEqual([])
  })

  it('that is down is a problem in words', async () => {
    const get = await httpGetFor({ HTTP_PROXY: 'http://127.0.0.1:1' })
    const problem = await problemOf(
      fetchArtifact(source('http://artifacts.test:2/a'), await hasty({ get, retries: 0 })),
    )
    expect(problem.message).toContain('ECONNREFUSED')
  })
})

describe('pruning downloads', () => {
  it('keeps those that are named, whole or half', async () => {
    const where = await hasty()
    mkdirSync(join(where.dir, 'downloads'))
    for (const name of ['aa', 'aa.part', 'bb', 'bb.part.etag', 'cc'])
      writeFileSync(join(where.dir, 'downloads', name), '')
    expect(pruneDownloads(where.dir, ['aa', 'cc'], realFiles)).toEqual(['bb', 'bb.part.etag'])
    expect(downloads(where)).toEqual(['aa', 'aa.part', 'cc'])
    expect(pruneDownloads(scratchDirectory(), [], realFiles)).toEqual([])
  })
})
