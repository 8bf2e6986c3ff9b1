/** Moving a channel's head forward: by a maintainer through the gates, on publication, or as a history is imported. */
import { type ChannelState, entryServing } from '../channel.ts'
import type { Acknowledgement, LedgerEvent } from '../events.ts'
import { describeScope, freezeOn } from '../freeze.ts'
import { changesForChannel, judgePromotion, type Verdict } from '../gates.ts'
import { isBlocking, type ParameterChange } from '../parameters.ts'
import { Problem } from '../problem.ts'
import type { ReleaseState } from '../release.ts'
import { type AppState, findApp, findChannel, findRelease, type State } from '../state.ts'
import { type CommandContext, eventOf } from './command.ts'

export interface PromoteRelease {
  readonly app: string
  readonly to: string
  /** Undefined: the head of the channel that feeds it. */
  readonly version?: string
  /** Parameters whose blocking changes a person has looked at. */
  readonly acknowledge: readonly string[]
  readonly note?: string
  readonly reason?: string
}

export interface Promotion {
  readonly channel: ChannelState
  readonly release: ReleaseState
  /** False when the channel serves that release already: nothing will be recorded. */
  readonly isMove: boolean
  readonly verdicts: readonly Verdict[]
  readonly changes: readonly ParameterChange[]
  readonly acknowledgements: readonly Acknowledgement[]
}

/** The promotion as a value: to print, to test, to enact. Raises a Problem when the request itself is wrong. */
export function planPromotion(state: State, input: PromoteRelease, now: number): Promotion {
  const app = findApp(state, input.app)
  const channel = findChannel(app, input.to)
  const release = findRelease(app, input.version ?? headOfFeeder(app, channel))
  const changes = changesForChannel(app, channel, release)
  const isMove = channel.head !== release.version
  const acknowledgements = isMove ? acknowledged(channel, release, changes, input) : []
  if (isMove) for (const check of conditions) check({ state, app, channel, release, now })
  const verdicts = judgePromotion({ app, channel, release, acknowledgements })
  return { channel, release, isMove, verdicts, changes, acknowledgements }
}

export function promoteRelease(state: State, input: PromoteRelease, context: CommandContext): LedgerEvent[] {
  const promotion = planPromotion(state, input, context.now)
  if (!promotion.isMove) return []
  refuseFailedGates(promotion)
  return [promoted(promotion.channel, promotion.release.version, 'promote', context, promotion, input.reason)]
}

/** Raises the Problem of the first gate that does not pass, with all the verdicts as its numbers. */
export function refuseFailedGates({
  channel,
  release,
  verdicts,
  changes,
  acknowledgements,
}: Promotion): void {
  const failed = verdicts.find((verdict) => verdict.outcome !== 'pass')
  if (!failed) return
  const numbers = { verdicts, changes }
  if (failed.gate === 'path') {
    throw new Problem(
      'not_in_feeder',
      `${release.version} cannot be promoted to ${channel.name}: ${failed.detail}`,
      {
        hint: `headgate promote ${release.version} --app ${channel.app} --to ${channel.from}`,
        numbers,
      },
    )
  }
  const open = changes.filter(
    (change) => isBlocking(change) && !acknowledgements.some((one) => one.parameter === change.name),
  )
  const flags = open.map((change) => `--acknowledge ${change.name}`).join(' ')
  throw new Problem(
    'parameters_unacknowledged',
    `${release.version} cannot be promoted to ${channel.name}: ${open.map((change) => change.detail).join(' ')} Nobody has acknowledged that for this release.`,
    {
      hint: `headgate promote ${release.version} --app ${channel.app} --to ${channel.name} ${flags} --note "why it is safe"`,
      numbers,
    },
  )
}

export interface MoveOnPublish {
  readonly app: string
  readonly version: string
  /** Undefined: every channel that takes builds as they are published. */
  readonly channel?: string
}

export interface SkippedMove {
  readonly channel: string
  readonly why: string
}

/** The heads that follow a publication, and those that do not, with the reason. A freeze moves none. */
export function movesOnPublish(
  state: State,
  input: MoveOnPublish,
  context: CommandContext,
): { events: LedgerEvent[]; skipped: SkippedMove[] } {
  const app = findApp(state, input.app)
  const release = findRelease(app, input.version)
  const events: LedgerEvent[] = []
  const skipped: SkippedMove[] = []
  for (const channel of channelsOnPublish(app, input.channel)) {
    if (channel.head === release.version) continue
    // The same publication again, after a revert: it is success, and it undoes nothing.
    const wasHead = release.servedOn[channel.name] !== undefined && entryServing(channel, release.version)
    const why = wasHead
      ? `${release.version} was its head before; to serve it again is a promotion`
      : reasonNotToMove(state, app, channel, release, context.now)
    if (why === undefined) events.push(promoted(channel, release.version, 'publish', context))
    else skipped.push({ channel: channel.name, why })
  }
  return { events, skipped }
}

/** As `movesOnPublish`, for a history that is taken over: only where nobody has moved the channel here yet. */
export function movesOnImport(
  state: State,
  input: { app: string; version: string; channels: readonly string[] },
  context: CommandContext,
): { events: LedgerEvent[]; skipped: SkippedMove[] } {
  const app = findApp(state, input.app)
  const release = findRelease(app, input.version)
  const events: LedgerEvent[] = []
  const skipped: SkippedMove[] = []
  for (const channel of input.channels.map((name) => findChannel(app, name))) {
    if (release.servedOn[channel.name] !== undefined) continue
    const why =
      channel.top !== undefined && channel.top.via !== 'import'
        ? `${channel.name} is moved by people here, not by imports`
        : reasonNotToMove(state, app, channel, release, context.now)
    if (why === undefined) events.push(promoted(channel, release.version, 'import', context))
    else skipped.push({ channel: channel.name, why })
  }
  return { events, skipped }
}

function channelsOnPublish(app: AppState, wanted: string | undefined): ChannelState[] {
  if (wanted === undefined)
    return [...app.channels.values()].filter((channel) => channel.policy.promoteOnPublish)
  const channel = findChannel(app, wanted)
  if (channel.policy.promoteOnPublish) return [channel]
  throw new Problem(
    'invalid_input',
    `${channel.name} does not take builds as they are published; releases reach it by promotion.`,
    {
      hint: `Publish without --channel ${channel.name}, then: headgate promote VERSION --app ${app.name} --to ${channel.name}`,
    },
  )
}

function reasonNotToMove(
  state: State,
  app: AppState,
  channel: ChannelState,
  release: ReleaseState,
  now: number,
): string | undefined {
  if (release.yank !== undefined) return `${release.version} is withdrawn by ${release.yank}`
  const head = channel.head === undefined ? undefined : app.releases.get(channel.head)
  if (head && release.key < head.key) return `${release.version} is older than its head ${head.version}`
  const freeze = freezeOn(state, app, channel.name, now)
  return freeze && `${describeScope(freeze)} is frozen: ${freeze.reason}`
}

function promoted(
  channel: ChannelState,
  version: string,
  via: 'promote' | 'publish' | 'import',
  context: CommandContext,
  made: Pick<Promotion, 'verdicts' | 'acknowledgements'> = { verdicts: [], acknowledgements: [] },
  reason?: string,
): LedgerEvent {
  const verdicts = made.verdicts.map(({ gate, outcome, detail }) => ({ gate, outcome, detail }))
  const { acknowledgements } = made
  return eventOf(
    'channel.promoted',
    context,
    { app: channel.app, channel: channel.name, version, via, verdicts, acknowledgements },
    reason,
  )
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

interface Condition {
  readonly state: State
  readonly app: AppState
  readonly channel: ChannelState
  readonly release: ReleaseState
  readonly now: number
}

/** What no acknowledgement can pass, in the order in which it is told. */
const conditions: readonly ((condition: Condition) => void)[] = [refuseYanked, refuseBackwards, refuseFrozen]

function refuseYanked({ app, channel, release }: Condition): void {
  if (release.yank === undefined) return
  const yank = app.yanks.get(release.yank)
  throw new Problem(
    'yanked',
    `${release.version} was withdrawn by ${release.yank} (${yank?.reason}) and cannot be promoted to ${channel.name}.`,
  )
}

function refuseBackwards({ app, channel, release }: Condition): void {
  const head = channel.head === undefined ? undefined : app.releases.get(channel.head)
  if (!head || release.key > head.key) return
  throw new Problem(
    'not_forward',
    `${channel.name} serves ${head.version}, which is newer than ${release.version}: a promotion only goes forward.`,
    {
      hint: `headgate channel revert ${channel.name} --app ${app.name} --to ${release.version} --reason "…"`,
    },
  )
}

function refuseFrozen({ state, app, channel, now }: Condition): void {
  const freeze = freezeOn(state, app, channel.name, now)
  if (!freeze) return
  const flags = [freeze.app && `--app ${freeze.app}`, freeze.channel && `--channel ${freeze.channel}`]
    .filter(Boolean)
    .join(' ')
  throw new Problem(
    'frozen',
    `Frozen is ${describeScope(freeze)}, by ${freeze.actor}: ${freeze.reason}. Nothing is promoted meanwhile.`,
    {
      hint: `headgate unfreeze ${flags}`.trim(),
    },
  )
}

function acknowledged(
  channel: ChannelState,
  release: ReleaseState,
  changes: readonly ParameterChange[],
  input: PromoteRelease,
): Acknowledgement[] {
  if (input.acknowledge.length > 0 && !input.note?.trim()) {
    throw new Problem('invalid_input', 'An acknowledgement wants a note that says why the change is safe.', {
      hint: 'Add: --note "…"',
    })
  }
  return input.acknowledge.flatMap((name) => {
    const blocking = changes.filter((change) => change.name === name && isBlocking(change))
    if (blocking.length === 0) {
      throw new Problem(
        'acknowledgement_without_change',
        `${release.version} changes nothing about ${name} that blocks ${channel.name}.`,
        {
          hint: `headgate release diff ${channel.head ?? 'FROM'} ${release.version} --app ${channel.app}`,
        },
      )
    }
    return blocking.map(({ change }) => ({ parameter: name, change, note: input.note?.trim() ?? '' }))
  })
}
