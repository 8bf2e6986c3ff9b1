/** The channel's pointer: the same bytes for every reader, precomputed, with an ETag that any cache may keep. */
import { createHash } from 'node:crypto'
import { Hono } from 'hono'
import type { ChannelState } from '../../shared/domain/channel.ts'
import { findApp, findChannel } from '../../shared/domain/state.ts'
import type { Env } from '../middleware/environment.ts'
import type { Registry } from '../registry.ts'
import { pointerBodyOf } from './channel-bodies.ts'

interface Precomputed {
  readonly channel: ChannelState
  readonly bytes: string
  readonly etag: string
}

export function pointerRoutes({ ledger }: Registry) {
  const kept = new Map<string, Precomputed>()

  /** A channel's state is a value: a new one is a new object, and nothing else makes the bytes stale. */
  function precomputed(app: string, name: string): Precomputed {
    const channel = findChannel(findApp(ledger.state, app), name)
    const present = kept.get(`${app}/${name}`)
    if (present?.channel === channel) return present
    const bytes = JSON.stringify(pointerBodyOf(channel))
    const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 27)}"`
    const fresh = { channel, bytes, etag }
    kept.set(`${app}/${name}`, fresh)
    return fresh
  }

  return new Hono<Env>().get('/apps/:app/channels/:channel', (c) => {
    const { bytes, etag } = precomputed(c.req.param('app'), c.req.param('channel'))
    const headers = { ETag: etag, 'Cache-Control': 'public, max-age=5, stale-if-error=86400' }
    if (c.req.header('If-None-Match')?.split(/,\s*/).includes(etag)) return c.body(null, 304, headers)
    return c.body(bytes, 200, { ...headers, 'Content-Type': 'application/json' })
  })
}
