/** An upload on its way to disk: counted, hashed and written chunk by chunk, refused as soon as it cannot become what was announced. */
import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { Problem } from '../../shared/domain/problem.ts'
import type { PutOptions, StoredBlob } from './blob-store.ts'
import { asDiskProblem } from './disk-problem.ts'

/** Everything the source yields, written to `file` and not yet synced. Rejects with a problem, and leaves the file to the caller. */
export async function receive(
  file: FileHandle,
  source: AsyncIterable<Uint8Array>,
  { limitBytes, expected = {} }: PutOptions,
): Promise<StoredBlob> {
  const hash = createHash('sha256')
  let size = 0
  try {
    for await (const chunk of source) {
      size += chunk.byteLength
      if (size > limitBytes) throw tooLarge(limitBytes, { receivedBytes: size })
      if (expected.size !== undefined && size > expected.size) throw mismatch(expected, { size }, 'more than')
      hash.update(chunk)
      await write(file, chunk)
    }
  } catch (error) {
    if (error instanceof Problem) throw error
    throw brokenOff(size, error)
  }
  const received = { sha256: hash.digest('hex'), size }
  const isSize = expected.size === undefined || expected.size === size
  const isDigest = expected.sha256 === undefined || expected.sha256 === received.sha256
  if (!isSize || !isDigest) throw mismatch(expected, received)
  return received
}

export function tooLarge(limitBytes: number, seen: Readonly<Record<string, number>>): Problem {
  const [bytes] = Object.values(seen)
  return new Problem(
    'body_too_large',
    `An artifact may have ${limitBytes} bytes here; this one has at least ${bytes}.`,
    {
      hint: 'Publish it elsewhere and name it by URL, SHA-256 and size, or raise the registry’s limit.',
      numbers: { limitBytes, ...seen },
    },
  )
}

async function write(file: FileHandle, chunk: Uint8Array): Promise<void> {
  try {
    // Goes on where the last one ended, and unlike `write` never stops half-way.
    await file.writeFile(chunk)
  } catch (error) {
    throw asDiskProblem(error)
  }
}

function mismatch(expected: Partial<StoredBlob>, got: Partial<StoredBlob>, than = ''): Problem {
  return new Problem(
    'digest_mismatch',
    `Expected ${inWords(expected)}, got ${than} ${inWords(got)}.`.replace('  ', ' '),
    {
      hint: 'Compare with `sha256sum FILE` and `wc -c FILE`, then upload it again.',
      numbers: { expected, got },
    },
  )
}

function inWords({ sha256, size }: Partial<StoredBlob>): string {
  const parts = [sha256 === undefined ? [] : `sha256 ${sha256}`, size === undefined ? [] : `${size} bytes`]
  return parts.flat().join(' and ')
}

function brokenOff(size: number, cause: unknown): Problem {
  const why = cause instanceof Error ? cause.message : String(cause)
  const problem = new Problem(
    'interrupted',
    `The upload broke off after ${size} bytes: ${why}. Nothing was kept.`,
    {
      hint: 'Upload it again.',
      numbers: { receivedBytes: size },
    },
  )
  problem.cause = cause
  return problem
}
