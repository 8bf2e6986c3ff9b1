/**
 * The clock of the gates: proposals and nominations are looked at again and again, also while a person is awaited.
 * What time has done to them is recorded by the registry itself: carried out, stale, approvals lapsed, soaked.
 */
import { lastClosedAt, openAlarm } from '../../shared/domain/alarm.ts'
import { raiseAlarm } from '../../shared/domain/commands/alarm.ts'
import { endNomination } from '../../shared/domain/commands/nominate.ts'
import { reviewProposal } from '../../shared/domain/commands/proposals.ts'
import type { FleetEvidence } from '../../shared/domain/fleet-evidence.ts'
import { judgePromotion } from '../../shared/domain/gates.ts'
import { toIso } from '../../shared/domain/instants.ts'
import type { Proposal } from '../../shared/domain/proposal.ts'
import { isOverdue, openReviews } from '../../shared/domain/review.ts'
import type { AppState, State } from '../../shared/domain/state.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { GatherEvidence } from './gather-evidence.ts'
import { createLooks } from './looks.ts'

export interface GateClock {
  /** One look at everything that waits; raises what keeps it from that. */
  tick(): Promise<void>
  start(): void
  stop(): Promise<void>
}

export interface GateClockDeps {
  readonly ledger: Ledger
  readonly gather: GatherEvidence
  readonly clock: () => number
  readonly canWrite: () => boolean
  readonly onFailure: (error: unknown) => void
  readonly everyMilliseconds?: number
}

const byItself = 'registry'

export function createGateClock(deps: GateClockDeps): GateClock {
  const { ledger, gather, clock, canWrite, onFailure, everyMilliseconds = 5_000 } = deps

  async function evidenceFor(app: AppState, { proposed }: Proposal): Promise<FleetEvidence | undefined> {
    if (proposed.kind !== 'promote') return undefined
    const channel = app.channels.get(proposed.channel)
    return channel && gather(channel, proposed.version)
  }

  async function lookAtProposals(app: AppState): Promise<void> {
    // The newest first: of two that are ready together the older one is overtaken, not the newer.
    const waiting = [...app.proposals.values()].filter(({ closed }) => !closed)
    for (const proposal of waiting.toReversed()) {
      const fleet = await evidenceFor(app, proposal)
      const named = { app: app.name, proposal: proposal.id }
      const context = { now: clock(), actor: byItself }
      // Most looks change nothing, and then the ledger's lock is not asked for.
      if (reviewProposal(ledger.state, named, context, fleet).length === 0) continue
      await record((state, at) => reviewProposal(state, named, at, fleet))
    }
  }

  async function lookAtNominations(app: AppState): Promise<void> {
    for (const { nomination } of [...app.channels.values()]) {
      const channel = nomination && app.channels.get(nomination.to)
      const release = nomination && app.releases.get(nomination.version)
      if (!nomination || !channel || !release) continue
      const outcome = await outcomeOf(app, nomination.to, nomination.version, nomination.until)
      if (!outcome) continue
      await record((state, at) => endNomination(state, { app: app.name, to: nomination.to, outcome }, at))
    }
  }

  async function outcomeOf(app: AppState, to: string, version: string, until: number) {
    const [channel, release] = [app.channels.get(to), app.releases.get(version)]
    if (!channel || !release) return undefined
    if (release.yank !== undefined) return 'withdrawn'
    const now = clock()
    if (now >= until) return 'expired'
    const fleet = await gather(channel, version)
    const soak = judgePromotion({ app, channel, release, now, fleet }).find(({ gate }) => gate === 'soak')
    return soak?.outcome === 'pass' ? 'soaked' : undefined
  }

  /** What nobody has looked at in time is said once, loudly. */
  async function lookAtReviews(): Promise<void> {
    for (const review of openReviews(ledger.state).filter((one) => isOverdue(one, clock()))) {
      const { id, app, subject, dueAt: since } = review
      const detail = `${id} was due at ${toIso(since)}: ${subject}`
      const finding = { kind: 'review_overdue', subject: id, count: 1, since, detail } as const
      const alarm = { ...finding, ...(app !== undefined && { app }) }
      if (openAlarm(ledger.state, alarm) || lastClosedAt(ledger.state, alarm) !== undefined) continue
      await record((state, context) => raiseAlarm(state, alarm, context))
    }
  }

  function record(
    decide: (state: State, context: { now: number; actor: string }) => ReturnType<typeof endNomination>,
  ) {
    return ledger.record({ actor: byItself, isDryRun: false, decide, answer: () => null })
  }

  async function look(): Promise<void> {
    if (!canWrite()) return
    for (const app of [...ledger.state.apps.values()]) {
      await lookAtProposals(app)
      await lookAtNominations(app)
    }
    await lookAtReviews()
  }

  const looks = createLooks({ look, everyMilliseconds, onFailure })
  return {
    tick: looks.now,
    start: looks.start,
    stop: looks.stop,
  }
}
