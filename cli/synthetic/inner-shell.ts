/**
 * The verbs as people type them, run inside of this process: a rehearsal pulls the very levers that somebody in need of
 * them would, through the same parser, the same client and the same agent, and over the same wire.
 */
import { Problem } from '../../shared/domain/problem.ts'
import { commandLine } from '../command-line.ts'
import type { Deps } from '../deps.ts'
import type { Sink } from '../output.ts'
import { run } from '../run.ts'

/** What a verb said with `--json`. */
export type Said = Readonly<Record<string, unknown>>

export interface InnerShell {
  /** A verb of the registry, as who rehearses. Raises `synthetic_failed` with the command line when it does not end well. */
  registry(...words: readonly string[]): Promise<Said>
  /** A verb that asks nobody who it is: on a rack's directory, or on the server's disk. */
  local(...words: readonly string[]): Promise<Said>
  /** The same command has to be refused, with this code. */
  refused(code: string, ...words: readonly string[]): Promise<void>
}

export interface InnerShellOptions {
  /** `--url`, `--token-file` and `--context`, as they were given to the rehearsal itself. */
  readonly access: readonly string[]
  /** Ends what is under way; asked before each verb. */
  readonly signal: () => AbortSignal
}

export function createInnerShell(deps: Deps, { access, signal }: InnerShellOptions): InnerShell {
  async function good(words: readonly string[]): Promise<Said> {
    const { code, said } = await ran(deps, words, signal())
    if (code === 0) return said
    const line = commandLine(['headgate', ...words])
    const detail = typeof said.detail === 'string' ? said.detail : `exit ${code}`
    throw new Problem('synthetic_failed', `${line}: ${detail}`, {
      numbers: { code: typeof said.code === 'string' ? said.code : null },
    })
  }
  return {
    registry: (...words) => good([...words, ...access]),
    local: (...words) => good(words),
    async refused(expected, ...words) {
      const given = words.includes('--token-file') ? words : [...words, ...access]
      const { code, said } = await ran(deps, given, signal())
      if (code !== 0 && said.code === expected) return
      const found = code === 0 ? 'it was done' : `${said.code}: ${said.detail}`
      throw new Problem(
        'synthetic_failed',
        `${commandLine(['headgate', ...given])}: expected ${expected}, and ${found}`,
      )
    },
  }
}

async function ran(deps: Deps, words: readonly string[], signal: AbortSignal) {
  const written = { stdout: '', stderr: '' }
  const sink = (name: keyof typeof written): Sink => ({
    write: (text) => {
      written[name] += text
    },
    isTerminal: false,
    hasColour: false,
    isUnicode: true,
    width: 80,
  })
  const code = await run({
    ...deps,
    argv: [...words, '--json'],
    out: { stdout: sink('stdout'), stderr: sink('stderr') },
    stdin: { isTerminal: false, read: nothing },
    interruption: () => signal,
    fetch: (input, init) => deps.fetch(input, { ...init, signal: either(signal, init?.signal) }),
  })
  return { code, said: envelopeIn(written.stdout) ?? envelopeIn(written.stderr) ?? {} }
}

function either(signal: AbortSignal, other: AbortSignal | null | undefined): AbortSignal {
  return other ? AbortSignal.any([signal, other]) : signal
}

function envelopeIn(text: string): Said | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : undefined
  } catch {
    return undefined
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
