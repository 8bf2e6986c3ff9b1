/**
 * Unpacks a release into a directory that exists only whole: everything is written into a fresh temporary one,
 * synced, and renamed. The archive is hostile until its last byte: any refusal leaves nothing behind.
 */

import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { open, readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { Problem } from '../../../shared/domain/problem.ts'
import { type DurableFiles, errorCode, isDiskFull } from '../files.ts'
import { createArchiveNames } from './archive-names.ts'
import { refusedArchive, shownName } from './refused-archive.ts'
import { createTarFrames } from './tar-frames.ts'

export interface UnpackLimits {
  readonly entries: number
  /** Unpacked, all files together. */
  readonly bytes: number
  /** Unpacked size to packed size; not asked below 16 MiB unpacked. */
  readonly ratio: number
}

export const defaultLimits: UnpackLimits = { entries: 100_000, bytes: 4 * 1024 ** 3, ratio: 200 }

const ratioFromBytes = 16 * 1024 * 1024

/** Where an archive waits until it is whole; beside its destination, since a rename stays on one file system. */
function temporaryFor(destination: string): string {
  return join(dirname(destination), '.unpacking')
}

/**
 * Unpacks `archive` (.tar or .tar.gz, told by its bytes) to `destination`, which must not exist. Only one at a time
 * per parent directory: the rack's lock sees to that.
 */
export async function unpackRelease(
  archive: string,
  destination: string,
  files: DurableFiles,
  limits: UnpackLimits = defaultLimits,
): Promise<void> {
  const temporary = temporaryFor(destination)
  // What a crash left is half of something: it is not continued.
  files.removeTree(temporary)
  files.makeDirectory(temporary)
  try {
    await extract(archive, temporary, limits)
    await syncTree(temporary)
  } catch (error) {
    files.removeTree(temporary)
    throw readable(error, archive)
  }
  files.rename(temporary, destination)
}

function readable(error: unknown, archive: string): unknown {
  if (error instanceof Problem) return error
  const code = errorCode(error) ?? ''
  if (code.startsWith('Z_')) {
    const reason = error instanceof Error ? error.message : code
    return refusedArchive(`its compression is damaged (${reason})`)
  }
  if (code.startsWith('TAR_')) {
    const reason = error instanceof Error ? error.message.replace(/^TAR_[A-Z_]+: /, '') : code
    return refusedArchive(`it is no sound tar archive (${reason})`)
  }
  if (isDiskFull(error)) {
    return new Problem('update_failed', `The disk is full: ${archive} could not be unpacked.`, {
      hint: `free some disk space and try again: df -h ${dirname(archive)}`,
    })
  }
  return error
}

async function isGzip(archive: string): Promise<boolean> {
  const handle = await open(archive, 'r')
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0)
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b
  } finally {
    await handle.close()
  }
}

/** The archive's tar bytes, decompressed. Garbage after the compressed part is a refusal, not a shrug. */
async function eachChunk(
  archive: string,
  packedBytes: number,
  take: (chunks: AsyncIterable<unknown>) => Promise<void>,
): Promise<void> {
  if (!(await isGzip(archive))) return pipeline(createReadStream(archive), take)
  const gunzip = createGunzip()
  await pipeline(createReadStream(archive), gunzip, take)
  if (gunzip.bytesWritten !== packedBytes) {
    throw refusedArchive(`${packedBytes - gunzip.bytesWritten} bytes follow its compressed part`)
  }
}

interface ReadEntry {
  type?: string
  size: number
  mode?: number | undefined
}

async function extract(archive: string, directory: string, limits: UnpackLimits): Promise<void> {
  const { Unpack } = await import('tar')
  const { size: packedBytes } = await stat(archive)
  const mostBytes = Math.max(ratioFromBytes, packedBytes * limits.ratio)
  const frames = createTarFrames()
  const names = createArchiveNames()
  const total = { read: 0, entries: 0, bytes: 0 }
  let problem: unknown = null

  function judge(path: string, entry: ReadEntry): void {
    const framed = frames.take()
    const kind = entry.type === 'Directory' ? 'directory' : 'file'
    const isPlain = entry.type === 'File' || entry.type === 'OldFile' || entry.type === 'Directory'
    if (!isPlain || framed?.kind !== kind || framed.bytes !== entry.size) {
      throw refusedArchive(`${shownName(path)} reads as two different entries`)
    }
    total.entries += 1
    total.bytes += entry.size
    if (total.entries > limits.entries) throw refusedArchive(`it has more than ${limits.entries} entries`)
    if (total.bytes > limits.bytes) throw refusedArchive(`it unpacks to more than ${limits.bytes} bytes`)
    names.admit(path, kind)
    // No set-user-id, nothing that others may write, and never a directory that we could not remove again.
    entry.mode = ((entry.mode ?? 0o644) & 0o755) | (kind === 'directory' ? 0o700 : 0o600)
  }

  const unpack = new Unpack({
    cwd: directory,
    strict: true,
    preserveOwner: false,
    noMtime: true,
    brotli: false,
    zstd: false,
    filter(path, entry) {
      if (problem !== null || !('type' in entry)) return false
      try {
        judge(path, entry)
        return true
      } catch (error) {
        problem = error
        return false
      }
    },
  })
  unpack.on('ignoredEntry', () => {
    problem ??= refusedArchive('it holds an entry that would be skipped')
  })
  unpack.on('error', (error: unknown) => {
    problem ??= error
  })
  const closed = new Promise<void>((resolve) => unpack.once('close', resolve))

  async function takeChunk(chunk: unknown): Promise<void> {
    if (!Buffer.isBuffer(chunk)) return
    if (total.read === 0 && chunk[0] === 0x1f && chunk[1] === 0x8b) {
      throw refusedArchive('it is compressed twice')
    }
    total.read += chunk.length
    if (total.read > mostBytes) throw refusedArchive(`it unpacks to more than ${mostBytes} bytes`)
    const belongs = frames.feed(chunk)
    if (belongs > 0 && !unpack.write(chunk.subarray(0, belongs)) && problem === null) {
      await once(unpack, 'drain')
    }
    if (problem !== null) throw problem
  }

  try {
    await eachChunk(archive, packedBytes, async (chunks) => {
      try {
        for await (const chunk of chunks) await takeChunk(chunk)
        frames.end()
      } catch (error) {
        // Noted here, since the pipeline that is torn down may report its own end instead.
        problem ??= error
        throw error
      }
    })
  } catch (error) {
    problem ??= error
  } finally {
    // Also after a refusal: what it is still writing must be over before the directory is removed.
    unpack.end()
    await closed
  }
  if (problem !== null) throw problem
  if (frames.take() !== undefined) throw refusedArchive('it holds an entry that only one of two readers sees')
  if (total.entries === 0) throw refusedArchive('it is empty')
}

const syncedAtOnce = 8

/** Waits until every file and directory below is on the disk: the rename must not be there before its content. */
async function syncTree(directory: string): Promise<void> {
  const found = await readdir(directory, { recursive: true })
  const paths = [directory, ...found.map((name) => join(directory, name))]
  async function syncSome(): Promise<void> {
    for (let path = paths.pop(); path !== undefined; path = paths.pop()) {
      const handle = await open(path, 'r')
      try {
        await handle.sync()
      } finally {
        await handle.close()
      }
    }
  }
  await Promise.all(Array.from({ length: syncedAtOnce }, syncSome))
}
