/**
 * Attempts: a grant is decided and recorded while nothing can be appended to the ledger, so it stands on the newest
 * state; what became of it is reported now or later, as often as it takes.
 */
import type { AttemptReportBody, GrantBody, StartAttemptBody } from '../../shared/contract/rack.ts'
import { hour, toIso } from '../../shared/domain/instants.ts'
import { Problem } from '../../shared/domain/problem.ts'
import { rolloutOfMove } from '../../shared/domain/rollout-standing.ts'
import { findApp } from '../../shared/domain/state.ts'
import { orderKey } from '../../shared/domain/version.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { insertAttemptEvent, listAttemptEvents } from '../store/attempt-events.ts'
import { type AttemptRow, findAttempt, insertAttempt, updateAttempt } from '../store/attempts.ts'
import { listOpenAttemptsOfRack } from '../store/attempts-by.ts'
import type { Store, Tx } from '../store/connection.ts'
import { decisionBodyOf } from './decision-body.ts'
import type { Fleet } from './fleet.ts'
import type { KnownRack } from './fleet-index.ts'
import type { OutsideChanges } from './outside-changes.ts'
import type { RolloutAttempts } from './rollout-attempts.ts'

export interface Attempts {
  /** Raises `not_offered` or `decision_moved`, with the decision as it is now. Asking twice grants once. */
  grant(rack: KnownRack, asked: StartAttemptBody): Promise<GrantBody>
  /** Progress and outcome, idempotent; also of an attempt that the rack made without the registry. */
  report(rack: KnownRack, id: string, report: AttemptReportBody): Promise<AttemptRow>
}

export interface AttemptsDeps {
  readonly store: Store
  readonly ledger: Ledger
  readonly fleet: Fleet
  readonly outside: Pick<OutsideChanges, 'noteAttempt'>
  readonly rolloutAttempts: Pick<RolloutAttempts, 'note'>
  readonly clock: () => number
}

interface Granted {
  readonly grant: GrantBody
  /** What the grant wrote. */
  readonly rows: readonly AttemptRow[]
}

/** A rack that has not reported by then has let go. */
const leaseMilliseconds = hour

export function createAttempts(deps: AttemptsDeps): Attempts {
  const { store, ledger, fleet, outside, rolloutAttempts, clock } = deps

  async function grantInTransaction(tx: Tx, rack: KnownRack, asked: StartAttemptBody): Promise<Granted> {
    const earlier = await findAttempt(tx, asked.id)
    if (earlier) return { grant: grantAgain(earlier, rack, asked), rows: [] }
    const answered = fleet.decideFor(rack)
    const { decision } = answered
    refuseOther(decision.action, decision.target?.version, asked, decisionBodyOf(answered))
    const now = clock()
    const abandoned: AttemptRow[] = []
    for (const open of await listOpenAttemptsOfRack(tx, rack.row)) {
      const over = { outcome: 'abandoned', state: 'abandoned', finishedAt: now } as const
      abandoned.push(await updateAttempt(tx, open.id, over))
    }
    const { app, channel } = answered
    const rollout = rolloutOfMove(app, channel, rack.facts.current, decision)
    const { stored } = await insertAttempt(tx, {
      id: asked.id,
      app: rack.row.app,
      rack: rack.row.name,
      fromVersion: rack.facts.current ?? null,
      target: asked.target,
      action: decision.action,
      motive: decision.motive,
      reason: decision.reason,
      plan: asked.plan,
      ledgerSequence: ledger.head.sequence,
      origin: 'granted',
      grantedAt: now,
      leaseExpiresAt: now + leaseMilliseconds,
      state: 'granted',
      outcome: null,
      step: null,
      message: null,
      severity: null,
      finishedAt: null,
      log: [],
      rollout: rollout ?? null,
    })
    return { grant: grantOf(stored), rows: [...abandoned, stored] }
  }

  return {
    // One after the other, and noted before the next one is decided: of one slot there is exactly one.
    grant: (rack, asked) =>
      ledger.exclusively(async () => {
        const { grant, rows } = await store.transact((tx) => grantInTransaction(tx, rack, asked))
        for (const row of rows) rolloutAttempts.note(row)
        return grant
      }),
    async report(rack, id, report) {
      orderKey(findApp(ledger.state, rack.row.app).scheme, report.target)
      const row = await store.transact((tx) => recordReport(tx, rack, id, report, clock()))
      rolloutAttempts.note(row)
      outside.noteAttempt(rack)
      return row
    },
  }
}

function grantAgain(row: AttemptRow, rack: KnownRack, asked: StartAttemptBody): GrantBody {
  const isSame = row.app === rack.row.app && row.rack === rack.row.name && row.target === asked.target
  if (isSame && row.outcome === null) return grantOf(row)
  if (isSame) throw new Problem('attempt_over', `The attempt ${row.id} is over: ${row.outcome}.`)
  throw new Problem('idempotency_conflict', `The attempt id ${row.id} was used for another attempt.`)
}

function grantOf(row: AttemptRow): GrantBody {
  return {
    id: row.id,
    target: row.target,
    leaseExpiresAt: toIso(row.leaseExpiresAt),
    ledgerSequence: row.ledgerSequence,
  }
}

function refuseOther(
  action: string,
  target: string | undefined,
  asked: StartAttemptBody,
  decision: { detail: string; reason: string },
): void {
  if (decision.reason === 'store_unavailable') {
    throw new Problem(
      'store_unavailable',
      `Nothing can be granted: ${decision.detail}. Nothing was changed.`,
      {
        hint: 'Ask again in a moment.',
        numbers: { decision },
      },
    )
  }
  if (action !== 'update' && action !== 'rollback') {
    throw new Problem(
      'not_offered',
      `${asked.target} may not be taken now: ${action}, ${decision.reason}: ${decision.detail}.`,
      {
        hint: 'headgate explain --dir DIR',
        numbers: { decision },
      },
    )
  }
  if (target !== asked.target || action !== asked.action) {
    throw new Problem(
      'decision_moved',
      `The rack asked for ${asked.action} to ${asked.target}; it is now ${action} to ${target}.`,
      {
        hint: 'headgate check --dir DIR',
        numbers: { decision },
      },
    )
  }
}

async function recordReport(
  tx: Tx,
  rack: KnownRack,
  id: string,
  report: AttemptReportBody,
  now: number,
): Promise<AttemptRow> {
  const present = (await findAttempt(tx, id)) ?? (await insertReported(tx, rack, id, report, now))
  if (present.app !== rack.row.app || present.rack !== rack.row.name) {
    throw new Problem('attempt_not_found', `The rack ${rack.row.name} made no attempt ${id}.`)
  }
  for (const { index, at, state, detail } of report.events)
    await insertAttemptEvent(tx, { attemptId: id, index, at: Date.parse(at), state, detail })
  const isOver = present.outcome !== null && present.outcome !== 'abandoned' && present.outcome !== 'stuck'
  if (isOver) return present
  // Reports come late and out of order: the state is that of the last transition that is known, whoever told it when.
  const last = (await listAttemptEvents(tx, id)).at(-1)
  return updateAttempt(tx, id, {
    state: last?.state ?? present.state,
    // Whoever reports progress is at it still.
    ...(report.outcome === undefined &&
      present.outcome === null && { leaseExpiresAt: now + leaseMilliseconds }),
    ...(report.outcome !== undefined && {
      outcome: report.outcome,
      finishedAt: between(present.grantedAt, last?.at ?? now, now),
    }),
    ...(report.step !== undefined && { step: report.step }),
    ...(report.message !== undefined && { message: report.message }),
    ...(report.severity !== undefined && { severity: report.severity }),
    ...(report.log !== undefined && { log: report.log }),
  })
}

/** A rack's clock may be wrong by years, and the latest outcome is the one that counts. */
function between(earliest: number, at: number, now: number): number {
  return Math.min(Math.max(earliest, at), now)
}

async function insertReported(
  tx: Tx,
  rack: KnownRack,
  id: string,
  report: AttemptReportBody,
  now: number,
): Promise<AttemptRow> {
  const startedAt = Math.min(Date.parse(report.startedAt), now)
  const { stored } = await insertAttempt(tx, {
    id,
    app: rack.row.app,
    rack: rack.row.name,
    fromVersion: report.from,
    target: report.target,
    action: report.action,
    motive: report.motive,
    reason: report.reason,
    plan: {},
    ledgerSequence: 0,
    origin: 'reported',
    grantedAt: startedAt,
    leaseExpiresAt: startedAt,
    state: 'reported',
    outcome: null,
    step: null,
    message: null,
    severity: null,
    finishedAt: null,
    log: [],
    rollout: null,
  })
  return stored
}
