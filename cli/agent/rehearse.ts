/**
 * A rehearsal: to the target of the present decision and back once, each end proved by the same checks, so that the way
 * back is known to work before it is needed. It obeys whatever an update obeys, and ends where it began.
 */
import { Problem } from '../../shared/domain/problem.ts'
import { type Asked, askRegistry } from './ask.ts'
import type { Attempt, AttemptInput } from './attempt.ts'
import { refuseDrifted } from './parameters/refuse-drifted.ts'
import { planOf } from './plan.ts'
import { isKept, type Rack, refuseStuck } from './rack.ts'
import { isNewer } from './rack-state.ts'
import { beginAttempt } from './run-attempt.ts'
import { sendOutcomesFirst, tellRegistry } from './tell-registry.ts'
import { tidy } from './tidy.ts'

export interface PlannedRehearsal {
  readonly from: string
  readonly there: AttemptInput
  readonly back: AttemptInput
}

export interface Rehearsed {
  readonly there: Attempt
  /** Undefined when the way there did not hold: it is back already, or never left. */
  readonly back: Attempt | undefined
}

/**
 * `to`: another version than the decision's, which has to be kept here. Raises `not_offered` when no update may be taken
 * now, and what else keeps the rack from going there or from coming back. Changes nothing.
 */
export async function planRehearsal(rack: Rack, to: string | undefined): Promise<PlannedRehearsal> {
  refuseStuck(rack)
  const asked = await askRegistry(rack)
  const plan = await planOf(rack, asked)
  const from = requireProvedNow(rack, asked.current)
  if (plan?.input.action !== 'update') throw notOffered(rack, asked)
  const there = await targetOf(rack, plan.input, from, to)
  await refuseDrifted(rack, there, { afresh: false })
  await requireWayBack(rack, there, from)
  const { floor } = rack.state.proved.find(({ version }) => version === from) ?? { floor: null }
  const back: AttemptInput = {
    from: there.to,
    to: from,
    action: 'rollback',
    motive: 'person',
    reason: `the way back of the rehearsal of ${there.to}`,
    artifact: null,
    floor,
    revision: null,
    pin: null,
    bar: null,
    rehearsal: 'back',
  }
  return { from, there: { ...there, rehearsal: 'there' }, back }
}

/** There and back. The registry hears of both at the end; it has granted the way there. */
export async function rehearse(rack: Rack, { there, back }: PlannedRehearsal): Promise<Rehearsed> {
  await sendOutcomesFirst(rack)
  const wayThere = await beginAttempt(rack, there)
  const wayBack = wayThere.state === 'proved' ? await beginAttempt(rack, back) : undefined
  await tellRegistry(rack)
  await tidy(rack, wayBack ?? wayThere)
  return { there: wayThere, back: wayBack }
}

function requireProvedNow({ state, dir }: Rack, current: string | null): string {
  if (current !== null && state.proved.some(({ version }) => version === current)) return current
  throw new Problem(
    'not_proved',
    current === null
      ? 'Nothing is installed, so there is nothing to come back to.'
      : `${current} runs and was never proved on this rack, so coming back to it would prove nothing.`,
    { hint: current === null ? `headgate update --dir ${dir}` : `headgate verify --dir ${dir}` },
  )
}

function notOffered({ dir }: Rack, { decision }: Asked): Problem {
  const { action, reason, detail } = decision
  return new Problem(
    'not_offered',
    `A rehearsal goes where an update may go now, and the registry says ${action}, ${reason}: ${detail}.`,
    { hint: `headgate explain --dir ${dir}`, numbers: { decision } },
  )
}

/** A version that nobody offers now is an order, and wants what a person's rollback wants: kept here, not withdrawn. */
async function targetOf(
  rack: Rack,
  offered: AttemptInput,
  from: string,
  to: string | undefined,
): Promise<AttemptInput> {
  if (to === undefined || to === offered.to) return offered
  const { dir, state } = rack
  if (isNewer(state.scheme, to, from) !== true) {
    throw new Problem(
      'not_forward',
      `${to} is not newer than ${from}: a rehearsal goes forward and comes back.`,
      {
        hint: `headgate rehearse --dir ${dir}`,
      },
    )
  }
  if (!(await isKept(rack, to))) {
    throw new Problem(
      'artifact_unavailable',
      `${to} is not kept on this rack, and what the registry offers now is ${offered.to}.`,
      { hint: `headgate rehearse --dir ${dir}   # goes to ${offered.to}` },
    )
  }
  const { advisories } = await rack.registry().decisionFor(to)
  const [open] = advisories
  if (open)
    throw new Problem('yanked', `${to} was withdrawn by ${open.id} (${open.severity}): ${open.reason}.`)
  const { floor } = state.proved.find(({ version }) => version === to) ?? { floor: null }
  const { contract: _ofAnother, ...input } = offered
  return {
    ...input,
    to,
    motive: 'person',
    reason: 'rehearsed by order',
    artifact: null,
    floor,
    revision: null,
  }
}

/** Looked at before anything moves: a rehearsal that could not come back would be an update. */
async function requireWayBack(rack: Rack, { to, floor }: AttemptInput, from: string): Promise<void> {
  const { driver, state, dir } = rack
  if (floor !== null && isNewer(state.scheme, floor, from) === true) {
    throw new Problem(
      'below_floor',
      `From ${to} the oldest version to go back to is ${floor}; ${from} is older, and there would be no way back.`,
      { hint: `headgate update --dir ${dir}`, numbers: { floor } },
    )
  }
  if (!driver.needsArtifact || (await isKept(rack, from))) return
  throw new Problem(
    'artifact_unavailable',
    `${from} is not kept on this rack, and a way back downloads nothing.`,
    {
      hint: `headgate doctor --dir ${dir}`,
    },
  )
}
