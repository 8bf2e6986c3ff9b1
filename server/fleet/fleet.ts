/**
 * The fleet in service: racks' reports in, decisions out, from memory. A check writes nothing before its answer;
 * what it reported is noted and flushed later.
 */
import type { RackReport } from '../../shared/contract/rack.ts'
import type { ChannelState } from '../../shared/domain/channel.ts'
import { type Decision, decide, type Trace } from '../../shared/domain/decide.ts'
import type { Conditions, Room } from '../../shared/domain/question.ts'
import type { RackFacts } from '../../shared/domain/rack.ts'
import { parseRange } from '../../shared/domain/range.ts'
import { rolloutConditions } from '../../shared/domain/rollout-standing.ts'
import { type AppState, findApp, findChannel, type State } from '../../shared/domain/state.ts'
import { orderKey } from '../../shared/domain/version.ts'
import { checkWindow, roomInWindow, type UpdateWindow } from '../../shared/domain/window.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { CheckIns } from './check-ins.ts'
import type { Clones } from './clones.ts'
import { type Answered, decisionBodyOf } from './decision-body.ts'
import type { FleetIndex, KnownRack } from './fleet-index.ts'
import type { OutsideChanges } from './outside-changes.ts'
import { parseReport } from './parse-report.ts'
import { factsOfReport, withOrders } from './read-report.ts'
import type { Receiving } from './receiving.ts'
import type { Rehearsals } from './rehearsals.ts'
import type { RolloutAttempts } from './rollout-attempts.ts'
import { placedOf } from './rollout-racks.ts'
import { type Soaks, soakedMinutes } from './soaks.ts'

export interface Fleet {
  readonly index: FleetIndex
  /** Takes a report as it came off the wire. Raises `invalid_input` or `unsupported_protocol` and notes nothing then. */
  checkIn(rack: KnownRack, text: string): void
  decideFor(rack: KnownRack, trace?: Trace): Answered
  /** On a state that is not recorded yet, such as that of a dry run; in the world as it is now, or at a time supposed. */
  decideIn(state: State, rack: KnownRack, at?: Moment): Decision
  /** For somebody who is no enrolled rack: the question as they put it. */
  decideForStranger(channel: ChannelState, facts: RackFacts, trace?: Trace): Answered
}

export interface Moment {
  readonly now: number
  /** Whoever asks for a whole fleet may remember the answer: most racks share a few windows. */
  roomIn(window: UpdateWindow): Room
}

export interface FleetDeps {
  readonly index: FleetIndex
  readonly ledger: Ledger
  readonly receiving: Pick<Receiving, 'note'>
  readonly checkIns: CheckIns
  readonly outside: Pick<OutsideChanges, 'noteCheckIn'>
  readonly soaks: Pick<Soaks, 'noteCheckIn'>
  readonly rehearsals: Pick<Rehearsals, 'noteCheckIn'>
  readonly rolloutAttempts: Pick<RolloutAttempts, 'noteCheckIn' | 'underWay'>
  readonly clones: Pick<Clones, 'noteCheckIn'>
  readonly clock: () => number
  readonly isArtifactMissing: (sha256: string) => boolean
}

export function createFleet(deps: FleetDeps): Fleet {
  const { rolloutAttempts } = deps
  const { index, ledger, receiving, checkIns, outside, soaks, rehearsals, clones, clock, isArtifactMissing } =
    deps

  function conditionsFor(rack: RackFacts, at: Moment): Conditions {
    const canGrant = checkIns.canWrite
    if (!rack.window) return { canGrant, isArtifactMissing }
    return { canGrant, isArtifactMissing, window: at.roomIn(rack.window) }
  }

  function decideOn(
    state: State,
    channel: ChannelState,
    rack: RackFacts,
    trace: Trace | undefined,
    known?: KnownRack,
    at: Moment = momentOf(clock()),
  ): Decision {
    const app = findApp(state, channel.app)
    const { now } = at
    const placed = known && placedOf(known)
    const underWay = (rollout: string): number => rolloutAttempts.underWay(app.name, rollout)
    const world = conditionsFor(rack, at)
    const standing = rolloutConditions({ app, channel, current: rack.current, placed, underWay })
    const soaked = known && channel.nomination && { soakedMinutes: soakedMinutes(known) }
    // Most racks are in no rollout, and a spread costs more than the decision.
    const conditions = standing || soaked ? { ...world, ...standing, ...soaked } : world
    return decide({ state, app, channel, rack, now, conditions }, trace)
  }

  return {
    index,
    decideIn: (state, rack, at) =>
      decideOn(
        state,
        findChannel(findApp(state, rack.row.app), rack.row.channel),
        rack.facts,
        undefined,
        rack,
        at,
      ),
    checkIn(rack, text) {
      const heardAt = clock()
      if (text !== rack.reportText) {
        const report = parseReport(text)
        const app = findApp(ledger.state, rack.row.app)
        checkVersions(report, app)
        checkWishes(report, app)
        const facts = withOrders(factsOfReport(rack.row.name, report, heardAt), rack.row)
        outside.noteCheckIn(rack, facts, report, heardAt)
        rehearsals.noteCheckIn(rack, report, heardAt)
        clones.noteCheckIn(rack, report.installation, heardAt)
        rack.facts = facts
        rack.reportText = text
      }
      rack.lastSeenAt = heardAt
      rolloutAttempts.noteCheckIn(rack)
      const { policy } = findChannel(findApp(ledger.state, rack.row.app), rack.row.channel)
      receiving.note(heardAt)
      soaks.noteCheckIn(rack, heardAt, policy.checkSeconds)
      checkIns.note(rack)
    },
    decideFor(rack, trace) {
      const app = findApp(ledger.state, rack.row.app)
      const channel = findChannel(app, rack.row.channel)
      const decision = decideOn(ledger.state, channel, rack.facts, trace, rack)
      return {
        decision,
        app,
        channel,
        facts: rack.facts,
        rack: rack.row.name,
        ledgerSequence: ledger.head.sequence,
        answeredAt: clock(),
        trace,
      }
    },
    decideForStranger(channel, facts, trace) {
      const app = findApp(ledger.state, channel.app)
      const decision = decideOn(ledger.state, channel, facts, trace)
      const ledgerSequence = ledger.head.sequence
      return { decision, app, channel, facts, rack: null, ledgerSequence, answeredAt: clock(), trace }
    },
  }
}

function momentOf(now: number): Moment {
  return { now, roomIn: (window) => roomInWindow(window, now) }
}

export function answerOf(answered: Answered): string {
  return JSON.stringify(decisionBodyOf(answered))
}

/** What is compared has to have a place in the order, or the report would be noted and every question refused. */
function checkVersions({ current, bar, attempt }: RackReport, { scheme }: AppState): void {
  for (const version of [current, bar?.above, bar?.upTo, attempt?.from]) {
    if (version !== null && version !== undefined) orderKey(scheme, version)
  }
}

/** What its operator lets the rack take has to mean something, or every question of the rack would be refused. */
function checkWishes({ window, within }: RackReport, { scheme }: AppState): void {
  if (window) checkWindow(window)
  if (within !== undefined) parseRange(scheme, within)
}
