/**
 * What might be done, as commands that are folded and not recorded: each supposition is decided by the same function as
 * the act, so that a simulation refuses what the act would be refused for. Gates alone may be assumed to pass.
 */
import type { CommandContext } from './commands/command.ts'
import { eventOf } from './commands/command.ts'
import { liftFreeze, setFreeze } from './commands/freeze.ts'
import { setPolicy } from './commands/policy.ts'
import {
  openGates,
  type PromoteRelease,
  planPromotion,
  promoted,
  promoteRelease,
} from './commands/promote.ts'
import { revertChannel } from './commands/revert.ts'
import { yankReleases } from './commands/yank.ts'
import type { LedgerEvent } from './events.ts'
import type { FleetEvidence } from './fleet-evidence.ts'
import type { GateName } from './gates/verdict.ts'
import { problemOfOpenGates } from './open-gates.ts'
import type { ChannelPolicy } from './policy.ts'
import { Problem } from './problem.ts'
import { sameProposal } from './proposal.ts'
import type { RolloutPolicy } from './rollout-policy.ts'
import { findApp, type State } from './state.ts'
import type { UpdateWindow } from './window.ts'
import type { Remedy, Severity } from './yank.ts'

/** What the governed state would be told. */
export type SupposedAct =
  | {
      readonly suppose: 'promote'
      readonly to: string
      /** Undefined: the head of the feeder. */
      readonly version?: string
      readonly acknowledge: readonly string[]
      readonly note?: string
      /** Instead of the channel's own. */
      readonly rollout?: RolloutPolicy
    }
  | { readonly suppose: 'revert'; readonly channel: string; readonly to?: string; readonly recall: boolean }
  | {
      readonly suppose: 'yank'
      readonly range: string
      readonly severity: Severity
      readonly remedy: Remedy
      readonly to?: string
      readonly allAtOnce: boolean
    }
  | ({ readonly suppose: 'freeze'; readonly all: boolean; readonly until?: number } & SupposedScope)
  | ({ readonly suppose: 'unfreeze' } & SupposedScope)
  | { readonly suppose: 'policy'; readonly channel: string; readonly policy: ChannelPolicy }

/** A channel of the app, the app, or the whole registry. */
interface SupposedScope {
  readonly channel?: string
  readonly isEverywhere: boolean
}

/** What some of the racks would be. */
export type SupposedRacks = { readonly racks: RackChoice } & (
  | {
      readonly suppose: 'window' /** Null: they may move at any time. */
      readonly window: UpdateWindow | null
    }
  | { readonly suppose: 'label' /** Null takes one away. */; readonly labels: Labels }
)

/** All of it holds for a rack that is meant; nothing said: every rack of the app. */
export interface RackChoice {
  readonly channel?: string
  readonly labels: Readonly<Record<string, string>>
  /** Undefined: whatever their names. */
  readonly names?: ReadonlySet<string>
}

type Labels = Readonly<Record<string, string | null>>

/** Everything behind it happens at that time, and so does the answer. */
export interface SupposedTime {
  readonly suppose: 'time'
  readonly at: number
}

export type Supposition = SupposedAct | SupposedRacks | SupposedTime

export interface SupposedEvents {
  readonly events: readonly LedgerEvent[]
  /** Gates that do not pass, and were taken as if they did. */
  readonly assumed: readonly GateName[]
}

export interface Supposing {
  readonly app: string
  readonly isAssumingGates: boolean
  /** For a promotion: what the racks have shown of it. */
  readonly fleet?: FleetEvidence | undefined
}

const inASimulation = 'a simulation'

/** Raises what the act would be refused for; `gates_open` where it would only wait, unless gates are assumed. */
export function suppose(
  state: State,
  act: SupposedAct,
  supposing: Supposing,
  context: CommandContext,
): SupposedEvents {
  const { app } = supposing
  const reason = inASimulation
  switch (act.suppose) {
    case 'promote':
      return supposePromotion(state, promotionOf(act, app), supposing, context)
    case 'policy':
      return supposePolicy(state, act, supposing, context)
    case 'revert':
      return certain(revertChannel(state, { ...act, app, reason }, context))
    case 'yank':
      return certain(yankReleases(state, { ...act, app, reason }, context))
    case 'freeze': {
      const { all, until } = act
      const freeze = { ...scopeOf(act, app), all, reason, ...(until !== undefined && { until }) }
      return certain(setFreeze(state, freeze, context))
    }
    case 'unfreeze':
      return certain(liftFreeze(state, scopeOf(act, app), context))
  }
}

function certain(events: readonly LedgerEvent[]): SupposedEvents {
  return { events, assumed: [] }
}

function scopeOf({ channel, isEverywhere }: SupposedScope, app: string) {
  if (!isEverywhere) return { app, ...(channel !== undefined && { channel }) }
  if (channel === undefined) return {}
  throw new Problem('invalid_input', `Either the channel ${channel} or the whole registry, not both.`)
}

/** The promotion that a supposition means: what has to be known before the racks' evidence can be read. */
export function promotionOf(
  { suppose: _act, ...promotion }: SupposedAct & { readonly suppose: 'promote' },
  app: string,
): PromoteRelease {
  return { ...promotion, app, reason: inASimulation }
}

function supposePromotion(
  state: State,
  promotion: PromoteRelease,
  { app, isAssumingGates, fleet }: Supposing,
  context: CommandContext,
): SupposedEvents {
  const plan = planPromotion(state, promotion, context, fleet)
  if (!plan.isMove || plan.isReady) return certain(promoteRelease(state, promotion, context, fleet))
  const open = openGates(plan)
  if (isAssumingGates) {
    const assumed = open.map(({ gate }) => gate)
    return { events: [promoted(plan, 'promote', context, promotion.reason)], assumed }
  }
  const { release, channel, verdicts } = plan
  const { code, message } = problemOfOpenGates({
    app,
    channel: channel.name,
    version: release.version,
    proposal: null,
    open,
    numbers: {},
  })
  throw new Problem(code, message, { hint: assumeGatesHint, numbers: { verdicts } })
}

/** What lifts a real freeze is no help against a supposed one, and no business of whoever only asks. */
export function asSupposed(error: unknown): unknown {
  if (!(error instanceof Problem) || error.code !== 'frozen') return error
  const { code, message, numbers } = error
  const hint = 'Suppose before it that the freeze is lifted: unfreeze … then promote …'
  return new Problem(code, message, { hint, ...(numbers !== undefined && { numbers }) })
}

/** A policy that asks for approvals is not changed by one person; that is a gate like others. */
function supposePolicy(
  state: State,
  { channel, policy }: SupposedAct & { readonly suppose: 'policy' },
  { app, isAssumingGates }: Supposing,
  context: CommandContext,
): SupposedEvents {
  const events = setPolicy(state, { app, channel, policy, reason: inASimulation }, context)
  const isProposed =
    events.some(({ type }) => type === 'proposal.opened') ||
    sameProposal(findApp(state, app), { kind: 'policy', channel, policy }) !== undefined
  if (!isProposed) return certain(events)
  if (isAssumingGates) {
    const changed = eventOf('policy.changed', context, { app, channel, policy }, inASimulation)
    return { events: [changed], assumed: ['approvals'] }
  }
  throw new Problem(
    'gates_open',
    `The policy of ${channel} would not change, but be proposed: the one in force asks for approvals.`,
    { hint: assumeGatesHint },
  )
}

const assumeGatesHint = 'Add --assume-gates to see what follows once they pass.'
