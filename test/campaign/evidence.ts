/**
 * What can be known of a rack without believing the program under test: its journal read byte by byte by another
 * reader, the processes that the kernel knows of, and the names in its directory.
 */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

export const outcomes = ['proved', 'returned', 'stuck', 'failed', 'aborted'] as const
export type Outcome = (typeof outcomes)[number]

/** An attempt as its lines tell it. */
export interface Told {
  readonly id: string
  readonly from: string | null
  readonly to: string
  readonly states: readonly string[]
  /** Null while it is under way. */
  readonly outcome: Outcome | null
}

export interface ReadJournal {
  readonly attempts: readonly Told[]
  /** What is wrong with a line that is not the last; null: it can be read. */
  readonly damage: string | null
}

/** Reads DIR/journal; only what a crash tore off its end may be no line. */
export function readJournal(dir: string): ReadJournal {
  const file = join(dir, 'journal')
  const text = existsSync(file) ? readFileSync(file, 'utf8').replace(/\0+$/, '') : ''
  const whole = text.split('\n').slice(0, -1)
  const lines: Line[] = []
  for (const [index, one] of whole.entries()) {
    const line = lineIn(one)
    const follows = line !== null && (lines.length === 0 || line.n === (lines.at(-1)?.n ?? 0) + 1)
    if (follows) lines.push(line)
    // A longer line that was torn may leave its end, newline and all, behind a shorter one written over it.
    else if (index < whole.length - 1)
      return { attempts: attemptsOf(lines), damage: `line ${index + 1}: ${one}` }
  }
  return { attempts: attemptsOf(lines), damage: null }
}

interface Line {
  readonly n: number
  readonly attempt: string
  readonly state: string
  readonly data?: { readonly input?: { readonly from: string | null; readonly to: string } } | null
}

function lineIn(text: string): Line | null {
  const cut = text.lastIndexOf(',"sum":"')
  const sum = createHash('sha256').update(text.slice(0, cut)).digest('hex').slice(0, 16)
  return cut > 0 && text.slice(cut) === `,"sum":"${sum}"}` ? JSON.parse(text) : null
}

function attemptsOf(lines: readonly Line[]): readonly Told[] {
  const ids = [...new Set(lines.map(({ attempt }) => attempt))]
  return ids.map((id) => {
    const group = lines.filter(({ attempt }) => attempt === id)
    const input = group[0]?.data?.input
    if (!input) throw new Error(`attempt ${id} does not begin with what it was to do`)
    const states = group.map(({ state }) => state)
    return { id, ...input, states, outcome: outcomes.find((outcome) => outcome === states.at(-1)) ?? null }
  })
}

/** Processes that belong to this rack: hooks and checks by their environment, the program by its words. */
export function processesOf(dir: string): readonly RackProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      const textOf = (what: string) => readIfThere(`/proc/${name}/${what}`)
      const [environment, words, stat] = [textOf('environ'), textOf('cmdline'), textOf('stat')]
      const isChild = `\0${environment}`.includes(`\0HEADGATE_DIR=${dir}\0`)
      if (!isChild && !`\0${words}`.includes(`\0--dir\0${dir}\0`)) return []
      const [state = 'Z', , group, session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      const pid = Number(name)
      return state === 'Z'
        ? []
        : [{ pid, isChild, isLeader: Number(group) === pid && Number(session) === pid, words }]
    })
}

export interface RackProcess {
  readonly pid: number
  /** A hook, a check, or what they started; not the program itself. */
  readonly isChild: boolean
  readonly isLeader: boolean
  readonly words: string
}

/** Empty for a process that is gone, or of somebody else. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** Every name below the directory, those that differ in each run made alike. */
export function namesIn(dir: string): ReadonlySet<string> {
  const all = readdirSync(dir, { recursive: true, encoding: 'utf8' })
  // What is listed below a link is listed where it leads.
  const names = all.filter((name) => !/^current(\.tmp)?\//.test(name))
  return new Set(
    names.map((name) => name.replace(/^logs\/.*/, 'logs/LOG').replace(/^releases\/\d+/, 'releases/V')),
  )
}

/** Where DIR/current leads; null: nowhere. */
export function linkedVersion(dir: string): string | null {
  try {
    return readlinkSync(join(dir, 'current')).replace(/^releases\//, '')
  } catch {
    return null
  }
}
