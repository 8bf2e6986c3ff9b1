/**
 * Whether the store takes writes: false from a failed transaction, whoever asked for it, to the next that is stored. No
 * rack is granted anything meanwhile, and `/readyz` says so.
 */
import { Problem } from '../../shared/domain/problem.ts'
import type { Store } from '../store/connection.ts'
import { insertIdempotent, pruneIdempotent } from '../store/idempotency.ts'

export interface Writability {
  readonly canWrite: boolean
  /** The store, watched. */
  readonly store: Store
  /** Something was stored. */
  noteWritten(): void
  /** Writes a row and takes it away again; raises `store_unavailable` as long as that does not go. */
  probe(): Promise<void>
}

export function watchWrites(store: Store): Writability {
  let canWrite = true

  async function transact<Result>(work: Parameters<typeof store.transact<Result>>[0]): Promise<Result> {
    try {
      return await store.transact(work)
    } catch (error) {
      if (error instanceof Problem && error.code === 'store_unavailable') canWrite = false
      throw error
    }
  }

  return {
    get canWrite() {
      return canWrite
    },
    store: { ...store, transact },
    noteWritten() {
      canWrite = true
    },
    async probe() {
      // A transaction that changes nothing goes through on a full disk.
      await store.transact(async (tx) => {
        const before = { credentialId: 'probe', key: 'probe', requestHash: '', status: 0, body: '' }
        await insertIdempotent(tx, { ...before, createdAt: -1 })
        await pruneIdempotent(tx, 0, 0)
      })
      canWrite = true
    },
  }
}
