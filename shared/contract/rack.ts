/** Racks: their report, the decision they are answered with, and their attempts, as they cross the wire. */
import { z } from 'zod'
import { actions, motives } from '../domain/reasons.ts'
import { schemes } from '../domain/version.ts'
import { remedies, severities } from '../domain/yank.ts'
import { lifetimesShape } from './forecast.ts'
import { healthShape } from './health.ts'
import {
  holdShape,
  orderedHoldShape,
  orderedPinShape,
  ordersShape,
  outsideShape,
  pinShape,
} from './orders.ts'
import { pastBody } from './past.ts'
import { artifactShape } from './release.ts'
import { instant, reasonText, sha256, versionName } from './shapes.ts'

const underWayShape = z
  .object({
    id: z.uuid(),
    from: versionName.nullable(),
    target: versionName,
    motive: z.enum(motives),
    state: z.string().max(40),
    isConfirmed: z.boolean(),
  })
  .strict()

export const windowShape = z
  .object({
    start: z.string().min(1).max(200),
    minutes: z.number().int().min(1).max(10_080),
    zone: z.string().min(1).max(64),
    except: z.array(z.string().max(10)).max(400).optional(),
  })
  .strict()

/** `interrupted`: proved there, and nobody went back. */
const rehearsalOutcomes = ['proved', 'returned', 'stuck', 'interrupted'] as const

const barShape = z.object({ above: versionName, upTo: versionName }).strict()

/** What a rack says with every question. Orders that were given on the rack are part of it. */
export const rackReport = z
  .object({
    protocol: z.number().int(),
    agent: z.string().max(64),
    current: versionName.nullable(),
    platform: z.string().min(1).max(64),
    proved: z
      .array(z.object({ version: versionName, at: instant, parametersHold: z.boolean() }).strict())
      .max(20),
    pin: pinShape.optional(),
    hold: holdShape.optional(),
    outside: outsideShape.optional(),
    bar: barShape.optional(),
    failures: z
      .array(
        z.object({ target: versionName, count: z.number().int().min(1).max(1000), lastAt: instant }).strict(),
      )
      .max(20),
    attempt: underWayShape.optional(),
    isAligning: z.boolean().optional(),
    /** Gone there and back once on this rack, newest first: evidence for the pair. */
    rehearsals: z
      .array(
        z
          .object({
            from: versionName,
            to: versionName,
            outcome: z.enum(rehearsalOutcomes),
            at: instant,
          })
          .strict(),
      )
      .max(20)
      .optional(),
    /** Names of parameters that are no longer what was recorded with the version that runs. Never a value. */
    drifted: z.array(z.string().min(1).max(200)).max(100).optional(),
    apps: z.record(z.string().max(64), versionName).optional(),
    /** What its operator lets it take, and when. */
    window: windowShape.optional(),
    within: z.string().min(1).max(1000).optional(),
    minAgeMinutes: z.number().int().min(1).max(527_040).optional(),
    /** Left out where nothing is monitored. */
    health: healthShape.optional(),
    lifetimes: lifetimesShape.optional(),
    /** Made once for an installation on its machine: two that take turns under one name are copies. */
    installation: z.uuid().optional(),
    /** The newest that the rack has seen of this registry; a lower answer is stale. */
    seen: z.object({ revision: z.number().int().min(0), ledgerSequence: z.number().int().min(0) }).strict(),
  })
  .strict()
export type RackReport = z.infer<typeof rackReport>

export const decisionBody = z
  .object({
    app: z.string(),
    /** How its versions are ordered. */
    scheme: z.enum(schemes),
    channel: z.string(),
    rack: z.string().nullable(),
    current: versionName.nullable(),
    action: z.enum(actions),
    reason: z.string(),
    motive: z.enum(motives),
    target: z
      .object({
        version: versionName,
        artifact: artifactShape.nullable(),
        notes: z.string().nullable(),
        /** The oldest version to go back to from it: remembered, for when the registry cannot be asked. */
        floor: versionName.nullable(),
        /**
         * Its parameter contract, by name: what it declares (null: it does not say), and what it or the version that
         * runs masks. Null when neither says anything; registries before 0.2 leave it out.
         */
        parameters: z
          .object({ declared: z.array(z.string()).nullable(), masked: z.array(z.string()) })
          .nullable()
          .optional(),
      })
      .nullable(),
    /** Where the way leads, when the target is only a step on it. */
    destination: versionName.nullable(),
    until: instant.nullable(),
    askAgainSeconds: z.number().int(),
    detail: z.string(),
    advisories: z.array(
      z.object({
        id: z.string(),
        severity: z.enum(severities),
        remedy: z.enum(remedies),
        range: z.string(),
        reason: z.string(),
      }),
    ),
    revision: z.number().int(),
    ledgerSequence: z.number().int(),
    /** What was ordered from the registry, if anything is in force: the rack keeps it for when nobody answers. */
    orders: ordersShape.optional(),
    /** The registry's clock, by which everything above was decided; registries before 0.2 do not say. */
    answeredAt: instant.optional(),
    trace: z.array(z.object({ rule: z.string(), outcome: z.string(), detail: z.string() })).optional(),
    /** Of an answer as of an earlier time. */
    past: pastBody.optional(),
  })
  .meta({ id: 'Decision' })
export type DecisionBody = z.infer<typeof decisionBody>

export const enrollBody = z
  .object({
    rack: z.string().max(64),
    channel: z.string().max(64),
    platform: z.string().min(1).max(64),
    /** What was found installed, recorded as adopted. */
    current: versionName.nullable(),
    labels: z.record(z.string().max(64), z.string().max(200)).default({}),
    /** Channels that the rack may switch to by itself. */
    switchChannels: z.array(z.string().max(64)).max(50).default([]),
    /** Silent for so many hours in which the registry was receiving, it is retired. */
    ephemeralHours: z.number().int().min(1).max(8_760).nullable().default(null),
    /** Digest of the token that the rack made for itself. The same again is the same enrolment. */
    tokenSha256: sha256,
  })
  .strict()

export const enrolledBody = z
  .object({
    app: z.string(),
    rack: z.string(),
    rackKey: z.string(),
    channel: z.string(),
    expiresAt: instant,
    /** What a person's rollback barred on the rack that had this name before: its directory may be lost. */
    bar: barShape.optional(),
  })
  .meta({ id: 'Enrolled' })

export const rackBody = z
  .object({
    app: z.string(),
    rack: z.string(),
    rackKey: z.string(),
    channel: z.string(),
    platform: z.string(),
    labels: z.record(z.string(), z.string()),
    current: versionName.nullable(),
    proved: versionName.nullable(),
    lastSeenAt: instant.nullable(),
    enrolledAt: instant,
    enrolledBy: z.string(),
    adopted: versionName.nullable(),
    tokenExpiresAt: instant,
    /** It was imported, and has yet to be enrolled under its name. */
    isAwaited: z.boolean(),
    ephemeralHours: z.number().int().nullable(),
    pin: pinShape.nullable(),
    hold: holdShape.nullable(),
    /** What was ordered from the registry; `pin` and `hold` are the rack's own. */
    orders: z.object({ pin: orderedPinShape.nullable(), hold: orderedHoldShape.nullable() }),
    /** By the rack's own word, or by the registry's comparison of two check-ins. */
    outside: outsideShape.extend({ saidBy: z.enum(['rack', 'registry']) }).nullable(),
    attempt: underWayShape.nullable(),
    failures: z.array(z.object({ target: versionName, count: z.number().int(), lastAt: instant })),
    advisory: z.string().nullable(),
    /** As the rack said last; null: it monitors nothing. */
    health: healthShape.nullable(),
    /** Names of parameters that somebody changed since they were recorded. */
    drifted: z.array(z.string()),
  })
  .meta({ id: 'Rack' })
export type RackBody = z.infer<typeof rackBody>

/** A rack with its new orders, and what it was and will be told. */
export const orderedBody = z
  .object({ rack: rackBody, before: decisionBody, after: decisionBody, dryRun: z.boolean() })
  .meta({ id: 'OrderedRack' })
export type OrderedBody = z.infer<typeof orderedBody>

export const switchBody = z.object({ channel: z.string().max(64) }).strict()
export const forgetBody = z.object({ reason: reasonText }).strict()

export const startAttemptBody = z
  .object({
    /** Made by the rack; asking twice grants once. */
    id: z.uuid(),
    target: versionName,
    action: z.enum(['update', 'rollback']),
    motive: z.enum(motives),
    plan: z.record(z.string(), z.unknown()),
    report: rackReport,
  })
  .strict()
export type StartAttemptBody = z.input<typeof startAttemptBody>

export const grantBody = z
  .object({ id: z.string(), target: versionName, leaseExpiresAt: instant, ledgerSequence: z.number().int() })
  .meta({ id: 'Grant' })
export type GrantBody = z.infer<typeof grantBody>

const outcomes = ['proved', 'failed', 'returned', 'stuck', 'aborted'] as const

/** Progress and outcome, now or late. A rack that acted without the registry says so and describes its attempt. */
export const attemptReportBody = z
  .object({
    from: versionName.nullable(),
    target: versionName,
    action: z.enum(['update', 'rollback']),
    motive: z.enum([...motives, 'person']),
    reason: z.string().max(2000),
    startedAt: instant,
    events: z
      .array(
        z
          .object({
            index: z.number().int().min(0).max(10_000),
            at: instant,
            state: z.string().max(40),
            detail: z.string().max(2000),
          })
          .strict(),
      )
      .max(200),
    outcome: z.enum(outcomes).optional(),
    step: z.string().max(40).optional(),
    message: z.string().max(4000).optional(),
    /** What the failure cost beyond the update. */
    severity: z.literal('data-loss').optional(),
    log: z.array(z.string().max(2000)).max(100).optional(),
  })
  .strict()
export type AttemptReportBody = z.infer<typeof attemptReportBody>

export const attemptBody = z
  .object({
    id: z.string(),
    rack: z.string(),
    from: versionName.nullable(),
    target: versionName,
    action: z.string(),
    motive: z.string(),
    reason: z.string(),
    origin: z.enum(['granted', 'reported']),
    /** That it was granted under. */
    rollout: z.string().nullable(),
    state: z.string(),
    outcome: z.string().nullable(),
    step: z.string().nullable(),
    message: z.string().nullable(),
    grantedAt: instant,
    finishedAt: instant.nullable(),
    log: z.array(z.string()),
  })
  .meta({ id: 'Attempt' })
export type AttemptBody = z.infer<typeof attemptBody>
