/**
 * Secrets in a log file are overwritten where they stand, byte for byte: the process that writes the file goes on
 * appending meanwhile, outlives us if it has to, and nothing of what it says moves or gets lost.
 */
import { closeSync, openSync, readSync, statSync, writeSync } from 'node:fs'

export interface LogMask {
  /** Masks what was written up to this offset since the last time; a secret may have come in pieces. */
  upTo(end: number): void
  /** The file was cut to nothing. */
  restart(): void
  close(): void
}

const chunkBytes = 65_536

/** Raises what the system says when the file cannot be opened for writing. */
export function openLogMask(file: string, secrets: readonly string[]): LogMask {
  const needles = secrets.filter((secret) => secret !== '').map((secret) => Buffer.from(secret))
  const longest = Math.max(0, ...needles.map((needle) => needle.length))
  // Not the descriptor that appends: there Linux writes to the end wherever it is told to write.
  const fd = openSync(file, 'r+')
  const buffer = Buffer.alloc(chunkBytes + longest)
  let masked = 0

  function maskIn(bytes: Buffer, start: number): void {
    for (const needle of needles) {
      for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + needle.length)) {
        writeSync(fd, maskOf(needle.length), 0, needle.length, start + at)
      }
    }
  }

  return {
    upTo(end) {
      if (longest === 0) return
      while (masked < end) {
        const start = Math.max(0, masked - (longest - 1))
        const got = readSync(fd, buffer, 0, Math.min(buffer.length, end - start), start)
        if (got <= masked - start) return
        maskIn(buffer.subarray(0, got), start)
        masked = start + got
      }
    },
    restart() {
      masked = 0
    },
    close: () => closeSync(fd),
  }
}

/** A whole file, such as one that a run left behind which did not live to mask it. */
export function maskLog(file: string, secrets: readonly string[]): void {
  const mask = openLogMask(file, secrets)
  try {
    mask.upTo(statSync(file).size)
  } finally {
    mask.close()
  }
}

/** As long as what it hides, since nothing else in the file may move. */
function maskOf(bytes: number): Buffer {
  return Buffer.from('[redacted]'.padEnd(bytes, '*').slice(0, bytes))
}
