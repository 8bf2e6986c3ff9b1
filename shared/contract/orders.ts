/** Orders to a rack, and what it says of a change outside, as they cross the wire; both in reports and in answers. */
import { z } from 'zod'
import { instant, reasonText, versionName } from './shapes.ts'

export const pinShape = z
  .object({
    version: versionName,
    owner: z.string().max(200),
    reason: z.string().max(2000),
    until: instant.optional(),
    acceptedAdvisory: z.string().max(64).optional(),
  })
  .strict()

export const holdShape = z
  .object({ until: instant, owner: z.string().max(200), reason: z.string().max(2000) })
  .strict()

/** Ordered from the registry; only what is in force. */
export const ordersShape = z.object({ pin: pinShape.optional(), hold: holdShape.optional() })

/** The last change of the rack's version that no attempt of Headgate explains, until it is verified. */
export const outsideShape = z
  .object({ from: versionName.nullable(), to: versionName.nullable(), at: instant })
  .strict()

export const orderedPinShape = pinShape.extend({ at: instant })
export const orderedHoldShape = holdShape.extend({ at: instant })

export const pinRackBody = z
  .object({
    /** Without it: what the rack runs. */
    version: versionName.optional(),
    reason: reasonText,
    until: instant.optional(),
    acceptedAdvisory: z.string().min(1).max(64).optional(),
  })
  .strict()
export const holdRackBody = z.object({ until: instant, reason: reasonText }).strict()
export const liftOrderBody = z.object({ reason: reasonText.optional() }).strict()

export const labelRackBody = z
  .object({
    /** Null takes a label away; labels that are not named stay. */
    labels: z.record(z.string().max(64), z.string().max(200).nullable()),
    reason: reasonText.optional(),
  })
  .strict()
