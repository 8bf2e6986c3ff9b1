/** One round of a rack: tell what is untold, ask, and bring the rack to what the decision says. `update` is one round. */
import { type Asked, askRegistry } from './ask.ts'
import type { Attempt } from './attempt.ts'
import { refuseDrifted } from './parameters/refuse-drifted.ts'
import { describeLoss, type Plan, planOf } from './plan.ts'
import { type Rack, refuseStuck } from './rack.ts'
import { beginAttempt } from './run-attempt.ts'
import { sendOutcomesFirst, tellRegistry } from './tell-registry.ts'
import { tidy } from './tidy.ts'

export interface Round {
  readonly asked: Asked
  /** Undefined when the decision moves nothing. */
  readonly attempt: Attempt | undefined
}

/**
 * `accept` has the last word before anything begins; it hears of every answer, and raises to refuse. Raises `drifted`
 * before it: over what somebody changed by hand no update begins, unless it is among the `acceptedDrift`.
 */
export async function runRound(
  rack: Rack,
  accept: (asked: Asked, plan: Plan | undefined) => Promise<void> = async () => undefined,
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
  await accept(asked, plan)
  if (!plan) return { asked, attempt: undefined }
  const attempt = await beginAttempt(rack, plan.input)
  await tellRegistry(rack)
  await tidy(rack, attempt)
  return { asked, attempt }
}
