/** Moving a channel's head back, on the record; a recall also sends back the racks that run what was left. */
import {
  type ChannelState,
  completedEntry,
  entryServing,
  type HistoryEntry,
  hasReachedEverybody,
  historyOf,
} from '../channel.ts'
import type { LedgerEvent } from '../events.ts'
import { Problem } from '../problem.ts'
import { remedyPolicy } from '../rollout-policy.ts'
import { type AppState, findApp, findChannel, findRelease, type State } from '../state.ts'
import { type CommandContext, eventOf } from './command.ts'
import { orderOf } from './rollout.ts'

export interface RevertChannel {
  readonly app: string
  readonly channel: string
  /** Undefined: what the channel served before its head. */
  readonly to?: string
  readonly recall: boolean
  readonly reason: string
}

export function revertChannel(state: State, input: RevertChannel, context: CommandContext): LedgerEvent[] {
  const app = findApp(state, input.app)
  const channel = findChannel(app, input.channel)
  const head = channel.head === undefined ? undefined : findRelease(app, channel.head)
  if (!head)
    throw new Problem('channel_empty', `${channel.name} serves nothing, so there is nothing to go back from.`)
  const version = input.to ?? completedEntry(app, topOf(channel, head.version)?.older)?.version
  if (version === undefined) {
    throw new Problem(
      'channel_empty',
      `${channel.name} served nothing before ${head.version} that is not withdrawn.`,
      {
        hint: `headgate channel history ${channel.name} --app ${app.name}`,
      },
    )
  }
  const target = findRelease(app, version)
  if (version === head.version) return []
  if (target.yank !== undefined) throw new Problem('yanked', `${version} was withdrawn by ${target.yank}.`)
  if (!entryServing(channel, version)) {
    throw new Problem('never_served', `${channel.name} never served ${version}.`, {
      hint: `headgate channel history ${channel.name} --app ${app.name}`,
    })
  }
  if (!reachedOnce(app, channel, version)) {
    throw new Problem(
      'never_completed',
      `${version} never reached every rack of ${channel.name}: its rollout was stopped or overtaken.`,
      { hint: `headgate channel history ${channel.name} --app ${app.name}` },
    )
  }
  if (target.key > head.key) {
    throw new Problem('not_forward', `${version} is newer than ${head.version}; forward is a promotion.`, {
      hint: `headgate promote ${version} --app ${app.name} --to ${channel.name}`,
    })
  }
  return [
    eventOf(
      'channel.reverted',
      context,
      {
        app: app.name,
        channel: channel.name,
        version,
        recall: input.recall,
        ...(input.recall && { rollout: orderOf(state, app, remedyPolicy) }),
      },
      input.reason,
    ),
  ]
}

/** The entry that serves the head: the top, or what lies under it when that was yanked. */
function topOf(channel: ChannelState, head: string): HistoryEntry | undefined {
  let entry = channel.top
  while (entry && entry.version !== head) entry = entry.older
  return entry
}

function reachedOnce(app: AppState, channel: ChannelState, version: string): boolean {
  for (const entry of historyOf(channel))
    if (entry.version === version && hasReachedEverybody(app, entry)) return true
  return false
}
