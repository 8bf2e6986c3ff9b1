/**
 * DIR/logs: what the steps of attempts said, a file for each, bounded in number and size. Secrets are masked on the disk
 * as in everything that is kept; a file of a run that did not live to do so is masked by the next step, and when read.
 */
import { closeSync, openSync, readSync, rmSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { checkedVersionName } from './drivers/version-name.ts'
import { type DurableFiles, errorCode } from './files.ts'
import { maskLog } from './log-mask.ts'
import { keepLastLines } from './process-output.ts'

const keptLogs = 100
/** A step's own output is cut at 4 MiB while it runs; only a process that it left behind comes here. */
const mostBytes = 16 * 1024 * 1024
/** As much as is read for the last lines of a log. */
const tailBytes = 262_144

export interface StepLog {
  readonly attempt: string
  readonly direction: string
  readonly step: string
  readonly file: string
  readonly bytes: number
  readonly writtenAt: number
}

export function logsDirectory(dir: string): string {
  return join(dir, 'logs')
}

/** Where a step's output goes: DIR/logs/ATTEMPT.DIRECTION.STEP.log. */
export function stepLogFile(
  dir: string,
  { attempt, direction }: { readonly attempt: string; readonly direction: string },
  step: string,
): string {
  return join(logsDirectory(dir), `${checkedVersionName(attempt)}.${direction}.${step}.log`)
}

/** In the order in which they were written. */
export function stepLogs(dir: string, files: DurableFiles): readonly StepLog[] {
  const logs = files.list(logsDirectory(dir)).flatMap((name): StepLog[] => {
    const [, attempt = '', direction = '', step = ''] = /^(.+)\.(forward|back)\.(.+)\.log$/.exec(name) ?? []
    const file = join(logsDirectory(dir), name)
    const stats = statSync(file, { throwIfNoEntry: false })
    if (attempt === '' || !stats?.isFile()) return []
    return [{ attempt, direction, step, file, bytes: stats.size, writtenAt: stats.mtimeMs }]
  })
  return logs.toSorted((a, b) => a.writtenAt - b.writtenAt)
}

/** Makes room before a step of an attempt, and masks what an earlier run of that attempt left behind. */
export function prepareLogs(
  dir: string,
  attempt: string,
  files: DurableFiles,
  secrets: readonly string[],
): void {
  files.makeDirectory(logsDirectory(dir))
  const logs = stepLogs(dir, files)
  for (const { file } of logs.slice(0, Math.max(0, logs.length - keptLogs))) rmSync(file, { force: true })
  for (const log of logs.slice(-keptLogs)) {
    // In place, since whoever still writes to it holds this file and no other.
    if (log.bytes > mostBytes) truncateSync(log.file)
    if (log.attempt === attempt) maskLog(log.file, secrets)
  }
}

/** The last lines, cleaned as they are for a terminal. Empty when the file is gone. */
export function lastLinesOf({ file }: StepLog, lines: number, secrets: readonly string[]): readonly string[] {
  const last = keepLastLines({ lines, bytes: tailBytes }, secrets)
  try {
    const fd = openSync(file, 'r')
    try {
      const size = statSync(file).size
      // A line that begins before where we read may hold half a secret: it is left out.
      const from = Math.max(0, size - tailBytes)
      const buffer = Buffer.alloc(Math.min(size, tailBytes))
      const got = readSync(fd, buffer, 0, buffer.length, from)
      const text = buffer.toString('utf8', 0, got)
      const newline = text.indexOf('\n')
      if (from === 0) last.feed(text)
      else if (newline >= 0) last.feed(text.slice(newline + 1))
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    if (errorCode(error) === null) throw error
  }
  // On the disk a mask is as long as what it hides.
  return last.lines().map((line) => line.replaceAll(/\[redacted\]\*+/g, '[redacted]'))
}
