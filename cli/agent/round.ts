/** One round of a rack: tell what is untold, ask, and bring the rack to what the decision says. `update` is one round. */
import { type Asked, askRegistry } from './ask.ts'
import type { Attempt } from './attempt.ts'
import { refuseDrifted } from './parameters/refuse-drifted.ts'
import { describeLoss, type Plan, planOf } from './plan.ts'
import { type Rack, refuseStuck } from './rack.ts'
import { beginAttempt } from './run-attempt.ts'
import { refuseBeside } from './self-update/refuse-beside.ts'
import { restBefore } from './soft-ladder.ts'
import { sendOutcomesFirst, tellRegistry } from './tell-registry.ts'
import { tidy } from './tidy.ts'

export interface Round {
  readonly asked: Asked
  /** Undefined when the decision moves nothing, or it is left for later. */
  readonly attempt: Attempt | undefined
  /** Why what the decision says was left for later. */
  readonly rests?: string
}

/**
 * `accept` has the last word before anything begins; it hears of every answer, raises to refuse, and says why when it
 * leaves it for later. Raises `drifted` before it: over what somebody changed by hand no update begins, unless it is among the `acceptedDrift`.
 */
export async function runRound(
  rack: Rack,
  accept: (asked: Asked, plan: Plan | undefined) => Promise<string | undefined> = async () => undefined,
  acceptedDrift: readonly string[] = [],
): Promise<Round> {
  await sendOutcomesFirst(rack)
  // Whatever the registry has to offer: nothing moves here before a person has looked. It hears that, too.
  if (rack.state.stuck) await tellRegistry(rack)
  refuseStuck(rack)
  const asked = await askRegistry(rack)
  const plan = await planOf(rack, asked, acceptedDrift)
  if (plan) await refuseDrifted(rack, plan.input, { afresh: false })
  if (plan && plan.loses.length > 0) rack.place.watch.onNote(describeLoss(plan.input.to, plan.loses))
  const rests = await accept(asked, plan)
  if (!plan || rests !== undefined)
    return { asked, attempt: undefined, ...(rests !== undefined && { rests }) }
  await refuseBeside(rack)
  const attempt = await beginAttempt(rack, plan.input)
  await tellRegistry(rack)
  await tidy(rack, attempt)
  return { asked, attempt }
}

/** The agent's: what could not be begun lately waits for its step of the ladder. */
export async function runAgentRound(rack: Rack): Promise<Round> {
  return runRound(rack, async (_asked, plan) => plan && restBefore(rack, plan))
}
