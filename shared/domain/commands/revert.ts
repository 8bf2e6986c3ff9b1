/** Moving a channel's head back, on the record; a recall also sends back the racks that run what was left. */
import { entryServing, servedEntry } from '../channel.ts'
import type { LedgerEvent } from '../events.ts'
import { Problem } from '../problem.ts'
import { findApp, findChannel, findRelease, type State } from '../state.ts'
import { type CommandContext, eventOf } from './command.ts'

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
  const version = input.to ?? servedEntry(app, servedEntry(app, channel.top)?.older)?.version
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
  if (target.key > head.key) {
    throw new Problem('not_forward', `${version} is newer than ${head.version}; forward is a promotion.`, {
      hint: `headgate promote ${version} --app ${app.name} --to ${channel.name}`,
    })
  }
  return [
    eventOf(
      'channel.reverted',
      context,
      { app: app.name, channel: channel.name, version, recall: input.recall },
      input.reason,
    ),
  ]
}
