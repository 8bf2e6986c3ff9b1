/**
 * Artifacts in a folder: `ab/cd/<sha256>`, put there by a rename once every byte is on disk, so that a file with that name
 * is always whole. Uploads grow in `incoming/` beside them, on the same file system.
 */
import { renameSync, statSync } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Problem } from '../../shared/domain/problem.ts'
import type { BlobStore, ByteRange, PutOptions, StoredBlob } from './blob-store.ts'
import { requireDigest } from './blob-store.ts'
import { asDiskProblem, isFileError, isMissing } from './disk-problem.ts'
import { makeDurableFolder, syncFolder } from './durable-folder.ts'
import { receive, tooLarge } from './receive.ts'

/** The folder is made by the first upload. One process owns it: `sweep` takes every upload that is not its own for a leftover. */
export function filesystemBlobs(folder: string): BlobStore {
  const incoming = join(folder, 'incoming')
  const underWay = new Set<string>()

  async function put(
    source: AsyncIterable<Uint8Array>,
    options: PutOptions,
  ): Promise<StoredBlob & { readonly created: boolean }> {
    const { expected = {}, limitBytes } = options
    if (expected.sha256 !== undefined) requireDigest(expected.sha256)
    if (expected.size !== undefined && expected.size > limitBytes) {
      throw tooLarge(limitBytes, { announcedBytes: expected.size })
    }
    const { name, file } = await beginUpload()
    try {
      const blob = await receive(file, source, options)
      await file.sync()
      return { ...blob, created: await place(join(incoming, name), blob.sha256) }
    } catch (error) {
      await rm(join(incoming, name), { force: true })
      throw asDiskProblem(error)
    } finally {
      await file.close()
      underWay.delete(name)
    }
  }

  async function beginUpload(): Promise<{ name: string; file: FileHandle }> {
    try {
      await makeDurableFolder(incoming)
      for (let number = 1; ; number += 1) {
        const name = `upload-${number}`
        if (underWay.has(name)) continue
        underWay.add(name)
        const file = await openNew(join(incoming, name))
        if (file !== undefined) return { name, file }
        underWay.delete(name)
      }
    } catch (error) {
      throw asDiskProblem(error)
    }
  }

  /** Says whether the blob is new. Bytes that were there are replaced: these have just been verified. */
  async function place(uploaded: string, sha256: string): Promise<boolean> {
    const shelf = join(folder, sha256.slice(0, 2))
    const box = join(shelf, sha256.slice(2, 4))
    await mkdir(box, { recursive: true, mode: 0o700 })
    // Look and rename without an await between: of two uploads of the same bytes exactly one has created them.
    const isNew = statSync(join(box, sha256), { throwIfNoEntry: false }) === undefined
    renameSync(uploaded, join(box, sha256))
    // All three each time: another upload may have made the folders and not yet have synced them.
    for (const changed of [box, shelf, folder]) await syncFolder(changed)
    return isNew
  }

  function pathOf(sha256: string): string {
    requireDigest(sha256)
    return join(folder, sha256.slice(0, 2), sha256.slice(2, 4), sha256)
  }

  return {
    put,
    async open(sha256, range) {
      const file = await openBlob(pathOf(sha256), sha256)
      try {
        if (range === undefined) return file.createReadStream()
        const { size } = await file.stat()
        return file.createReadStream(withinSize(range, size, sha256))
      } catch (error) {
        await file.close()
        throw asDiskProblem(error)
      }
    },
    async stat(sha256) {
      return sizeOf(pathOf(sha256))
    },
    async *list() {
      for (const shelf of await namesIn(folder, /^[0-9a-f]{2}$/)) {
        for (const box of await namesIn(join(folder, shelf), /^[0-9a-f]{2}$/)) {
          for (const sha256 of await namesIn(join(folder, shelf, box), /^[0-9a-f]{64}$/)) {
            const found = await sizeOf(join(folder, shelf, box, sha256))
            if (found !== undefined) yield { sha256, size: found.size }
          }
        }
      }
    },
    async sweep() {
      const leftovers = (await namesIn(incoming, /^upload-/)).filter((name) => !underWay.has(name))
      let bytes = 0
      for (const name of leftovers) {
        bytes += (await sizeOf(join(incoming, name)))?.size ?? 0
        await rm(join(incoming, name), { force: true })
      }
      return { files: leftovers.length, bytes }
    },
  }
}

/** Undefined when the name is taken. */
async function openNew(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'wx', 0o600)
  } catch (error) {
    if (isFileError(error) && error.code === 'EEXIST') return undefined
    throw error
  }
}

async function openBlob(path: string, sha256: string): Promise<FileHandle> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if (!isMissing(error)) throw asDiskProblem(error)
    throw new Problem('artifact_not_found', `No artifact with the SHA-256 ${sha256} is stored here.`, {
      hint: 'Compare the digest with `headgate release show VERSION --app APP`.',
    })
  }
}

async function sizeOf(path: string): Promise<{ readonly size: number } | undefined> {
  try {
    const { size } = await stat(path)
    return { size }
  } catch (error) {
    if (isMissing(error)) return undefined
    throw asDiskProblem(error)
  }
}

async function namesIn(folder: string, pattern: RegExp): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => pattern.test(name)).sort()
  } catch (error) {
    if (isMissing(error)) return []
    throw asDiskProblem(error)
  }
}

function withinSize({ start, end }: ByteRange, size: number, sha256: string): { start: number; end: number } {
  const last = Math.min(end ?? size - 1, size - 1)
  if (start >= 0 && start <= last) return { start, end: last }
  throw new Problem(
    'not_acceptable_range',
    `The artifact ${sha256} has ${size} bytes: there is no byte ${start}.`,
    {
      hint: 'Ask for a range that begins before the end, or without a range.',
      numbers: { size, start, end },
    },
  )
}
