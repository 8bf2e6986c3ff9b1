/** A whole registry in this process: the real app on a real SQLite file, reached through `fetch` without a port. */
import { join } from 'node:path'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import { createApp } from '../../server/app.ts'
import { initialize } from '../../server/first-start.ts'
import { openRegistry, type Registry } from '../../server/registry.ts'
import type { AtEnd } from './scratch-directory.ts'

export interface InProcessRegistry {
  readonly url: string
  readonly fetch: typeof globalThis.fetch
  /** The file with the admin token that the first start made. */
  readonly tokenFile: string
  readonly registry: Registry
  /** What was asked, as `POST /v1/apps?dryRun=true`. */
  readonly asked: string[]
}

/** To be called inside a test; `now` is the registry's clock. */
export async function inProcessRegistry(
  dataDir: string,
  now: () => number,
  atEnd: AtEnd = onTestFinished,
): Promise<InProcessRegistry> {
  let drawn = 0
  const registry = await openRegistry({
    dataDir,
    clock: now,
    // Never the same twice, and the same in every run: ids and hashes may stand in golden files.
    random: (bytes) => Buffer.alloc(bytes, `random ${++drawn} `),
    onCheckInFailure: (error) => {
      throw error
    },
  })
  atEnd(() => registry.close())
  // What time does to proposals and rollouts is asked for by who needs it: `gateClock.tick()`, `rollouts.tick()`.
  await registry.gateClock.stop()
  await registry.rollouts.stop()
  const tokenFile = (await initialize(registry, dataDir)) ?? join(dataDir, 'admin.token')
  let requests = 0
  const app = createApp({
    registry,
    log: pino({ level: 'silent' }),
    version: '0.0.0-test',
    requestId: () => `request-${++requests}`,
    monotonic: () => performance.now(),
    limits: { artifactBytes: 64 * 1024 * 1024, bodyBytes: 16 * 1024 * 1024 },
  })
  const asked: string[] = []
  return {
    url: 'http://registry.test',
    tokenFile,
    registry,
    asked,
    fetch: async (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input)
      asked.push(`${init?.method ?? 'GET'} ${url.pathname}${url.search}`)
      return app.request(url.href, init)
    },
  }
}
