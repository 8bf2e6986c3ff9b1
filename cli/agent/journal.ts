/**
 * The journal: what an attempt is about to do, on the disk before it does it. Lines go into a file whose blocks
 * were allocated beforehand, so that a full disk can still record a return; part of it is a reserve that only
 * urgent lines may use. Every line carries a checksum, so that what a crash tore is known from what was written.
 */

import { join } from 'node:path'
import { Problem } from '../../shared/domain/problem.ts'
import { type DurableFiles, isDiskFull } from './files.ts'
import { encodeLine, type JournalEntry, readLines } from './journal-lines.ts'

export interface NewEntry {
  readonly attempt: string
  readonly state: string
  readonly at: number
  /** Whatever JSON can hold. */
  readonly data: unknown
}

export interface AttemptEntries {
  readonly attempt: string
  readonly entries: readonly JournalEntry[]
}

export interface Journal {
  /** The lines that stand in `DIR/journal`, oldest first. */
  entries(): readonly JournalEntry[]
  /** The same, one group per attempt. */
  attempts(): readonly AttemptEntries[]
  /** The attempts that were rotated into `DIR/history.jsonl`, oldest first; read from the disk each time. */
  history(): readonly AttemptEntries[]
  /** Writes and syncs one line. `urgent` lines (going back, stuck) may use the reserve. */
  append(entry: NewEntry, options?: { readonly urgent?: boolean }): JournalEntry
  /**
   * Moves every attempt but the last into the history once more than half of the space is used; to be called
   * when no attempt is under way. Returns how many were moved: 0 also when the disk is too full to do it. Of the
   * history the oldest attempts are dropped when it is over its size, but for those with a line after `toldThrough`,
   * of which the registry has not heard; without it nothing is dropped.
   */
  rotate(toldThrough?: number): number
}

export interface JournalSpace {
  /** Bytes allocated; written as zeros, since a hole would have no block to write to on a full disk. */
  readonly bytes: number
  /** Bytes at the end that only urgent lines may use. */
  readonly reserveBytes: number
  /** What the history is cut to; default 8 MiB. */
  readonly historyBytes?: number
}

const defaultSpace: JournalSpace = { bytes: 1_048_576, reserveBytes: 262_144 }
const usualHistoryBytes = 8_388_608

export function journalFile(directory: string): string {
  return join(directory, 'journal')
}

export function historyFile(directory: string): string {
  return join(directory, 'history.jsonl')
}

/**
 * Reads the journal of a state directory; its file is made by the first append. Copy-on-write file systems
 * (btrfs, zfs) take a new block for every overwrite, so there the reserve is a hope and not a promise.
 */
export function openJournal(
  directory: string,
  files: DurableFiles,
  space: JournalSpace = defaultSpace,
): Journal {
  const file = journalFile(directory)
  const raw = files.readBeforeZeros(file)
  const found = readLines(raw?.bytes ?? Buffer.alloc(0), file)
  let size = raw?.size ?? 0
  let { entries, end } = found
  let lastN = entries.at(-1)?.n ?? readHistory().at(-1)?.n ?? 0

  function readHistory(): readonly JournalEntry[] {
    const path = historyFile(directory)
    const all = readLines(files.read(path) ?? Buffer.alloc(0), path).entries
    // A rotation that died in the middle left its lines in both files: those still in the journal count there.
    const first = entries[0]?.n ?? Infinity
    return all.filter((entry) => entry.n < first)
  }

  function allocate(lines: Uint8Array): void {
    const bytes = Buffer.alloc(Math.max(space.bytes, lines.length))
    bytes.set(lines)
    files.writeAtomically(file, bytes, 0o600)
    size = bytes.length
    end = lines.length
  }

  function allocateFirst(line: Uint8Array): void {
    try {
      files.makeDirectory(directory)
      allocate(line)
    } catch (error) {
      if (!isDiskFull(error)) throw error
      throw new Problem(
        'preflight_failed',
        `The disk is too full for the journal ${file}: ${space.bytes} bytes must be set aside before an attempt.`,
        {
          hint: `free some disk space under ${directory}: df -h ${directory}`,
          numbers: { neededBytes: space.bytes },
        },
      )
    }
  }

  function refuseMixing(entry: NewEntry): void {
    const last = entries.at(-1)
    if (last === undefined || last.attempt === entry.attempt) return
    if (entries.some((each) => each.attempt === entry.attempt)) {
      throw new Error(`attempt ${entry.attempt} was followed by ${last.attempt}: its lines are closed`)
    }
  }

  function append(entry: NewEntry, options: { readonly urgent?: boolean } = {}): JournalEntry {
    refuseMixing(entry)
    const numbered = { n: lastN + 1, ...entry }
    const line = Buffer.from(encodeLine(numbered))
    const limit = (size === 0 ? space.bytes : size) - (options.urgent ? 0 : space.reserveBytes)
    if (end + line.length > limit) {
      throw new Problem(
        'preflight_failed',
        `The journal ${file} is full: ${end} of ${limit} bytes are used and a line needs ${line.length}.`,
        {
          hint: `free some disk space under ${directory} and run the command again: the journal is rotated then`,
          numbers: { usedBytes: end, limitBytes: limit, neededBytes: line.length },
        },
      )
    }
    if (size === 0) allocateFirst(line)
    else {
      files.writeAt(file, end, line)
      end += line.length
    }
    lastN = numbered.n
    entries = [...entries, numbered]
    return numbered
  }

  function addToHistory(moved: readonly JournalEntry[], toldThrough: number): void {
    const path = historyFile(directory)
    const before = files.read(path) ?? Buffer.alloc(0)
    let known: readonly JournalEntry[] = []
    try {
      known = readLines(before, path).entries
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      // A damaged past is kept for a person to read; it must not stop what is under way now.
      files.rename(path, `${path}.damaged-before-${moved[0]?.n}`)
    }
    const last = known.at(-1)?.n ?? 0
    const all = [...known, ...moved.filter((entry) => entry.n > last)]
    files.writeAtomically(path, withinSize(all, space.historyBytes ?? usualHistoryBytes, toldThrough), 0o600)
  }

  function rotate(toldThrough = 0): number {
    if (end * 2 <= space.bytes) return 0
    const groups = grouped(entries)
    const kept = groups.at(-1)?.entries ?? []
    const moved = entries.slice(0, entries.length - kept.length)
    if (moved.length === 0) return 0
    try {
      addToHistory(moved, toldThrough)
      allocate(Buffer.from(kept.map(encodeLine).join('')))
    } catch (error) {
      if (isDiskFull(error)) return 0
      throw error
    }
    entries = kept
    return groups.length - 1
  }

  return {
    entries: () => entries,
    attempts: () => grouped(entries),
    history: () => grouped(readHistory()),
    append,
    rotate,
  }
}

/** The lines as text, without the oldest attempts that are over the size and known to the registry. */
function withinSize(entries: readonly JournalEntry[], mostBytes: number, toldThrough: number): string {
  const attempts = grouped(entries).map((group) => ({
    text: group.entries.map(encodeLine).join(''),
    n: group.entries.at(-1)?.n ?? 0,
  }))
  let bytes = attempts.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0)
  let dropped = 0
  for (const { text, n } of attempts) {
    if (bytes <= mostBytes || n > toldThrough) break
    bytes -= Buffer.byteLength(text)
    dropped += 1
  }
  return attempts
    .slice(dropped)
    .map(({ text }) => text)
    .join('')
}

function grouped(entries: readonly JournalEntry[]): readonly AttemptEntries[] {
  const groups: { attempt: string; entries: JournalEntry[] }[] = []
  for (const entry of entries) {
    const last = groups.at(-1)
    if (last?.attempt === entry.attempt) last.entries.push(entry)
    else groups.push({ attempt: entry.attempt, entries: [entry] })
  }
  return groups
}
