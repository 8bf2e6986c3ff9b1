/** Gates, proposals, policies and what is said of releases, as they cross the wire. */
import { z } from 'zod'
import { gateNames } from '../domain/gates/verdict.ts'
import { rolloutPolicyBody } from './rollout.ts'
import { instant, orNull, reasonText, sha256, versionName } from './shapes.ts'
import { toldBody } from './told.ts'

const noteText = z.string().trim().min(1).max(2000)
const recordName = z.string().min(1).max(63)

export const verdictBody = z
  .object({
    gate: z.enum(gateNames),
    outcome: z.enum(['pass', 'fail', 'waiting']),
    needs: z.enum(['time', 'data', 'person']).optional(),
    detail: z.string(),
    numbers: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
    since: instant.optional(),
    until: instant.optional(),
    hint: z.string().optional(),
  })
  .meta({ id: 'Verdict' })
export type VerdictBody = z.infer<typeof verdictBody>

const gatePolicyBody = z
  .object({
    artifacts: z.boolean().optional(),
    coverage: z.boolean().optional(),
    soak: z
      .object({
        minRacks: z.number().int().min(1).max(10_000),
        soakMinutes: z.number().int().min(1).max(527_040),
        dwell: z.boolean().optional(),
      })
      .strict()
      .optional(),
    failures: z
      .object({ maxFailed: z.number().int().min(0).max(1_000_000), percent: z.number().min(0).max(100) })
      .strict()
      .optional(),
    evidence: z
      .array(z.object({ name: recordName, maxAgeHours: z.number().int().min(1).max(87_840) }).strict())
      .max(50)
      .readonly()
      .optional(),
    checklist: z
      .array(z.object({ item: recordName, text: z.string().trim().min(1).max(500) }).strict())
      .max(100)
      .readonly()
      .optional(),
    lifetime: z
      .object({ minRemainingDays: z.number().int().min(1).max(3_660) })
      .strict()
      .optional(),
    approvals: z
      .object({ count: z.number().int().min(0).max(20), role: z.enum(['maintainer', 'admin']) })
      .strict()
      .optional(),
  })
  .strict()
  .meta({ id: 'GatePolicy' })

export const policyBody = z
  .object({
    promoteOnPublish: z.boolean(),
    checkSeconds: z.number().int().min(5).max(86_400),
    gates: gatePolicyBody,
    /** Undefined: a new head reaches every rack at once. */
    rollout: rolloutPolicyBody.optional(),
  })
  .strict()
  .meta({ id: 'ChannelPolicy' })

const approvalBody = z.object({
  actor: z.string(),
  role: z.string(),
  at: instant,
  note: z.string().nullable(),
  /** Why it no longer counts. */
  lapsed: z.object({ gate: z.string(), at: instant, detail: z.string() }).nullable(),
})

export const proposalBody = z
  .object({
    app: z.string(),
    id: z.string(),
    wish: z.enum(['promote', 'policy', 'unyank']),
    channel: z.string().nullable(),
    version: versionName.nullable(),
    advisory: z.string().nullable(),
    policy: orNull(policyBody),
    standing: z.enum(['open', 'enacted', 'rejected', 'stale']),
    detail: z.string(),
    at: instant,
    actor: z.string(),
    reason: z.string().nullable(),
    whenReady: z.boolean(),
    approvals: z.array(approvalBody),
    closedAt: instant.nullable(),
    /** Of an open proposal, as the gates stand now. */
    verdicts: z.array(verdictBody),
    dryRun: z.boolean(),
  })
  .meta({ id: 'Proposal' })
export type ProposalBody = z.infer<typeof proposalBody>

export const approveBody = z.object({ note: noteText.optional() }).strict()
export const rejectBody = z.object({ reason: reasonText }).strict()

export const setPolicyBody = z.object({ policy: policyBody, reason: reasonText }).strict()

/** What a policy would change: decisions of racks, gates of proposals. */
export const policyChangeBody = z
  .object({
    app: z.string(),
    channel: z.string(),
    policy: policyBody,
    policyRevision: z.number().int(),
    /** Null when it is in force at once. */
    proposal: z.string().nullable(),
    dryRun: z.boolean(),
    proposals: z.array(
      z.object({
        id: z.string(),
        version: versionName,
        before: z.array(verdictBody),
        after: z.array(verdictBody),
        /** Every gate would pass, and it carries itself out: it is a promotion at once. */
        isCarriedOut: z.boolean(),
      }),
    ),
    /** Racks of the channel and of its feeder that would be told something else. */
    decisions: z.object({
      asked: z.number().int(),
      changed: z.number().int(),
      /** Of those that change, the first ones by name. */
      racks: z.array(z.object({ rack: z.string(), channel: z.string(), before: toldBody, after: toldBody })),
    }),
  })
  .meta({ id: 'PolicyChange' })
export type PolicyChangeBody = z.infer<typeof policyChangeBody>

/** A policy tried on what was promoted before: which of it would have waited, and where. */
export const policyTestBody = z
  .object({
    app: z.string(),
    channel: z.string(),
    policy: policyBody,
    /** What racks have shown is counted now: a gate that asks them may have been open then. */
    racksCountedAt: instant,
    promotions: z.array(
      z.object({
        version: versionName,
        at: instant,
        outcome: z.enum(['pass', 'fail', 'waiting']),
        open: z.array(verdictBody),
      }),
    ),
  })
  .meta({ id: 'PolicyTest' })
export type PolicyTestBody = z.infer<typeof policyTestBody>

export const evidenceBody = z
  .object({
    app: z.string(),
    version: versionName,
    name: z.string(),
    outcome: z.enum(['pass', 'fail']),
    from: versionName.nullable(),
    url: z.string().nullable(),
    file: z.object({ sha256, size: z.number().int() }).nullable(),
    note: z.string().nullable(),
    actor: z.string(),
    at: instant,
    ageSeconds: z.number().int(),
  })
  .meta({ id: 'Evidence' })
export type EvidenceBody = z.infer<typeof evidenceBody>

export const addEvidenceBody = z
  .object({
    name: recordName,
    outcome: z.enum(['pass', 'fail']),
    from: versionName.optional(),
    url: z
      .url({ protocol: /^https?$/ })
      .max(2000)
      .optional(),
    file: z
      .object({ sha256, size: z.number().int().min(1) })
      .strict()
      .optional(),
    note: noteText.optional(),
  })
  .strict()

export const tickBody = z.object({ channel: z.string().max(64), item: recordName, note: noteText }).strict()
export const objectBody = z.object({ reason: reasonText }).strict()
export const answerBody = z.object({ note: noteText }).strict()
export const knownIssueBody = z.object({ cause: z.string().min(1).max(300), note: noteText }).strict()
export const liftYankBody = z.object({ reason: reasonText }).strict()
export const endNominationBody = z.object({ reason: reasonText.optional() }).strict()
export const nominateBody = z.object({ version: versionName, reason: reasonText.optional() }).strict()

/** Everything that was said of a release since it was published. */
export const releaseRecordBody = z
  .object({
    app: z.string(),
    version: versionName,
    evidence: z.array(evidenceBody),
    ticks: z.array(
      z.object({
        channel: z.string(),
        item: z.string(),
        note: z.string(),
        actor: z.string(),
        at: instant,
      }),
    ),
    acknowledged: z.array(
      z.object({
        channel: z.string(),
        parameter: z.string(),
        change: z.string(),
        note: z.string(),
        actor: z.string(),
        at: instant,
      }),
    ),
    objections: z.array(
      z.object({
        id: z.string(),
        reason: z.string(),
        actor: z.string(),
        at: instant,
        answer: z.object({ actor: z.string(), at: instant, note: z.string() }).nullable(),
      }),
    ),
    knownIssues: z.array(z.object({ cause: z.string(), note: z.string(), actor: z.string(), at: instant })),
    dryRun: z.boolean(),
  })
  .meta({ id: 'ReleaseRecord' })
export type ReleaseRecordBody = z.infer<typeof releaseRecordBody>

export const nominationBody = z
  .object({
    app: z.string(),
    /** The channel whose racks stay on it. */
    channel: z.string(),
    version: versionName,
    to: z.string(),
    at: instant,
    actor: z.string(),
    soakMinutes: z.number().int(),
    until: instant,
    dryRun: z.boolean(),
  })
  .meta({ id: 'Nomination' })
export type NominationBody = z.infer<typeof nominationBody>

export const nominationEndedBody = z
  .object({
    app: z.string(),
    /** The channel that it was nominated for. */
    channel: z.string(),
    /** Null when nothing was nominated for it. */
    ended: orNull(nominationBody),
    dryRun: z.boolean(),
  })
  .meta({ id: 'NominationEnded' })
export type NominationEndedBody = z.infer<typeof nominationEndedBody>

export const reviewBody = z
  .object({
    id: z.string(),
    about: z.enum(['override', 'break_glass']),
    app: z.string().nullable(),
    channel: z.string().nullable(),
    subject: z.string(),
    reason: z.string(),
    actor: z.string(),
    at: instant,
    dueAt: instant,
    isOverdue: z.boolean(),
    signedBy: z.string().nullable(),
    signedAt: instant.nullable(),
    note: z.string().nullable(),
    dryRun: z.boolean(),
  })
  .meta({ id: 'Review' })
export type ReviewBody = z.infer<typeof reviewBody>
