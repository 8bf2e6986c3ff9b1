/**
 * One writer, one transaction at a time, around asynchronous work. better-sqlite3's own transactions must not be
 * asynchronous: they would commit at the first `await`.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { SqliteClient } from './sqlite-connections.ts'
import { asStoreProblem, storeClosed } from './store-problem.ts'

/** Throws unless the transaction it was made for is still open. */
export type RequireOpen = () => void

export interface Transactions {
  /** Runs `work` between BEGIN IMMEDIATE and COMMIT, in the order of the calls; rolls back when it throws. */
  run<Result>(work: (requireOpen: RequireOpen) => Promise<Result>): Promise<Result>
  /** Runs while no transaction does, in the order of the calls. */
  between<Result>(work: () => Result): Promise<Result>
  /** Refuses what comes later and waits for what was queued. */
  drain(): Promise<void>
}

export function queueTransactions(writer: SqliteClient): Transactions {
  const insideOf = new AsyncLocalStorage<{ open: boolean }>()
  const begin = writer.prepare('begin immediate')
  const commit = writer.prepare('commit')
  const rollback = writer.prepare('rollback')
  let last: Promise<unknown> = Promise.resolve()
  let isClosed = false

  async function runNow<Result>(work: (requireOpen: RequireOpen) => Promise<Result>): Promise<Result> {
    const transaction = { open: true }
    function requireOpen(): void {
      // A full disk makes SQLite roll back by itself; what came after would each be committed on its own.
      if (!transaction.open || (writer.open && !writer.inTransaction)) {
        throw new Error('This transaction is over: nothing may be written with it.')
      }
    }
    try {
      begin.run()
      const result = await insideOf.run(transaction, () => work(requireOpen))
      requireOpen()
      commit.run()
      return result
    } catch (error) {
      if (writer.open && writer.inTransaction) rollback.run()
      throw asStoreProblem(error)
    } finally {
      transaction.open = false
      // While it is enabled every `await` of the process costs more than twice as much (measured on Node 20).
      insideOf.disable()
    }
  }

  return {
    async run(work) {
      if (isClosed) throw storeClosed()
      if (insideOf.getStore()?.open) {
        throw new Error('A transaction inside a transaction would wait for itself: pass `tx` on instead.')
      }
      const result = last.then(() => runNow(work))
      last = result.catch(() => {})
      return result
    },
    async between(work) {
      if (isClosed) throw storeClosed()
      const result = last.then(work)
      last = result.catch(() => {})
      return result.catch((error) => {
        throw asStoreProblem(error)
      })
    },
    async drain() {
      isClosed = true
      await last
    },
  }
}
