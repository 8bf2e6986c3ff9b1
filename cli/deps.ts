/**
 * What a verb receives from outside: terminal, environment, time, chance, network, disk. Only main.ts fills it from
 * the process; a test fills it with a registry that lives in the same process and a clock that it moves.
 */
import type { Clock } from './agent/clock.ts'
import type { DurableFiles } from './agent/files.ts'
import type { Terminal } from './output.ts'

export interface Deps {
  /** The words after `headgate`, as they were typed; what is refused is printed again from them. */
  readonly argv: readonly string[]
  readonly out: Terminal
  readonly stdin: { readonly isTerminal: boolean; read(): AsyncIterable<Uint8Array> }
  readonly env: Readonly<Record<string, string | undefined>>
  /** Paths that people give are relative to it. */
  readonly cwd: string
  readonly clock: Clock
  readonly random: { uuid(): string; bytes(count: number): Uint8Array }
  readonly files: DurableFiles
  readonly fetch: typeof globalThis.fetch
  /** The bundle beside this one. The CLI has no import of the server: it only starts it, and reads its ledger file. */
  readonly loadServer: () => Promise<ServerBundle>
  /** Both absolute: how this very program is started again, by a unit or as a child. */
  readonly program: { readonly node: string; readonly file: string }
  /** For a run that never ends: its memory is kept from growing to what is free. */
  readonly staySmall?: () => void
  /**
   * Asks for the process's interruptions (SIGINT, SIGTERM): from the first call on they abort the signal instead of
   * ending the process; a second one ends it with 130.
   */
  readonly interruption: () => AbortSignal
}

export interface ServeOptions {
  readonly dataDir: string
  readonly port: number
  readonly host: string
  readonly isBehindProxy: boolean
  readonly env: Readonly<Record<string, string | undefined>>
  /** Words for the person who started it, a line at a time. */
  readonly say: (line: string) => void
}

export interface ServerBundle {
  /** Listens when it resolves; `closed` resolves when a signal has drained it. */
  serve(options: ServeOptions): Promise<{ readonly url: string; readonly closed: Promise<void> }>
  /** Reads the ledger file itself, also while a server writes to it. */
  verifyLedger(dataDir: string, headSeen?: string): Promise<LedgerVerdict>
  /** The ledger file as lines of JSON. */
  exportLedger(dataDir: string): AsyncIterable<string>
  /** Verifies such lines, from wherever they come. */
  verifyExport(text: AsyncIterable<string>, headSeen?: string): Promise<LedgerVerdict>
}

export interface LedgerVerdict {
  readonly holds: boolean
  readonly events: number
  readonly sequence: number
  readonly hash: string
  readonly why: string | null
  readonly redacted: number
}
