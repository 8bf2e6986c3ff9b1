/** Artifacts by digest: uploaded as a stream that is hashed on the way, downloaded whole or from where it broke off. */
import { Readable } from 'node:stream'
import { Hono } from 'hono'
import { Problem } from '../../shared/domain/problem.ts'
import { findApp } from '../../shared/domain/state.ts'
import { type Credential, requirePermission } from '../access/credentials.ts'
import { requireDigest } from '../blobs/blob-store.ts'
import type { Env } from '../middleware/environment.ts'
import type { Registry } from '../registry.ts'
import { insertArtifact } from '../store/artifacts.ts'
import { parseByteRange } from './byte-range.ts'
import { isKnown } from './etag.ts'

export interface ArtifactLimits {
  readonly artifactBytes: number
}

export function artifactRoutes({ blobs, store, ledger, clock }: Registry, limits: ArtifactLimits) {
  /** A credential of one app downloads what that app's releases name; reports about them are for people, not for racks. */
  function requireNamedIn({ app, role }: Credential, sha256: string): void {
    if (app === undefined) return
    for (const { content, record } of findApp(ledger.state, app).releases.values()) {
      if (content.artifacts.some((artifact) => artifact.sha256 === sha256)) return
      if (role !== 'rack' && record.evidence.some(({ file }) => file?.sha256 === sha256)) return
    }
    throw new Problem('artifact_not_found', `No release of ${app} names the artifact ${sha256}.`)
  }

  return new Hono<Env>()
    .put('/artifacts/:sha256', async (c) => {
      const credential = c.get('credential')
      // An artifact belongs to no app before a release names it: whoever publishes for one may bring what it is made of.
      requirePermission(credential, 'publish', { app: credential.app })
      const sha256 = requireDigest(c.req.param('sha256'))
      const size = announcedSize(c.req.header('Content-Length'))
      const source = c.req.raw.body
      if (!source) throw new Problem('invalid_input', 'An upload has a body.')
      const bytes = source.values({ preventCancel: true })
      const expected = { sha256, ...(size !== undefined && { size }) }
      const stored = await blobs.put(bytes, { limitBytes: limits.artifactBytes, expected })
      const mediaType = c.req.header('Content-Type') ?? 'application/octet-stream'
      await store.transact((tx) =>
        insertArtifact(tx, {
          sha256,
          size: stored.size,
          createdAt: clock(),
          createdBy: credential.actor,
          mediaType: mediaType.slice(0, 200),
        }),
      )
      return c.json(stored, 200)
    })
    .get('/artifacts/:sha256', async (c) => {
      const credential = c.get('credential')
      requirePermission(credential, 'readApp', { app: credential.app })
      const sha256 = requireDigest(c.req.param('sha256'))
      requireNamedIn(credential, sha256)
      const stored = await blobs.stat(sha256)
      if (!stored) throw new Problem('artifact_not_found', `The artifact ${sha256} is not here.`)
      const etag = `"${sha256}"`
      const headers = {
        ETag: etag,
        'Accept-Ranges': 'bytes',
        'Content-Type': 'application/octet-stream',
        'Cache-Control': 'private, max-age=31536000, immutable',
        'X-Content-Type-Options': 'nosniff',
      }
      if (isKnown(c.req.header('If-None-Match'), etag)) return c.body(null, 304, headers)
      const ifRange = c.req.header('If-Range')
      const range =
        ifRange === undefined || ifRange === etag
          ? parseByteRange(c.req.header('Range'), stored.size)
          : undefined
      const { start, end } = range ?? { start: 0, end: stored.size - 1 }
      const sent = { ...headers, 'Content-Length': String(end - start + 1) }
      const partial = { ...sent, 'Content-Range': `bytes ${start}-${end}/${stored.size}` }
      if (c.req.method === 'HEAD') return c.body(null, 200, sent)
      const stream = await blobs.open(sha256, range)
      const body = Readable.toWeb(stream)
      return range ? c.body(body, 206, partial) : c.body(body, 200, sent)
    })
}

function announcedSize(header: string | undefined): number | undefined {
  if (header === undefined) return undefined
  const size = Number(header)
  if (Number.isSafeInteger(size) && size >= 0) return size
  throw new Problem('invalid_input', `The Content-Length "${header.slice(0, 40)}" is not a number of bytes.`)
}
