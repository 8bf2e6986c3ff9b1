/** Apps, and the channels that every app starts with. */

import type { LedgerEvent } from '../events.ts'
import { checkName } from '../names.ts'
import { type ChannelPolicy, checkPolicy, defaultPolicy } from '../policy.ts'
import { Problem } from '../problem.ts'
import { findApp, findChannel, type State } from '../state.ts'
import type { VersionScheme } from '../version.ts'
import { type CommandContext, eventOf } from './command.ts'

export interface CreateApp {
  readonly app: string
  readonly scheme: VersionScheme
}

/** With `unstable`, which takes every build as it is published, and `stable`, which `unstable` feeds. */
export function createApp(state: State, input: CreateApp, context: CommandContext): LedgerEvent[] {
  const app = checkName('app', input.app)
  const present = state.apps.get(app)
  if (present && present.scheme === input.scheme) return []
  if (present) {
    throw new Problem(
      'name_taken',
      `The app ${app} exists with the scheme ${present.scheme}; a scheme cannot be changed.`,
      {
        hint: `headgate channel list --app ${app}`,
      },
    )
  }
  return [
    eventOf('app.created', context, { app, scheme: input.scheme }),
    eventOf('channel.created', context, {
      app,
      channel: 'unstable',
      policy: { ...defaultPolicy, promoteOnPublish: true, checkSeconds: 60 },
    }),
    eventOf('channel.created', context, { app, channel: 'stable', from: 'unstable', policy: defaultPolicy }),
  ]
}

export interface CreateChannel {
  readonly app: string
  readonly channel: string
  readonly from?: string
  readonly policy?: Partial<ChannelPolicy>
}

export function createChannel(state: State, input: CreateChannel, context: CommandContext): LedgerEvent[] {
  const app = findApp(state, input.app)
  const channel = checkName('channel', input.channel)
  if (input.from !== undefined) findChannel(app, input.from)
  const policy: ChannelPolicy = { ...defaultPolicy, ...input.policy }
  checkPolicy(policy, { channel, from: input.from })
  const present = app.channels.get(channel)
  if (present && present.from === input.from && JSON.stringify(present.policy) === JSON.stringify(policy))
    return []
  if (present) {
    throw new Problem(
      'name_taken',
      `The channel ${channel} of ${app.name} exists${present.from ? `, fed by ${present.from}` : ''}.`,
      {
        hint: `headgate channel show ${channel} --app ${app.name}`,
      },
    )
  }
  return [
    eventOf('channel.created', context, {
      app: app.name,
      channel,
      policy,
      ...(input.from !== undefined && { from: input.from }),
    }),
  ]
}
