/** How a promotion is to reach the racks: as the channel says, or as this promotion says, with a reason. */
import type { ChannelState } from '../channel.ts'
import { checkUntil } from '../instants.ts'
import { Problem } from '../problem.ts'
import type { RolloutOrder } from '../rollout.ts'
import { checkRolloutPolicy, type RolloutPolicy } from '../rollout-policy.ts'
import type { AppState, State } from '../state.ts'
import type { CommandContext } from './command.ts'
import { orderOf } from './rollout.ts'

export interface RolloutWish {
  /** Instead of the channel's own; only with a promotion that is enacted at once, and with a reason. */
  readonly rollout?: RolloutPolicy
  readonly notBefore?: number
  readonly reason?: string
}

const mostDaysAhead = 90

/** A channel's first head has nobody to be proved to before: it is its own base. */
export function rolloutOf(
  state: State,
  app: AppState,
  channel: ChannelState,
  { rollout: own, notBefore, reason }: RolloutWish,
  { now }: CommandContext,
  orderedBefore = 0,
): RolloutOrder | undefined {
  if (own) checkRolloutPolicy(own)
  if (own && channel.policy.rollout && !reason?.trim()) {
    throw new Problem(
      'invalid_input',
      `${channel.name} has its own way to roll out; another one is given with a reason, which is recorded.`,
      { hint: 'Add: --reason "…"' },
    )
  }
  const policy = own ?? channel.policy.rollout
  if (notBefore !== undefined && !policy)
    throw new Problem('invalid_input', `Without a rollout ${channel.name} serves a new head at once.`, {
      hint: 'Add: --rollout canary',
    })
  if (notBefore !== undefined) checkUntil('notBefore', notBefore, now, mostDaysAhead)
  if (!policy || channel.top === undefined) return undefined
  return orderOf(state, app, policy, notBefore, orderedBefore)
}

/**
 * Whether a promotion of the head that is served already is to bring it to the racks otherwise than it goes now: from the first
 * wave on, for those that do not run it yet. Raises `invalid_input` when every rack is served it already.
 */
export function isAnotherWay(
  { name, head, base }: ChannelState,
  { rollout, notBefore }: RolloutWish,
): boolean {
  if (rollout === undefined && notBefore === undefined) return false
  if (head === undefined || head !== base) return true
  throw new Problem(
    'invalid_input',
    `${name} serves ${head} to every rack already, so there is nothing to roll out.`,
    { hint: 'Leave out --rollout and --not-before' },
  )
}

/** A proposal is carried out by the policy of its day. */
export function refuseOwnRollout({ rollout, notBefore }: RolloutWish): void {
  if (!rollout && notBefore === undefined) return
  throw new Problem(
    'invalid_input',
    'Gates are open, so this becomes a proposal; a proposal rolls out as the channel says.',
    { hint: 'Leave out --rollout and --not-before, or wait for the gates' },
  )
}
