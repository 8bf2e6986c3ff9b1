/** Releases: publish, look at, compare, and set routing facts. */
import { createHash } from 'node:crypto'
import { createRoute, z } from '@hono/zod-openapi'
import {
  diffBody,
  publishBody,
  publishedBody,
  releaseBody,
  releaseDetail,
  releaseSummary,
  routeBody,
} from '../../shared/contract/release.ts'
import { appParam, versionName, versionParam } from '../../shared/contract/shapes.ts'
import { movesOnPublish } from '../../shared/domain/commands/moves-on-publish.ts'
import { publishRelease, routeRelease } from '../../shared/domain/commands/release.ts'
import type { LedgerEvent } from '../../shared/domain/events.ts'
import { foldEvents } from '../../shared/domain/fold.ts'
import { contractOf } from '../../shared/domain/gates/release-gates.ts'
import { diffParameters } from '../../shared/domain/parameters.ts'
import { Problem } from '../../shared/domain/problem.ts'
import type { ReleaseState } from '../../shared/domain/release.ts'
import { type AppState, findApp, findChannel, findRelease, forkState } from '../../shared/domain/state.ts'
import { canonicalJson } from '../../shared/trust/canonical-json.ts'
import { requirePermission } from '../access/credentials.ts'
import { may } from '../middleware/authenticate.ts'
import type { Registry } from '../registry.ts'
import { changeBodiesOf } from './channel-bodies.ts'
import { contentOf, withoutUndefined } from './content.ts'
import { recordBodyOf } from './gate-bodies.ts'
import { isAhead, judgedPromotion } from './judged-promotion.ts'
import { pastRelease } from './past-answers.ts'
import { provedOn } from './proved.ts'
import { overridesOf, releaseBodyOf, releaseSummaryOf, releasesInOrder } from './release-bodies.ts'
import { answers, atQuery, body, listQuery, pageOf, routes, writeQuery, writing } from './route.ts'

const listReleases = createRoute({
  method: 'get',
  path: '/apps/{app}/releases',
  tags: ['releases'],
  summary: 'List the releases, newest version first',
  middleware: [may('read')] as const,
  request: { params: appParam, query: listQuery.extend({ channel: z.string().max(64).optional() }) },
  responses: answers(
    z.object({ releases: z.array(releaseSummary), next: z.string().nullable() }),
    'A page of releases',
  ),
})

const postRelease = createRoute({
  method: 'post',
  path: '/apps/{app}/releases',
  tags: ['releases'],
  summary: 'Publish a release',
  middleware: [may('publish')] as const,
  request: { params: appParam, query: writeQuery, body: body(publishBody) },
  responses: answers(publishedBody, 'The release, and the channels that follow it'),
})

const showRelease = createRoute({
  method: 'get',
  path: '/apps/{app}/releases/{version}',
  tags: ['releases'],
  summary: 'Show a release: what is in it, where it is served, who proved it',
  middleware: [may('read')] as const,
  request: { params: versionParam, query: atQuery },
  responses: answers(releaseDetail, 'The release'),
})

const postRouting = createRoute({
  method: 'post',
  path: '/apps/{app}/releases/{version}/routing',
  tags: ['releases'],
  summary: 'Set routing facts of a release',
  middleware: [may('route')] as const,
  request: { params: versionParam, query: writeQuery, body: body(routeBody) },
  responses: answers(releaseBody, 'The release'),
})

const showDiff = createRoute({
  method: 'get',
  path: '/apps/{app}/diff',
  tags: ['releases'],
  summary: 'Parameter changes from one release to another, or over the whole history in version order',
  middleware: [may('read')] as const,
  request: {
    params: appParam,
    query: z.strictObject({
      from: versionName.optional(),
      to: versionName.optional(),
      history: z.enum(['true', 'false']).optional(),
    }),
  },
  responses: answers(diffBody, 'The changes'),
})

export function releaseRoutes(registry: Registry) {
  const { ledger, fleet, store, clock } = registry

  function racksOn(app: AppState): Map<string, string[]> {
    const racks = new Map<string, string[]>()
    for (const { facts, row } of fleet.index.ofApp(app.name)) {
      if (facts.current !== undefined)
        racks.set(facts.current, [...(racks.get(facts.current) ?? []), row.name])
    }
    return racks
  }

  /** The channels that this release could be promoted to, with what their gates say now. */
  function promotionsOf(app: AppState, release: ReleaseState) {
    const channels = [...app.channels.values()].filter(
      (channel) => channel.from !== undefined && isAhead(app, channel, release),
    )
    return Promise.all(channels.map((channel) => judgedPromotion(registry, app, channel, release)))
  }

  return routes()
    .openapi(listReleases, (c) => {
      const app = findApp(ledger.state, c.req.valid('param').app)
      const { channel, ...page } = c.req.valid('query')
      if (channel !== undefined) findChannel(app, channel)
      const releases = releasesInOrder(app).filter(
        (release) => channel === undefined || release.servedOn[channel] !== undefined,
      )
      const { items, next } = pageOf(releases, (release) => release.version, page)
      const racks = racksOn(app)
      return c.json(
        {
          releases: items.map((release) =>
            releaseSummaryOf(app, release, racks.get(release.version)?.length ?? 0),
          ),
          next,
        },
        200,
      )
    })
    .openapi(postRelease, async (c) => {
      const { app } = c.req.valid('param')
      const given = c.req.valid('json')
      const credential = c.get('credential')
      const digest =
        given.parameters && createHash('sha256').update(canonicalJson(given.parameters)).digest('hex')
      const content = contentOf(given, digest)
      for (const { sha256, url, size } of content.artifacts)
        if (url === undefined) await requireArtifact(registry, sha256, size)
      const { version, channel, yanked, fixes } = given
      const contract = given.parameters && digest ? { digest, parameters: given.parameters } : undefined
      const write = writing(c, given)
      let skipped: { channel: string; why: string }[] = []
      const answer = await ledger.record({
        ...write,
        decide: (state, context) => {
          const published = publishRelease(
            state,
            { app, version, content, yanked, via: 'publish', ...withoutUndefined({ contract, fixes }) },
            context,
          )
          const after = foldEvents(forkState(state), published)
          const moves = movesOnPublish(after, { app, version, ...withoutUndefined({ channel }) }, context)
          skipped = moves.skipped
          for (const head of headsIn(moves.events))
            requirePermission(credential, 'moveUnstable', { app, channel: head })
          return [...published, ...moves.events]
        },
        answer: (after, events) => ({
          release: releaseBodyOf(findApp(after, app), findRelease(findApp(after, app), version)),
          isNew: events.some((event) => event.type === 'release.published'),
          dryRun: write.isDryRun,
          moved: headsIn(events).map((head) => ({
            channel: head,
            revision: findChannel(findApp(after, app), head).revision,
          })),
          skipped,
        }),
      })
      return c.json(answer, 200)
    })
    .openapi(showRelease, async (c) => {
      const { app: name, version } = c.req.valid('param')
      const { at } = c.req.valid('query')
      if (at !== undefined)
        return c.json(await pastRelease(registry, { app: name, version }, Date.parse(at)), 200)
      const app = findApp(ledger.state, name)
      const release = findRelease(app, version)
      const channels = [...app.channels.values()]
      const proved = await Promise.all(
        channels.map((channel) => provedOn(store, fleet, name, channel.name, version)),
      )
      return c.json(
        {
          ...releaseBodyOf(app, release),
          racks: racksOn(app).get(version) ?? [],
          proved: proved.filter((one) => one.proved.length + one.failed.length + one.running.length > 0),
          promotions: await promotionsOf(app, release),
          overrides: overridesOf(app, version),
          record: recordBodyOf(name, release, { now: clock(), isDryRun: false }),
        },
        200,
      )
    })
    .openapi(postRouting, async (c) => {
      const { app, version } = c.req.valid('param')
      const { routing, channels, reason } = c.req.valid('json')
      const input = { app, version, routing: withoutUndefined(routing), channels, reason }
      const answer = await ledger.record({
        ...writing(c, input),
        decide: (state, context) => routeRelease(state, input, context),
        answer: (after) => releaseBodyOf(findApp(after, app), findRelease(findApp(after, app), version)),
      })
      return c.json(answer, 200)
    })
    .openapi(showDiff, (c) => {
      const app = findApp(ledger.state, c.req.valid('param').app)
      const { from, to, history } = c.req.valid('query')
      if (history === 'true') return c.json({ app: app.name, changes: changesOverHistory(app) }, 200)
      if (from === undefined || to === undefined) {
        throw new Problem(
          'invalid_input',
          'A difference is between two releases (from and to), or over the whole history (history=true).',
        )
      }
      const changes = diffParameters(
        contractOf(app, findRelease(app, from)),
        contractOf(app, findRelease(app, to)),
      )
      return c.json({ app: app.name, changes: changeBodiesOf(from, to, changes) }, 200)
    })
}

function changesOverHistory(app: AppState) {
  const releases = releasesInOrder(app).reverse()
  return releases.flatMap((release, index) => {
    const before = releases[index - 1]
    if (!before || before.content.contract === release.content.contract) return []
    return changeBodiesOf(
      before.version,
      release.version,
      diffParameters(contractOf(app, before), contractOf(app, release)),
    )
  })
}

/** The channels whose head moves. */
function headsIn(events: readonly LedgerEvent[]): string[] {
  return events.flatMap((event) => (event.type === 'channel.promoted' ? [event.channel] : []))
}

/** A hosted artifact has to be here, and as large as it is said to be, before a release may name it. */
async function requireArtifact({ blobs }: Registry, sha256: string, size: number): Promise<void> {
  const stored = await blobs.stat(sha256)
  if (!stored) {
    throw new Problem(
      'artifact_not_found',
      `The artifact ${sha256} is not here; upload it before the release that names it.`,
      {
        hint: 'headgate release publish VERSION --app APP --artifact FILE uploads and publishes',
      },
    )
  }
  if (stored.size === size) return
  throw new Problem(
    'digest_mismatch',
    `The artifact ${sha256} has ${stored.size} bytes, the release says ${size}.`,
    {
      numbers: { expected: size, got: stored.size },
    },
  )
}
