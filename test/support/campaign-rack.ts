/** What a rack's directory shows to somebody who only reads files: what is installed, what was started, what is remembered. */
import { createHash } from 'node:crypto'
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Attempt, attemptOf } from '../../cli/agent/attempt.ts'
import { realFiles } from '../../cli/agent/files.ts'
import { openJournal } from '../../cli/agent/journal.ts'

export interface RackFiles {
  readonly dir: string
  /** The version that `current` leads to, or that the command driver's `VERSION` holds; null: none. */
  installed(): string | null
  /** What was started last and not stopped since, as hooks have noted it. */
  running(): string | null
  /** `ATTEMPT VERSION`, one for each time that something was started. */
  starts(): readonly string[]
  /** Those in the journal, read again from the disk. */
  attempts(): readonly Attempt[]
  state(): Readonly<Record<string, unknown>>
  /** Every path below the directory with what is there, but for the lock's own. */
  tree(): Readonly<Record<string, string>>
  write(name: string, text: string): void
  read(name: string): string | null
}

export function rackFiles(dir: string): RackFiles {
  const read = (name: string): string | null =>
    existsSync(join(dir, name)) ? readFileSync(join(dir, name), 'utf8') : null
  return {
    dir,
    installed() {
      const link = lstatSync(join(dir, 'current'), { throwIfNoEntry: false })
      if (link) return readlinkSync(join(dir, 'current')).replace(/^releases\//, '')
      return read('VERSION')?.trim() || null
    },
    running: () => (read('running') ?? read('VERSION'))?.trim() || null,
    starts: () => linesOf(read('starts')),
    attempts: () =>
      openJournal(dir, realFiles)
        .attempts()
        .flatMap((group) => attemptOf(group) ?? []),
    state: () => JSON.parse(read('state.json') ?? 'null'),
    tree: () => treeOf(dir),
    write: (name, text) => writeFileSync(join(dir, name), text),
    read,
  }
}

function linesOf(text: string | null): readonly string[] {
  return text?.trim().split('\n').filter(Boolean) ?? []
}

function treeOf(dir: string): Readonly<Record<string, string>> {
  const names = readdirSync(dir, { recursive: true, encoding: 'utf8' }).toSorted()
  const entries = names.map((name): [string, string] => {
    const path = join(dir, name)
    const stats = lstatSync(path)
    if (stats.isSymbolicLink()) return [name, `-> ${readlinkSync(path)}`]
    if (!stats.isFile()) return [name, stats.isDirectory() ? 'directory' : 'other']
    return [name, createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 12)]
  })
  return Object.fromEntries(entries.filter(([name]) => name !== 'lock' && name !== 'lock.sock'))
}
