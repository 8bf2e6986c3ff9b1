/** Freezes: nobody moves forward. One may lie on the registry, on an app and on a channel at the same time. */
import type { AppState, State } from './state.ts'

export interface Freeze {
  readonly scope: 'registry' | 'app' | 'channel'
  readonly app?: string
  readonly channel?: string
  /** Also stops remedies, recalls and bootstrap. */
  readonly all: boolean
  readonly reason: string
  readonly actor: string
  readonly at: number
  /** When it ends, or was lifted; undefined: until somebody lifts it. */
  readonly until?: number
}

export function freezeKey(scope: { app?: string | undefined; channel?: string | undefined }): string {
  return [scope.app ?? '', scope.channel ?? ''].join('/')
}

/** The freeze that holds a channel now: one that stops everything before one that does not, then the widest. */
export function freezeOn(state: State, app: AppState, channel: string, now: number): Freeze | undefined {
  if (state.freezes.size === 0) return undefined
  const onRegistry = inForce(state.freezes.get(freezeKey({})), now)
  const onApp = inForce(state.freezes.get(freezeKey({ app: app.name })), now)
  const onChannel = inForce(state.freezes.get(freezeKey({ app: app.name, channel })), now)
  const present = [onRegistry, onApp, onChannel].filter((freeze) => freeze !== undefined)
  return present.find((freeze) => freeze.all) ?? present[0]
}

/** A freeze that holds any of the channels, or the app: for what goes on in several at once. */
export function freezeOnAny(
  state: State,
  app: AppState,
  channels: Iterable<string>,
  now: number,
): Freeze | undefined {
  for (const channel of ['', ...channels]) {
    const present = freezeOn(state, app, channel, now)
    if (present) return present
  }
  return undefined
}

/** When one held the channel last, and was one of these: now, or when it ended. Of each scope the newest is known. */
export function lastFrozenAt(
  state: State,
  app: AppState,
  { channel, now, isAll }: { channel: string; now: number; isAll: boolean },
): number | undefined {
  let last: number | undefined
  for (const scope of [{}, { app: app.name }, { app: app.name, channel }]) {
    const freeze = state.freezes.get(freezeKey(scope))
    if (freeze && (freeze.all || !isAll)) last = Math.max(last ?? 0, Math.min(freeze.until ?? now, now))
  }
  return last
}

export function inForce(freeze: Freeze | undefined, now: number): Freeze | undefined {
  if (freeze === undefined) return undefined
  return freeze.until === undefined || now < freeze.until ? freeze : undefined
}

export function describeScope(freeze: { scope: string; app?: string; channel?: string }): string {
  if (freeze.scope === 'channel') return `channel ${freeze.channel} of ${freeze.app}`
  return freeze.scope === 'app' ? `app ${freeze.app}` : 'the whole registry'
}
