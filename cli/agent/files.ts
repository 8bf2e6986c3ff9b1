/**
 * The border to the disk for everything whose loss or half-writing would break a rack. Each method leaves either
 * the old or the new state after a crash, and what it did is on the disk when it returns. Synchronous on purpose:
 * the order of the calls is the order of the crash points, and a test can die at each of them.
 */

import * as fs from 'node:fs'
import { dirname } from 'node:path'

export type FileKind = 'file' | 'directory' | 'link' | 'other'

export interface DurableFiles {
  /** The whole content, or null when there is no such file. */
  read(path: string): Buffer | null
  /**
   * The same for a file that ends in zeros: its bytes up to the last that is none, and the whole size. It takes no more
   * memory than it gives: an agent reads its journal, of a megabyte, every minute.
   */
  readBeforeZeros(path: string): BeforeZeros | null
  /** Names in a directory, sorted; empty when there is no such directory. */
  list(directory: string): string[]
  /** What is at the path itself (links are not followed), or null. */
  kindOf(path: string): FileKind | null
  /** Where a symbolic link points, as written; null when the path is not a link. */
  readLink(path: string): string | null

  /** Makes the directory and its parents; an existing one is fine. */
  makeDirectory(path: string): void
  /** Overwrites bytes inside an existing file, and waits for the disk. A crash may leave any part of them. */
  writeAt(path: string, offset: number, bytes: Uint8Array): void
  /** Replaces the whole file: readers see the old or the new content, never a mixture. `mode` defaults to 0644. */
  writeAtomically(path: string, content: Uint8Array | string, mode?: number): void
  /** Moves within one file system; an existing file at `to` is replaced. */
  rename(from: string, to: string): void
  /** Points the link at `target` by one rename: at no instant is there no link. */
  linkAtomically(target: string, path: string): void
  /** Removes a file or link; nothing there is fine. */
  remove(path: string): void
  /** Removes a directory with what is in it. Not atomic: rename it away first where that matters. */
  removeTree(path: string): void
}

export interface BeforeZeros {
  readonly bytes: Buffer
  /** Of the file, with its zeros. */
  readonly size: number
}

/** The mutating system calls, apart so that a test can die between any two of them (test/support/dying-files.ts). */
export interface Syscalls {
  open(path: string, flags: string, mode: number): number
  write(fd: number, bytes: Uint8Array, offset: number): void
  sync(fd: number): void
  close(fd: number): void
  rename(from: string, to: string): void
  symlink(target: string, path: string): void
  unlink(path: string): void
  mkdir(path: string): void
  removeTree(path: string): void
}

export const nodeSyscalls: Syscalls = {
  open: (path, flags, mode) => fs.openSync(path, flags, mode),
  write(fd, bytes, offset) {
    let done = 0
    while (done < bytes.length) done += fs.writeSync(fd, bytes, done, bytes.length - done, offset + done)
  },
  sync: (fd) => fs.fsyncSync(fd),
  close: (fd) => fs.closeSync(fd),
  rename: (from, to) => fs.renameSync(from, to),
  symlink: (target, path) => fs.symlinkSync(target, path),
  unlink: (path) => fs.unlinkSync(path),
  mkdir: (path) => fs.mkdirSync(path),
  removeTree: (path) => fs.rmSync(path, { recursive: true, force: true }),
}

/** The `code` of a system error ('ENOENT', 'ENOSPC'…), or null for anything else. */
export function errorCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null
}

/** Whether a call failed because there is no room, on the disk or in somebody's quota. */
export function isDiskFull(error: unknown): boolean {
  return errorCode(error) === 'ENOSPC' || errorCode(error) === 'EDQUOT'
}

function orNullWhen<T>(codes: readonly string[], read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if (codes.includes(errorCode(error) ?? '')) return null
    throw error
  }
}

function kindOf(path: string): FileKind | null {
  const stats = orNullWhen(['ENOENT', 'ENOTDIR'], () => fs.lstatSync(path))
  if (stats === null) return null
  if (stats.isFile()) return 'file'
  if (stats.isDirectory()) return 'directory'
  return stats.isSymbolicLink() ? 'link' : 'other'
}

export function createDurableFiles(calls: Syscalls = nodeSyscalls): DurableFiles {
  function syncDirectory(path: string): void {
    const fd = calls.open(path, 'r', 0)
    try {
      calls.sync(fd)
    } catch (error) {
      // Some network file systems cannot sync a directory; their rename is as durable as they make it.
      if (errorCode(error) !== 'EINVAL') throw error
    } finally {
      calls.close(fd)
    }
  }

  function unlinkIfThere(path: string): void {
    if (kindOf(path) !== null) calls.unlink(path)
  }

  function writeNew(path: string, bytes: Uint8Array, mode: number): void {
    unlinkIfThere(path)
    const fd = calls.open(path, 'wx', mode)
    try {
      calls.write(fd, bytes, 0)
      calls.sync(fd)
    } finally {
      calls.close(fd)
    }
  }

  function rename(from: string, to: string): void {
    calls.rename(from, to)
    syncDirectory(dirname(to))
    if (dirname(from) !== dirname(to)) syncDirectory(dirname(from))
  }

  function makeDirectory(path: string): void {
    if (fs.statSync(path, { throwIfNoEntry: false })?.isDirectory()) return
    if (dirname(path) !== path) makeDirectory(dirname(path))
    calls.mkdir(path)
    syncDirectory(dirname(path))
  }

  return {
    read: (path) => orNullWhen(['ENOENT', 'ENOTDIR'], () => fs.readFileSync(path)),
    readBeforeZeros: (path) => orNullWhen(['ENOENT', 'ENOTDIR'], () => readBeforeZeros(path)),
    list: (directory) => orNullWhen(['ENOENT'], () => fs.readdirSync(directory).sort()) ?? [],
    kindOf,
    readLink: (path) => orNullWhen(['ENOENT', 'ENOTDIR', 'EINVAL'], () => fs.readlinkSync(path)),

    makeDirectory,

    writeAt(path, offset, bytes) {
      const fd = calls.open(path, 'r+', 0)
      try {
        calls.write(fd, bytes, offset)
        calls.sync(fd)
      } finally {
        calls.close(fd)
      }
    },

    writeAtomically(path, content, mode = 0o644) {
      const temporary = `${path}.tmp`
      try {
        writeNew(temporary, typeof content === 'string' ? Buffer.from(content) : content, mode)
      } catch (error) {
        // A full disk must not be kept fuller by our own leftovers.
        if (errorCode(error) !== null) unlinkIfThere(temporary)
        throw error
      }
      rename(temporary, path)
    },

    rename,

    linkAtomically(target, path) {
      const temporary = `${path}.tmp`
      unlinkIfThere(temporary)
      calls.symlink(target, temporary)
      rename(temporary, path)
    },

    remove(path) {
      if (kindOf(path) === null) return
      calls.unlink(path)
      syncDirectory(dirname(path))
    },

    removeTree(path) {
      if (kindOf(path) === null) return
      calls.removeTree(path)
      syncDirectory(dirname(path))
    },
  }
}

const part = Buffer.alloc(65_536)
const zeros = Buffer.alloc(part.length)

function readBeforeZeros(path: string): BeforeZeros {
  const fd = fs.openSync(path, 'r')
  try {
    const kept: Buffer[] = []
    let [size, end] = [0, 0]
    for (let got = fs.readSync(fd, part); got > 0; got = fs.readSync(fd, part)) {
      const bytes = part.subarray(0, got)
      if (!bytes.equals(zeros.subarray(0, got))) {
        let last = got
        while (bytes[last - 1] === 0) last -= 1
        // Zeros in between are part of what stands before the last byte that is none.
        kept.push(Buffer.alloc(size - end), Buffer.from(bytes.subarray(0, last)))
        end = size + last
      }
      size += got
    }
    return { bytes: Buffer.concat(kept), size }
  } finally {
    fs.closeSync(fd)
  }
}

export const realFiles: DurableFiles = createDurableFiles()
