/**
 * The place where the story is played: one temporary folder, one registry process, and everything they started.
 * Whatever happens, `clear` leaves no process behind, and no folder unless it is wanted.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { z } from 'zod'
import { serving } from './answers.ts'
import { endProcess, processesNaming } from './leftovers.ts'
import {
  type Answered,
  answerOf,
  type CommandPlace,
  type Done,
  departure,
  runCommand,
} from './run-command.ts'

export interface StagePlan {
  /** Real and absolute, and named by nothing else: it is how leftovers are found. */
  readonly folder: string
  /** The built CLI, dist/headgate.js. */
  readonly cli: string
  /** The node that runs this. */
  readonly node: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
  /** A port of the loopback that nobody listens on. */
  readonly freePort: () => Promise<number>
}

export interface Wanted<T> {
  readonly exit: number
  readonly reads: z.ZodType<T>
}

export interface Stage {
  readonly folder: string
  readonly node: string
  readonly freePort: () => Promise<number>
  /** Runs `headgate … --json` against the registry of this stage; `words` as typed in the folder. */
  readonly headgate: <T>(words: readonly string[], wanted: Wanted<T>) => Promise<Answered<T>>
  /** Runs another program with the node of this stage; `file` as seen from the folder. */
  readonly program: (file: string, words: readonly string[], exit: number) => Promise<Done>
  /** Starts the registry on a free port; what it answers on. */
  readonly startRegistry: () => Promise<string>
  /** Ends what was started, the registry first. What is still alive afterwards (nothing, that is to say). */
  readonly clear: () => Promise<readonly number[]>
}

const dataFolder = 'registry'
const tokenFile = `${dataFolder}/admin.token`

/** Of the environment, what would lead the commands to another registry, or out of this machine at all. */
const misleading = /^HEADGATE_(URL|TOKEN|TOKEN_FILE|LOG_LEVEL|MAX_.*)$|^(https?|all)_proxy$/i

export function createStage(plan: StagePlan): Stage {
  const { folder, cli, node, freePort } = plan
  const over = new AbortController()
  const signal = AbortSignal.any([plan.signal, over.signal])
  const kept = Object.entries(plan.env).filter(([name]) => !misleading.test(name))
  const env: Record<string, string> = {}
  for (const [name, value] of kept) if (value !== undefined) env[name] = value
  // Contexts of the user are not for this registry, and what a killed program leaves goes with the folder.
  Object.assign(env, { XDG_CONFIG_HOME: folder, TMPDIR: folder })
  const place: CommandPlace = { cwd: folder, env, signal }
  let registry: ReturnType<typeof spawn> | undefined
  const running = new Set<Promise<Done>>()

  async function run(argv: readonly string[], shown: string, exit: number): Promise<Done> {
    const command = runCommand(argv, shown, place)
    running.add(command)
    const done = await command.finally(() => running.delete(command))
    signal.throwIfAborted()
    if (done.code !== exit) throw departure(done, `exit ${exit}`)
    return done
  }

  async function startRegistry(): Promise<string> {
    const words = ['serve', '--data', dataFolder, '--port', '0', '--json']
    const child = spawn(node, [cli, ...words], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
    registry = child
    const said = { stdout: '', stderr: '' }
    const answers = new Promise<void>((resolve) => {
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        if (!said.stdout.includes('\n')) said.stdout += text
        if (said.stdout.includes('\n')) resolve()
      })
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said.stderr = (said.stderr + text).slice(-4000)
      })
    })
    await Promise.race([answers, once(child, 'close'), pause(30_000, undefined, { ref: false })])
    signal.throwIfAborted()
    const done = { command: shownAs(words), code: child.exitCode ?? 0, ...said }
    const { url } = answerOf(done, serving).answer
    Object.assign(env, { HEADGATE_URL: url, HEADGATE_TOKEN_FILE: tokenFile })
    return url
  }

  async function stopRegistry(): Promise<void> {
    if (!registry || registry.exitCode !== null || registry.signalCode !== null) return
    const closed = once(registry, 'close')
    registry.kill('SIGTERM')
    const kill = setTimeout(() => registry?.kill('SIGKILL'), 12_000)
    await closed
    clearTimeout(kill)
  }

  return {
    folder,
    node,
    freePort,
    startRegistry,
    async headgate(words, { exit, reads }) {
      const json = [...words, '--json']
      return answerOf(await run([node, cli, ...json], shownAs(json), exit), reads)
    },
    program: (file, words, exit) =>
      run([node, join(folder, file), ...words], ['node', file, ...words].map(quoted).join(' '), exit),
    async clear() {
      // Where two commands ran at once and one ended the story, the other is still at it.
      over.abort()
      await Promise.allSettled(running)
      await stopRegistry()
      // The racks, and what an interrupted command had started for them.
      for (const wanted of ['SIGTERM', 'SIGKILL'] as const) {
        for (let tries = 0; tries < 60; tries++) {
          const left = await processesNaming(folder)
          if (left.length === 0) return []
          if (tries % 20 === 0) for (const id of left) endProcess(id, wanted)
          await pause(50)
        }
      }
      return processesNaming(folder)
    },
  }
}

function shownAs(words: readonly string[]): string {
  return ['headgate', ...words].map(quoted).join(' ')
}

/** As a shell wants it. */
export function quoted(word: string): string {
  return /^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
