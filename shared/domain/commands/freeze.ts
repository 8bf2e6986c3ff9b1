/** Freezing and lifting a freeze. Freezing is one person and one second; nothing gates it. */
import type { LedgerEvent } from '../events.ts'
import { describeScope, type Freeze, freezeKey, inForce } from '../freeze.ts'
import { checkUntil } from '../instants.ts'
import { Problem } from '../problem.ts'
import { findApp, findChannel, type State } from '../state.ts'
import { type CommandContext, eventOf } from './command.ts'

export interface FreezeScope {
  readonly app?: string
  readonly channel?: string
}

export interface SetFreeze extends FreezeScope {
  readonly all: boolean
  readonly reason: string
  readonly until?: number
}

const maxFreezeDays = 366

export function setFreeze(state: State, input: SetFreeze, context: CommandContext): LedgerEvent[] {
  const scope = scopeOf(state, input)
  const { all, until } = input
  if (until !== undefined) checkUntil('The end of the freeze', until, context.now, maxFreezeDays)
  const present = inForce(state.freezes.get(freezeKey(scope)), context.now)
  if (present && present.all === all && present.until === until && present.reason === input.reason) return []
  return [
    eventOf('freeze.set', context, { ...scope, all, ...(until !== undefined && { until }) }, input.reason),
  ]
}

export function liftFreeze(
  state: State,
  input: FreezeScope & { reason?: string },
  context: CommandContext,
): LedgerEvent[] {
  const scope = scopeOf(state, input)
  if (!inForce(state.freezes.get(freezeKey(scope)), context.now)) {
    const others = [...state.freezes.values()]
      .flatMap((freeze) => inForce(freeze, context.now) ?? [])
      .map(describeScope)
    throw new Problem(
      'freeze_not_found',
      `Not frozen is ${describeScope(scope)}; frozen ${others.length === 0 ? 'is nothing' : `are: ${others.join(', ')}`}.`,
    )
  }
  return [eventOf('freeze.lifted', context, scope, input.reason)]
}

function scopeOf(state: State, { app, channel }: FreezeScope): Pick<Freeze, 'scope' | 'app' | 'channel'> {
  if (app === undefined) {
    if (channel !== undefined)
      throw new Problem('invalid_input', `The channel ${channel} is of which app?`, {
        hint: 'Add: --app APP',
      })
    return { scope: 'registry' }
  }
  const found = findApp(state, app)
  if (channel === undefined) return { scope: 'app', app }
  findChannel(found, channel)
  return { scope: 'channel', app, channel }
}
