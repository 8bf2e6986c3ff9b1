/**
 * The agent: one round after the other, until it is told to stop. Each round opens the rack anew, so a changed rack.toml
 * counts at once, and holds the lock only while it works: people's verbs come in between.
 */
import { join } from 'node:path'
import { version } from '../../shared/contract/version.ts'
import { describeDuration } from '../../shared/domain/instants.ts'
import { Problem } from '../../shared/domain/problem.ts'
import { type AgentStatus, writeAgentStatus } from './agent-status.ts'
import type { Asked } from './ask.ts'
import { identityOf } from './boot.ts'
import { lookBetweenRounds } from './lifetimes/look.ts'
import { acquireLock } from './lock.ts'
import { createMonitor, type Monitor } from './monitor.ts'
import { problemOf } from './outcome.ts'
import { type Rack, type RackPlace, requireEnrolled, withRack } from './rack.ts'
import { afterChange, afterRound, calm, type RoundEnd } from './rhythm.ts'
import { type Round, runAgentRound } from './round.ts'
import { agentDirectory } from './self-update/agent-directory.ts'
import { isOnProbation, type NoOp, probationRound, probationSeconds } from './self-update/probation.ts'
import { softWaitMs } from './soft-ladder.ts'

export interface AgentRun {
  readonly place: RackPlace
  /** Stops after the round under way. */
  readonly signal: AbortSignal
  /** From 0 up to 1. */
  readonly chance: () => number
  /** The rack is this agent's now. */
  readonly onStart: () => void
  readonly onRound: (told: ToldRound) => void
}

export interface ToldRound {
  readonly words: string
  readonly problem: Problem | undefined
  readonly nextInSeconds: number
}

/** Health that comes and goes brings no more rounds than that. */
const betweenRoundsSeconds = 10

/** How often a rack that waits for a person, stuck or drifted, tells the registry that it still does. */
const waitingSeconds = 300

/** Raises `locked` when another agent is at this rack, and what is wrong with rack.toml when it starts. */
export async function runAgent({ place, signal, chance, onStart, onRound }: AgentRun): Promise<void> {
  const { dir, clock, files } = place
  requireEnrolled(place)
  const lock = await acquireLock(join(agentDirectory(dir), 'run'), 'agent run', clock.now(), files)
  const start = {
    v: 1,
    version,
    process: identityOf(process.pid),
    startedAt: clock.now(),
    checkIns: 0,
  } as const
  let status: AgentStatus = { ...start, rounds: 0, lastRoundAt: null, lastWords: null, nextRoundAt: null }
  let rhythm = calm
  const monitor = createMonitor({ place, chance })
  try {
    writeAgentStatus(dir, status, files)
    onStart()
    while (!signal.aborted) {
      await lookBetweenRounds(place, signal)
      if (signal.aborted) break
      const { end, words, problem, noOp } = await oneRound(place)
      const next = atMostOnProbation(afterRound(rhythm, end, chance()), place)
      rhythm = next.rhythm
      const now = clock.now()
      const nextRoundAt = Math.round(now + next.seconds * 1000)
      status = { ...status, rounds: status.rounds + 1, lastRoundAt: now, lastWords: words, nextRoundAt }
      const checkIns = (status.checkIns ?? 0) + (isCheckIn(end, problem) ? 1 : 0)
      status = { ...status, checkIns, ...(noOp && { noOp }) }
      writeAgentStatus(dir, status, files)
      onRound({ words, problem, nextInSeconds: next.seconds })
      const answered = end.kind === 'answered'
      await untilNextRound(monitor, { place, chance, signal, seconds: next.seconds, answered })
    }
    writeAgentStatus(dir, { ...status, nextRoundAt: null }, files)
  } finally {
    await lock.release()
  }
}

interface Wait extends Pick<AgentRun, 'place' | 'signal' | 'chance'> {
  readonly seconds: number
  readonly answered: boolean
}

/** Asks the checks meanwhile. A rack whose health changes does not wait so long: the registry is to hear of it. */
async function untilNextRound(
  monitor: Monitor,
  { place, signal, chance, seconds, answered }: Wait,
): Promise<void> {
  const { clock } = place
  const roundAt = clock.monotonic()
  let endsAt = roundAt + seconds * 1000
  while (await monitor.watchUntil(endsAt, signal)) {
    // A registry that is silent is not pressed, and what could not be begun is not tried again sooner.
    if (!answered) continue
    const soonest = roundAt + betweenRoundsSeconds * 1000
    endsAt = Math.min(endsAt, Math.max(soonest, clock.monotonic() + afterChange(chance()) * 1000))
  }
}

interface EndedRound {
  readonly end: RoundEnd
  readonly words: string
  readonly problem: Problem | undefined
  /** On probation only. */
  readonly noOp?: NoOp
}

/** Soon again, whatever the registry or its silence says: the old version waits for the verdict. */
function atMostOnProbation(
  next: ReturnType<typeof afterRound>,
  { dir, files, clock }: RackPlace,
): typeof next {
  if (!isOnProbation(dir, files, clock.now())) return next
  return { ...next, seconds: Math.min(next.seconds, probationSeconds) }
}

/** A stuck rack has not necessarily been answered, and a round that was refused on the rack not either. */
function isCheckIn(end: RoundEnd, problem: Problem | undefined): boolean {
  return end.kind === 'answered' && problem?.code !== 'stuck'
}

async function oneRound(place: RackPlace): Promise<EndedRound> {
  try {
    return await withRack(place, 'agent', async (rack) => {
      if (!isOnProbation(rack.dir, place.files, place.clock.now())) {
        return endOf(await runAgentRound(rack), rack)
      }
      const { asked, noOp } = await probationRound(rack)
      const ended = endOf({ asked, attempt: undefined, rests: 'this agent is on probation' }, rack)
      return { ...ended, noOp }
    })
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return { end: endOfProblem(error), words: `${error.code}: ${error.message}`, problem: error }
  }
}

function endOf({ asked, attempt, rests }: Round, { config, dir, state: memory, time }: Rack): EndedRound {
  const { action, reason, detail, askAgainSeconds, target } = asked.decision
  if (!attempt) {
    // The whole fleet waits for the same minute only when the wait ends with the window's opening.
    const opensNext = reason === 'outside_window' && isEndOf(asked)
    const waitMs = target ? softWaitMs(memory.softFailures, target.version, time.now()) : 0
    const end: RoundEnd = {
      kind: 'answered',
      askAgainSeconds: rests === undefined ? askAgainSeconds : untilTriedAgain(asked, waitMs),
      windowMinutes: opensNext ? config.rack.window?.minutes : undefined,
    }
    return { end, words: rests ?? `${action}, ${reason}: ${detail}`, problem: undefined }
  }
  const problem = problemOf(attempt, dir)
  const { state, input } = attempt
  const words = `${input.action} ${input.from ?? 'nothing'} → ${input.to}: ${state}`
  // What was proved or returned has changed the answer: ask soon what comes next, such as the next stepping stone. What
  // could not be begun waits for itself; the registry may have something else to say meanwhile.
  const wasBegun = state !== 'failed' && state !== 'aborted'
  const seconds = wasBegun ? 1 : untilTriedAgain(asked, softWaitMs(memory.softFailures, input.to, time.now()))
  return { end: { kind: 'answered', askAgainSeconds: seconds, windowMinutes: undefined }, words, problem }
}

function untilTriedAgain({ decision }: Asked, waitMs: number): number {
  const { askAgainSeconds } = decision
  return waitMs === 0 ? askAgainSeconds : Math.min(askAgainSeconds, Math.ceil(waitMs / 1000))
}

/** By the registry's clock, whose instants these are. */
function isEndOf({ decision: { until, askAgainSeconds, answeredAt }, askedAt }: Asked): boolean {
  const from = answeredAt === undefined ? askedAt : Date.parse(answeredAt)
  return until !== null && Date.parse(until) - from <= (askAgainSeconds + 1) * 1000
}

function endOfProblem({ code, numbers }: Problem): RoundEnd {
  if (code === 'locked') return { kind: 'locked' }
  // It is the rack that waits, for a person; meanwhile the registry may have something that must not wait for one.
  if (code === 'stuck' || code === 'drifted' || code === 'preflight_failed')
    return { kind: 'answered', askAgainSeconds: waitingSeconds, windowMinutes: undefined }
  const wait = numbers?.retryAfterSeconds
  return { kind: 'silent', retryAfterSeconds: typeof wait === 'number' ? wait : undefined }
}

/** The next round in words, for a log line. */
export function describeNext(seconds: number): string {
  return `again in ${describeDuration(Math.max(1000, seconds * 1000))}`
}
