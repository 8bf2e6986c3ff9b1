/**
 * Moving a channel's head forward through its gates. What every gate admits is enacted at once; otherwise the wish is a
 * proposal, which waits for time, data or a person where everybody can see it.
 */
import type { ChannelState } from '../channel.ts'
import type { LedgerEvent, Override } from '../events.ts'
import type { FleetEvidence } from '../fleet-evidence.ts'
import { changesForChannel } from '../gates/release-gates.ts'
import type { GateName, Verdict } from '../gates/verdict.ts'
import { judgePromotion } from '../gates.ts'
import { isBlocking, type ParameterChange } from '../parameters.ts'
import { Problem } from '../problem.ts'
import { type Proposal, type Proposed, sameProposal } from '../proposal.ts'
import type { ReleaseState } from '../release.ts'
import { type AcknowledgedChange, withAcknowledged } from '../release-record.ts'
import type { RolloutOrder } from '../rollout.ts'
import { type AppState, findApp, findChannel, findRelease, type State } from '../state.ts'
import { type CommandContext, eventOf } from './command.ts'
import { nominateRelease } from './nominate.ts'
import { requireConditions } from './promotion-conditions.ts'
import { isAnotherWay, type RolloutWish, refuseOwnRollout, rolloutOf } from './promotion-rollout.ts'

export interface PromoteRelease extends RolloutWish {
  readonly app: string
  readonly to: string
  /** Undefined: the head of the channel that feeds it. */
  readonly version?: string
  /** Parameters whose blocking changes a person has looked at. */
  readonly acknowledge: readonly string[]
  readonly note?: string
  /** Gates to be passed over, on the record and with a reason. */
  readonly override?: readonly GateName[]
  readonly reason?: string
  /** The feeder's racks stay on it until it has soaked. */
  readonly nominate?: boolean
  /** A proposal that this makes carries itself out when every gate passes. */
  readonly whenReady?: boolean
}

export interface Promotion {
  readonly channel: ChannelState
  readonly release: ReleaseState
  /** False when the channel serves that release already, and nobody asks for another way to the racks: nothing is recorded. */
  readonly isMove: boolean
  /** Every gate passes, or is passed over. */
  readonly isReady: boolean
  readonly verdicts: readonly Verdict[]
  readonly changes: readonly ParameterChange[]
  /** What is acknowledged with this request. */
  readonly acknowledged: readonly AcknowledgedChange[]
  readonly overrides: readonly Override[]
  /** The open proposal of the same wish. */
  readonly proposal: Proposal | undefined
  /** How it reaches the racks; undefined: all at once. */
  readonly rollout: RolloutOrder | undefined
}

/** The promotion as a value: to print, to test, to enact. Raises a Problem when the request itself is wrong. */
export function planPromotion(
  state: State,
  input: PromoteRelease,
  context: CommandContext,
  fleet?: FleetEvidence,
): Promotion {
  const app = findApp(state, input.app)
  const channel = findChannel(app, input.to)
  const found = findRelease(app, input.version ?? headOfFeeder(app, channel))
  const changes = changesForChannel(app, channel, found)
  const isMove = channel.head !== found.version || isAnotherWay(channel, input)
  const acknowledged = isMove ? acknowledgedBy(channel, found, changes, input, context) : []
  if (isMove) requireConditions({ state, app, channel, release: found, now: context.now })
  const release = { ...found, record: acknowledged.reduce(withAcknowledged, found.record) }
  const proposal = sameProposal(app, proposedBy(channel, release))
  const { actor: proposer, now } = context
  const verdicts = judgePromotion({ app, channel, release, now, fleet, proposer, proposal })
  const overrides = isMove ? overridesOf(verdicts, input) : []
  const isReady = openGates({ verdicts, overrides }).length === 0
  const rollout = isMove ? rolloutOf(state, app, channel, input, context) : undefined
  return { channel, release, isMove, isReady, verdicts, changes, acknowledged, overrides, proposal, rollout }
}

/** The promotion, or the proposal that it becomes. Raises `not_in_feeder`: what was never served there cannot wait for it. */
export function promoteRelease(
  state: State,
  input: PromoteRelease,
  context: CommandContext,
  fleet?: FleetEvidence,
): LedgerEvent[] {
  const promotion = planPromotion(state, input, context, fleet)
  if (!promotion.isMove) return []
  const { release, acknowledged } = promotion
  if (!promotion.isReady) refuseOutsidePath(promotion)
  if (!promotion.isReady) refuseOwnRollout(input)
  const said = acknowledged.map(({ channel: on, parameter, change, note }) =>
    eventOf('change.acknowledged', context, {
      app: input.app,
      version: release.version,
      channel: on,
      parameter,
      change,
      note,
    }),
  )
  if (promotion.isReady) return [...said, promoted(promotion, 'promote', context, input.reason)]
  const { app, to, reason } = input
  const wish = { app, to, version: release.version, ...(reason !== undefined && { reason }) }
  const nominated = input.nominate ? nominateRelease(state, wish, context) : []
  return [...said, ...nominated, ...proposal(findApp(state, app), promotion, input, context)]
}

/** Gates that neither pass nor are passed over. */
export function openGates({
  verdicts,
  overrides,
}: Pick<Promotion, 'verdicts' | 'overrides'>): readonly Verdict[] {
  return verdicts.filter(
    ({ gate, outcome }) => outcome !== 'pass' && !overrides.some((passed) => passed.gate === gate),
  )
}

/** The event of a promotion that is ready. */
export function promoted(
  { channel, release, verdicts, overrides, proposal: waiting, rollout }: Promotion,
  via: 'promote' | 'proposal',
  context: CommandContext,
  reason?: string,
): LedgerEvent {
  const recorded = verdicts.map(({ gate, outcome, detail, numbers }) => ({
    gate,
    outcome,
    detail,
    ...(numbers && { numbers }),
  }))
  return eventOf(
    'channel.promoted',
    context,
    {
      app: channel.app,
      channel: channel.name,
      version: release.version,
      via,
      verdicts: recorded,
      overrides,
      ...(waiting && { proposal: waiting.id }),
      ...(rollout && { rollout }),
    },
    reason,
  )
}

function proposedBy(channel: ChannelState, release: ReleaseState): Proposed {
  return { kind: 'promote', channel: channel.name, version: release.version }
}

function proposal(
  app: AppState,
  { channel, release, proposal: present }: Promotion,
  { whenReady = false, reason }: PromoteRelease,
  context: CommandContext,
): LedgerEvent[] {
  if (present) {
    if (!whenReady || present.whenReady) return []
    return [eventOf('proposal.armed', context, { app: app.name, proposal: present.id, whenReady })]
  }
  return [
    eventOf(
      'proposal.opened',
      context,
      {
        app: app.name,
        proposal: nextProposalId(app),
        proposed: proposedBy(channel, release),
        revision: channel.revision,
        whenReady,
      },
      reason,
    ),
  ]
}

export function nextProposalId(app: AppState): string {
  return `P-${app.proposals.size + 1}`
}

/** A proposal passes over nothing, so one whose path was passed over would wait for ever. */
function refuseOutsidePath({ channel, release, verdicts, overrides }: Promotion): void {
  const path = verdicts.find(({ gate, outcome }) => gate === 'path' && outcome !== 'pass')
  if (!path) return
  const others = openGates({ verdicts, overrides }).filter(({ gate }) => gate !== 'path')
  const isPassedOver = overrides.some(({ gate }) => gate === 'path')
  const rest = others.map(({ gate }) => gate).join(', ')
  const why = isPassedOver
    ? ` With the path passed over it cannot wait for the others, which are open: ${rest}.`
    : ''
  throw new Problem(
    'not_in_feeder',
    `${release.version} cannot be promoted to ${channel.name}: ${path.detail}${why}`,
    { ...(path.hint !== undefined && { hint: path.hint }), numbers: { verdicts } },
  )
}

/** Raises `invalid_input` for a gate that does not stand in the way, and for an override that says no reason. */
function overridesOf(verdicts: readonly Verdict[], { override = [], reason }: PromoteRelease): Override[] {
  if (override.length > 0 && !reason?.trim()) {
    throw new Problem('invalid_input', 'A gate is passed over for a reason, which is recorded with it.', {
      hint: 'Add: --reason "…"',
    })
  }
  return [...new Set(override)].map((gate) => {
    const verdict = verdicts.find((one) => one.gate === gate)
    if (verdict && verdict.outcome !== 'pass')
      return { gate, outcome: verdict.outcome, detail: verdict.detail }
    const open = verdicts.filter(({ outcome }) => outcome !== 'pass').map((one) => one.gate)
    throw new Problem(
      'invalid_input',
      `The gate ${gate} ${verdict ? `passes (${verdict.detail})` : 'is not asked here'}, so there is nothing to pass over; in the way ${open.length === 0 ? 'is nothing' : `are: ${open.join(', ')}`}.`,
    )
  })
}

function headOfFeeder(app: AppState, channel: ChannelState): string {
  if (channel.from === undefined) {
    throw new Problem('no_feeder', `${channel.name} has no feeder, so the release has to be named.`, {
      hint: `headgate promote VERSION --app ${app.name} --to ${channel.name}`,
    })
  }
  const head = findChannel(app, channel.from).head
  if (head !== undefined) return head
  throw new Problem('channel_empty', `${channel.from}, which feeds ${channel.name}, serves nothing yet.`, {
    hint: `headgate release publish VERSION --app ${app.name} --channel ${channel.from}`,
  })
}

function acknowledgedBy(
  channel: ChannelState,
  release: ReleaseState,
  changes: readonly ParameterChange[],
  input: PromoteRelease,
  { now: at, actor }: CommandContext,
): AcknowledgedChange[] {
  const note = input.note?.trim() ?? ''
  if (input.acknowledge.length > 0 && note === '') {
    throw new Problem('invalid_input', 'An acknowledgement wants a note that says why the change is safe.', {
      hint: 'Add: --note "…"',
    })
  }
  return input.acknowledge.flatMap((parameter) => {
    const blocking = changes.filter((change) => change.name === parameter && isBlocking(change))
    if (blocking.length === 0) {
      throw new Problem(
        'acknowledgement_without_change',
        `${release.version} changes nothing about ${parameter} that blocks ${channel.name}.`,
        {
          hint: `headgate release diff ${channel.head ?? 'FROM'} ${release.version} --app ${channel.app}`,
        },
      )
    }
    return blocking.map(({ change }) => ({ channel: channel.name, parameter, change, note, at, actor }))
  })
}
