/** The program as people run it: `headgate` as a process of its own, and a registry as another one. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Built by test/global-setup.ts, which says where. */
export const program =
  process.env.HEADGATE_TEST_PROGRAM ?? join(import.meta.dirname, '..', '..', 'dist', 'headgate.js')

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  /** The envelope on stdout, or on stderr when it was refused. */
  readonly json: Readonly<Record<string, unknown>>
}

export interface Running {
  readonly pid: number
  kill(signal: NodeJS.Signals): void
  stdoutSoFar(): string
  stderrSoFar(): string
  readonly ended: Promise<Ended>
}

export interface Where {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
}

/** Nothing of the developer's own registries or racks reaches the program. */
function environment(own: Readonly<Record<string, string>> = {}): Record<string, string> {
  const { PATH = '' } = process.env
  return { PATH, HOME: '/nowhere', USER: 'ada', ...own }
}

export function startProgram(command: readonly string[], { cwd, env }: Where): Running {
  const [file = process.execPath, ...args] = command
  const child = spawn(file, args, { cwd, env: environment(env), stdio: ['ignore', 'pipe', 'pipe'] })
  const said = { stdout: '', stderr: '' }
  child.stdout.on('data', (text) => {
    said.stdout += text
  })
  child.stderr.on('data', (text) => {
    said.stderr += text
  })
  const ended = (async (): Promise<Ended> => {
    const [code, signal] = await once(child, 'close')
    return {
      code,
      signal,
      ...said,
      get json() {
        return JSON.parse(said.stdout || said.stderr)
      },
    }
  })()
  return {
    pid: child.pid ?? 0,
    kill: (signal) => void child.kill(signal),
    stdoutSoFar: () => said.stdout,
    stderrSoFar: () => said.stderr,
    ended,
  }
}

export function startHeadgate(words: readonly string[], where: Where): Running {
  return startProgram([process.execPath, program, ...words], where)
}

export async function headgate(words: readonly string[], where: Where): Promise<Ended> {
  return startHeadgate(words, where).ended
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}

export interface RegistryProcess {
  readonly url: string
  readonly data: string
  readonly pid: number
  /** What a maintainer's shell has exported. */
  readonly env: Readonly<Record<string, string>>
  stop(signal?: NodeJS.Signals): Promise<Ended>
}

/** To be called inside a test: a registry of its own under `cwd`, ended with the test; `env` is its machine's. */
export async function startRegistry(
  cwd: string,
  port?: number,
  env: Readonly<Record<string, string>> = {},
): Promise<RegistryProcess> {
  const data = join(cwd, 'registry')
  const bound = port ?? (await freePort())
  const url = `http://127.0.0.1:${bound}`
  const running = startHeadgate(['serve', '--data', data, '--port', String(bound)], { cwd, env })
  onTestFinished(async () => {
    running.kill('SIGKILL')
    await running.ended
  })
  await answering(url, running)
  return {
    url,
    data,
    pid: Number(readFileSync(join(data, 'serve.pid'), 'utf8')),
    env: { HEADGATE_URL: url, HEADGATE_TOKEN_FILE: join(data, 'admin.token') },
    async stop(signal = 'SIGTERM') {
      running.kill(signal)
      return running.ended
    },
  }
}

async function answering(url: string, running: Running): Promise<void> {
  let early: Ended | undefined
  void running.ended.then((ended) => {
    early = ended
  })
  for (let tries = 0; tries < 400; tries += 1) {
    if (early) throw new Error(`the registry ended at once (${early.code}): ${early.stderr}`)
    const isUp = await fetch(`${url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isUp) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`no registry answers at ${url}`)
}
