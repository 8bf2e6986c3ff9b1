/** A shell that knows one command: `headgate`, run in this process, with a terminal that a test describes and reads. */
import { randomBytes } from 'node:crypto'
import { realFiles } from '../../cli/agent/files.ts'
import type { Deps } from '../../cli/deps.ts'
import type { Sink } from '../../cli/output.ts'
import { run } from '../../cli/run.ts'
import { fakeClock } from '../support/fake-clock.ts'

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** The one envelope on stdout, or on stderr when it was refused. */
  readonly json: Readonly<Record<string, unknown>>
}

export interface ShellOptions extends Partial<Omit<Deps, 'argv' | 'out'>> {
  readonly isTerminal?: boolean
  readonly isUnicode?: boolean
  readonly hasColour?: boolean
}

export type Shell = (...words: readonly string[]) => Promise<Ran>

export function createShell(options: ShellOptions): Shell {
  return async (...argv) => {
    const { deps, written } = furnish(argv, options)
    const code = await run(deps)
    return {
      code,
      ...written,
      get json() {
        return JSON.parse(written.stdout || written.stderr)
      },
    }
  }
}

/** What one run is given, and what it will have written. Network and server are there only where they are given. */
export function furnish(argv: readonly string[], options: ShellOptions = {}) {
  const { isTerminal = false, isUnicode = true, hasColour = false, ...given } = options
  const written = { stdout: '', stderr: '' }
  const sink = (name: keyof typeof written): Sink => ({
    write: (text) => {
      written[name] += text
    },
    isTerminal,
    isUnicode,
    hasColour,
    width: 100,
  })
  let ids = 0
  const deps: Deps = {
    argv,
    out: { stdout: sink('stdout'), stderr: sink('stderr') },
    stdin: { isTerminal: false, read: nothing },
    env: {},
    cwd: process.cwd(),
    clock: fakeClock(),
    random: { uuid: () => `00000000-0000-4000-8000-${String(++ids).padStart(12, '0')}`, bytes: randomBytes },
    files: realFiles,
    fetch: () => Promise.reject(new Error('this shell has no network')),
    loadServer: () => Promise.reject(new Error('this shell has no server')),
    program: { node: process.execPath, file: '/usr/local/lib/headgate/headgate-agent.mjs' },
    interruption: () => new AbortController().signal,
    ...given,
  }
  return { deps, written }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
