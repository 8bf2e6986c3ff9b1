// SIGKILL of the registry, between requests and in the middle of them: what was acknowledged is there afterwards, the
// chain holds, and what was not heard of can be asked for again under its key without being done twice.
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { verifyStoredChain } from '../../../server/ledger/verify.ts'
import { openStore } from '../../../server/store/connection.ts'
import { type BuiltProgram, buildProgram } from '../../support/built-program.ts'
import { scratchDirectory } from '../../support/scratch-directory.ts'
import { sha256Of } from '../../support/test-registry.ts'
import { killed, type Serving, serving } from './serving.ts'

const rounds = 12
const writesPerRound = 44

let program: BuiltProgram
beforeAll(async () => {
  program = await buildProgram()
})
afterAll(() => program?.remove())

type Done =
  | { readonly what: 'published' | 'promoted'; readonly version: string }
  | { readonly what: 'reported'; readonly attempt: string; readonly outcome: string }

interface Asked {
  readonly method: string
  readonly path: string
  readonly json: unknown
  readonly key: string
  readonly done: Done
}

const rackTokens = ['a', 'b'].map((name) => ({ name: `rack-${name}`, token: `hg_rack_${name.repeat(49)}` }))

test(`${rounds} kills lose no acknowledged write`, { timeout: 120_000 }, async () => {
  const cwd = scratchDirectory()
  const acknowledged: Done[] = []
  let pending: Asked[] = []
  let serial = 0
  let kills = 0
  let cutOff = 0

  async function write(registry: Serving, asked: Asked): Promise<void> {
    const token = rackTokens.find(({ name }) => asked.path.includes(`/${name}/`))?.token
    pending.push(asked)
    const { status, json } = await registry.ask(asked.method, asked.path, asked.json, {
      key: asked.key,
      ...(token && { token }),
    })
    expect(status, JSON.stringify(json)).toBe(200)
    acknowledged.push(asked.done)
    pending = pending.filter((one) => one !== asked)
  }

  /** Publishes and promotes, one after the other, until the connection breaks. */
  async function maintain(registry: Serving): Promise<void> {
    for (;;) {
      const version = String(++serial)
      const publish = { method: 'POST', path: '/v1/apps/rack/releases', json: { version }, key: randomUUID() }
      await write(registry, { ...publish, done: { what: 'published', version } })
      const path = '/v1/apps/rack/channels/stable/promote'
      const promote = { method: 'POST', path, json: { version }, key: randomUUID() }
      await write(registry, { ...promote, done: { what: 'promoted', version } })
    }
  }

  async function report(registry: Serving, rack: string): Promise<void> {
    for (let number = 0; ; number += 1) {
      const attempt = randomUUID()
      const outcome = number % 3 === 0 ? 'returned' : 'proved'
      const event = { index: 0, at: new Date().toISOString(), state: outcome, detail: '' }
      const json = {
        from: null,
        target: '1',
        action: 'update',
        motive: 'rollout',
        reason: 'offered',
        startedAt: event.at,
        events: [event],
        outcome,
      }
      const done = { what: 'reported', attempt, outcome } as const
      await write(registry, {
        method: 'PUT',
        path: `/v1/racks/${rack}/attempts/${attempt}`,
        json,
        key: '',
        done,
      })
    }
  }

  let registry = await serving(program, cwd)
  onTestFinished(() => void registry.child.kill('SIGKILL'))
  await registry.ask('POST', '/v1/apps', { app: 'rack', scheme: 'timestamp' })
  for (const { name, token } of rackTokens) {
    const json = {
      rack: name,
      channel: 'stable',
      platform: 'any',
      current: null,
      tokenSha256: sha256Of(token),
    }
    expect((await registry.ask('POST', '/v1/apps/rack/racks', json)).status).toBe(200)
  }

  for (let round = 0; round < rounds; round += 1) {
    // What was cut off by the last kill is asked for again, by a client that never heard an answer.
    const again = pending
    pending = []
    for (const asked of again) await write(registry, asked)
    const clients = [maintain(registry), ...rackTokens.map(({ name }) => report(registry, name))]
    const ended = Promise.allSettled(clients)
    const enough = acknowledged.length + writesPerRound
    while (acknowledged.length < enough) await pause(1)
    await pause((round * 3) % 11)
    await killed(registry)
    kills += 1
    for (const result of await ended)
      if (result.status === 'rejected' && !(result.reason instanceof TypeError)) throw result.reason
    cutOff += pending.length
    registry = await serving(program, cwd)
  }
  for (const asked of [...pending]) await write(registry, asked)
  // Between requests: everything was answered, nothing is under way.
  await killed(registry)
  kills += 1

  const store = await openStore(join(cwd, 'registry'))
  const chain = await verifyStoredChain(store.read)
  expect(chain).toMatchObject({ holds: true, why: null })
  const { ledger, attempts } = store.read.tables
  const bodies = (await store.read.db.select().from(ledger)).map(({ body }) => JSON.parse(body ?? '{}'))
  const outcomes = new Map(
    (await store.read.db.select().from(attempts)).map(({ id, outcome }) => [id, outcome]),
  )
  await store.close()
  const told = (type: string): string[] =>
    bodies.filter((one) => one.type === type).map(({ version }) => version)
  const stored = { published: told('release.published'), promoted: told('channel.promoted') }
  const lost = acknowledged.filter((done) =>
    done.what === 'reported'
      ? outcomes.get(done.attempt) !== done.outcome
      : !stored[done.what].includes(done.version),
  )
  console.log(
    `kills ${kills}, requests cut off ${cutOff}, acknowledged writes ${acknowledged.length}, lost ${lost.length}`,
  )
  expect(lost).toEqual([])
  expect(new Set(stored.published).size).toBe(stored.published.length)
  const onStable = bodies.filter((one) => one.type === 'channel.promoted' && one.channel === 'stable')
  expect(new Set(onStable.map(({ version }) => version)).size).toBe(onStable.length)
  expect(acknowledged.length).toBeGreaterThanOrEqual(500)
  expect(cutOff).toBeGreaterThan(0)
})
