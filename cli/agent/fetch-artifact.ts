/**
 * Brings an artifact to DIR/downloads, whole and as announced, or not at all: resumed after every cut, checked for
 * size and sha256 while it streams, and present under its digest only when both are right.
 */

import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { Problem } from '../../shared/domain/problem.ts'
import type { Clock } from './clock.ts'
import {
  type ArtifactSource,
  askForBytes,
  type Credential,
  Cut,
  mismatch,
  reasonOf,
  unreachable,
} from './fetch-request.ts'
import { type DurableFiles, isDiskFull } from './files.ts'
import type { HttpGet } from './http-get.ts'
import { openPartFile, type PartFile, removePartFile } from './part-file.ts'

export type { ArtifactSource, Credential } from './fetch-request.ts'

export interface FetchPlace {
  /** The state directory; files go to its downloads/. */
  readonly dir: string
  readonly files: DurableFiles
  readonly clock: Clock
  /** From `httpGetFor(env)`: a proxy is honoured there. */
  readonly get: HttpGet
  /** Null without a registry token. It never goes to another origin, nor across a redirect to one. */
  readonly credential: Credential | null
  /** So long without a byte counts as a cut; default 30. */
  readonly stallSeconds?: number
  /** Cuts in a row without a new byte before giving up; default 5. */
  readonly retries?: number
  readonly onProgress?: (bytes: number, total: number) => void
  readonly signal?: AbortSignal
}

const mostTries = 100

export function downloadFile(dir: string, sha256: string): string {
  return join(dir, 'downloads', sha256)
}

/** The path of the verified file; or a `Problem`: artifact_unreachable, artifact_unavailable, digest_mismatch, not_signed_in, … */
export async function fetchArtifact(source: ArtifactSource, place: FetchPlace): Promise<string> {
  const { files } = place
  checkSource(source)
  const whole = downloadFile(place.dir, source.sha256)
  const path = `${whole}.part`
  try {
    if (await isWhole(whole, source, files)) {
      place.onProgress?.(source.size, source.size)
      return whole
    }
    files.makeDirectory(join(place.dir, 'downloads'))
    const part = await openPartFile(path, files)
    try {
      await complete(source, part, place)
    } finally {
      await part.close()
    }
    files.rename(path, whole)
    removePartFile(path, files)
    return whole
  } catch (error) {
    const isWrong = error instanceof Problem && error.code === 'digest_mismatch'
    // On a full disk the half is given back: what runs there needs the room more than we need the half.
    if (isWrong || isDiskFull(error)) removePartFile(path, files)
    if (!isDiskFull(error)) throw error
    throw new Problem('artifact_unavailable', `The disk is full: ${source.url} needs ${source.size} bytes.`, {
      hint: `free some disk space and run the command again: df -h ${place.dir}`,
      numbers: { size: source.size },
    })
  }
}

/** Removes the downloads, finished or not, that are not among these digests; returns the names removed. */
export function pruneDownloads(dir: string, keep: readonly string[], files: DurableFiles): readonly string[] {
  const names = files.list(join(dir, 'downloads'))
  const dropped = names.filter((name) => !keep.includes(name.replace(/\..*$/s, '')))
  for (const name of dropped) files.remove(join(dir, 'downloads', name))
  return dropped
}

function checkSource(source: ArtifactSource): void {
  const isAddress = URL.canParse(source.url) && /^https?:$/.test(new URL(source.url).protocol)
  const isSize = Number.isSafeInteger(source.size) && source.size > 0
  if (isAddress && isSize && /^[0-9a-f]{64}$/.test(source.sha256)) return
  throw new Problem('bad_answer', `This is not a usable artifact: ${JSON.stringify(source).slice(0, 300)}.`)
}

async function isWhole(path: string, source: ArtifactSource, files: DurableFiles): Promise<boolean> {
  if (files.kindOf(path) !== 'file') return false
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk)
    bytes += chunk.length
  }
  return bytes === source.size && hash.digest('hex') === source.sha256
}

/** Connection after connection, until the part is whole and what was announced. */
async function complete(source: ArtifactSource, part: PartFile, place: FetchPlace): Promise<void> {
  const retries = place.retries ?? 5
  const inherited = part.bytes()
  let failures = 0
  if (part.bytes() > source.size) await part.startOver(null)
  for (let tries = 1; part.bytes() < source.size; tries += 1) {
    const before = part.bytes()
    try {
      await receive(source, part, place)
    } catch (error) {
      if (place.signal?.aborted) {
        throw new Problem('interrupted', `The download of ${source.url} was interrupted.`, {
          hint: 'run the same command again: it goes on where it stopped',
        })
      }
      if (!(error instanceof Cut)) throw error
      failures = part.bytes() > before ? 0 : failures + 1
      if (failures > retries || tries >= mostTries) {
        throw unreachable(source, `${error.message} (tried ${tries} times)`, { tries, bytes: part.bytes() })
      }
      if (error.startOver) await part.startOver(null)
      await place.clock.sleep(error.waitMs ?? 500 * 2 ** Math.min(failures, 6), place.signal)
    }
  }
  const got = part.digest()
  if (got !== source.sha256 && inherited > 0) {
    // What an earlier run left may be what is wrong: one whole download before anybody is blamed.
    await part.startOver(null)
    return complete(source, part, place)
  }
  if (got !== source.sha256) throw mismatch(source, `sha256 ${source.sha256}`, `sha256 ${got}`)
}

/** One connection; whatever ends it early is a `Cut`. */
async function receive(source: ArtifactSource, part: PartFile, place: FetchPlace): Promise<void> {
  const watch = watchForStall((place.stallSeconds ?? 30) * 1_000, place)
  const tag = part.tag()
  const resume = part.bytes() > 0 && tag !== null ? { from: part.bytes(), tag } : null
  try {
    const answer = await askForBytes(
      source,
      resume,
      place.credential,
      place.get,
      place.clock.now(),
      watch.signal,
    )
    try {
      if (answer.from === 0) await part.startOver(answer.tag)
      await take(answer.body, source, part, place, watch.seen)
    } finally {
      answer.discard()
    }
  } catch (error) {
    if (watch.stalled()) throw new Cut(`no byte came for ${place.stallSeconds ?? 30} s`)
    throw error
  } finally {
    watch.end()
  }
  if (part.bytes() < source.size) {
    throw new Cut(`it ended after ${part.bytes()} of ${source.size} bytes`)
  }
}

/** The network's errors, told apart from the disk's by where they come from. */
async function* chunksOf(body: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) if (chunk instanceof Uint8Array) yield chunk
  } catch (error) {
    throw new Cut(reasonOf(error))
  }
}

async function take(
  body: AsyncIterable<unknown>,
  source: ArtifactSource,
  part: PartFile,
  place: FetchPlace,
  seen: () => void,
): Promise<void> {
  for await (const chunk of chunksOf(body)) {
    seen()
    if (part.bytes() + chunk.length > source.size) {
      throw mismatch(source, `${source.size} bytes`, `at least ${part.bytes() + chunk.length} bytes`)
    }
    await part.append(chunk)
    place.onProgress?.(part.bytes(), source.size)
  }
}

interface StallWatch {
  readonly signal: AbortSignal
  seen(): void
  stalled(): boolean
  end(): void
}

function watchForStall(stallMs: number, place: FetchPlace): StallWatch {
  const { clock } = place
  const late = new AbortController()
  const over = new AbortController()
  let seenAt = clock.monotonic()
  async function watch(): Promise<void> {
    for (let left = stallMs; left > 0; left = seenAt + stallMs - clock.monotonic()) {
      await clock.sleep(left, over.signal)
      if (over.signal.aborted) return
    }
    late.abort()
  }
  void watch()
  return {
    signal: place.signal === undefined ? late.signal : AbortSignal.any([late.signal, place.signal]),
    seen() {
      seenAt = clock.monotonic()
    },
    stalled: () => late.signal.aborted,
    end: () => over.abort(),
  }
}
