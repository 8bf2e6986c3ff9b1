/** Break-glass: the file on the server's disk, and what the API tells of it. */
import { z } from 'zod'
import { instant, reasonText, sha256 } from './shapes.ts'

const milliseconds = z.number().int().min(0)

/** DATA/break-glass/ID.json. The token itself is in no file. */
export const breakGlassFile = z
  .object({
    v: z.literal(1),
    id: z.string().regex(/^BG-[0-9a-f]{8}$/),
    sha256,
    by: z.string().max(200),
    reason: z.string().min(1).max(2000),
    openedAt: milliseconds,
    expiresAt: milliseconds,
    isRehearsal: z.boolean(),
    closedAt: milliseconds.optional(),
  })
  .strict()
export type BreakGlassFile = z.infer<typeof breakGlassFile>

export const closeBreakGlassBody = z.object({ reason: reasonText.optional() }).strict()

export const breakGlassBody = z
  .object({
    id: z.string(),
    by: z.string(),
    reason: z.string(),
    openedAt: instant,
    expiresAt: instant,
    isRehearsal: z.boolean(),
    standing: z.enum(['open', 'expired', 'closed']),
    usedAt: instant.nullable(),
    closedAt: instant.nullable(),
    closedBy: z.string().nullable(),
    dryRun: z.boolean(),
  })
  .meta({ id: 'BreakGlass' })
export type BreakGlassBody = z.infer<typeof breakGlassBody>
