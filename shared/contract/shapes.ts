/** The small shapes that every resource uses: names, instants, versions, pages, and the problem body (RFC 9457). */
import { z } from 'zod'

/** RFC 3339, UTC, milliseconds. Inside of the program an instant is a number of milliseconds since the epoch. */
export const instant = z.iso.datetime({ offset: true })
export const versionName = z.string().min(1).max(128)
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits')
export const reasonText = z.string().trim().min(1).max(2000)

export const appParam = z.object({ app: z.string().min(1).max(64) })
export const channelParam = appParam.extend({ channel: z.string().min(1).max(64) })
export const versionParam = appParam.extend({ version: versionName })
export const rackParam = appParam.extend({ rack: z.string().min(1).max(64) })

/** `?dryRun=true`: everything is checked and shown, nothing is recorded. */
export const dryRunQuery = z.object({ dryRun: z.enum(['true', 'false']).optional() })

export const pageQuery = z.object({
  after: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
})

export const problemBody = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.string(),
    detail: z.string(),
    hint: z.string().optional(),
    requestId: z.string(),
    numbers: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: 'Problem' })

export type ProblemBody = z.infer<typeof problemBody>

/** For a schema with a name: what `nullable()` makes of one is not what the contract's generator writes down. */
export function orNull<S extends z.ZodType>(schema: S) {
  return z.union([schema, z.null()])
}
