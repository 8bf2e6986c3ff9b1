/**
 * The ledger in service: its fold in memory, and the one place where events are appended. Load, decide, record,
 * answer: a command decides on the state, its events are stored, and only then does the state move.
 */
import type { CommandContext } from '../../shared/domain/commands/command.ts'
import type { LedgerEvent } from '../../shared/domain/events.ts'
import { applyEvent, foldEvents } from '../../shared/domain/fold.ts'
import { Problem } from '../../shared/domain/problem.ts'
import { emptyState, forkState, type State } from '../../shared/domain/state.ts'
import type { Store } from '../store/connection.ts'
import { appendRows, emptyLedger, type LedgerHead, type LedgerRow, readRows } from '../store/ledger.ts'
import { sealEvent, verifyChain } from './chain.ts'
import { exclusive } from './exclusive.ts'
import { answerGivenBefore, type IdempotentRequest, keepAnswer } from './kept-answers.ts'
import { readEvent } from './read-event.ts'

export interface Act<Answer> {
  readonly actor: string
  readonly idempotent?: IdempotentRequest | undefined
  /** Everything is decided and answered, nothing is recorded. */
  readonly isDryRun: boolean
  /** Pure; raises a Problem to refuse. No events: there is nothing to do, and that is a success. */
  decide(state: State, context: CommandContext): readonly LedgerEvent[]
  /** Built from the state as it is after the events; must be JSON. */
  answer(after: State, events: readonly LedgerEvent[]): Answer
}

export interface Ledger {
  /** What checks read. Moves only when events are stored. */
  readonly state: State
  readonly head: LedgerHead
  record<Answer>(act: Act<Answer>): Promise<Answer>
  /** Runs while nothing can be appended: what is decided inside is decided on the newest state. */
  exclusively<Result>(work: () => Promise<Result>): Promise<Result>
}

export interface LedgerDeps {
  readonly store: Store
  readonly clock: () => number
  readonly random: (bytes: number) => Buffer
}

const batch = 2_000

/** Reads and verifies the whole chain, and folds it. Raises `chain_broken` with the place. */
export async function openLedger({ store, clock, random }: LedgerDeps): Promise<Ledger> {
  const state = emptyState()
  let head = await foldStored(store, state)
  const exclusively = exclusive()

  async function write<Answer>(act: Act<Answer>): Promise<Answer> {
    const context = { now: clock(), actor: act.actor }
    const decided = await store.transact(async (tx) => {
      const earlier = await answerGivenBefore<Answer>(tx, act.idempotent)
      if (earlier) return { ...earlier, events: [], rows: [] }
      const events = act.decide(state, context)
      const answer = act.answer(foldEvents(forkState(state), events), events)
      const rows = seal(head, events, random)
      await appendRows(tx, rows)
      await keepAnswer(tx, act.idempotent, answer, context.now)
      return { answer, events, rows }
    })
    for (const event of decided.events) applyEvent(state, event)
    const last = decided.rows.at(-1)
    if (last) head = { sequence: last.sequence, hash: last.hash }
    return decided.answer
  }

  return {
    state,
    get head() {
      return head
    },
    record(act) {
      if (!act.isDryRun) return exclusively(() => write(act))
      return exclusively(async () => {
        const events = act.decide(state, { now: clock(), actor: act.actor })
        return act.answer(foldEvents(forkState(state), events), events)
      })
    },
    exclusively,
  }
}

async function foldStored(store: Store, state: State): Promise<LedgerHead> {
  let head = emptyLedger
  for (;;) {
    const rows = await readRows(store.read, head.sequence, batch)
    if (rows.length === 0) return head
    const verdict = verifyChain(rows, head)
    if (!verdict.ok) {
      throw new Problem(
        'chain_broken',
        `Event ${verdict.atSequence} of the ledger does not hold: ${verdict.why}.`,
        {
          hint: 'Restore a backup whose chain holds; headgate audit verify --data DIR shows the place again.',
          numbers: { atSequence: verdict.atSequence },
        },
      )
    }
    for (const row of rows) {
      const event = readEvent(row)
      if (event) applyEvent(state, event)
    }
    head = { sequence: verdict.sequence, hash: verdict.hash }
  }
}

function seal(
  head: LedgerHead,
  events: readonly LedgerEvent[],
  random: (bytes: number) => Buffer,
): LedgerRow[] {
  const rows: LedgerRow[] = []
  for (const event of events) {
    const previous = rows.at(-1) ?? head
    rows.push(
      sealEvent(previous, {
        sequence: previous.sequence + 1,
        at: event.at,
        type: event.type,
        app: 'app' in event ? (event.app ?? null) : null,
        body: JSON.stringify(event),
        salt: random(16).toString('hex'),
      }),
    )
  }
  return rows
}
