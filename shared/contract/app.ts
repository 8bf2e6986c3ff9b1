/** Apps and channels, as they cross the wire. */
import { z } from 'zod'
import { gateNames } from '../domain/gates/verdict.ts'
import { schemes } from '../domain/version.ts'
import { concernedBody } from './concerned.ts'
import { nominationBody, policyBody, proposalBody, verdictBody } from './gates.ts'
import { pastBody } from './past.ts'
import { rolloutPlanBody, rolloutPolicyBody } from './rollout.ts'
import { instant, orNull, reasonText, versionName } from './shapes.ts'

export const createAppBody = z.object({ app: z.string().max(64), scheme: z.enum(schemes) }).strict()

export const createChannelBody = z
  .object({
    channel: z.string().max(64),
    from: z.string().max(64).optional(),
    policy: policyBody.partial().optional(),
  })
  .strict()

export const channelBody = z
  .object({
    app: z.string(),
    channel: z.string(),
    /** The channel that feeds it. */
    from: z.string().nullable(),
    /** What a rack outside of every open wave runs; what anonymous readers are told. */
    base: versionName.nullable(),
    head: versionName.nullable(),
    revision: z.number().int(),
    since: instant.nullable(),
    policy: policyBody,
    policyRevision: z.number().int(),
    nomination: z
      .object({ version: versionName, to: z.string(), until: instant, actor: z.string() })
      .nullable(),
    frozen: z.string().nullable(),
    /** Of the head, while it is on its way. */
    rollout: z
      .object({ id: z.string(), state: z.string(), wave: z.number().int(), waves: z.number().int() })
      .nullable(),
    racks: z.number().int(),
    racksOnHead: z.number().int(),
  })
  .meta({ id: 'Channel' })
export type ChannelBody = z.infer<typeof channelBody>

export const appBody = z
  .object({
    app: z.string(),
    scheme: z.enum(schemes),
    createdAt: instant,
    releases: z.number().int(),
    racks: z.number().int(),
    channels: z.array(channelBody),
  })
  .meta({ id: 'App' })
export type AppBody = z.infer<typeof appBody>

/** The pointer alone: cacheable, the same for every reader. */
export const pointerBody = z
  .object({
    app: z.string(),
    channel: z.string(),
    version: versionName.nullable(),
    head: versionName.nullable(),
    revision: z.number().int(),
    /** What a rack can tell its own wave by; never which wave is open. Null: the head is on no such way, or not planned yet. */
    rollout: z
      .object({
        id: z.string(),
        key: z.string(),
        waves: z.array(
          z.object({
            name: z.string(),
            selector: z.record(z.string(), z.string()),
            /** 16 hex digits; null: open-ended. */
            cutoff: z.string().nullable(),
            notBefore: instant.nullable(),
          }),
        ),
      })
      .nullable(),
  })
  .meta({ id: 'ChannelPointer' })
export type PointerBody = z.infer<typeof pointerBody>

export const historyEntryBody = z
  .object({
    revision: z.number().int(),
    movement: z.enum(['promoted', 'reverted', 'fell_back']),
    via: z.enum(['promote', 'proposal', 'publish', 'import']).nullable(),
    version: versionName.nullable(),
    at: instant,
    actor: z.string(),
    reason: z.string().nullable(),
    /** Gates that it was promoted past. */
    overrides: z.array(z.enum(gateNames)),
    isYanked: z.boolean(),
  })
  .meta({ id: 'ChannelHistoryEntry' })
export type HistoryEntryBody = z.infer<typeof historyEntryBody>

export const promoteBody = z
  .object({
    version: versionName.optional(),
    acknowledge: z.array(z.string().min(1).max(200)).max(200).default([]),
    note: z.string().trim().max(2000).optional(),
    /** Gates to be passed over, with the reason and the scope `override`; a second person reviews it. */
    override: z.array(z.enum(gateNames)).max(20).default([]),
    /** A proposal that this makes carries itself out when every gate passes. */
    whenReady: z.boolean().default(false),
    /** The racks of the feeder stay on it until it has soaked. */
    nominate: z.boolean().default(false),
    reason: reasonText.optional(),
    /** Instead of the channel's own, with a reason. */
    rollout: rolloutPolicyBody.optional(),
    /** No rack takes it sooner. */
    notBefore: instant.optional(),
    /** The channel's revision that the caller looked at. */
    ifRevision: z.number().int().optional(),
  })
  .strict()

export const revertBody = z
  .object({
    to: versionName.optional(),
    recall: z.boolean().default(false),
    reason: reasonText,
    ifRevision: z.number().int().optional(),
  })
  .strict()

export const changeBody = z.object({
  from: versionName,
  to: versionName,
  change: z.string(),
  name: z.string(),
  detail: z.string(),
  isBlocking: z.boolean(),
})
export type ChangeBody = z.infer<typeof changeBody>

/** What a channel would say to a release: the gates as they stand, and the parameters against what it serves. */
export const judgedPromotionBody = z.object({
  channel: z.string(),
  version: versionName,
  /** The open proposal to promote it there. */
  proposal: z.string().nullable(),
  verdicts: z.array(verdictBody),
  changes: z.array(changeBody),
})
export type JudgedPromotionBody = z.infer<typeof judgedPromotionBody>

export const channelDetail = channelBody
  .extend({
    /** The release that its feeder's racks stay on until it has soaked for this channel. */
    nominated: orNull(nominationBody),
    /** What waits to change this channel, newest first. */
    proposals: z.array(proposalBody),
    /** The head of the feeder, if it could be promoted here next. */
    next: judgedPromotionBody.nullable(),
    /** Of an answer as of an earlier time. */
    past: pastBody.optional(),
  })
  .meta({ id: 'ChannelDetail' })
export type ChannelDetail = z.infer<typeof channelDetail>

/** What the racks of a channel have shown about a release: counts, and which racks. */
export const provedBody = z.object({
  channel: z.string(),
  racks: z.number().int(),
  proved: z.array(z.string()),
  failed: z.array(
    z.object({
      rack: z.string(),
      outcome: z.string(),
      step: z.string().nullable(),
      message: z.string().nullable(),
    }),
  ),
  running: z.array(z.string()),
})
export type ProvedBody = z.infer<typeof provedBody>

export const promotionBody = z
  .object({
    app: z.string(),
    channel: z.string(),
    version: versionName,
    previous: versionName.nullable(),
    isMove: z.boolean(),
    /** `proposed`: the head did not move; the gates say what is awaited. */
    outcome: z.enum(['promoted', 'proposed', 'served_already']),
    proposal: z.string().nullable(),
    overrides: z.array(z.enum(gateNames)),
    nominated: z.boolean(),
    dryRun: z.boolean(),
    revision: z.number().int(),
    verdicts: z.array(verdictBody),
    changes: z.array(changeBody),
    proved: provedBody.nullable(),
    racks: z.number().int(),
    /** How it reaches the racks; null: all at once. */
    rollout: z
      .object({
        id: z.string(),
        policy: rolloutPolicyBody,
        plan: rolloutPlanBody.nullable(),
        /** Why it cannot be planned yet. */
        complaint: z.string().nullable(),
      })
      .nullable(),
  })
  .meta({ id: 'Promotion' })
export type PromotionBody = z.infer<typeof promotionBody>

export const reversionBody = z
  .object({
    app: z.string(),
    channel: z.string(),
    version: versionName,
    previous: versionName,
    recall: z.boolean(),
    dryRun: z.boolean(),
    revision: z.number().int(),
    /** Racks of the channel that run something newer than it serves now. */
    racksAhead: z.array(z.string()),
    /** Which sends racks back, with a recall. */
    rollout: z.string().nullable(),
    concerned: concernedBody,
  })
  .meta({ id: 'Reversion' })
