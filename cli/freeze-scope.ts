/** Where a freeze lies: a channel, an app, or the whole registry. */
import type { FreezeBody } from '../shared/contract/registry.ts'
import { oneLine } from './plain-text.ts'

export interface FreezeScope {
  readonly app?: string
  readonly channel?: string
}

export function scopeOf({ app, channel }: FreezeScope): FreezeScope {
  return { ...(app !== undefined && { app }), ...(channel !== undefined && { channel }) }
}

export function scopeFlags({ app, channel }: FreezeScope): string {
  return `${app === undefined ? '' : ` --app ${app}`}${channel === undefined ? '' : ` --channel ${channel}`}`
}

export function scopeWords({ app, channel }: FreezeScope): string {
  if (app === undefined) return 'the whole registry'
  return channel === undefined ? `the app ${app}` : `the channel ${channel} of ${app}`
}

/** `frozen is … since …, by …: why`, its end, and what lifts it; `when` as of a page. */
export function freezeWords(
  { app, channel, all, actor, at, until, reason }: Omit<FreezeBody, 'dryRun'>,
  when: (instant: string | null) => string,
): string {
  const scope = { ...(app !== null && { app }), ...(channel !== null && { channel }) }
  const what = `${scopeWords(scope)}${all ? ' for everything' : ''}`
  const end = until === null ? 'until it is lifted' : `until ${when(until)}`
  const why = `since ${when(at)} by ${actor}, ${end}: ${oneLine(reason, 80)}`
  return `frozen is ${what} ${why}; to lift it: headgate unfreeze${scopeFlags(scope)}`
}
