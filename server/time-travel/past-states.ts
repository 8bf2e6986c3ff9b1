/**
 * The governed state as it was: a fold up to the last event that had been recorded then. A few of them are kept, and one
 * is made at a time, in slices, so that checks go on being answered.
 */
import { checkPast, describeDuration, toIso } from '../../shared/domain/instants.ts'
import { Problem } from '../../shared/domain/problem.ts'
import { emptyState, type State } from '../../shared/domain/state.ts'
import { exclusive } from '../ledger/exclusive.ts'
import { foldStored } from '../ledger/fold-stored.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Store } from '../store/connection.ts'
import { findRow } from '../store/ledger.ts'
import { listTimes } from '../store/ledger-pages.ts'

export interface PastState {
  /** Not to be folded further: others read it too. */
  readonly state: State
  /** The last event in it, and when that was recorded. */
  readonly sequence: number
  readonly recordedAt: number
}

export interface PastStates {
  /** Raises `invalid_date` for a time that has not come, or before the registry was made. */
  at(time: number): Promise<PastState>
  readonly kept: number
}

export interface PastStatesDeps {
  readonly store: Store
  readonly ledger: Ledger
  readonly clock: () => number
}

const mostKept = 4
const mostWaiting = 8
const slice = 2_000

export function createPastStates({ store, ledger, clock }: PastStatesDeps): PastStates {
  /** By the sequence they go up to, the one that was asked for last at the end. */
  const kept = new Map<number, PastState>()
  const oneByOne = exclusive()
  let waiting = 0
  /** Words were erased: whatever was folded before still has them. */
  let forgotten = 0
  ledger.subscribe((news) => {
    if (news !== 'forgot') return
    forgotten += 1
    kept.clear()
  })

  async function make(last: Recorded): Promise<PastState> {
    const present = kept.get(last.sequence)
    if (present) {
      kept.delete(last.sequence)
      kept.set(last.sequence, present)
      return present
    }
    for (;;) {
      const before = forgotten
      const state = emptyState()
      await foldStored(store.read, state, ledger.redactions, last.sequence)
      const made = { state, sequence: last.sequence, recordedAt: last.at }
      if (before !== forgotten) continue
      kept.set(last.sequence, made)
      for (const [oldest] of kept) if (kept.size > mostKept) kept.delete(oldest)
      return made
    }
  }

  return {
    get kept() {
      return kept.size
    },
    async at(time) {
      checkPast('The time', time, clock())
      await requireBegun(store, time)
      if (waiting >= mostWaiting) {
        throw new Problem('too_many_requests', `${waiting} past states are being put together already.`, {
          hint: 'Ask again in a minute.',
        })
      }
      waiting += 1
      try {
        const last = await lastRecorded(store, time, ledger.head.sequence)
        return await oneByOne(() => make(last))
      } finally {
        waiting -= 1
      }
    },
  }
}

interface Recorded {
  readonly sequence: number
  readonly at: number
}

async function requireBegun(store: Store, time: number): Promise<void> {
  const first = await findRow(store.read, 1)
  if (!first || time >= first.at) return
  throw new Problem(
    'invalid_date',
    `The time (${toIso(time)}) is ${describeDuration(first.at - time)} before this registry was made (${toIso(first.at)}).`,
    { hint: 'headgate audit log --order oldest', numbers: { at: time, beganAt: first.at } },
  )
}

/**
 * The last event whose time is not after the one asked for. Looked for from the end, because the clock of a registry may
 * have gone back: what was recorded by then is everything up to there.
 */
async function lastRecorded(store: Store, time: number, head: number): Promise<Recorded> {
  for (let below = head + 1; ; ) {
    const rows = await listTimes(store.read, { below, limit: slice })
    const found = rows.find(({ at }) => at <= time)
    if (found) return found
    const oldest = rows.at(-1)
    if (!oldest) return { sequence: 0, at: time }
    below = oldest.sequence
    await new Promise((resolve) => setImmediate(resolve))
  }
}
