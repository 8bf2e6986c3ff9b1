/**
 * Runs an operator's or a platform's command in a process group of its own, so that it can be ended as a whole and
 * found again after a crash. A gate holds the command back until its group has been recorded: if we die before
 * that, the gate reads end-of-file and the command never starts.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Problem } from '../../shared/domain/problem.ts'
import { identityOf, type ProcessIdentity } from './boot.ts'
import { type Clock, systemClock } from './clock.ts'
import { signalGroup } from './process-group.ts'
import { keepLastLines, loggedOutput, pipedOutput } from './process-output.ts'

/** An argument vector, or one string for `sh -c`. */
export type CommandLine = string | readonly string[]

export interface RunOptions {
  readonly command: CommandLine
  readonly cwd: string
  /** The whole environment; see `childEnvironment`. */
  readonly env: Readonly<Record<string, string>>
  readonly timeoutSeconds: number
  /** From SIGTERM to SIGKILL; default 10. */
  readonly graceSeconds?: number
  /** For acts: output is appended here, so that it and the child survive us. Without it stdout is returned. */
  readonly logFile?: string
  /** Awaited before the command starts: the place to journal the group. If it throws, nothing is started. */
  readonly onStart?: (leader: ProcessIdentity) => Promise<void>
  readonly onLine?: (line: string) => void
  /** Values that must not appear in the lines kept. */
  readonly redact?: readonly string[]
  /** Ends the group like a timeout does. */
  readonly signal?: AbortSignal
  readonly clock?: Clock
}

export interface RunResult {
  /** Null when a signal ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly timedOut: boolean
  readonly aborted: boolean
  /** At most 40 lines and 16 KiB of stdout and stderr together, cleaned of control characters. */
  readonly lastLines: readonly string[]
  /** A line said `headgate: severity data-loss`. */
  readonly saysDataLoss: boolean
  /** Empty when a log file was given; at most 1 MiB. */
  readonly stdout: string
  readonly stdoutCut: boolean
  readonly durationMs: number
  readonly processGroup: ProcessIdentity
}

const kept = { lines: 40, bytes: 16_384 }
const keptStdout = 1_048_576

const gate = 'read -r _ || exit 125; exec "$@" </dev/null'
const shellGate = 'read -r _ || exit 125; exec sh -c "$1" </dev/null'

/** The parent's environment without anything of ours: tokens and their files must not reach a hook. */
export function childEnvironment(
  parent: Readonly<Record<string, string | undefined>>,
  own: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const env: Record<string, string> = {}
  for (const [name, value] of Object.entries(parent)) {
    if (value === undefined || name.startsWith('HEADGATE_') || name === 'CREDENTIALS_DIRECTORY') continue
    env[name] = value
  }
  return { ...env, ...own }
}

/** "exited 3", "was ended by SIGKILL", "took longer than 600 s and was ended": for messages. */
export function howItEnded(result: RunResult, timeoutSeconds: number): string {
  if (result.timedOut) return `took longer than ${timeoutSeconds} s and was ended`
  if (result.aborted) return 'was interrupted and ended'
  return result.signal === null ? `exited ${result.code}` : `was ended by ${result.signal}`
}

export function commandText(command: CommandLine): string {
  return typeof command === 'string' ? command : command.join(' ')
}

/** Never throws for what the command does; a `Problem` (update_failed) when it cannot be started at all. */
export async function runProcess(options: RunOptions): Promise<RunResult> {
  const clock = options.clock ?? systemClock
  const startedAt = clock.monotonic()
  const last = keepLastLines(kept, options.redact, options.onLine)
  const logged = options.logFile === undefined ? null : loggedOutput(options.logFile, last, options.redact)
  const piped = pipedOutput(last, keptStdout)
  const output = logged ?? piped

  const { command } = options
  const args = typeof command === 'string' ? [shellGate, 'headgate', command] : [gate, 'headgate', ...command]
  const child = spawn('/bin/sh', ['-c', ...args], {
    cwd: options.cwd,
    env: options.env,
    // A session of its own: no terminal, no Ctrl-C meant for us, and one number for all that it starts.
    detached: true,
    stdio: ['pipe', output.stdio, output.stdio],
  })
  const { pid, stdin } = child
  const exited = once(child, 'exit')
  if (pid === undefined || stdin === null) {
    const reason = await exited.catch((error: unknown) => String(error))
    await output.finish()
    throw new Problem(
      'update_failed',
      `Cannot start "${commandText(command)}" in ${options.cwd}: ${reason}.`,
      {
        hint: `look whether the directory is there: ls -ld ${options.cwd}`,
      },
    )
  }
  // The gate may be gone before it is opened (killed by somebody): that shows in how it ended.
  stdin.on('error', () => undefined)
  const processGroup = identityOf(pid)
  output.attach(child)

  let timedOut = false
  let aborted = false
  const over = new AbortController()
  async function endWhenLate(): Promise<void> {
    const stop = options.signal === undefined ? over.signal : AbortSignal.any([over.signal, options.signal])
    await clock.sleep(options.timeoutSeconds * 1_000, stop)
    if (over.signal.aborted) return
    aborted = options.signal?.aborted ?? false
    timedOut = !aborted
    signalGroup(processGroup.pid, 'SIGTERM')
    await clock.sleep((options.graceSeconds ?? 10) * 1_000, over.signal)
    // Also when the leader obeyed: what it started may not have.
    signalGroup(processGroup.pid, 'SIGKILL')
  }

  let late: Promise<void> = Promise.resolve()
  try {
    await options.onStart?.(processGroup)
    stdin.end('\n')
    late = endWhenLate()
    await exited
  } finally {
    stdin.destroy()
    if (child.exitCode === null && child.signalCode === null) await exited
    over.abort()
    await late
    await output.finish()
  }
  const stdout = logged === null ? piped.stdout() : { text: '', cut: false }
  return {
    code: child.exitCode,
    signal: child.signalCode,
    timedOut,
    aborted,
    lastLines: last.lines(),
    saysDataLoss: last.saysDataLoss(),
    stdout: stdout.text,
    stdoutCut: stdout.cut,
    durationMs: Math.round(clock.monotonic() - startedAt),
    processGroup,
  }
}
