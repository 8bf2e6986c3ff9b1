/**
 * The changes to a rack that are not check-ins. They are decided one after the other, each is one transaction with its
 * line in the rack's history, and the index follows when it is stored.
 */
import { Problem } from '../../shared/domain/problem.ts'
import { findApp } from '../../shared/domain/state.ts'
import { answerGivenBefore, type IdempotentRequest, keepAnswer } from '../ledger/kept-answers.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Store, Tx } from '../store/connection.ts'
import { appendRackHistory } from '../store/rack-history.ts'
import { type RackChanges as Columns, type RackRow, updateRack } from '../store/racks.ts'
import type { FleetIndex, KnownRack } from './fleet-index.ts'
import { noteLabels } from './labels-at.ts'
import { withOrders } from './read-report.ts'

export interface Change<Answer> {
  readonly actor: string
  readonly isDryRun: boolean
  readonly idempotent?: IdempotentRequest | undefined
  readonly reason?: string | undefined
  /** Must be JSON. */
  answer(rack: KnownRack): Answer
}

export interface RackName {
  readonly app: string
  readonly rack: string
}

/** The rack as it will be, and how that is stored; nothing to store when it is so already. */
export interface Planned {
  readonly rack: KnownRack
  readonly store?: (tx: Tx) => Promise<RackRow>
}

export interface RackChanges {
  /** Raises `rack_not_found`, also for one that was forgotten. */
  find(name: RackName): KnownRack
  /** While this runs nobody else changes a rack and nothing is appended: what `plan` looked at still holds when it is stored. */
  enact<Answer>(by: Change<Answer>, plan: () => Planned): Promise<Answer>
  /** The rack with these columns, and a line of its history that says `what`. */
  changed(rack: KnownRack, columns: Columns, what: string, by: Change<unknown>): Planned
  /** The line of history, for what is stored in another way. */
  remember(tx: Tx, row: RackIdentity, change: string, values: Values, by: Change<unknown>): Promise<void>
}

type RackIdentity = Pick<RackRow, 'app' | 'name'>

interface Values {
  readonly before: unknown
  readonly after: unknown
}

export interface RackChangesDeps {
  readonly store: Store
  readonly ledger: Ledger
  readonly index: FleetIndex
  readonly clock: () => number
}

export function createRackChanges({ store, ledger, index, clock }: RackChangesDeps): RackChanges {
  const remember: RackChanges['remember'] = async (tx, { app, name }, change, values, { actor, reason }) => {
    const entry = { app, rack: name, at: clock(), actor, change, ...values }
    await appendRackHistory(tx, { ...entry, reason: reason ?? null })
  }

  return {
    remember,
    find({ app: name, rack }) {
      const app = findApp(ledger.state, name)
      const known = index.byName(app.name, rack)
      if (known && known.row.forgottenAt === null) return known
      throw new Problem('rack_not_found', `The app ${app.name} has no rack "${rack}".`, {
        hint: `headgate rack list --app ${app.name}`,
      })
    },
    enact(by, plan) {
      return ledger.exclusively(async () => {
        if (by.isDryRun) return by.answer(plan().rack)
        const { answer, row } = await store.transact(async (tx) => {
          const earlier = await answerGivenBefore<ReturnType<typeof by.answer>>(tx, by.idempotent)
          if (earlier) return { ...earlier, row: undefined }
          const planned = plan()
          const stored = await planned.store?.(tx)
          const given = by.answer(planned.rack)
          await keepAnswer(tx, by.idempotent, given, clock())
          return { answer: given, row: stored }
        })
        if (row) {
          const before = index.byName(row.app, row.name)?.row.labels
          const rack = index.put(row)
          if (before) noteLabels(rack, before, clock())
        }
        return answer
      })
    },
    changed(rack, columns, what, by) {
      const row = { ...rack.row, ...columns }
      const before = Object.fromEntries(Object.keys(columns).map((key) => [key, Reflect.get(rack.row, key)]))
      return {
        rack: { ...rack, row, facts: withOrders(rack.facts, row) },
        async store(tx) {
          const stored = await updateRack(tx, rack.row, columns)
          await remember(tx, rack.row, what, { before, after: columns }, by)
          return stored
        },
      }
    },
  }
}
