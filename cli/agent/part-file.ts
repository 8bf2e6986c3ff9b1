/** A file that is being downloaded: its bytes so far, their running digest, and the tag to go on with. */

import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import type { DurableFiles } from './files.ts'

export interface PartFile {
  bytes(): number
  /** The strong ETag of the answer that these bytes came from. */
  tag(): string | null
  append(chunk: Uint8Array): Promise<void>
  startOver(tag: string | null): Promise<void>
  /** The sha256 of all bytes, in hex. */
  digest(): string
  /** Waits until the bytes are on the disk, and closes. */
  close(): Promise<void>
}

/** Opens or makes `path`; the tag stands beside it in `path`.etag. */
export async function openPartFile(path: string, files: DurableFiles): Promise<PartFile> {
  const tagFile = `${path}.etag`
  let tag = files.read(tagFile)?.toString('utf8') ?? null
  let hash = createHash('sha256')
  let bytes = 0
  const handle = await open(path, 'a+', 0o600)
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk)
    bytes += chunk.length
  }
  return {
    bytes: () => bytes,
    tag: () => tag,
    async append(chunk) {
      await handle.appendFile(chunk)
      hash.update(chunk)
      bytes += chunk.length
    },
    async startOver(next) {
      // The tag goes first: a crash in between must not leave it beside the bytes of another answer.
      files.remove(tagFile)
      await handle.truncate(0)
      if (next !== null) files.writeAtomically(tagFile, next, 0o600)
      tag = next
      hash = createHash('sha256')
      bytes = 0
    },
    digest: () => hash.copy().digest('hex'),
    async close() {
      await handle.sync().finally(() => handle.close())
    },
  }
}

export function removePartFile(path: string, files: DurableFiles): void {
  files.remove(path)
  files.remove(`${path}.etag`)
}
