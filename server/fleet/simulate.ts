/**
 * Simulations: every rack of an app asked twice, on the state as it is and on a fork that was told what might be. Nothing
 * is recorded. Both states rest while it lasts, so that the whole answer stands on one sequence of the ledger; racks are
 * asked in slices, so that checks go on being answered, and one simulation runs at a time.
 */

import { planPromotion } from '../../shared/domain/commands/promote.ts'
import { reviewProposal } from '../../shared/domain/commands/proposals.ts'
import { foldEvents } from '../../shared/domain/fold.ts'
import type { GateName } from '../../shared/domain/gates/verdict.ts'
import { checkUntil, toIso } from '../../shared/domain/instants.ts'
import { Problem } from '../../shared/domain/problem.ts'
import type { Room } from '../../shared/domain/question.ts'
import { restingState } from '../../shared/domain/resting-state.ts'
import type { Rollout } from '../../shared/domain/rollout.ts'
import {
  asSupposed,
  promotionOf,
  type SupposedAct,
  type Supposition,
  suppose,
} from '../../shared/domain/simulation.ts'
import { type AskedRack, type Counted, createTally, type Told } from '../../shared/domain/simulation-tally.ts'
import { wordsOf } from '../../shared/domain/simulation-words.ts'
import { findApp, forkState, type State } from '../../shared/domain/state.ts'
import { roomInWindow, type UpdateWindow } from '../../shared/domain/window.ts'
import { exclusive } from '../ledger/exclusive.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Fleet, Moment } from './fleet.ts'
import type { KnownRack } from './fleet-index.ts'
import type { GatherEvidence } from './gather-evidence.ts'
import { eachInTurns } from './in-turns.ts'
import type { RolloutDesk, SupposedWorld } from './rollout-desk.ts'
import { createSupposedRacks, type SupposedFleet } from './simulate-racks.ts'
import { mayGoAtOnce } from './yank-at-once.ts'

export interface SimulationAsked {
  readonly app: string
  readonly suppositions: readonly Supposition[]
  /** Gates that do not pass are taken as if they did, and named. */
  readonly isAssumingGates: boolean
  readonly actor: string
}

export interface Supposed {
  readonly suppose: Supposition['suppose']
  /** What it did, in sentences; none: it was so already. */
  readonly details: readonly string[]
  readonly assumedGates: readonly GateName[]
}

export interface ToldRack extends Told {
  readonly detail: string
}

export interface Simulated extends Counted {
  readonly app: string
  readonly ledgerSequence: number
  readonly askedAt: number
  /** When the racks ask, with everything supposed. */
  readonly at: number
  readonly supposed: readonly Supposed[]
  /** What the acts would have rolled out, with their plans. */
  readonly rollouts: readonly Rollout[]
  readonly named: readonly {
    readonly rack: AskedRack
    readonly before: ToldRack
    readonly after: ToldRack
  }[]
}

export interface Simulator {
  /**
   * Raises what the acts would be refused for, `gates_open` where one would only wait, `too_many_requests`, and
   * `took_too_long`.
   */
  simulate(asked: SimulationAsked): Promise<Simulated>
}

export interface SimulatorDeps {
  readonly ledger: Ledger
  readonly fleet: Fleet
  readonly gather: GatherEvidence
  readonly rollouts: Pick<RolloutDesk, 'followUpsIn'>
  readonly clock: () => number
}

const mostNamed = 50
const mostWaiting = 4
const farthestDays = 3_660
const longestMilliseconds = 60_000
const looksAtClockEvery = 4_096

export function createSimulator({ ledger, fleet, gather, rollouts, clock }: SimulatorDeps): Simulator {
  const oneByOne = exclusive()
  let waiting = 0
  let forgotten = 0
  ledger.subscribe((news) => {
    if (news === 'forgot') forgotten += 1
  })

  /** The fork is told everything, one after the other, and what the registry does by itself after each. */
  async function imagine(fork: State, asked: SimulationAsked, askedAt: number): Promise<Imagined> {
    const { app, actor } = asked
    const racks = createSupposedRacks(fleet.index, app)
    const steps: Step[] = []
    let now = askedAt

    async function imagineOne(supposition: Supposition): Promise<Pick<Step, 'details' | 'assumedGates'>> {
      if (supposition.suppose === 'time') {
        now = checkUntil('The time', supposition.at, now, farthestDays)
        return certainly([`it is ${toIso(now)}`])
      }
      if (supposition.suppose === 'window' || supposition.suppose === 'label')
        return { details: racks.suppose(supposition, findApp(fork, app), now), assumedGates: [] }
      const act =
        supposition.suppose === 'yank'
          ? { ...supposition, allAtOnce: mayGoAtOnce(findApp(fork, app), supposition, racks.index) }
          : supposition
      const { events, assumed } = await actOn(fork, act, asked, { now, actor }).catch((error: unknown) => {
        throw asSupposed(error)
      })
      const told = certainly(wordsOf(events, findApp(fork, app)))
      foldEvents(fork, events)
      await rollouts.followUpsIn({ state: fork, index: racks.index, context: { now, actor } }, events)
      return { ...told, assumedGates: assumed }
    }

    for (const supposition of asked.suppositions) {
      const { suppose } = supposition
      const { details, assumedGates } = await imagineOne(supposition)
      const after = await byItself(
        { state: fork, index: racks.index, context: { now, actor: 'registry' } },
        app,
      )
      steps.push({ suppose, details: () => [...details(), ...after], assumedGates })
    }
    return { at: now, racks, steps }
  }

  async function actOn(
    fork: State,
    act: SupposedAct,
    { app, isAssumingGates }: SimulationAsked,
    context: { now: number; actor: string },
  ) {
    if (act.suppose !== 'promote') return suppose(fork, act, { app, isAssumingGates }, context)
    const { channel, release } = planPromotion(fork, promotionOf(act, app), context)
    const evidence = await gather(channel, release.version)
    return suppose(fork, act, { app, isAssumingGates, fleet: evidence }, context)
  }

  /** As the clock of the gates looks at proposals: of two that are ready the newer one goes first. */
  async function byItself(world: SupposedWorld, name: string): Promise<string[]> {
    const { state: fork, context } = world
    const words: string[] = []
    const app = findApp(fork, name)
    const waits = [...app.proposals.values()].filter(({ closed, whenReady }) => !closed && whenReady)
    for (const { id, proposed } of waits.toReversed()) {
      const channel =
        proposed.kind === 'promote' ? findApp(fork, name).channels.get(proposed.channel) : undefined
      const evidence =
        channel && proposed.kind === 'promote' ? await gather(channel, proposed.version) : undefined
      const named = { app: name, proposal: id }
      const events = reviewProposal(fork, named, context, evidence)
      words.push(...wordsOf(events, findApp(fork, name)).map((word) => `${id} carries itself out: ${word}`))
      foldEvents(fork, events)
      await rollouts.followUpsIn(world, events)
    }
    return words
  }

  async function run(asked: SimulationAsked): Promise<Simulated> {
    const askedAt = clock()
    const ledgerSequence = ledger.head.sequence
    const resting = restingState(ledger.state)
    try {
      findApp(resting.state, asked.app)
      const fork = forkState(resting.state)
      const { at, racks, steps } = await imagine(fork, asked, askedAt)
      const tally = createTally<ToldRack>(mostNamed)
      const before = momentAt(askedAt)
      const after = at === askedAt ? before : momentAt(at)
      let done = 0
      await eachInTurns(fleet.index.inApp(asked.app), (rack) => {
        if (++done % looksAtClockEvery === 0) refuseTooLong(clock() - askedAt, done)
        tally.note(
          askedRack(rack),
          tell(fleet, resting.state, rack, before),
          tell(fleet, fork, racks.asked(rack), after),
        )
      })
      return {
        app: asked.app,
        ledgerSequence,
        askedAt,
        at,
        rollouts: orderedOf(fork, resting.state, asked.app),
        supposed: steps.map(({ details, ...step }) => ({ ...step, details: details() })),
        ...tally.counted(),
        named: tally.named(),
      }
    } finally {
      resting.release()
    }
  }

  return {
    async simulate(asked) {
      if (waiting >= mostWaiting) {
        throw new Problem('too_many_requests', `${waiting} simulations are waiting or running already.`, {
          hint: 'Ask again in a minute.',
          numbers: { waiting, mostWaiting },
        })
      }
      waiting += 1
      try {
        return await oneByOne(async () => {
          for (;;) {
            const before = forgotten
            const simulated = await run(asked)
            // Words were erased meanwhile, and the answer may still have them.
            if (before === forgotten) return simulated
          }
        })
      } finally {
        waiting -= 1
      }
    },
  }
}

interface Imagined {
  readonly at: number
  readonly racks: SupposedFleet
  readonly steps: readonly Step[]
}

/** Of a supposition about racks nobody knows before the end how many it meant. */
interface Step extends Omit<Supposed, 'details'> {
  readonly details: () => readonly string[]
}

function certainly(details: readonly string[]): Pick<Step, 'details' | 'assumedGates'> {
  return { details: () => details, assumedGates: [] }
}

/** Most racks of a fleet share a few windows, a cron costs many times a decision, and a key made of text half of one. */
function momentAt(now: number): Moment {
  const known = new Map<string, { readonly window: UpdateWindow; readonly room: Room }[]>()
  return {
    now,
    roomIn(window) {
      const alike = known.get(window.start) ?? []
      const found = alike.find((one) => isSameWindow(one.window, window))
      if (found) return found.room
      const room = roomInWindow(window, now)
      known.set(window.start, alike)
      alike.push({ window, room })
      return room
    },
  }
}

function isSameWindow(a: UpdateWindow, b: UpdateWindow): boolean {
  return a.minutes === b.minutes && a.zone === b.zone && String(a.except ?? '') === String(b.except ?? '')
}

function orderedOf(after: State, before: State, app: string): Rollout[] {
  const known = findApp(before, app).rollouts
  return [...findApp(after, app).rollouts.values()].filter(({ id }) => !known.has(id))
}

function tell(fleet: Fleet, state: State, rack: KnownRack, at: Moment): ToldRack {
  try {
    const { action, reason, target, detail } = fleet.decideIn(state, rack, at)
    return { action, reason, target: target?.version ?? null, detail }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    // One rack that reports nonsense must not keep the answer about all the others.
    return { action: 'wait', reason: error.code, target: null, detail: error.message }
  }
}

function askedRack({ row, facts }: KnownRack): AskedRack {
  return { name: row.name, channel: row.channel, current: facts.current, labels: row.labels }
}

function refuseTooLong(milliseconds: number, racks: number): void {
  if (milliseconds < longestMilliseconds) return
  throw new Problem(
    'took_too_long',
    `After ${Math.round(milliseconds / 1000)} s ${racks} racks had been asked; a simulation may last ${longestMilliseconds / 1000} s.`,
    { hint: 'Ask again when the registry has less to do.', numbers: { racks, milliseconds } },
  )
}
