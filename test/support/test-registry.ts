/**
 * A registry to knock at: the real app over real HTTP on a temporary folder, with a clock that tests move and chance that
 * comes out the same each time. Requests go out byte for byte, so that a path may hold `..` and a header what it wants.
 */
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import {
  Agent,
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
  type Server,
} from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getRequestListener } from '@hono/node-server'
import { pino } from 'pino'
import { createApp } from '../../server/app.ts'
import { initialize } from '../../server/first-start.ts'
import { describeErrors } from '../../server/middleware/problem-response.ts'
import { openRegistry, type Registry } from '../../server/registry.ts'
import { hotListener } from '../../server/routes/hot.ts'
import { protocolVersion } from '../../shared/contract/protocol.ts'
import type { RackReport } from '../../shared/contract/rack.ts'
import type { Role, Scope } from '../../shared/domain/access.ts'
import { day } from '../../shared/domain/instants.ts'
import { mintToken } from '../../shared/trust/token.ts'
import { countRows } from './open-test-store.ts'

export interface Asking {
  /** Without it the admin asks; null: nobody. */
  readonly token?: string | null
  /** Sent as JSON. */
  readonly json?: unknown
  /** Sent as it is, with no content type but that of `headers`. */
  readonly body?: string | Uint8Array
  readonly headers?: OutgoingHttpHeaders
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Buffer
  readonly text: string
  /** The answer as JSON; empty when it is none. */
  readonly json: Readonly<Record<string, unknown>>
}

export type Ask = (method: string, path: string, asking?: Asking) => Promise<Answer>

export interface Minting {
  readonly name?: string
  readonly app?: string
  readonly channel?: string
  readonly scopes?: readonly Scope[]
  readonly days?: number
}

export interface Enrolling {
  readonly app?: string
  readonly channel?: string
  readonly current?: string | null
  readonly platform?: string
  readonly switchChannels?: readonly string[]
}

export interface TestRegistry {
  readonly dataDir: string
  readonly url: string
  readonly admin: string
  readonly registry: Registry
  /** Every route that there is, as `GET /v1/apps/:app`. */
  readonly routes: readonly string[]
  readonly clock: { now(): number; advance(milliseconds: number): void }
  /** What was thrown at nobody: failed flushes. */
  readonly failures: unknown[]
  readonly ask: Ask
  /** As `ask`, for what has to succeed. */
  readonly call: (...asked: Parameters<Ask>) => Promise<Answer['json']>
  /** A token, registered by the admin. */
  mint(role: Role | 'join', minting?: Minting): Promise<string>
  /** A rack of its own, and the token it acts with. */
  enroll(rack: string, enrolling?: Enrolling): Promise<string>
  /** A whole JSON lines history, each row in version order. */
  importRows(app: string, rows: readonly unknown[]): Promise<Answer['json'][]>
  restart(): Promise<void>
  dispose(): Promise<void>
}

export interface TestRegistryOptions {
  readonly now?: number
  readonly limits?: { readonly artifactBytes: number; readonly bodyBytes: number }
  readonly dataDir?: string
}

export const august = Date.UTC(2016, 7, 16, 16)

/** To be disposed of by whoever opened it. */
export async function openTestRegistry(options: TestRegistryOptions = {}): Promise<TestRegistry> {
  const { limits = { artifactBytes: 1024 * 1024, bodyBytes: 4 * 1024 * 1024 } } = options
  const folder = await mkdtemp(join(tmpdir(), 'headgate-registry-'))
  const dataDir = options.dataDir ?? join(folder, 'registry')
  const random = chance('registry')
  const secrets = chance('secrets')
  const failures: unknown[] = []
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  let now = options.now ?? august
  let requests = 0
  const clock = {
    now: () => now,
    advance(milliseconds: number) {
      now += milliseconds
    },
  }

  async function open(): Promise<Opened> {
    const registry = await openRegistry({
      dataDir,
      clock: clock.now,
      random,
      onCheckInFailure: (error) => failures.push(error),
    })
    // Time moves when a test says so, and so does what gates and rollouts make of it: `registry.gateClock.tick()`,
    // `registry.rollouts.tick()`, `registry.fleetWatch.examine()`.
    await registry.gateClock.stop()
    await registry.rollouts.stop()
    await registry.fleetWatch.stop()
    await initialize(registry, dataDir)
    const log = pino({ level: process.env.HEADGATE_TEST_LOG ?? 'silent' })
    const requestId = () => `request-${++requests}`
    const app = createApp({
      registry,
      log,
      version: '0.0.0-test',
      requestId,
      monotonic: () => performance.now(),
      limits,
    })
    const server = createServer(
      hotListener({
        registry,
        requestId,
        describeError: describeErrors(log),
        others: getRequestListener(app.fetch),
      }),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    return { registry, server, port, routes: routesOf(app.routes) }
  }

  async function close(): Promise<void> {
    present.server.closeAllConnections()
    await new Promise((resolve) => present.server.close(resolve))
    await present.registry.close()
  }

  // What the first start takes from chance first is the admin token.
  const admin = mintToken('admin', chance('registry')(32))
  let present = await open()

  const ask: Ask = (method, path, { token = admin, json, body, headers } = {}) => {
    const sent = json === undefined ? body : JSON.stringify(json)
    return send({
      method,
      path,
      agent,
      port: present.port,
      body: sent,
      headers: {
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...(sent !== undefined && { 'content-length': Buffer.byteLength(sent) }),
        ...headers,
      },
    })
  }

  const call: TestRegistry['call'] = async (method, path, asking) => {
    const answer = await ask(method, path, asking)
    if (answer.status < 300) return answer.json
    throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text}`)
  }

  return {
    dataDir,
    admin,
    failures,
    clock,
    ask,
    call,
    get registry() {
      return present.registry
    },
    get routes() {
      return present.routes
    },
    get url() {
      return `http://127.0.0.1:${present.port}`
    },
    async mint(role, { name, days = 300, scopes = [], ...place } = {}) {
      const kind = role === 'rack' ? 'viewer' : role
      const token = mintToken(kind, secrets(32))
      const sha256 = sha256Of(token)
      const expiresAt = new Date(now + days * day).toISOString()
      const json = {
        name: name ?? `${role}-${sha256.slice(0, 8)}`,
        role,
        scopes,
        ...place,
        expiresAt,
        sha256,
      }
      await call('POST', '/v1/tokens', { json })
      return token
    },
    async enroll(rack, enrolling = {}) {
      const { app = 'rack', channel = 'stable', current = null, platform = 'linux/amd64' } = enrolling
      const { switchChannels = [] } = enrolling
      const token = mintToken('rack', secrets(32))
      const json = { rack, channel, platform, current, switchChannels, tokenSha256: sha256Of(token) }
      await call('POST', `/v1/apps/${app}/racks`, { json })
      return token
    },
    async importRows(app, rows) {
      const reports: Answer['json'][] = []
      for (let from = 0; from < rows.length; from += 100) {
        const json = { rows: rows.slice(from, from + 100) }
        reports.push(await call('POST', `/v1/apps/${app}/import`, { json }))
      }
      return reports
    },
    async restart() {
      await close()
      present = await open()
    },
    async dispose() {
      await close()
      agent.destroy()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

interface Opened {
  readonly registry: Registry
  readonly server: Server
  readonly port: number
  readonly routes: readonly string[]
}

/** Middleware stands for all methods; a route with several handlers is there once for each. */
function routesOf(routes: readonly { readonly method: string; readonly path: string }[]): string[] {
  const answering = routes.filter(({ method }) => method !== 'ALL')
  return [...new Set(answering.map(({ method, path }) => `${method} ${path}`))]
}

/** What people change; what racks say of themselves and bytes are no acts, and trying a policy is a question. */
export function isGovernedWrite(route: string): boolean {
  const isOther = /^\S+ \/v1\/(racks|artifacts)\/|\/policy\/test$|\/simulate$/.test(route)
  return /^(POST|PUT|DELETE) \/v1\//.test(route) && !isOther
}

/** A report as an agent sends it. */
export function aReport(given: Partial<RackReport> = {}): RackReport {
  return {
    protocol: protocolVersion,
    agent: 'test',
    current: null,
    platform: 'linux/amd64',
    proved: [],
    failures: [],
    seen: { revision: 0, ledgerSequence: 0 },
    ...given,
  }
}

/** Everything that a refused request must leave as it was. Check-ins are written first: they are noted, not governed. */
export async function pictureOf({ registry }: TestRegistry): Promise<string> {
  const { store, ledger, blobs, checkIns } = registry
  await checkIns.flush()
  const { ledger: events, attempts, attemptEvents, rackHistory, idempotency, artifacts } = store.read.tables
  const rows = [events, attempts, attemptEvents, rackHistory, idempotency, artifacts].map((table) =>
    store.read.db.select().from(table),
  )
  const racks = await store.read.db.select().from(store.read.tables.racks)
  const stored: unknown[] = []
  for await (const blob of blobs.list()) stored.push(blob)
  return JSON.stringify([
    ledger.head,
    // What is only counted from one check-in to the next may be written at any time; a start is a gap of its own.
    { ...(await countRows(store)), soaks: 0, fleetAdoption: 0, receivingGaps: 0 },
    await Promise.all(rows),
    racks.map(({ report: _report, lastSeenAt: _seen, outside: _outside, ...row }) => row),
    stored,
  ])
}

export function sha256Of(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Bytes that look random and are the same in every run. */
function chance(seed: string): (count: number) => Buffer {
  let drawn = 0
  return (count) => {
    const bytes: Buffer[] = []
    for (let have = 0; have < count; have += 32)
      bytes.push(createHash('sha256').update(`${seed} ${++drawn}`).digest())
    return Buffer.concat(bytes).subarray(0, count)
  }
}

interface Sending {
  readonly method: string
  readonly path: string
  readonly port: number
  readonly agent: Agent
  readonly headers: OutgoingHttpHeaders
  readonly body: string | Uint8Array | undefined
}

function send({ body, headers, ...how }: Sending): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', ...how, headers: defined(headers) }, (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('error', reject)
      const answer = (): void => {
        const bytes = Buffer.concat(chunks)
        const { statusCode: status = 0, headers } = incoming
        resolve({ status, headers: flat(headers), bytes, text: bytes.toString(), json: jsonOf(bytes) })
      }
      if (isEndless(incoming)) leaveWhenQuiet(incoming, answer)
      else incoming.on('end', answer)
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

function isEndless({ headers }: IncomingMessage): boolean {
  return headers['content-type'] === 'text/event-stream'
}

/** Of a stream of events the answer is what comes at once. */
function leaveWhenQuiet(incoming: IncomingMessage, answer: () => void): void {
  const leave = (): void => {
    answer()
    incoming.removeAllListeners('error').on('error', () => undefined)
    incoming.destroy()
  }
  // Twice: the first wait may have been over because this process was busy, and what has come is read in between.
  let quiet: NodeJS.Timeout
  const wait = (): void => {
    clearTimeout(quiet)
    quiet = setTimeout(() => {
      quiet = setTimeout(leave, 100)
    }, 100)
  }
  wait()
  incoming.on('data', wait)
}

/** A header that is undefined is not sent, also one that would be sent by itself. */
function defined(headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined))
}

function flat(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}

function jsonOf(bytes: Buffer): Record<string, unknown> {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    return {}
  }
}
