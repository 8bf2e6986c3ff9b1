/**
 * What a child process says. Acts write to a log file: their output must outlive a killed agent, and a pipe without
 * a reader would kill them (SIGPIPE) in the middle of a migration. Reads, and acts on a full disk, use pipes.
 */

import type { ChildProcess } from 'node:child_process'
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import { stripVTControlCharacters } from 'node:util'
import { type LogMask, openLogMask } from './log-mask.ts'

export interface LastLines {
  feed(text: string): void
  /** The last lines, oldest first, an unfinished one included. */
  lines(): string[]
  /** Whether any line said that data was lost, also one that is kept no longer. */
  saysDataLoss(): boolean
}

/** What an operator's command prints, alone on a line, when what went wrong cost data. */
const dataLossLine = 'headgate: severity data-loss'

export interface LineLimits {
  readonly lines: number
  readonly bytes: number
}

const longestLine = 1_000
// Terminal control, invisible marks and everything else that would let a log line draw on an operator's screen.
const controls = /\p{Cc}|\p{Cf}/gu

/** Keeps the end of a text as clean single lines; `redact` lists secrets that must not be kept. */
export function keepLastLines(
  limits: LineLimits,
  redact: readonly string[] = [],
  onLine: (line: string) => void = () => undefined,
): LastLines {
  const kept: string[] = []
  let keptBytes = 0
  let partial = ''
  let hasLostData = false

  const longestSecret = Math.max(0, ...redact.map((secret) => secret.length))

  function withoutSecrets(text: string): string {
    return redact.reduce(
      (rest, secret) => (secret === '' ? rest : rest.replaceAll(secret, '[redacted]')),
      text,
    )
  }

  function clean(raw: string): string {
    // A progress bar redraws one line with carriage returns: its last state is what a person saw.
    const last = raw.replace(/\r+$/, '').split('\r').at(-1) ?? ''
    const text = withoutSecrets(stripVTControlCharacters(last).replaceAll('\t', ' ').replaceAll(controls, ''))
    return text.length > longestLine ? `${text.slice(0, longestLine)}…` : text
  }

  function keep(line: string): void {
    kept.push(line)
    keptBytes += Buffer.byteLength(line)
    while (kept.length > limits.lines || keptBytes > limits.bytes) {
      keptBytes -= Buffer.byteLength(kept.shift() ?? '')
    }
    onLine(line)
  }

  return {
    feed(text) {
      const parts = (partial + text).split('\n')
      partial = parts.pop() ?? ''
      hasLostData ||= parts.some(isDataLoss)
      // Of a flood only the end is kept, so the rest need not even be cleaned.
      for (const part of parts.slice(-limits.lines)) keep(clean(part))
      // A line that never ends is cut rather than collected; far beyond what is shown, for a secret to stay whole.
      if (partial.length > 64 * longestLine) {
        // What may be the beginning of a secret goes on with the rest of it.
        const whole = withoutSecrets(partial)
        keep(clean(whole))
        partial = longestSecret > 1 ? whole.slice(1 - longestSecret) : ''
      }
    },
    lines: () => (partial === '' ? [...kept] : [...kept, clean(partial)].slice(-limits.lines)),
    saysDataLoss: () => hasLostData || isDataLoss(partial),
  }
}

function isDataLoss(line: string): boolean {
  return line.includes(dataLossLine) && stripVTControlCharacters(line).trim() === dataLossLine
}

export interface Output {
  /** What to give `spawn` for stdout and stderr. */
  readonly stdio: 'pipe' | number
  attach(child: ChildProcess): void
  /** Called after the child ended; resolves when what it said has been read. */
  finish(): Promise<void>
}

/** Output through pipes, with stdout collected up to `keepBytes`. */
export function pipedOutput(
  last: LastLines,
  keepBytes: number,
): Output & { stdout(): { text: string; cut: boolean } } {
  let text = ''
  let cut = false
  let child: ChildProcess | null = null
  let closed: Promise<void> = Promise.resolve()
  return {
    stdio: 'pipe',
    attach(started) {
      child = started
      closed = new Promise((resolve) => started.once('close', () => resolve()))
      for (const [stream, isStdout] of [
        [started.stdout, true],
        [started.stderr, false],
      ] as const) {
        const decoder = new StringDecoder('utf8')
        stream?.on('data', (chunk: Buffer) => {
          const part = decoder.write(chunk)
          last.feed(part)
          if (!isStdout) return
          cut ||= text.length + part.length > keepBytes
          text = (text + part).slice(0, keepBytes)
        })
      }
    },
    async finish() {
      // A daemon that was left behind may hold the pipe for ever: the answer does not wait for it.
      const patience = new Promise<void>((resolve) => setTimeout(resolve, 300).unref())
      await Promise.race([closed, patience])
      child?.stdout?.destroy()
      child?.stderr?.destroy()
    },
    stdout: () => ({ text, cut }),
  }
}

const pollMs = 100
const truncateAtBytes = 4 * 1024 * 1024
const mostBehindBytes = 65_536
const needsFreeBytes = 1024 * 1024

/**
 * Output into a file that is followed, and in which secrets are masked, while it grows; null when the disk has no room
 * for it.
 */
export function loggedOutput(
  logFile: string,
  last: LastLines,
  redact: readonly string[] = [],
): Output | null {
  let fd: number
  let mask: LogMask
  try {
    const space = statfsSync(dirname(logFile))
    if (space.bavail * space.bsize < needsFreeBytes) return null
    fd = openSync(logFile, 'a+', 0o600)
    mask = openLogMask(logFile, redact)
  } catch {
    return null
  }
  let position = fstatSync(fd).size
  const decoder = new StringDecoder('utf8')
  const buffer = Buffer.alloc(65_536)
  let inMiddle = false
  let timer: NodeJS.Timeout | undefined

  function follow(): void {
    const end = fstatSync(fd).size
    const behind = end - position - mostBehindBytes
    if (behind > 0) {
      position += behind
      // A line that begins before where we read on may hold half a secret: it is left out.
      inMiddle = true
    }
    // Up to here and no further: a child may well write faster than we read.
    while (position < end) {
      const got = readSync(fd, buffer, 0, Math.min(buffer.length, end - position), position)
      position += got
      const text = decoder.write(buffer.subarray(0, got))
      const newline = inMiddle ? text.indexOf('\n') : -1
      if (!inMiddle) last.feed(text)
      else if (newline >= 0) last.feed(text.slice(newline))
      inMiddle &&= newline < 0
    }
    // After it was read: of a secret that came in pieces the first is in memory already, and wants its rest.
    mask.upTo(end)
    // The child appends, so it goes on at the new end: a runaway log cannot fill the disk.
    if (position > truncateAtBytes) {
      ftruncateSync(fd, 0)
      position = 0
      mask.restart()
    }
  }

  return {
    stdio: fd,
    attach() {
      timer = setInterval(follow, pollMs)
    },
    async finish() {
      clearInterval(timer)
      follow()
      mask.close()
      closeSync(fd)
    },
  }
}
