/** What is said of a release after it was published: evidence, ticks, objections and answers, known issues. */
import { createRoute, z } from '@hono/zod-openapi'
import {
  addEvidenceBody,
  answerBody,
  knownIssueBody,
  objectBody,
  releaseRecordBody,
  tickBody,
} from '../../shared/contract/gates.ts'
import { appParam, versionParam } from '../../shared/contract/shapes.ts'
import type { CommandContext } from '../../shared/domain/commands/command.ts'
import {
  addEvidence,
  answerObjection,
  nameKnownIssue,
  raiseObjection,
  tickItem,
} from '../../shared/domain/commands/release-record.ts'
import type { LedgerEvent } from '../../shared/domain/events.ts'
import { Problem } from '../../shared/domain/problem.ts'
import { findApp, findRelease, type State } from '../../shared/domain/state.ts'
import { requirePermission } from '../access/credentials.ts'
import { may } from '../middleware/authenticate.ts'
import type { Registry } from '../registry.ts'
import { withoutUndefined } from './content.ts'
import { recordBodyOf } from './gate-bodies.ts'
import { answers, body, routes, type Writing, writeQuery, writing } from './route.ts'

const postEvidence = createRoute({
  method: 'post',
  path: '/apps/{app}/releases/{version}/evidence',
  tags: ['releases'],
  summary: 'Record that something was tried with this release, and how it ended',
  middleware: [may('addEvidence')] as const,
  request: { params: versionParam, query: writeQuery, body: body(addEvidenceBody) },
  responses: answers(releaseRecordBody, 'What is said of the release'),
})

const postTick = createRoute({
  method: 'post',
  path: '/apps/{app}/releases/{version}/ticks',
  tags: ['releases'],
  summary: "Tick an item of a channel's checklist for this release",
  middleware: [may('read')] as const,
  request: { params: versionParam, query: writeQuery, body: body(tickBody) },
  responses: answers(releaseRecordBody, 'What is said of the release'),
})

const postObjection = createRoute({
  method: 'post',
  path: '/apps/{app}/releases/{version}/objections',
  tags: ['releases'],
  summary: 'Object to a release: no channel takes it until somebody answers',
  middleware: [may('object')] as const,
  request: { params: versionParam, query: writeQuery, body: body(objectBody) },
  responses: answers(releaseRecordBody, 'What is said of the release'),
})

const postAnswer = createRoute({
  method: 'post',
  path: '/apps/{app}/objections/{objection}/answer',
  tags: ['releases'],
  summary: 'Answer an objection',
  middleware: [may('attest')] as const,
  request: {
    params: appParam.extend({ objection: z.string().min(1).max(64) }),
    query: writeQuery,
    body: body(answerBody),
  },
  responses: answers(releaseRecordBody, 'What is said of the release'),
})

const postKnownIssue = createRoute({
  method: 'post',
  path: '/apps/{app}/releases/{version}/known-issues',
  tags: ['releases'],
  summary: 'Name a cause of failures that is understood: it is shown and no longer counted',
  middleware: [may('attest')] as const,
  request: { params: versionParam, query: writeQuery, body: body(knownIssueBody) },
  responses: answers(releaseRecordBody, 'What is said of the release'),
})

type Decide = (state: State, context: CommandContext) => LedgerEvent[]

export function releaseRecordRoutes(registry: Registry) {
  const { ledger, clock, blobs } = registry

  function record(write: Writing, { app, version }: { app: string; version: string }, decide: Decide) {
    const { isDryRun } = write
    return ledger.record({
      ...write,
      decide,
      answer: (after) =>
        recordBodyOf(app, findRelease(findApp(after, app), version), { now: clock(), isDryRun }),
    })
  }

  /** The report's bytes are kept beside the artifacts, and are there before anything points at them. */
  async function requireFile(file: { sha256: string; size: number } | undefined): Promise<void> {
    if (!file) return
    const stored = await blobs.stat(file.sha256)
    if (stored?.size === file.size) return
    throw new Problem(
      stored ? 'digest_mismatch' : 'artifact_not_found',
      stored
        ? `The file ${file.sha256} has ${stored.size} bytes, the evidence says ${file.size}.`
        : `The file ${file.sha256} is not here; send it before the evidence that names it.`,
      {
        hint: 'headgate evidence add NAME --app APP --release VERSION --outcome pass --file FILE sends both',
      },
    )
  }

  return routes()
    .openapi(postEvidence, async (c) => {
      const release = c.req.valid('param')
      const { name, outcome, ...given } = c.req.valid('json')
      await requireFile(given.file)
      const input = { ...release, name, outcome, ...withoutUndefined(given) }
      return c.json(
        await record(writing(c, input), release, (state, context) => addEvidence(state, input, context)),
        200,
      )
    })
    .openapi(postTick, async (c) => {
      const release = c.req.valid('param')
      const input = { ...release, ...c.req.valid('json') }
      // The checklist is the channel's: a credential of another channel has no word in it.
      requirePermission(c.get('credential'), 'attest', { app: release.app, channel: input.channel })
      return c.json(
        await record(writing(c, input), release, (state, context) => tickItem(state, input, context)),
        200,
      )
    })
    .openapi(postObjection, async (c) => {
      const release = c.req.valid('param')
      const input = { ...release, ...c.req.valid('json') }
      return c.json(
        await record(writing(c, input), release, (state, context) => raiseObjection(state, input, context)),
        200,
      )
    })
    .openapi(postAnswer, async (c) => {
      const { app, objection } = c.req.valid('param')
      const input = { app, objection, ...c.req.valid('json') }
      const version = findApp(ledger.state, app).objections.get(objection) ?? ''
      return c.json(
        await record(writing(c, input), { app, version }, (state, context) =>
          answerObjection(state, input, context),
        ),
        200,
      )
    })
    .openapi(postKnownIssue, async (c) => {
      const release = c.req.valid('param')
      const input = { ...release, ...c.req.valid('json') }
      return c.json(
        await record(writing(c, input), release, (state, context) => nameKnownIssue(state, input, context)),
        200,
      )
    })
}
