/** Heads that move without a promotion: on publication, and as a history is taken over from elsewhere. */
import { type ChannelState, entryServing } from '../channel.ts'
import type { LedgerEvent } from '../events.ts'
import { describeScope, freezeOn } from '../freeze.ts'
import { Problem } from '../problem.ts'
import type { ReleaseState } from '../release.ts'
import type { RolloutOrder } from '../rollout.ts'
import { type AppState, findApp, findChannel, findRelease, type State } from '../state.ts'
import { type CommandContext, eventOf } from './command.ts'
import { rolloutOf } from './promotion-rollout.ts'

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
  let orders = 0
  for (const channel of channelsOnPublish(app, input.channel)) {
    if (channel.head === release.version) continue
    // The same publication again, after a revert: it is success, and it undoes nothing.
    const wasHead = release.servedOn[channel.name] !== undefined && entryServing(channel, release.version)
    const why = wasHead
      ? `${release.version} was its head before; to serve it again is a promotion`
      : reasonNotToMove(state, app, channel, release, context.now)
    if (why !== undefined) skipped.push({ channel: channel.name, why })
    else {
      const rollout = rolloutOf(state, app, channel, {}, context, orders)
      events.push(moved(channel, release.version, 'publish', context, rollout))
      if (rollout) orders += 1
    }
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
    const why = reasonNotToImport(channel) ?? reasonNotToMove(state, app, channel, release, context.now)
    if (why === undefined) events.push(moved(channel, release.version, 'import', context))
    else skipped.push({ channel: channel.name, why })
  }
  return { events, skipped }
}

/** A history is taken over before people move the channel, and before its policy asks anything: then it would go round it. */
function reasonNotToImport({ name, top, policy }: ChannelState): string | undefined {
  if (top !== undefined && top.via !== 'import') return `${name} is moved by people here, not by imports`
  const gates = Object.entries(policy.gates).filter(([, asked]) => asked !== undefined && asked !== false)
  if (policy.rollout) return `the policy of ${name} has a rollout; releases reach it by promotion`
  if (gates.length === 0) return undefined
  return `the policy of ${name} asks for ${gates.map(([gate]) => gate).join(', ')}; releases reach it by promotion`
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

function moved(
  channel: ChannelState,
  version: string,
  via: 'publish' | 'import',
  context: CommandContext,
  rollout?: RolloutOrder,
): LedgerEvent {
  const nothing = { verdicts: [], overrides: [] }
  return eventOf('channel.promoted', context, {
    app: channel.app,
    channel: channel.name,
    version,
    via,
    ...nothing,
    ...(rollout && { rollout }),
  })
}
