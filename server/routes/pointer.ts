/** The channel's pointer: the same bytes for every reader, precomputed, with an ETag that any cache may keep. */
import { createHash } from 'node:crypto'
import { Hono } from 'hono'
import type { ChannelState } from '../../shared/domain/channel.ts'
import type { RolloutPlan } from '../../shared/domain/rollout.ts'
import { findApp, findChannel } from '../../shared/domain/state.ts'
import type { Env } from '../middleware/environment.ts'
import type { Registry } from '../registry.ts'
import { plannedRolloutOf, pointerBodyOf } from './channel-bodies.ts'
import { isKnown } from './etag.ts'

interface Precomputed {
  readonly channel: ChannelState
  readonly plan: RolloutPlan | undefined
  readonly bytes: string
  readonly etag: string
}

export interface PointerAnswer {
  readonly status: 200 | 304
  readonly bytes: string | null
  readonly headers: Readonly<Record<string, string>>
}

const cacheControl = 'public, max-age=5, stale-if-error=86400'

/** The whole answer, apart from the transport. Raises `app_not_found` or `channel_not_found`. */
export function createPointers({ ledger }: Registry) {
  const kept = new Map<string, Precomputed>()

  /**
   * A channel's state is a value, and so is the plan of its rollout: new ones are new objects, and nothing else makes the bytes
   * stale. That waves open is not told, so it makes nobody ask again.
   */
  function precomputed(appName: string, name: string): Precomputed {
    const app = findApp(ledger.state, appName)
    const channel = findChannel(app, name)
    const rollout = plannedRolloutOf(app, channel)
    const plan = rollout?.plan
    const present = kept.get(`${appName}/${name}`)
    if (present?.channel === channel && present.plan === plan) return present
    const bytes = JSON.stringify(pointerBodyOf(channel, rollout))
    const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 27)}"`
    const fresh = { channel, plan, bytes, etag }
    kept.set(`${appName}/${name}`, fresh)
    return fresh
  }

  return (app: string, name: string, ifNoneMatch: string | undefined): PointerAnswer => {
    const { bytes, etag } = precomputed(app, name)
    const headers = { ETag: etag, 'Cache-Control': cacheControl }
    if (isKnown(ifNoneMatch, etag)) return { status: 304, bytes: null, headers }
    return { status: 200, bytes, headers: { ...headers, 'Content-Type': 'application/json' } }
  }
}

export function pointerRoutes(registry: Registry) {
  const answer = createPointers(registry)
  return new Hono<Env>().get('/apps/:app/channels/:channel', (c) => {
    const { app, channel } = c.req.param()
    const { bytes, headers } = answer(app, channel, c.req.header('If-None-Match'))
    return bytes === null ? c.body(null, 304, { ...headers }) : c.body(bytes, 200, { ...headers })
  })
}
