/** `headgate serve` as a process, and what a client of it does: asks, remembers what was acknowledged, is cut off. */
import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BuiltProgram, type Finished, finished } from '../../support/built-program.ts'

export interface Reply {
  readonly status: number
  readonly json: Readonly<Record<string, unknown>>
}

export interface Serving {
  readonly url: string
  readonly pid: number
  readonly admin: string
  readonly child: ChildProcess
  readonly end: Promise<Finished>
  /** Rejects when the connection breaks: then nobody knows whether it was done. */
  ask(method: string, path: string, json?: unknown, more?: { token?: string; key?: string }): Promise<Reply>
}

/** The folder is `cwd`/registry; ended by whoever asked. */
export async function serving(program: Pick<BuiltProgram, 'start'>, cwd: string): Promise<Serving> {
  const child = program.start(['serve', '--data', './registry', '--port', '0', '--json'], { cwd })
  const end = finished(child)
  const url = await firstUrl(child, end)
  const admin = readFileSync(join(cwd, 'registry', 'admin.token'), 'utf8').trim()
  return {
    url,
    pid: child.pid ?? 0,
    admin,
    child,
    end,
    async ask(method, path, json, { token = admin, key } = {}) {
      const response = await fetch(url + path, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(json !== undefined && { 'content-type': 'application/json' }),
          ...(key !== undefined && { 'idempotency-key': key }),
        },
        ...(json !== undefined && { body: JSON.stringify(json) }),
      })
      const text = await response.text()
      return { status: response.status, json: JSON.parse(text || '{}') }
    },
  }
}

export async function killed({ child, end }: Serving, signal: NodeJS.Signals = 'SIGKILL'): Promise<Finished> {
  child.kill(signal)
  return end
}

async function firstUrl(child: ChildProcess, end: Promise<Finished>): Promise<string> {
  let said = ''
  const url = new Promise<string>((resolve) => {
    child.stdout?.on('data', (part: string) => {
      said += part
      if (said.includes('\n')) resolve(String(JSON.parse(said.split('\n')[0] ?? '').url))
    })
  })
  const early = end.then(({ code, stderr }) => {
    throw new Error(`the registry ended at once (${code}): ${stderr}`)
  })
  return Promise.race([url, early])
}
