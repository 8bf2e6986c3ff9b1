/**
 * The journal's lines as text: JSON objects that close with a checksum over what stands before it. The last line
 * may be torn, in any order of its pages, and is then ignored; damage before a good line is somebody's to look at.
 */

import { createHash } from 'node:crypto'
import { Problem } from '../../shared/domain/problem.ts'

export interface JournalEntry {
  /** Counts all lines of this rack, over all attempts, from 1. */
  readonly n: number
  readonly attempt: string
  readonly state: string
  /** Wall clock, milliseconds since the epoch. */
  readonly at: number
  /** Whatever JSON can hold; who reads it parses it. */
  readonly data: unknown
}

export interface ReadLines {
  readonly entries: readonly JournalEntry[]
  /** Where the next line goes: the byte after the last good one. What a torn line left there is written over. */
  readonly end: number
}

const newline = 0x0a

function checksum(body: string): string {
  return createHash('sha256').update(body).digest('hex').slice(0, 16)
}

export function encodeLine(entry: JournalEntry): string {
  const { n, attempt, state, at, data } = entry
  const body = JSON.stringify({ n, attempt, state, at, data }).slice(0, -1)
  return `${body},"sum":"${checksum(body)}"}\n`
}

/** The entry in a line (without its newline), or null when the line is not one that we wrote, byte for byte. */
function decodeLine(line: string): JournalEntry | null {
  const cut = line.lastIndexOf(',"sum":"')
  if (cut < 0 || line.slice(cut) !== `,"sum":"${checksum(line.slice(0, cut))}"}`) return null
  // The checksum says that encodeLine made this text, and so that it has this shape.
  const { n, attempt, state, at, data } = JSON.parse(line) as JournalEntry
  return { n, attempt, state, at, data }
}

/** A good line that lost the newline before it, and so hides in a damaged one. */
function lineWithin(text: string): JournalEntry | null {
  const start = text.lastIndexOf('{"n":')
  return start > 0 ? decodeLine(text.slice(start)) : null
}

const zeros = Buffer.alloc(4096)

/** The byte after the last one that is not zero; by pages, since most of the file is padding. */
function endOfContent(bytes: Buffer): number {
  let end = bytes.length
  while (end >= zeros.length && bytes.subarray(end - zeros.length, end).equals(zeros)) end -= zeros.length
  while (end > 0 && bytes[end - 1] === 0) end -= 1
  return end
}

/** Reads what `encodeLine` wrote into a file that may be padded with zeros. `file` is for the message only. */
export function readLines(bytes: Buffer, file: string): ReadLines {
  const contentEnd = endOfContent(bytes)
  const entries: JournalEntry[] = []
  let end = 0
  let damagedLine: number | null = null
  for (let start = 0, line = 1; start < contentEnd; line += 1) {
    const stop = bytes.indexOf(newline, start)
    if (stop < 0 || stop >= contentEnd) break
    const text = bytes.toString('utf8', start, stop)
    const entry = decodeLine(text)
    const last = entries.at(-1)
    const follows = entry !== null && (last === undefined || entry.n === last.n + 1)
    if (entry !== null && follows && damagedLine === null) {
      entries.push(entry)
      end = stop + 1
    } else {
      damagedLine ??= line
      const good = entry ?? lineWithin(text)
      if (good !== null) throw unreadable(file, damagedLine, good.n, last?.n ?? null)
    }
    start = stop + 1
  }
  return { entries, end }
}

function unreadable(file: string, line: number, nextGood: number, lastGood: number | null): Problem {
  return new Problem(
    'stuck',
    `${file}:${line} cannot be read, but a good line (n ${nextGood}) follows it, so this is damage and not a crash: ` +
      `what this rack did after ${lastGood === null ? 'its first line' : `n ${lastGood}`} is not known for sure.`,
    {
      hint:
        `look at what really runs, move ${file} away, and record it: mv ${file} ${file}.damaged && ` +
        'headgate verify --dir DIR',
      numbers: { line, lastGood, nextGood },
    },
  )
}
