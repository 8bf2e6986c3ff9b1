/**
 * Runs one real command, as a user would, and holds it to what the story says: its exit code, the shape of its
 * answer, and whatever an act expects of it. What differs ends the story, with the whole output.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { z } from 'zod'

export interface CommandPlace {
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** Once aborted, nothing is started any more, and what runs is asked to end. */
  readonly signal: AbortSignal
}

export interface Done {
  /** As one would type it. */
  readonly command: string
  /** 128 and more: ended by a signal. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface Answered<T> extends Done {
  readonly answer: T
}

/** The story cannot go on. The message is for a person and complete. */
export class Departure extends Error {}

const timeoutSeconds = 60
const killAfterSeconds = 5

/** Resolves when the process has ended, however; rejects with a `Departure` only for what cannot be started. */
export async function runCommand(argv: readonly string[], shown: string, place: CommandPlace): Promise<Done> {
  const [program = '', ...args] = argv
  place.signal.throwIfAborted()
  const child = spawn(program, args, {
    cwd: place.cwd,
    env: place.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const written = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      written[name] += text
    })
  }
  let killing: NodeJS.Timeout | undefined
  const end = () => {
    child.kill('SIGTERM')
    killing ??= setTimeout(() => child.kill('SIGKILL'), killAfterSeconds * 1000)
  }
  const late = setTimeout(end, timeoutSeconds * 1000)
  place.signal.addEventListener('abort', end, { once: true })
  try {
    const [code, signal] = await once(child, 'close')
    const ended = typeof code === 'number' ? code : 128 + (signal === 'SIGKILL' ? 9 : 15)
    return { command: shown, code: ended, ...written }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw departure({ command: shown, code: 127, ...written }, `that it can be started (${why})`)
  } finally {
    clearTimeout(late)
    clearTimeout(killing)
    place.signal.removeEventListener('abort', end)
  }
}

/** The envelope, from stdout, or from stderr where the command was refused. Raises a `Departure` when it is none. */
export function answerOf<T>(done: Done, shape: z.ZodType<T>): Answered<T> {
  let value: unknown
  try {
    value = JSON.parse(done.stdout || done.stderr)
  } catch {
    throw departure(done, 'one JSON envelope')
  }
  const parsed = shape.safeParse(value)
  if (parsed.success) return { ...done, answer: parsed.data }
  const [issue] = parsed.error.issues
  throw departure(done, `.${issue?.path.join('.')} in the answer: ${issue?.message}`)
}

/** Raises a `Departure` unless the command did what the story says of it. `expected` completes "expected …". */
export function hold(isSo: boolean, done: Done, expected: string): void {
  if (!isSo) throw departure(done, expected)
}

export function departure(done: Done, expected: string): Departure {
  const streams = (['stdout', 'stderr'] as const).flatMap((name) =>
    done[name].trim() === '' ? [] : [`${name}:`, indented(done[name])],
  )
  const lines = [
    'The story stops here: a command did not do what the story says of it.',
    `  command   ${done.command}`,
    `  expected  ${expected}`,
    `  got       exit ${done.code}${streams.length === 0 ? ' without a word' : ', with this output'}`,
    ...streams,
  ]
  return new Departure(lines.join('\n'))
}

function indented(text: string): string {
  return text.trimEnd().replace(/^/gm, '  ')
}
