/**
 * The ledger in service: its fold in memory, and the one place where events are appended. Load, decide, record,
 * answer: a command decides on the state, its events are stored, and only then does the state move.
 */
import type { CommandContext } from '../../shared/domain/commands/command.ts'
import type { LedgerEvent } from '../../shared/domain/events.ts'
import { applyEvent, foldEvents } from '../../shared/domain/fold.ts'
import { emptyState, forkState, type State, takeOver } from '../../shared/domain/state.ts'
import type { Store, Tx } from '../store/connection.ts'
import { appendRows, type LedgerHead, type LedgerRow } from '../store/ledger.ts'
import { sealEvent } from './chain.ts'
import { exclusive } from './exclusive.ts'
import { foldStored } from './fold-stored.ts'
import { answerGivenBefore, type IdempotentRequest, keepAnswer } from './kept-answers.ts'
import { type PlannedRedaction, planRedaction, type RedactionAsked } from './redact.ts'
import { loadRedactions, type Redactions } from './redactions.ts'

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

export interface RedactionAct<Answer> extends RedactionAsked, Omit<Act<Answer>, 'decide' | 'answer'> {
  /** Must be JSON. */
  answer(planned: PlannedRedaction): Answer
}

/** `forgot`: words were erased, and whoever keeps what they read has to read it again. */
export type LedgerNews = 'appended' | 'forgot'

export interface Ledger {
  /** What checks read. Moves only when events are stored. */
  readonly state: State
  readonly head: LedgerHead
  readonly redactions: Redactions
  record<Answer>(act: Act<Answer>): Promise<Answer>
  /** Erases words of an event, on the record; when it resolves, the files and the state have forgotten them. */
  redact<Answer>(act: RedactionAct<Answer>): Promise<Answer>
  /** The listener must not throw. Gives the way to stop listening. */
  subscribe(listener: (news: LedgerNews) => void): () => void
  /** Runs while nothing can be appended: what is decided inside is decided on the newest state. */
  exclusively<Result>(work: () => Promise<Result>): Promise<Result>
}

export interface LedgerDeps {
  readonly store: Store
  readonly clock: () => number
  readonly random: (bytes: number) => Buffer
}

const scrubAgainMilliseconds = 10_000

/** Reads and verifies the whole chain, and folds it. Raises `chain_broken` with the place. */
export async function openLedger({ store, clock, random }: LedgerDeps): Promise<Ledger> {
  const state = emptyState()
  let redactions = await loadRedactions(store.read)
  let head = await foldStored(store.read, state, redactions)
  const exclusively = exclusive()
  const listeners = new Set<(news: LedgerNews) => void>()
  /** Erased on the disk, and not in memory yet. */
  let owesForgetting = false

  function tell(news: LedgerNews): void {
    for (const listener of [...listeners]) listener(news)
  }

  async function write<Answer>(act: Act<Answer>, alongside?: (tx: Tx) => Promise<void>): Promise<Answer> {
    const context = { now: clock(), actor: act.actor }
    const decided = await store.transact(async (tx) => {
      const earlier = await answerGivenBefore<Answer>(tx, act.idempotent)
      if (earlier) return { ...earlier, events: [], rows: [] }
      const events = act.decide(state, context)
      const answer = act.answer(foldEvents(forkState(state), events), events)
      const rows = seal(head, events, random)
      await alongside?.(tx)
      await appendRows(tx, rows)
      await keepAnswer(tx, act.idempotent, answer, context.now)
      return { answer, events, rows }
    })
    for (const event of decided.events) applyEvent(state, event)
    const last = decided.rows.at(-1)
    if (!last) return decided.answer
    head = { sequence: last.sequence, hash: last.hash }
    tell('appended')
    return decided.answer
  }

  async function redact<Answer>(act: RedactionAct<Answer>): Promise<Answer> {
    if (owesForgetting) await forget()
    const earlier = await store.transact((tx) => answerGivenBefore<Answer>(tx, act.idempotent))
    if (earlier) return earlier.answer
    const planned = await planRedaction(store.read, redactions, act, { now: clock(), actor: act.actor })
    if (act.isDryRun) return act.answer(planned)
    const recorded = { ...act, decide: () => [planned.redaction], answer: () => act.answer(planned) }
    const answer = await write(recorded, async (tx) => {
      await planned.erase(tx)
      owesForgetting = true
    })
    await forget()
    return answer
  }

  /** The state is folded anew, since nobody can say where in it a word has gone. */
  async function forget(): Promise<void> {
    const standing = await loadRedactions(store.read)
    const fresh = emptyState()
    await foldStored(store.read, fresh, standing)
    takeOver(state, fresh)
    redactions = standing
    owesForgetting = false
    tell('forgot')
    await scrub()
  }

  /** Whoever reads the files keeps them from being emptied; it is tried until that is over. */
  async function scrub(): Promise<void> {
    if (await store.scrub()) return
    setTimeout(() => scrub().catch(() => undefined), scrubAgainMilliseconds).unref()
  }

  return {
    state,
    get head() {
      return head
    },
    get redactions() {
      return redactions
    },
    record(act) {
      if (!act.isDryRun) return exclusively(() => write(act))
      return exclusively(async () => {
        const events = act.decide(state, { now: clock(), actor: act.actor })
        return act.answer(foldEvents(forkState(state), events), events)
      })
    },
    redact: (act) => exclusively(() => redact(act)),
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    exclusively,
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
