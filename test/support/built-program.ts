/** The program as it is installed: bundled once for a test file, and run as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('../..', import.meta.url))

export interface BuiltProgram {
  /** The file that `headgate` is. */
  readonly path: string
  /** Runs it to its end. */
  readonly run: (words: readonly string[], options?: RunOptions) => Promise<Finished>
  /** Starts it and leaves it running; whoever asked ends it. */
  readonly start: (words: readonly string[], options?: RunOptions) => ChildProcess
  readonly remove: () => Promise<void>
}

export interface RunOptions {
  readonly cwd?: string
  /** Beside PATH and HOME nothing of this process's environment is handed on. */
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
}

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Below node_modules, so that what the bundles import is found. */
export async function buildProgram(): Promise<BuiltProgram> {
  const folder = await mkdtemp(join(root, 'node_modules', '.headgate-test-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    await bundleInto(folder)
  } catch (error) {
    await remove()
    throw error
  }
  const path = join(folder, 'headgate.js')
  const start: BuiltProgram['start'] = (words, { cwd = root, env = {} } = {}) =>
    spawn(process.execPath, [path, ...words], {
      cwd,
      env: { PATH: process.env.PATH, HOME: cwd, LANG: 'C.UTF-8', ...env },
    })
  return {
    path,
    start,
    run: (words, options = {}) => finished(start(words, options), options.input),
    remove,
  }
}

/** As build.mjs does it. */
async function bundleInto(folder: string): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: { headgate: 'cli/main.ts', server: 'server/main.ts' },
    outdir: folder,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    packages: 'external',
    logLevel: 'warning',
  })
  await cp(join(root, 'server/store/migrations'), join(folder, 'migrations'), { recursive: true })
}

export function finished(child: ChildProcess, input = ''): Promise<Finished> {
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (part: string) => {
      said[name] += part
    })
  }
  child.stdin?.on('error', () => undefined).end(input)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, ...said }))
  })
}
