/**
 * What moves a rollout: the registry, by proof, and people, who stop it alone and let it go on by looking at what failed.
 * Pure: what the racks have shown is counted before and passed in.
 */
import type { LedgerEvent } from '../events.ts'
import { lastFrozenAt } from '../freeze.ts'
import { Problem } from '../problem.ts'
import {
  isActive,
  type Rollout,
  type RolloutAct,
  type RolloutOrder,
  type RolloutPlan,
  rolloutKeyOf,
  stateAfter,
} from '../rollout.ts'
import { causesIn, judgeWave, membersOf, type RolloutCounts, type WaveVerdict } from '../rollout-gates.ts'
import { type RolloutPolicy, remedyPolicy } from '../rollout-policy.ts'
import { type AppState, findApp, findRollout, type State } from '../state.ts'
import { type CommandContext, eventOf } from './command.ts'

export interface NamedRollout {
  readonly app: string
  readonly rollout: string
}

/** What an event that moves, withdraws or recalls carries; `orderedBefore` counts those that the same act has ordered. */
export function orderOf(
  state: State,
  app: AppState,
  policy: RolloutPolicy,
  notBefore?: number,
  orderedBefore = 0,
): RolloutOrder {
  const rollout = `R-${app.rollouts.size + 1 + orderedBefore}`
  const key = rolloutKeyOf(state.registryId, app.name, rollout)
  return { rollout, key, policy, ...(notBefore !== undefined && { notBefore }) }
}

/** The rollouts that events order, in their order. */
export function orderedIn(events: readonly LedgerEvent[]): NamedRollout[] {
  return events.flatMap((event) =>
    'rollout' in event && typeof event.rollout === 'object' && 'app' in event && event.app !== undefined
      ? [{ app: event.app, rollout: event.rollout.rollout }]
      : [],
  )
}

/** The plan as it was made; nothing when another one was recorded meanwhile. */
export function recordPlan(
  state: State,
  { app, rollout: id, plan }: NamedRollout & { readonly plan: RolloutPlan },
  context: CommandContext,
): LedgerEvent[] {
  const rollout = findApp(state, app).rollouts.get(id)
  if (!rollout || rollout.plan || !isActive(rollout)) return []
  return [eventOf('rollout.planned', context, { app, rollout: id, plan })]
}

/** A verdict for each wave of the plan, as its racks stand. */
export function verdictsOf(state: State, rollout: Rollout, counts: RolloutCounts): readonly WaveVerdict[] {
  const { plan, acknowledged, version } = rollout
  const app = findApp(state, rollout.app)
  const issues = version === undefined ? [] : (app.releases.get(version)?.record.knownIssues ?? [])
  const knownCauses = new Set(issues.map(({ cause }) => cause))
  return (plan?.waves ?? []).map((wave, index) => {
    const count = counts.waves[index]
    if (!count) throw new Error(`Wave ${index} of ${rollout.id} was not counted.`)
    const openedAt = index === rollout.wave ? deadlineBegan(state, app, rollout, counts.at) : undefined
    const mayBePassedOver = isPassable(rollout, counts, index)
    return judgeWave({ wave, count, now: counts.at, openedAt, mayBePassedOver, acknowledged, knownCauses })
  })
}

/**
 * A head is proved by its first wave, whoever that is. A way back leads off what is bad in any case: where none of a wave can go
 * the next that can is the first, and where nobody is left at all it is through.
 */
function isPassable({ purpose }: Rollout, { waves }: RolloutCounts, wave: number): boolean {
  if (purpose === 'head') return false
  const isSomebodyLater = waves.slice(wave + 1).some((later) => membersOf(later) > 0)
  return isSomebodyLater || waves.every(({ leftOut }) => Object.keys(leftOut).length === 0)
}

/**
 * A wave that was stopped, by a pause, a halt or a freeze, has its whole time again when it goes on: otherwise it would stop at
 * once. While it is stopped, none of it passes.
 */
function deadlineBegan(state: State, app: AppState, rollout: Rollout, now: number): number | undefined {
  const { waveOpenedAt, since, channel = '', purpose } = rollout
  if (waveOpenedAt === undefined || rollout.state !== 'running') return undefined
  const frozenAt = lastFrozenAt(state, app, { channel, now, isAll: purpose !== 'head' })
  return Math.max(waveOpenedAt, since.at, frozenAt ?? 0)
}

/**
 * One look: halts on the first open wave that has failed, opens what the wave before has proved, completes behind the last.
 * Failures are looked for while it is paused, too; nothing opens then.
 */
export function stepRollout(
  state: State,
  { app: name, rollout: id, counts }: NamedRollout & { readonly counts: RolloutCounts },
  context: CommandContext,
): LedgerEvent[] {
  const app = findApp(state, name)
  const rollout = app.rollouts.get(id)
  if (!rollout?.plan || !isActive(rollout) || rollout.state === 'halted') return []
  const verdicts = verdictsOf(state, rollout, counts)
  const failing = verdicts.findIndex(({ outcome }, wave) => wave <= rollout.wave && outcome === 'fail')
  const failed = verdicts[failing]
  if (failed) return [halted(state, app, rollout, { wave: failing, verdict: failed }, context)]
  if (rollout.state === 'paused' || context.now < (rollout.notBefore ?? 0)) return []
  return opened(rollout, verdicts, context)
}

function opened(
  { app, id: rollout, plan, wave: open }: Rollout,
  verdicts: readonly WaveVerdict[],
  context: CommandContext,
): LedgerEvent[] {
  const events: LedgerEvent[] = []
  const count = plan?.waves.length ?? 0
  for (let wave = open; wave < count; wave += 1) {
    const shown = verdicts[wave]
    if (shown && shown.outcome !== 'pass') break
    const { detail = 'the rollout begins.', numbers = {} } = shown ?? {}
    const next = wave + 1
    if (next === count) {
      events.push(eventOf('rollout.completed', context, { app, rollout, detail, numbers }))
      break
    }
    if (context.now < (plan?.waves[next]?.notBefore ?? 0)) break
    events.push(eventOf('rollout.wave_opened', context, { app, rollout, wave: next, detail, numbers }))
  }
  return events
}

const mostFailures = 20

function halted(
  state: State,
  app: AppState,
  rollout: Rollout,
  { wave, verdict }: { wave: number; verdict: WaveVerdict },
  context: CommandContext,
): LedgerEvent {
  const { id, policy, purpose } = rollout
  const evidence = {
    wave,
    detail: `wave ${wave + 1} (${rollout.plan?.waves[wave]?.name}): ${verdict.detail}`,
    numbers: verdict.numbers,
    failures: verdict.failures.slice(0, mostFailures),
  }
  const takesBack = policy.onFail === 'halt-and-revert' && purpose === 'head'
  return eventOf('rollout.halted', context, {
    app: app.name,
    rollout: id,
    evidence,
    ...(takesBack && { takeBack: orderOf(state, app, remedyPolicy) }),
  })
}

export interface StopRollout extends NamedRollout {
  readonly reason: string
}

/** Nobody new begins; whoever has begun goes on. */
export function pauseRollout(state: State, input: StopRollout, context: CommandContext): LedgerEvent[] {
  const { app, id, state: present } = findRollout(findApp(state, input.app), input.rollout)
  if (present === 'paused') return []
  requireAct(state, input, 'pause')
  return [eventOf('rollout.paused', context, { app, rollout: id }, input.reason)]
}

/** Nobody new begins, and whoever has begun and not applied yet stops. */
export function haltRollout(state: State, input: StopRollout, context: CommandContext): LedgerEvent[] {
  const rollout = findRollout(findApp(state, input.app), input.rollout)
  if (rollout.state === 'halted') return []
  requireAct(state, input, 'halt')
  const evidence = { detail: `${context.actor}: ${input.reason}`, numbers: {}, failures: [] }
  return [
    eventOf('rollout.halted', context, { app: rollout.app, rollout: rollout.id, evidence }, input.reason),
  ]
}

export interface ResumeRollout extends StopRollout {
  /** Causes, as they are shown. */
  readonly acknowledge: readonly string[]
}

/**
 * Raises `failures_unacknowledged` while a wave that has failed would stop it again: a person has to have seen what failed,
 * cause by cause. Raises `rollout_state` for one that does not stand still.
 */
export function resumeRollout(
  state: State,
  input: ResumeRollout,
  counts: RolloutCounts | undefined,
  context: CommandContext,
): LedgerEvent[] {
  const app = findApp(state, input.app)
  const rollout = findRollout(app, input.rollout)
  if (rollout.state === 'running') return []
  requireAct(state, input, 'resume')
  const failures = counts ? verdictsOf(state, rollout, counts).flatMap((verdict) => verdict.failures) : []
  // Also of what is excused already: to have looked twice is no mistake.
  const shownCauses = new Set(counts?.waves.flatMap((count) => count.failures.map(({ cause }) => cause)))
  const unknown = input.acknowledge.find((cause) => !shownCauses.has(cause))
  if (unknown !== undefined) {
    const shown = failures.length === 0 ? 'nothing has failed' : `what failed is: ${causesIn(failures)}`
    throw new Problem('invalid_input', `No rack of ${rollout.id} failed by "${unknown}"; ${shown}.`, {
      hint: `headgate rollout show ${rollout.id} --app ${app.name}`,
    })
  }
  const acknowledged = failures.filter(({ cause }) => input.acknowledge.includes(cause))
  const remaining = failures.filter(({ cause }) => !input.acknowledge.includes(cause))
  if (rollout.state === 'halted') refuseUnseen(rollout, remaining)
  return [
    eventOf(
      'rollout.resumed',
      context,
      {
        app: app.name,
        rollout: rollout.id,
        acknowledged: acknowledged.map(({ rack, cause }) => ({ rack, cause })),
      },
      input.reason,
    ),
  ]
}

function refuseUnseen({ id, app }: Rollout, remaining: WaveVerdict['failures']): void {
  const [first] = remaining
  if (!first) return
  throw new Problem(
    'failures_unacknowledged',
    `${remaining.length} ${remaining.length === 1 ? 'rack has' : 'racks have'} failed in ${id} by what nobody has acknowledged: ${causesIn(remaining)}`,
    {
      hint: `headgate rollout resume ${id} --app ${app} --acknowledge '${first.cause}' --reason "why it may go on"`,
      numbers: { failed: remaining.length },
    },
  )
}

/**
 * A second person lets a remedy or a recall go to every rack at once. Raises `not_allowed` for whoever ordered it: nobody
 * moves many racks alone. A head has no such way; it goes by its proof.
 */
export function openAllWaves(state: State, input: StopRollout, context: CommandContext): LedgerEvent[] {
  const app = findApp(state, input.app)
  const { id, plan, purpose, orderedBy, wave, state: present } = findRollout(app, input.rollout)
  if (purpose === 'head')
    throw new Problem('rollout_state', `${id} brings a head, which goes wave by wave.`, {
      hint: `headgate rollout show ${id} --app ${app.name}`,
    })
  if (present !== 'running' && present !== 'planned')
    refuseState({ id, app: app.name, state: present }, 'open')
  if (!plan) throw new Problem('rollout_state', `${id} is being planned.`, { hint: 'Ask again in a moment' })
  if (orderedBy === context.actor)
    throw new Problem(
      'not_allowed',
      `${orderedBy} ordered ${id}; that all racks move at once is for a second person.`,
    )
  const last = plan.waves.length - 1
  if (wave === last) return []
  const detail = `${context.actor}: ${input.reason}`
  const data = { app: app.name, rollout: id, wave: last, detail, numbers: {} }
  return [eventOf('rollout.wave_opened', context, data, input.reason)]
}

/** The racks that failed may try again at once, without waiting out what their failures made them wait. */
export function retryRollout(state: State, input: StopRollout, context: CommandContext): LedgerEvent[] {
  const rollout = findRollout(findApp(state, input.app), input.rollout)
  if (!isActive(rollout)) refuseState(rollout, 'retry')
  return [eventOf('rollout.retried', context, { app: rollout.app, rollout: rollout.id }, input.reason)]
}

function requireAct(state: State, input: NamedRollout, act: RolloutAct): void {
  const rollout = findRollout(findApp(state, input.app), input.rollout)
  if (stateAfter(rollout, act) === undefined) refuseState(rollout, act)
}

function refuseState({ id, app, state }: Pick<Rollout, 'id' | 'app' | 'state'>, act: string): never {
  throw new Problem('rollout_state', `${id} is ${state}; there is nothing to ${act}.`, {
    hint: `headgate rollout show ${id} --app ${app}`,
  })
}
