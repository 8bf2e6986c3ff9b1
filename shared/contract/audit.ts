/** The ledger as people and programs read it: entries, the verdict on the chain, redactions, and the lines of an export. */
import { z } from 'zod'
import { instant, reasonText, sha256 } from './shapes.ts'

export const auditEntryBody = z
  .object({
    sequence: z.number().int(),
    at: instant,
    type: z.string(),
    actor: z.string(),
    app: z.string().nullable(),
    reason: z.string().nullable(),
    hash: sha256,
    /** The event as it was hashed; once words of it were erased, what stands for it. */
    event: z.record(z.string(), z.unknown()).nullable(),
    /** The sequence of the redaction that erased words of it. */
    redactedBy: z.number().int().nullable(),
  })
  .meta({ id: 'AuditEntry' })
export type AuditEntryBody = z.infer<typeof auditEntryBody>

export const chainBody = z
  .object({
    /** The chain, each erased event announced by a later one, and the head that was seen before in it. */
    holds: z.boolean(),
    events: z.number().int(),
    sequence: z.number().int(),
    hash: z.string(),
    why: z.string().nullable(),
    /** How many events have words erased. */
    redacted: z.number().int(),
  })
  .meta({ id: 'Chain' })
export type ChainBody = z.infer<typeof chainBody>

export const redactBody = z
  .object({
    /** JSON pointers into the event, such as `/reason`. */
    fields: z.array(z.string().min(1).max(200)).min(1).max(50),
    reason: reasonText,
  })
  .strict()

export const redactionBody = z
  .object({
    /** The event that words were erased of, and the one that says so. */
    sequence: z.number().int(),
    redaction: z.number().int(),
    type: z.string(),
    app: z.string().nullable(),
    fields: z.array(z.string()),
    /** What stands for it. */
    event: z.record(z.string(), z.unknown()),
    /** Other events that say the same words; at most 100 are named. */
    alsoIn: z.array(z.number().int()),
    dryRun: z.boolean(),
  })
  .meta({ id: 'Redaction' })
export type RedactionBody = z.infer<typeof redactionBody>

/** A line of an export: what the chain is computed from, and nothing else, in this order. */
export const exportLine = z.strictObject({
  sequence: z.number().int(),
  /** Milliseconds since the epoch: what is hashed. */
  at: z.number().int(),
  type: z.string(),
  app: z.string().nullable(),
  salt: z.string().nullable(),
  body: z.string().nullable(),
  bodyHash: z.string(),
  hash: z.string(),
})
