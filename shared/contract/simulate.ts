/** What might be done to an app, in order, and what its racks would be told: as it crosses the wire. */
import { z } from 'zod'
import { gateNames } from '../domain/gates/verdict.ts'
import { remedies, severities } from '../domain/yank.ts'
import { policyBody } from './gates.ts'
import { windowShape } from './rack.ts'
import { rolloutPlanBody, rolloutPolicyBody } from './rollout.ts'
import { instant, orNull, versionName } from './shapes.ts'

const channelName = z.string().min(1).max(64)
const labelName = z.string().min(1).max(64)

/** Everything that is said holds for a rack that is meant; nothing said: every rack of the app. */
const choice = {
  channel: channelName.optional(),
  where: z.record(labelName, z.string().max(200)).optional().describe('Labels with their values'),
  racks: z.array(z.string().min(1).max(64)).min(1).max(1000).optional().describe('Names'),
}

/** `channel`: of the app; `everywhere`: the whole registry; neither: the app. */
const scope = { channel: channelName.optional(), everywhere: z.boolean().optional() }

export const suppositionBody = z
  .discriminatedUnion('suppose', [
    z
      .object({
        suppose: z.literal('promote'),
        to: channelName,
        version: versionName.optional().describe('Absent: the head of the feeder'),
        acknowledge: z.array(z.string().min(1).max(128)).max(100).default([]),
        note: z.string().trim().min(1).max(2000).optional(),
        rollout: rolloutPolicyBody.optional().describe("Instead of the channel's own"),
      })
      .strict(),
    z
      .object({
        suppose: z.literal('revert'),
        channel: channelName,
        to: versionName.optional().describe('Absent: what it served before'),
        recall: z.boolean().default(false),
      })
      .strict(),
    z
      .object({
        suppose: z.literal('yank'),
        range: z.string().min(1).max(1000),
        severity: z.enum(severities),
        remedy: z.enum(remedies).default('rollback'),
        to: versionName.optional(),
        allAtOnce: z.boolean().default(false),
      })
      .strict(),
    z
      .object({
        suppose: z.literal('freeze'),
        ...scope,
        all: z.boolean().default(false),
        until: instant.optional(),
      })
      .strict(),
    z.object({ suppose: z.literal('unfreeze'), ...scope }).strict(),
    z.object({ suppose: z.literal('policy'), channel: channelName, policy: policyBody }).strict(),
    z
      .object({
        suppose: z.literal('window'),
        window: orNull(windowShape).describe('Null: at any time'),
        ...choice,
      })
      .strict(),
    z
      .object({
        suppose: z.literal('label'),
        labels: z.record(labelName, z.string().max(200).nullable()).describe('Null takes one away'),
        ...choice,
      })
      .strict(),
    z.object({ suppose: z.literal('time'), at: instant }).strict(),
  ])
  .meta({ id: 'Supposition' })
export type SuppositionBody = z.infer<typeof suppositionBody>

export const simulateBody = z
  .object({
    suppositions: z.array(suppositionBody).min(1).max(20),
    assumeGates: z.boolean().default(false).describe('Gates that do not pass are taken as if they did'),
  })
  .strict()

/** As a caller writes it; what is left out has its default. */
export type SimulationAskedBody = z.input<typeof simulateBody>

const answered = z.object({ action: z.string(), reason: z.string(), target: versionName.nullable() })
const answeredWhole = answered.extend({ detail: z.string() })
const group = z.object({ name: z.string(), racks: z.number().int(), changed: z.number().int() })

export const simulationBody = z
  .object({
    app: z.string(),
    /** The whole answer stands on this event of the ledger, whatever was recorded meanwhile. */
    ledgerSequence: z.number().int(),
    askedAt: instant,
    /** When the racks ask, with everything supposed. */
    at: instant,
    supposed: z.array(
      z.object({
        suppose: z.string(),
        /** Sentences; none: it was so already. */
        details: z.array(z.string()),
        /** Gates that do not pass, and were taken as if they did. */
        assumedGates: z.array(z.enum(gateNames)),
      }),
    ),
    /** What the acts would have rolled out, wave by wave. */
    rollouts: z.array(
      z.object({
        rollout: z.string(),
        purpose: z.enum(['head', 'remedy', 'recall']),
        channel: z.string().nullable(),
        version: versionName.nullable(),
        plan: rolloutPlanBody,
      }),
    ),
    racks: z.number().int(),
    /** Racks that would be told something else. */
    changed: z.number().int(),
    told: z.array(answered.extend({ before: z.number().int(), after: z.number().int() })),
    /** Of the racks that change, most first. */
    transitions: z.array(z.object({ before: answered, after: answered, racks: z.number().int() })),
    byChannel: z.array(group),
    /** By what they run now. */
    byVersion: z.array(group),
    /** `NAME=VALUE`. */
    byLabel: z.array(group),
    /** How many lines each list would have had beyond its first hundred. */
    leftOut: z.object({
      told: z.number().int(),
      transitions: z.number().int(),
      byChannel: z.number().int(),
      byVersion: z.number().int(),
      byLabel: z.number().int(),
    }),
    /** The first fifty by name of those that change. */
    named: z.array(
      z.object({
        rack: z.string(),
        channel: z.string(),
        current: versionName.nullable(),
        labels: z.record(z.string(), z.string()),
        before: answeredWhole,
        after: answeredWhole,
      }),
    ),
  })
  .meta({ id: 'Simulation' })
export type SimulationBody = z.infer<typeof simulationBody>
