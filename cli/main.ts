#!/usr/bin/env node
/**
 * The one place that knows the process: it fills the dependencies, runs, and sets the exit code. The version is
 * answered before anything is loaded.
 */
import { realpathSync, writeSync } from 'node:fs'
import { version } from '../shared/contract/version.ts'
import type { Deps, ServerBundle } from './deps.ts'
import type { Sink } from './output.ts'

const [, , ...argv] = process.argv

if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
  // Opening process.stdout as a stream costs more than the answer.
  writeSync(1, `headgate ${version}\n`)
} else {
  process.exitCode = await main()
}

async function main(): Promise<number> {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', leaveOnBrokenPipe)
  const [crypto, { run }, { systemClock }, { realFiles }] = await Promise.all([
    import('node:crypto'),
    import('./run.ts'),
    import('./agent/clock.ts'),
    import('./agent/files.ts'),
  ])
  const env = { ...process.env }
  // The C library asks each name server for 5 s, twice, and a process ends only after that: a rack without a network
  // would wait long after it has said what it found.
  process.env.RES_OPTIONS ??= 'timeout:2 attempts:1'
  const deps: Deps = {
    argv,
    out: { stdout: sinkOf(process.stdout), stderr: sinkOf(process.stderr) },
    stdin: { isTerminal: process.stdin.isTTY === true, read: () => process.stdin },
    env,
    cwd: process.cwd(),
    clock: systemClock,
    random: { uuid: crypto.randomUUID, bytes: crypto.randomBytes },
    files: realFiles,
    fetch: fetchLater(env),
    loadServer,
    program: { node: process.execPath, file: realpathSync(process.argv[1] ?? '') },
    interruption: createInterruption(),
    staySmall: async () => {
      const { setFlagsFromString } = await import('node:v8')
      // Otherwise V8 trades memory for a speed that an agent has no use for; its optimizing compilers alone weigh 17 MB.
      const flags = ['--no-turbofan', '--no-maglev', '--optimize-for-size', '--semi-space-growth-factor=1']
      for (const flag of flags) setFlagsFromString(flag)
    },
  }
  return run(deps)
}

/** A verb of a rack never asks by it, and is spared what it loads. */
function fetchLater(env: NodeJS.ProcessEnv): typeof globalThis.fetch {
  let made: Promise<typeof globalThis.fetch> | undefined
  return async (input, init) => {
    made ??= import('./proxy.ts').then(({ fetchFor }) => fetchFor(env))
    return (await made)(input, init)
  }
}

function sinkOf(stream: NodeJS.WriteStream): Sink {
  const { env } = process
  const isTerminal = stream.isTTY === true
  return {
    write: (text) => {
      stream.write(text)
    },
    drained: async () => {
      if (stream.writableNeedDrain) await new Promise<void>((resolve) => stream.once('drain', resolve))
    },
    isTerminal,
    hasColour: env.FORCE_COLOR ? env.FORCE_COLOR !== '0' : isTerminal && !env.NO_COLOR && env.TERM !== 'dumb',
    isUnicode: isUnicode(env.LC_ALL || env.LC_CTYPE || env.LANG),
    // Asked each time: a window is made narrower while something is redrawn in it.
    get width() {
      return stream.columns || 80
    },
  }
}

function isUnicode(locale: string | undefined): boolean {
  return process.platform === 'win32' || /utf-?8/i.test(locale ?? '')
}

/** The server's bundle lies beside this one; what is loaded is named at run time, so that neither contains the other. */
async function loadServer(): Promise<ServerBundle> {
  const { isOneFile, noServerHere } = await import('./one-file.ts')
  if (isOneFile) throw noServerHere()
  return await import(new URL('./server.js', import.meta.url).href)
}

function createInterruption(): () => AbortSignal {
  let controller: AbortController | undefined
  return () => {
    if (controller) return controller.signal
    const made = new AbortController()
    controller = made
    for (const name of ['SIGINT', 'SIGTERM'] as const) {
      process.on(name, () => (made.signal.aborted ? process.exit(130) : made.abort()))
    }
    return made.signal
  }
}

/** `headgate release list | head` is no error. */
function leaveOnBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
}
