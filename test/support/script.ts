/** Real processes for tests: a TypeScript entry is bundled to a file that plain Node runs. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { onTestFinished } from 'vitest'

const scripts = {
  'hold-lock': new URL('./scripts/hold-lock.ts', import.meta.url),
  'run-command': new URL('./scripts/run-command.ts', import.meta.url),
}

/** Bundles a script of test/support/scripts into `directory`; returns the file to run. */
export async function bundledScript(script: keyof typeof scripts, directory: string): Promise<string> {
  const outfile = join(directory, `${script}.mjs`)
  await build({
    entryPoints: [fileURLToPath(scripts[script])],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    logLevel: 'silent',
  })
  return outfile
}

export interface Script {
  readonly child: ChildProcess
  readonly pid: number
  /** The next line of its stdout, or null when it ended. */
  line(): Promise<string | null>
  /** Resolves to the exit code, or the signal that ended it. */
  ended(): Promise<number | string>
}

export function runScript(file: string, args: readonly string[], env = process.env): Script {
  const child = spawn(process.execPath, [file, ...args], { stdio: ['pipe', 'pipe', 'inherit'], env })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const exited = once(child, 'exit')
  onTestFinished(() => void child.kill('SIGKILL'))
  return {
    child,
    pid: child.pid ?? 0,
    async line() {
      const next = await lines.next()
      return next.done === true ? null : next.value
    },
    async ended() {
      const [code, signal] = await exited
      return code ?? signal
    },
  }
}
