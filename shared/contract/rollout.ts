/** Rollouts as they cross the wire: the policy that a person writes, the plan, and how it goes. */
import { z } from 'zod'
import { rolloutStates } from '../domain/rollout.ts'
import { mostWaves } from '../domain/rollout-policy.ts'
import { freezeBody } from './registry.ts'
import { instant, reasonText, versionName } from './shapes.ts'

/** A count of racks or `"10%"`; fractions of a percent are allowed, a bare fraction is not. */
const count = z.number().min(0).max(10_000_000)
const percentage = z.templateLiteral([z.number().min(0).max(1_000), '%'])
const shareWords = 'expected a count of racks such as 5, or a share without a blank such as "10%"'
const share = z.union([count, percentage], { error: shareWords })
const minutes = z.number().int().min(0).max(527_040)
const labels = z.record(z.string().min(1).max(64), z.string().max(200))
const numbers = z.record(z.string(), z.number())

const failurePolicyBody = z
  .object({ maxFailed: z.number().int().min(0).max(1_000_000), percent: z.number().min(0).max(100) })
  .strict()

export const rolloutPolicyBody = z
  .object({
    waves: z
      .array(
        z
          .object({
            name: z.string().min(1).max(63).optional(),
            selector: labels.optional(),
            share: z.union([z.literal('rest'), count, percentage], { error: `${shareWords}, or "rest"` }),
            minHealthy: share.optional(),
            soakMinutes: minutes,
            failures: failurePolicyBody.optional(),
            deadlineMinutes: minutes.optional(),
            afterMinutes: minutes.optional(),
          })
          .strict(),
      )
      .min(1)
      .max(mostWaves)
      .readonly(),
    maxInFlight: share.optional(),
    onFail: z.enum(['halt', 'halt-and-revert']),
    silentMinutes: z.number().int().min(1).max(527_040),
  })
  .strict()
  .meta({ id: 'RolloutPolicy' })

export const rolloutPlanBody = z
  .object({
    plannedAt: instant,
    racks: z.number().int(),
    eligible: z.number().int(),
    leftOut: numbers,
    maxInFlight: z.number().int().nullable(),
    /** If every rack is healthy as soon as it may move. */
    earliestEnd: instant,
    /** What a person should know before it starts. */
    remarks: z.array(z.string()),
    waves: z.array(
      z.object({
        name: z.string(),
        selector: labels,
        /** 16 hex digits; null: open-ended. */
        cutoff: z.string().nullable(),
        racks: z.number().int(),
        minHealthy: z.number().int(),
        failures: failurePolicyBody,
        soakMinutes: z.number(),
        notBefore: instant.nullable(),
        deadlineMinutes: z.number().nullable(),
      }),
    ),
  })
  .meta({ id: 'RolloutPlan' })
export type RolloutPlanBody = z.infer<typeof rolloutPlanBody>

const rolloutFailureBody = z
  .object({
    rack: z.string(),
    at: instant,
    /** The fingerprint by which it is acknowledged. */
    cause: z.string(),
    message: z.string().nullable(),
    attempt: z.string().nullable(),
    isDataLoss: z.boolean(),
    /** The last lines of the attempt's log, if it is known. */
    log: z.array(z.string()),
  })
  .meta({ id: 'RolloutFailure' })

/** How a wave stands now, as the gate of the next one sees it. */
const waveStandingBody = z
  .object({
    name: z.string(),
    isOpen: z.boolean(),
    outcome: z.enum(['pass', 'fail', 'waiting']),
    needs: z.enum(['time', 'data', 'person']).nullable(),
    detail: z.string(),
    numbers,
    leftOut: numbers,
    until: instant.nullable(),
  })
  .meta({ id: 'WaveStanding' })

export const rolloutBody = z
  .object({
    app: z.string(),
    id: z.string(),
    purpose: z.enum(['head', 'remedy', 'recall']),
    channel: z.string().nullable(),
    version: versionName.nullable(),
    advisory: z.string().nullable(),
    /** The halted rollout that it takes back. */
    takesBack: z.string().nullable(),
    /** The newest rollout that takes this one back, as long as nobody let it go on. */
    takenBackBy: z.string().nullable(),
    /** In force, and keeping it from granting anything. */
    freeze: freezeBody.omit({ dryRun: true }).nullable(),
    state: z.enum(rolloutStates),
    /** The newest open wave, counted from 0; -1 before the first. */
    wave: z.number().int(),
    key: z.string(),
    orderedAt: instant,
    orderedBy: z.string(),
    notBefore: instant.nullable(),
    since: z.object({ at: instant, actor: z.string(), reason: z.string().nullable() }),
    policy: rolloutPolicyBody,
    plan: rolloutPlanBody.nullable(),
    evidence: z
      .object({
        at: instant,
        actor: z.string(),
        wave: z.number().int().nullable(),
        detail: z.string(),
        numbers,
        failures: z.array(rolloutFailureBody),
      })
      .nullable(),
    acknowledged: z.array(z.object({ rack: z.string(), cause: z.string() })),
  })
  .meta({ id: 'Rollout' })
export type RolloutBody = z.infer<typeof rolloutBody>

/** One rollout with what its racks have shown; counted when it is asked for. */
export const rolloutDetailBody = rolloutBody
  .extend({
    countedAt: instant.nullable(),
    /** Why it cannot be planned yet. */
    complaint: z.string().nullable(),
    underWay: z.number().int(),
    standing: z.array(waveStandingBody),
    /** Of every wave, acknowledged or not; the first ones. */
    failures: z.array(rolloutFailureBody),
    dryRun: z.boolean(),
  })
  .meta({ id: 'RolloutDetail' })
export type RolloutDetailBody = z.infer<typeof rolloutDetailBody>

export const stopRolloutBody = z.object({ reason: reasonText }).strict()
export const resumeRolloutBody = z
  .object({ reason: reasonText, acknowledge: z.array(z.string().min(1).max(300)).max(100).default([]) })
  .strict()
