/** The registry of the drill, as a process: started, told the time, made to look, killed, and started again. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Pool } from 'undici'
import type { Reply, Send } from '../support/light-rack.ts'

export interface DrillRegistry {
  readonly dataDir: string
  /** Requests that were answered. */
  readonly answered: number
  readonly now: () => number
  /** As a rack; a request that a kill took is asked again, as an agent does. */
  readonly send: Send
  /** As the admin; raises what is not a success. */
  call(method: 'GET' | 'POST' | 'PUT', path: string, json?: unknown): Promise<unknown>
  moveClock(milliseconds: number): Promise<void>
  look(): Promise<void>
  /** SIGKILL, and a new process on the same folder, whose clock stands where it stood. */
  killAndRestart(): Promise<void>
  stop(): Promise<void>
}

export interface RegistryOptions {
  /** The bundle of registry.ts. */
  readonly program: string
  /** Made by the registry. */
  readonly dataDir: string
  readonly seed: string
  readonly startAt: number
}

const connections = 64

export async function startDrillRegistry(options: RegistryOptions): Promise<DrillRegistry> {
  const { program, dataDir, seed, startAt } = options
  let now = startAt
  let starts = 0
  let answered = 0
  let asked = 0
  let present = await start()
  let isBack: Promise<void> = Promise.resolve()
  const admin = readFileSync(join(dataDir, 'admin.token'), 'utf8').trim()

  async function start() {
    starts += 1
    const child = fork(program, [dataDir, String(now), `${seed} start ${starts}`], { execArgv: [] })
    const [{ url }] = await once(child, 'message')
    return { child, pool: new Pool(String(url), { connections, pipelining: 1 }) }
  }

  async function request(method: string, path: string, token: string, json: unknown): Promise<Reply> {
    for (;;) {
      const { pool } = present
      try {
        const { statusCode, body } = await pool.request({
          method: method === 'GET' ? 'GET' : method === 'PUT' ? 'PUT' : 'POST',
          path,
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          ...(json !== undefined && { body: JSON.stringify(json) }),
        })
        const text = await body.text()
        answered += 1
        return { status: statusCode, text }
      } catch (error) {
        await isBack
        // Nobody killed it: whatever broke is no part of the drill.
        if (pool === present.pool) throw error
      }
    }
  }

  async function tell(words: { readonly now?: number }): Promise<void> {
    asked += 1
    const id = asked
    const { child } = present
    const isAnswered = new Promise<void>((resolve) => {
      const listen = (told: { readonly id?: number }): void => {
        if (told.id !== id) return
        child.off('message', listen)
        resolve()
      }
      child.on('message', listen)
    })
    child.send({ id, ...words })
    await isAnswered
  }

  return {
    dataDir,
    get answered() {
      return answered
    },
    now: () => now,
    send: request,
    async call(method, path, json) {
      const { status, text } = await request(method, path, admin, json)
      if (status < 300) return JSON.parse(text)
      throw new Error(`${method} ${path} was answered ${status}: ${text}`)
    },
    moveClock(milliseconds) {
      now += milliseconds
      return tell({ now })
    },
    look: () => tell({}),
    async killAndRestart() {
      const { child, pool } = present
      let back = (): void => undefined
      isBack = new Promise((resolve) => {
        back = resolve
      })
      await ended(child, 'SIGKILL')
      await pool.destroy()
      present = await start()
      back()
    },
    async stop() {
      await present.pool.destroy()
      await ended(present.child, 'SIGTERM')
    },
  }
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const end = once(child, 'exit')
  child.kill(signal)
  await end
}
