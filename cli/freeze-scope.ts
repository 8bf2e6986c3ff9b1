/** Where a freeze lies: a channel, an app, or the whole registry. */

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
