/** Channels: the cacheable pointer, what it says about itself, and the decision for whoever asks with curl. */
import { createRoute, z } from '@hono/zod-openapi'
import { channelBody, channelDetail, createChannelBody, historyEntryBody } from '../../shared/contract/app.ts'
import { decisionBody } from '../../shared/contract/rack.ts'
import { appParam, channelParam, versionName } from '../../shared/contract/shapes.ts'
import { type ChannelState, historyOf } from '../../shared/domain/channel.ts'
import { createChannel } from '../../shared/domain/commands/app.ts'
import type { Trace } from '../../shared/domain/decide.ts'
import { anyPlatform } from '../../shared/domain/release.ts'
import { findApp, findChannel } from '../../shared/domain/state.ts'
import { orderKey } from '../../shared/domain/version.ts'
import { requirePermission } from '../access/credentials.ts'
import { type Answered, decisionBodyOf } from '../fleet/decision-body.ts'
import { factsOfAdopted } from '../fleet/read-report.ts'
import { isRackItself, may } from '../middleware/authenticate.ts'
import type { Registry } from '../registry.ts'
import { channelBodyOf, historyEntryBodyOf } from './channel-bodies.ts'
import { channelDetailOf } from './channel-detail.ts'
import { withoutUndefined } from './content.ts'
import { pastChannel } from './past-answers.ts'
import { answers, atQuery, body, listQuery, pageOf, routes, writeQuery, writing } from './route.ts'

const listChannels = createRoute({
  method: 'get',
  path: '/apps/{app}/channels',
  tags: ['channels'],
  summary: 'List the channels of an app',
  middleware: [may('read')] as const,
  request: { params: appParam },
  responses: answers(z.object({ channels: z.array(channelBody) }), 'The channels'),
})

const postChannel = createRoute({
  method: 'post',
  path: '/apps/{app}/channels',
  tags: ['channels'],
  summary: 'Create a channel',
  middleware: [may('createChannel')] as const,
  request: { params: appParam, query: writeQuery, body: body(createChannelBody) },
  responses: answers(channelBody, 'The channel'),
})

const showChannel = createRoute({
  method: 'get',
  path: '/apps/{app}/channels/{channel}/details',
  tags: ['channels'],
  summary:
    'Show a channel: its policy, its racks, what waits, and what its gates say to the release that is next',
  middleware: [may('read')] as const,
  request: { params: channelParam, query: atQuery },
  responses: answers(channelDetail, 'The channel'),
})

const showHistory = createRoute({
  method: 'get',
  path: '/apps/{app}/channels/{channel}/history',
  tags: ['channels'],
  summary: 'How the channel came to its head, newest first',
  middleware: [may('read')] as const,
  request: { params: channelParam, query: listQuery },
  responses: answers(
    z.object({ entries: z.array(historyEntryBody), next: z.string().nullable() }),
    'A page of the history',
  ),
})

const showDecision = createRoute({
  method: 'get',
  path: '/apps/{app}/channels/{channel}/decision',
  tags: ['channels'],
  summary: 'What a rack of this channel that runs `current` should do now',
  middleware: [may('readApp')] as const,
  request: {
    params: channelParam,
    query: z.strictObject({
      current: versionName.optional(),
      platform: z.string().max(64).optional(),
      rack: z.string().max(64).optional(),
      trace: z.enum(['true', 'false']).optional(),
    }),
  },
  responses: answers(decisionBody, 'The decision'),
})

interface Asked {
  readonly current?: string | undefined
  readonly platform?: string | undefined
  readonly rack?: string | undefined
}

export function channelRoutes(registry: Registry) {
  const { ledger, fleet } = registry

  /** A rack of that name is decided for as it is known; what the question says about it comes before that. */
  function decideAsked(channel: ChannelState, asked: Asked, trace: Trace | undefined): Answered {
    const app = findApp(ledger.state, channel.app)
    if (asked.current !== undefined) orderKey(app.scheme, asked.current)
    const known = asked.rack === undefined ? undefined : fleet.index.byName(channel.app, asked.rack)
    const facts =
      known?.facts ?? factsOfAdopted(asked.rack ?? 'anonymous', asked.platform ?? anyPlatform, null)
    const { current = facts.current, platform = facts.platform } = asked
    return fleet.decideForStranger(channel, { ...facts, current, platform }, trace)
  }

  return routes()
    .openapi(listChannels, (c) => {
      const app = findApp(ledger.state, c.req.valid('param').app)
      const channels = [...app.channels.values()].map((channel) =>
        channelBodyOf(registry, ledger.state, channel),
      )
      return c.json({ channels }, 200)
    })
    .openapi(postChannel, async (c) => {
      const { app } = c.req.valid('param')
      const { channel, from, policy } = c.req.valid('json')
      const input = {
        app,
        channel,
        ...(from !== undefined && { from }),
        ...(policy && { policy: withoutUndefined(policy) }),
      }
      const answer = await ledger.record({
        ...writing(c, input),
        decide: (state, context) => createChannel(state, input, context),
        answer: (after) => channelBodyOf(registry, after, findChannel(findApp(after, app), channel)),
      })
      return c.json(answer, 200)
    })
    .openapi(showChannel, async (c) => {
      const { app, channel } = c.req.valid('param')
      const { at } = c.req.valid('query')
      if (at !== undefined) return c.json(await pastChannel(registry, { app, channel }, Date.parse(at)), 200)
      return c.json(await channelDetailOf(registry, findChannel(findApp(ledger.state, app), channel)), 200)
    })
    .openapi(showHistory, (c) => {
      const { app: name, channel } = c.req.valid('param')
      const app = findApp(ledger.state, name)
      const entries = [...historyOf(findChannel(app, channel))]
      const page = pageOf(entries, (entry) => String(entry.revision), c.req.valid('query'))
      return c.json(
        { entries: page.items.map((entry) => historyEntryBodyOf(app, entry)), next: page.next },
        200,
      )
    })
    .openapi(showDecision, (c) => {
      const { app, channel } = c.req.valid('param')
      const asked = c.req.valid('query')
      // Another rack's pins and failures would show in the answer.
      const credential = c.get('credential')
      if (asked.rack !== undefined && !isRackItself(credential, app, asked.rack))
        requirePermission(credential, 'askForRack', { app, channel })
      const trace: Trace | undefined = asked.trace === 'true' ? [] : undefined
      const answered = decideAsked(findChannel(findApp(ledger.state, app), channel), asked, trace)
      return c.json(decisionBodyOf(answered), 200)
    })
}
