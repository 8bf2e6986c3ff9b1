/** Releases, their contracts and routing facts, yanks and advisories, as they cross the wire. */
import { z } from 'zod'
import { gateNames } from '../domain/gates/verdict.ts'
import { remedies, severities } from '../domain/yank.ts'
import { changeBody, judgedPromotionBody, provedBody } from './app.ts'
import { concernedBody } from './concerned.ts'
import { proposalBody, releaseRecordBody } from './gates.ts'
import { pastBody } from './past.ts'
import { instant, orNull, reasonText, sha256, versionName } from './shapes.ts'
import { toldBody } from './told.ts'

export const artifactShape = z
  .object({
    platform: z
      .string()
      .regex(/^[a-z0-9][a-z0-9._/-]{0,62}$/, 'expected a platform such as linux/amd64, or any'),
    sha256,
    size: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
    url: z
      .url({ protocol: /^https?$/ })
      .max(2000)
      .optional(),
  })
  .strict()

const parameterDeclaration = z
  .object({
    type: z.string().max(100).optional(),
    default: z.string().max(10_000).optional(),
    masked: z.boolean().optional(),
    allowed: z.array(z.string().max(1000)).max(1000).optional(),
  })
  .strict()

const parameterContract = z
  .record(z.string().min(1).max(200), parameterDeclaration)
  .refine((contract) => Object.keys(contract).length <= 2000, 'at most 2000 parameters')

export const releaseSource = z
  .object({
    repository: z.string().max(500).optional(),
    commit: z.string().max(100).optional(),
    url: z.string().max(2000).optional(),
  })
  .strict()

export const publishBody = z
  .object({
    version: versionName,
    artifacts: z.array(artifactShape).max(100).default([]),
    notes: z.string().max(100_000).optional(),
    source: releaseSource.optional(),
    parameters: parameterContract.optional(),
    validUntil: instant.optional(),
    /** Undefined: every channel that takes builds as they are published. */
    channel: z.string().max(64).optional(),
    yanked: z.boolean().default(false),
    fixes: z.string().max(64).optional(),
  })
  .strict()
export type PublishBody = z.input<typeof publishBody>

const routingFacts = z
  .object({
    required: z.boolean().optional(),
    floor: versionName.optional(),
    requiresFrom: z.string().max(1000).optional(),
    requires: z.record(z.string().max(64), z.string().max(1000)).optional(),
    replacedBy: versionName.optional(),
    skippable: z.boolean().optional(),
  })
  .strict()

export const routeBody = z
  .object({
    routing: routingFacts,
    channels: z.array(z.string().max(64)).max(100).default([]),
    reason: reasonText,
  })
  .strict()

export const releaseBody = z
  .object({
    app: z.string(),
    version: versionName,
    readAs: z.string(),
    publishedAt: instant,
    recordedAt: instant,
    recordedBy: z.string(),
    artifacts: z.array(artifactShape),
    notes: z.string().nullable(),
    source: releaseSource.nullable(),
    validUntil: instant.nullable(),
    parameters: parameterContract.nullable(),
    routing: routingFacts,
    /** Channels that serve it now, and those that ever did. */
    headOf: z.array(z.string()),
    servedOn: z.array(z.string()),
    awaitedOn: z.array(z.string()),
    yank: z.string().nullable(),
    fixes: z.string().nullable(),
  })
  .meta({ id: 'Release' })
export type ReleaseBody = z.infer<typeof releaseBody>

export const releaseSummary = releaseBody
  .pick({ version: true, publishedAt: true, headOf: true, servedOn: true, yank: true, routing: true })
  .extend({ racks: z.number().int() })
  .meta({ id: 'ReleaseSummary' })
export type ReleaseSummary = z.infer<typeof releaseSummary>

export const releaseDetail = releaseBody
  .extend({
    racks: z.array(z.string()),
    proved: z.array(provedBody),
    /** For each channel that this release could go to next. */
    promotions: z.array(judgedPromotionBody),
    /** Promotions of it past gates that did not pass, newest first in each channel. */
    overrides: z.array(
      z.object({
        channel: z.string(),
        gates: z.array(z.enum(gateNames)),
        at: instant,
        actor: z.string(),
        reason: z.string().nullable(),
      }),
    ),
    /** What was said of it since it was published. */
    record: releaseRecordBody,
    /** Of an answer as of an earlier time. */
    past: pastBody.optional(),
  })
  .meta({ id: 'ReleaseDetail' })
export type ReleaseDetail = z.infer<typeof releaseDetail>

export const publishedBody = z
  .object({
    release: releaseBody,
    isNew: z.boolean(),
    dryRun: z.boolean(),
    moved: z.array(z.object({ channel: z.string(), revision: z.number().int() })),
    skipped: z.array(z.object({ channel: z.string(), why: z.string() })),
  })
  .meta({ id: 'Published' })
export type PublishedBody = z.infer<typeof publishedBody>

export const diffBody = z
  .object({ app: z.string(), changes: z.array(changeBody) })
  .meta({ id: 'ParameterDiff' })

export const yankBody = z
  .object({
    range: z.string().min(1).max(20_000),
    severity: z.enum(severities),
    remedy: z.enum(remedies),
    to: versionName.optional(),
    reason: reasonText,
    /** Up to ten racks go at once instead of one, a tenth, all; more of them when a second person opens all waves. */
    allAtOnce: z.boolean().default(false),
  })
  .strict()

/** A rack that runs what was withdrawn, and what it is told if it asks now. */
const toldRack = toldBody.extend({ rack: z.string(), channel: z.string(), current: versionName })

export const advisoryBody = z
  .object({
    app: z.string(),
    id: z.string(),
    range: z.string(),
    severity: z.enum(severities),
    remedy: z.enum(remedies),
    /** Which moves the racks on it; null where they stay. */
    rollout: z.string().nullable(),
    to: versionName.nullable(),
    reason: z.string(),
    at: instant,
    actor: z.string(),
    dryRun: z.boolean(),
    /** The releases that it withdraws, in version order. */
    versions: z.array(versionName),
    /** Channels that fell back, and to what. */
    fallbacks: z.array(z.object({ channel: z.string(), version: versionName.nullable() })),
    racksOn: z.array(toldRack),
    /** Racks that ran it when it was withdrawn or later, and run something else now. */
    racksGone: z.array(z.object({ rack: z.string(), from: versionName, current: versionName.nullable() })),
    /** Withdrawn itself: what it names may go on. */
    lifted: z.object({ at: instant, actor: z.string(), reason: z.string() }).nullable(),
  })
  .meta({ id: 'Advisory' })
export type AdvisoryBody = z.infer<typeof advisoryBody>

/** A yank as it is answered, with whom it concerns. */
export const yankedBody = advisoryBody.extend({ concerned: concernedBody }).meta({ id: 'Yanked' })
export type YankedBody = z.infer<typeof yankedBody>

/** A yank lifted, or the proposal that waits for the approvals of the channels that served what it withdrew. */
export const liftedBody = z
  .object({
    app: z.string(),
    advisory: advisoryBody,
    proposal: orNull(proposalBody),
    /** The racks that run what was withdrawn, and what they are told from then on. */
    concerned: concernedBody,
    dryRun: z.boolean(),
  })
  .meta({ id: 'Lifted' })
export type LiftedBody = z.infer<typeof liftedBody>

export const importRow = z
  .object({
    version: versionName,
    publishedAt: instant.optional(),
    notes: z.string().max(100_000).optional(),
    source: releaseSource.optional(),
    required: z.boolean().optional(),
    floor: versionName.optional(),
    parameters: parameterContract.optional(),
    artifacts: z
      .array(artifactShape.required({ url: true }))
      .max(100)
      .optional(),
    channels: z.array(z.string().max(64)).max(50).optional(),
  })
  .strict()
export type ImportRow = z.infer<typeof importRow>

/** Rows are parsed one by one, so that a bad one is refused by name and the others are taken. */
export const importBody = z.object({ rows: z.array(z.unknown()).min(1).max(200) }).strict()

export const importReport = z
  .object({
    app: z.string(),
    dryRun: z.boolean(),
    taken: z.number().int(),
    present: z.number().int(),
    /** Names that were read otherwise than they are written. */
    tidied: z.array(z.object({ version: z.string(), readAs: z.string() })),
    yanked: z.array(z.object({ version: z.string(), advisory: z.string() })),
    moved: z.array(z.object({ version: z.string(), channel: z.string() })),
    notMoved: z.array(z.object({ version: z.string(), channel: z.string(), why: z.string() })),
    refused: z.array(
      z.object({ row: z.number().int(), version: z.string().nullable(), code: z.string(), why: z.string() }),
    ),
  })
  .meta({ id: 'ImportReport' })
export type ImportReport = z.infer<typeof importReport>
