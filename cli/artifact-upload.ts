/** Files on their way to the registry: hashed and sent as streams, and not sent at all when it has them already. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { Problem } from '../shared/domain/problem.ts'
import { errorCode } from './agent/files.ts'
import { requireGood } from './answer.ts'
import type { ArtifactFile } from './artifact-arguments.ts'
import type { Deps } from './deps.ts'
import { createProgress, type Progress, showBytes } from './progress.ts'
import type { Session } from './session.ts'

export interface MeasuredArtifact extends ArtifactFile {
  readonly sha256: string
  /** Bytes. */
  readonly size: number
}

type Showing = Pick<Deps, 'out' | 'clock'>

/** Raises `artifact_unavailable` for a file that cannot be read. */
export async function measureArtifact(file: ArtifactFile): Promise<MeasuredArtifact> {
  const hash = createHash('sha256')
  let size = 0
  try {
    for await (const chunk of createReadStream(file.path)) {
      hash.update(chunk)
      size += chunk.length
    }
  } catch (error) {
    throw unreadableFile(file, error)
  }
  return { ...file, sha256: hash.digest('hex'), size }
}

export async function isStored(session: Session, artifact: MeasuredArtifact): Promise<boolean> {
  const response = await session.send(`/v1/artifacts/${artifact.sha256}`, { method: 'HEAD' })
  await response.body?.cancel()
  if (response.status === 404) return false
  if (response.ok) return true
  // The answer to HEAD has no body; asking for one byte says what is wrong.
  await requireGood(
    await askForFirstByte(session, artifact),
    `${session.url}/v1/artifacts/${artifact.sha256}`,
  )
  return true
}

/** Raises what the registry refuses with, `digest_mismatch` when the file changed meanwhile. */
export async function uploadArtifact(
  deps: Showing,
  session: Session,
  artifact: MeasuredArtifact,
): Promise<void> {
  const path = `/v1/artifacts/${artifact.sha256}`
  const progress = createProgress(deps.out.stderr, {
    label: artifact.platform,
    total: artifact.size,
    show: showBytes,
    monotonic: deps.clock.monotonic,
  })
  try {
    const response = await session.send(path, {
      method: 'PUT',
      headers: { 'content-type': 'application/octet-stream', 'content-length': String(artifact.size) },
      body: () => Readable.toWeb(Readable.from(bytesOf(artifact, progress))),
      isStream: true,
      timeoutSeconds: null,
    })
    await (await requireGood(response, `${session.url}${path}`)).body?.cancel()
  } finally {
    progress.end()
  }
}

async function* bytesOf(artifact: MeasuredArtifact, progress: Progress): AsyncGenerator<Uint8Array> {
  let sent = 0
  try {
    for await (const chunk of createReadStream(artifact.path, { highWaterMark: 256 * 1024 })) {
      sent += chunk.length
      progress.update(sent)
      yield chunk
    }
  } catch (error) {
    throw unreadableFile(artifact, error)
  }
}

async function askForFirstByte(session: Session, { sha256 }: MeasuredArtifact): Promise<Response> {
  return session.send(`/v1/artifacts/${sha256}`, { headers: { range: 'bytes=0-0' } })
}

function unreadableFile({ path }: ArtifactFile, error: unknown): unknown {
  const code = errorCode(error)
  if (code === null) return error
  const why = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : code
  return new Problem('artifact_unavailable', `The artifact ${path} cannot be read: ${why}.`, {
    hint: `ls -l ${path}`,
  })
}
