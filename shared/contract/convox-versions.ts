/**
 * Convox's versions.json, row by row, as rows of our import. What was published stands on unstable and stable, the
 * rest on unstable only; `required` counts for published rows alone, for Convox's own walk skipped every other.
 */
import { z } from 'zod'
import { instantOfTimestamp } from '../domain/version.ts'
import type { ImportRow } from './release.ts'

const convoxVersion = z.object({
  version: z.string().min(1).max(128),
  description: z.string().max(100_000).default(''),
  published: z.boolean().default(false),
  required: z.boolean().default(false),
})

export type ConvertedRow =
  | { readonly row: ImportRow; readonly isRequiredDropped: boolean }
  /** Why it is no row of a versions.json. */
  | { readonly why: string }

/** Pure: what is wrong with a row is an answer, so that the others are taken. Keys that Convox added later are let be. */
export function convertConvoxVersion(given: unknown): ConvertedRow {
  const parsed = convoxVersion.safeParse(given)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return { why: `${issue?.path.join('.') || 'the row'}: ${issue?.message}.` }
  }
  const { version, description, published, required } = parsed.data
  const publishedAt = instantOfTimestamp(version)
  const notes = description.trim()
  return {
    row: {
      version,
      // An id is the UTC time of its build; nothing else in the file says when.
      ...(publishedAt !== undefined && { publishedAt: new Date(publishedAt).toISOString() }),
      ...(notes !== '' && { notes }),
      ...(published && required && { required: true }),
      channels: published ? ['unstable', 'stable'] : ['unstable'],
    },
    isRequiredDropped: required && !published,
  }
}
