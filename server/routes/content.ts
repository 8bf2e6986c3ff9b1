/** A release's immutable content, as the ledger keeps it: one order of fields and artifacts, whoever sent it. */
import type { z } from '@hono/zod-openapi'
import type { artifactShape, releaseSource } from '../../shared/contract/release.ts'
import type { ReleaseContent } from '../../shared/domain/release.ts'

export interface GivenContent {
  readonly artifacts?: readonly z.infer<typeof artifactShape>[] | undefined
  readonly notes?: string | undefined
  readonly source?: z.infer<typeof releaseSource> | undefined
  readonly publishedAt?: string | undefined
  readonly validUntil?: string | undefined
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

export function contentOf(given: GivenContent, contract: string | undefined): ReleaseContent {
  const artifacts = (given.artifacts ?? [])
    .map(({ platform, sha256, size, url }) => ({ platform, sha256, size, ...withoutUndefined({ url }) }))
    .sort((a, b) => (a.platform < b.platform ? -1 : 1))
  const { repository, commit, url } = given.source ?? {}
  return {
    artifacts,
    ...withoutUndefined({
      notes: given.notes,
      source: given.source && withoutUndefined({ repository, commit, url }),
      contract,
      publishedAt: given.publishedAt === undefined ? undefined : Date.parse(given.publishedAt),
      validUntil: given.validUntil === undefined ? undefined : Date.parse(given.validUntil),
    }),
  }
}

/** Only what was given: an optional property that is absent and one that is undefined are not the same to a type. */
export function withoutUndefined<T extends object>(given: T): Defined<T> {
  const defined: Defined<T> = {}
  for (const [key, value] of Object.entries(given)) if (value !== undefined) Reflect.set(defined, key, value)
  return defined
}
