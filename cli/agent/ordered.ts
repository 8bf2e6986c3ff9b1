/**
 * What was ordered from the registry, as the rack keeps it: learned with every decision, shown beside the rack's own
 * orders, and obeyed also when nobody answers any more. Only the registry lifts it.
 */
import type { DecisionBody } from '../../shared/contract/rack.ts'
import { toIso } from '../../shared/domain/instants.ts'
import { matrix } from '../../shared/domain/movement.ts'
import { Problem } from '../../shared/domain/problem.ts'
import { holdInForce, type Ordered, pinInForce } from '../../shared/domain/rack.ts'
import type { AttemptInput } from './attempt.ts'
import type { Rack } from './rack.ts'
import type { RackState } from './rack-state.ts'

/** The orders that came with a decision; undefined when there are none. */
export function orderedWith({ orders }: DecisionBody): RackState['ordered'] {
  if (!orders) return undefined
  const { pin, hold } = orders
  return {
    ...(pin && { pin: pinFrom(pin) }),
    ...(hold && { hold: { ...hold, until: Date.parse(hold.until) } }),
  }
}

function pinFrom({
  version,
  owner,
  reason,
  until,
  acceptedAdvisory,
}: NonNullable<NonNullable<DecisionBody['orders']>['pin']>) {
  return {
    version,
    owner,
    reason,
    ...(until !== undefined && { until: Date.parse(until) }),
    ...(acceptedAdvisory !== undefined && { acceptedAdvisory }),
  }
}

/** Orders of both origins, for the domain's own judgement of which is in force. */
function ordersTogether({ pin, hold, ordered }: RackState, current: string | null): Ordered {
  return {
    current: current ?? undefined,
    pins: [
      ...(pin ? [{ ...pin, origin: 'rack' } as const] : []),
      ...(ordered?.pin ? [{ ...ordered.pin, origin: 'registry' } as const] : []),
    ],
    holds: [
      ...(hold ? [{ ...hold, origin: 'rack' } as const] : []),
      ...(ordered?.hold ? [{ ...ordered.hold, origin: 'registry' } as const] : []),
    ],
  }
}

/**
 * A plan must not do what an order forbids, whoever granted it and however long ago. A person's rollback is an order
 * itself, and a critical withdrawal passes a hold and a pin; the registry has judged whether it passes this one.
 */
export async function refuseOrdered(
  { state, time }: Pick<Rack, 'state' | 'time'>,
  { motive, from, to }: AttemptInput,
): Promise<void> {
  if (motive === 'person') return
  const orders = ordersTogether(state, from)
  const hold = holdInForce(orders, time.certainly())
  if (hold && matrix[motive].hold !== 'ignored')
    throw notNow(`held ${by(hold)} until ${toIso(hold.until)}: ${hold.reason}`, to)
  const pin = pinInForce(orders, time.certainly())
  const mayPass = motive === 'remedy_critical' || (motive === 'pin' && pin?.version !== from)
  if (pin && !mayPass) throw notNow(`pinned to ${pin.version} ${by(pin)}: ${pin.reason}`, to)
}

function by({ owner, origin }: { readonly owner: string; readonly origin: 'rack' | 'registry' }): string {
  return origin === 'registry' ? `from the registry by ${owner}` : `by ${owner}`
}

function notNow(why: string, to: string): Problem {
  return new Problem('not_offered', `The rack is ${why}. It does not go to ${to}.`)
}
