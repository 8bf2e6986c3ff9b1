/** Which artifacts are there, in memory, so that a decision can say `artifact_unavailable` without touching the disk. */
import { Problem } from '../../shared/domain/problem.ts'
import type { BlobStore } from './blob-store.ts'

export interface Inventory {
  readonly blobs: BlobStore
  isMissing(sha256: string): boolean
}

/**
 * Wraps a blob store that nobody else writes to: what it stores is added, what turns out to be gone is taken off, and
 * what somebody has put back is found when it is next asked for.
 */
export async function takeInventory(store: BlobStore): Promise<Inventory> {
  const present = new Set<string>()
  for await (const blob of store.list()) present.add(blob.sha256)

  function note(sha256: string, isThere: boolean): void {
    if (isThere) present.add(sha256)
    else present.delete(sha256)
  }

  const blobs: BlobStore = {
    ...store,
    async put(source, options) {
      const stored = await store.put(source, options)
      note(stored.sha256, true)
      return stored
    },
    async open(sha256, range) {
      try {
        return await store.open(sha256, range)
      } catch (error) {
        if (error instanceof Problem && error.code === 'artifact_not_found') note(sha256, false)
        throw error
      }
    },
    async stat(sha256) {
      const found = await store.stat(sha256)
      note(sha256, found !== undefined)
      return found
    },
  }
  return { blobs, isMissing: (sha256) => !present.has(sha256) }
}
