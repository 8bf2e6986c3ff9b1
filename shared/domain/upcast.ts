/** From the shapes that events were written in to the shape of today: one step from each version to the next. */
import { currentVersions } from './events.ts'

export interface StoredEvent {
  readonly type: string
  readonly v: number
}

/** From one version of an event's shape to the next. */
export type Upcast = (event: StoredEvent) => StoredEvent

/** `type@v` → what makes it v + 1. */
const upcasts: Readonly<Record<string, Upcast>> = {
  // Before policies had gates, a promotion passed the path and the parameters: the preset `trial`.
  'channel.created@1': (event) => ({ ...event, v: 2, policy: { ...policyOf(event), gates: {} } }),
  'channel.promoted@1': ({ ...event }) => ({ ...event, v: 2, overrides: [] }),
}

function policyOf(event: StoredEvent): object {
  return 'policy' in event && typeof event.policy === 'object' && event.policy !== null ? event.policy : {}
}

/** Raises an Error (a bug, or a ledger from a newer registry) for an event that this code does not know. */
export function upcast(
  event: StoredEvent,
  steps: Readonly<Record<string, Upcast>> = upcasts,
  newest: Readonly<Record<string, number>> = currentVersions,
): StoredEvent {
  const target = newest[event.type]
  if (target === undefined || event.v > target) {
    throw new Error(
      `The ledger has an event ${event.type} v${event.v} that this version of Headgate does not know.`,
    )
  }
  let present = event
  while (present.v < target) {
    const step = steps[`${present.type}@${present.v}`]
    if (!step) throw new Error(`There is no way from ${present.type} v${present.v} to v${target}.`)
    present = step(present)
  }
  return present
}
