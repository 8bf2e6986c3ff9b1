/**
 * SIGKILL of the registry while people publish and promote and racks report: what it acknowledged is noted by those
 * who asked, in a file of their own, and looked for afterwards in its database by SQL that is none of the product's.
 */
import { randomUUID } from 'node:crypto'
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { digestOfToken, mintToken } from '../../shared/trust/token.ts'
import { killed, type Serving, serving } from '../server/process/serving.ts'
import type { BuiltProgram } from '../support/built-program.ts'
import { chanceOf } from './chance.ts'

export interface KillPlan {
  readonly program: Pick<BuiltProgram, 'start'>
  /** Where the registry's folder and the record are made. */
  readonly cwd: string
  readonly seed: number
  readonly kills: number
  /** Acknowledged at least. */
  readonly writes: number
}

export interface Losses {
  readonly kills: number
  /** Requests whose answer the kill took; each was asked again under its key. */
  readonly cutOff: number
  readonly acknowledged: number
  /** What was acknowledged and is not there, or is there twice, or a chain that does not hold. */
  readonly lost: readonly string[]
}

/** A write, and by which words it is found again: `published 7`, `promoted 7`, `reported ID proved`. */
interface Write {
  readonly method: string
  readonly path: string
  readonly json: unknown
  /** Under which it can be asked for again; a report has its attempt's id. */
  readonly key?: string
  readonly token?: string
  readonly note: string
}

const racks = ['a', 'b', 'c', 'd'].map((letter, index) => ({
  name: `rack-${letter}`,
  token: mintToken('rack', new Uint8Array(32).fill(index + 1)),
}))
/** Of so many releases a ledger of the campaign grows, however many writes there are: the rest are reports. */
const publicationsPerKill = 30

export async function killRegistry({ program, cwd, seed, kills, writes }: KillPlan): Promise<Losses> {
  const record = join(cwd, 'acknowledged')
  const chance = chanceOf(seed, 'registry')
  let pending: Write[] = []
  let acknowledged = 0
  let cutOff = 0
  let serial = 0

  async function write(registry: Serving, one: Write): Promise<void> {
    pending.push(one)
    const { method, path, json, key, token } = one
    const { status, json: said } = await registry.ask(method, path, json, {
      ...(key !== undefined && { key }),
      ...(token !== undefined && { token }),
    })
    if (status !== 200) throw new Error(`${method} ${path} answered ${status}: ${JSON.stringify(said)}`)
    appendFileSync(record, `${one.note}\n`)
    acknowledged += 1
    pending = pending.filter((other) => other !== one)
  }

  /** Publishes and promotes, one after the other, until the connection breaks. */
  async function maintain(registry: Serving): Promise<void> {
    for (let published = 0; published < publicationsPerKill; published += 1) {
      const version = String(++serial)
      const post = { method: 'POST', json: { version } }
      await write(registry, {
        ...post,
        path: '/v1/apps/rack/releases',
        key: randomUUID(),
        note: `published ${version}`,
      })
      const path = '/v1/apps/rack/channels/stable/promote'
      await write(registry, { ...post, path, key: randomUUID(), note: `promoted ${version}` })
    }
  }

  async function report(registry: Serving, { name, token }: (typeof racks)[number]): Promise<void> {
    for (let number = 0; ; number += 1) {
      const attempt = randomUUID()
      const outcome = number % 3 === 0 ? 'returned' : 'proved'
      const path = `/v1/racks/${name}/attempts/${attempt}`
      const json = {
        ...anAttempt,
        outcome,
        events: [{ index: 0, at: anAttempt.startedAt, state: outcome, detail: '' }],
      }
      await write(registry, { method: 'PUT', path, json, token, note: `reported ${attempt} ${outcome}` })
    }
  }

  let registry = await serving(program, cwd)
  try {
    await enrol(registry)
    for (let kill = 1; kill <= kills; kill += 1) {
      const again = pending
      pending = []
      // What the last kill cut off is asked for again, by clients that never heard an answer.
      for (const one of again) await write(registry, one)
      const clients = [maintain(registry), ...racks.map((rack) => report(registry, rack))]
      const ended = Promise.allSettled(clients)
      const enough = Math.ceil((writes * kill) / kills)
      while (acknowledged < enough && registry.child.exitCode === null) await pause(1)
      await pause(10 * chance())
      await killed(registry)
      for (const result of await ended)
        if (result.status === 'rejected' && !(result.reason instanceof TypeError)) throw result.reason
      cutOff += pending.length
      registry = await serving(program, cwd)
    }
    for (const one of [...pending]) await write(registry, one)
    const { json } = await registry.ask('GET', '/v1/audit/verify')
    await killed(registry)
    const lost = [
      ...missing(readFileSync(record, 'utf8'), join(cwd, 'registry')),
      ...(json.holds === true ? [] : ['the chain']),
    ]
    return { kills: kills + 1, cutOff, acknowledged, lost }
  } finally {
    registry.child.kill('SIGKILL')
  }
}

const anAttempt = {
  from: null,
  target: '1',
  action: 'update',
  motive: 'rollout',
  reason: 'offered',
  startedAt: '2016-08-16T16:00:00.000Z',
}

async function enrol(registry: Serving): Promise<void> {
  await registry.ask('POST', '/v1/apps', { app: 'rack', scheme: 'timestamp' })
  for (const { name, token } of racks) {
    const json = {
      rack: name,
      channel: 'stable',
      platform: 'any',
      current: null,
      tokenSha256: digestOfToken(token),
    }
    const { status } = await registry.ask('POST', '/v1/apps/rack/racks', json)
    if (status !== 200) throw new Error(`${name} was not enrolled: ${status}`)
  }
}

/** The lines of the record that the database does not hold, or holds twice. */
function missing(record: string, dataDir: string): readonly string[] {
  const notes = record.trim().split('\n')
  const database = new Database(join(dataDir, 'registry.sqlite'), { readonly: true })
  try {
    const bodies = database
      .prepare('select body from ledger')
      .pluck()
      .all()
      .map((body) => JSON.parse(String(body)))
    const told = (type: string, word: string): string[] =>
      bodies
        .filter((body) => body.type === type && (body.channel ?? 'stable') === 'stable')
        .map(({ version }) => `${word} ${version}`)
    const reported = database
      .prepare("select 'reported ' || id || ' ' || outcome from attempts")
      .pluck()
      .all()
      .map(String)
    const stored = [
      ...told('release.published', 'published'),
      ...told('channel.promoted', 'promoted'),
      ...reported,
    ]
    const found = new Set(stored)
    const twice = stored.filter((one, index) => found.size < stored.length && stored.indexOf(one) < index)
    return [
      ...notes.filter((note) => !found.has(note)),
      ...twice.map((one) => `${one}, which is there twice`),
    ]
  } finally {
    database.close()
  }
}

export function lossLine({ kills, cutOff, acknowledged, lost }: Losses): string {
  return [
    `registry killed ${kills} times, requests cut off ${cutOff}`,
    ...lost.slice(0, 20).map((one) => `LOST ${one}`),
    `acknowledged ${acknowledged}, lost ${lost.length}`,
  ].join('\n')
}
