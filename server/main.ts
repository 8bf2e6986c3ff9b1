/**
 * The registry as a process: the only place of the server that knows the environment, listens, and handles signals.
 * The CLI's `serve` and `audit verify` call it through the bundle.
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { realpath, rm, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer, type Server } from 'node:http'
import { createServer as createSocketServer } from 'node:net'
import { join } from 'node:path'
import { getRequestListener } from '@hono/node-server'
import { destination, pino } from 'pino'
import type { ChainBody } from '../shared/contract/audit.ts'
import { version } from '../shared/contract/version.ts'
import { Problem } from '../shared/domain/problem.ts'
import { createApp } from './app.ts'
import { makeDurableFolder } from './blobs/durable-folder.ts'
import { type Config, readConfig, type ServeOptions } from './config.ts'
import { initialize } from './first-start.ts'
import { exportedText, verifyExport } from './ledger/export.ts'
import { verifyStoredChain } from './ledger/verify.ts'
import { describeErrors } from './middleware/problem-response.ts'
import { openRegistry, type Registry } from './registry.ts'
import { hotListener } from './routes/hot.ts'
import { openStoreForReading } from './store/connection.ts'
import { asStoreProblem } from './store/store-problem.ts'

export interface Serving {
  readonly url: string
  /** For whoever starts it inside another process, such as a drill that has it look at its rollouts. */
  readonly registry: Registry
  /** Ends when a signal or `stop` ended it, with everything written. */
  readonly closed: Promise<void>
  stop(): Promise<void>
}

export interface ServeProcess extends ServeOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Words for the person who started it. */
  readonly say: (line: string) => void
  /** The machine's; a drill moves its own. */
  readonly clock?: () => number
  readonly random?: (bytes: number) => Buffer
}

const drainMilliseconds = 10_000

/** Starts a registry on a data folder, made if it is missing. Raises Problems; listens when it resolves. */
export async function serve(options: ServeProcess): Promise<Serving> {
  const { clock = Date.now, random = randomBytes } = options
  const asked = readConfig(options, options.env)
  const config = { ...asked, dataDir: await ownFolder(asked.dataDir) }
  const release = await claimFolder(config.dataDir)
  // Data belongs to stdout, words to stderr.
  const log = pino({ level: config.logLevel }, destination({ fd: 2, sync: true }))
  const registry = await openRegistry({
    dataDir: config.dataDir,
    clock,
    random,
    onCheckInFailure: (error) => log.error({ err: error }, 'check-ins could not be written'),
    onBreakGlass: ({ id: breakGlass, by, reason, isRehearsal }) =>
      log.warn({ breakGlass, by, isRehearsal }, `break-glass opened: ${reason}`),
    onAlarm: ({ id: alarm, kind, app, detail }) => log.warn({ alarm, kind, app }, `alarm raised: ${detail}`),
  })
  const tokenPath = await initialize(registry, config.dataDir)
  const app = createApp({
    registry,
    log,
    version,
    requestId: randomUUID,
    monotonic: () => performance.now(),
    limits: { artifactBytes: config.artifactBytes, bodyBytes: config.bodyBytes },
  })
  const server = createHttpServer(
    hotListener({
      registry,
      requestId: randomUUID,
      describeError: describeErrors(log),
      others: getRequestListener(app.fetch),
    }),
  )
  server.headersTimeout = 15_000
  server.requestTimeout = 30 * 60_000
  // Before anybody is answered: whoever is may look for it.
  const pidFile = join(config.dataDir, 'serve.pid')
  await writeFile(pidFile, `${process.pid}\n`)
  const url = await listen(server, config).catch(async (error: unknown) => {
    await rm(pidFile, { force: true })
    throw error
  })
  if (tokenPath) options.say(`First start: the admin token is in ${tokenPath}, readable only by you.`)
  options.say(
    `Headgate ${version} serves ${url} from ${config.dataDir} (${registry.ledger.head.sequence} events, ${registry.fleet.index.size} racks).`,
  )

  let stopping: Promise<void> | undefined
  const stop = (): Promise<void> => {
    stopping ??= (async () => {
      // They would last for ever; their readers come back with the last id they saw.
      registry.eventStreams.end()
      await drain(server)
      await registry.close()
      await rm(pidFile, { force: true })
      release()
    })()
    return stopping
  }
  const closed = new Promise<void>((resolve, reject) => {
    const end = (): void => {
      stop().then(resolve, reject)
    }
    process.once('SIGTERM', end)
    process.once('SIGINT', end)
  })
  return { url, registry, closed, stop }
}

/** Verifies the chain of a data folder, also while a registry writes to it. `headSeen` is a hash that must be in it. */
export async function verifyLedger(dataDir: string, headSeen?: string): Promise<ChainBody> {
  const store = await openStoreForReading(dataDir)
  try {
    return await verifyStoredChain(store.read, headSeen)
  } finally {
    await store.close()
  }
}

/** The ledger of a data folder as text, line by line, also while a registry writes to it. */
export async function* exportLedger(dataDir: string): AsyncGenerator<string> {
  const store = await openStoreForReading(dataDir)
  try {
    yield* exportedText(store.read)
  } finally {
    await store.close()
  }
}

export { verifyExport }

/** The folder, made if it is missing, by the one name that it has: a link to it is not another folder. */
async function ownFolder(dataDir: string): Promise<string> {
  try {
    await makeDurableFolder(dataDir)
    return await realpath(dataDir)
  } catch (error) {
    throw asStoreProblem(error)
  }
}

/** One registry for each data folder: an abstract socket named after it, which the kernel frees with the process. */
async function claimFolder(dataDir: string): Promise<() => void> {
  const socket = createSocketServer()
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 32)
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') return reject(error)
      reject(
        new Problem(
          'locked',
          `Another registry serves ${dataDir} already; its process id is in serve.pid there.`,
          {
            hint: `kill $(cat ${join(dataDir, 'serve.pid')}), or serve another folder.`,
          },
        ),
      )
    })
    socket.listen(`\0headgate-registry-${name}`, resolve)
  })
  socket.unref()
  return () => socket.close()
}

async function listen(server: Server, { host, port }: Config): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') return reject(error)
      const why = error.code === 'EACCES' ? 'may not be bound by this user' : 'is taken by another process'
      reject(
        new Problem('invalid_input', `The port ${port} on ${host} ${why}.`, {
          hint: 'Choose another: headgate serve --data DIR --port PORT',
        }),
      )
    })
    server.listen(port, host, resolve)
  })
  const address = server.address()
  const bound = typeof address === 'object' && address ? address.port : port
  return `http://${host.includes(':') ? `[${host}]` : host}:${bound}`
}

/** Answers what is under way, takes nothing new, and cuts what is not done in time. */
async function drain(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  // A connection that was busy when this began is idle as soon as its answer is through.
  const idle = setInterval(() => server.closeIdleConnections(), 50)
  const cut = setTimeout(() => server.closeAllConnections(), drainMilliseconds)
  await closed
  clearInterval(idle)
  clearTimeout(cut)
}
