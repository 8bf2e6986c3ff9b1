/**
 * The border to where artifacts' bytes are kept: named by their SHA-256, written once, never changed. A digest that comes
 * from outside becomes a path or a key only through `requireDigest`.
 */
import type { Readable } from 'node:stream'
import { Problem } from '../../shared/domain/problem.ts'

export interface StoredBlob {
  /** 64 hex digits, lower case. */
  readonly sha256: string
  /** Bytes. */
  readonly size: number
}

export interface PutOptions {
  /** Bytes; one more is the problem `body_too_large`. */
  readonly limitBytes: number
  /** What was announced; anything else is the problem `digest_mismatch`. */
  readonly expected?: { readonly sha256?: string; readonly size?: number }
}

/** Bytes `start` to `end`, both included, as HTTP counts them; without `end`, to the last one. */
export interface ByteRange {
  readonly start: number
  readonly end?: number
}

export interface BlobStore {
  /**
   * Stores what the source yields, hashed on the way and never whole in memory. What it resolves to survives a power loss;
   * when it rejects (also because the source broke off) nothing is left. `created` is false if the bytes were there.
   * A refusal ends the source: pass `request.iterator({ destroyOnReturn: false })` where the connection must live to hear it.
   */
  put(
    source: AsyncIterable<Uint8Array>,
    options: PutOptions,
  ): Promise<StoredBlob & { readonly created: boolean }>
  /** Rejects with `artifact_not_found`, or `not_acceptable_range` when the range begins behind the end. */
  open(sha256: string, range?: ByteRange): Promise<Readable>
  stat(sha256: string): Promise<{ readonly size: number } | undefined>
  /** Ordered by digest. */
  list(): AsyncIterable<StoredBlob>
  /** Removes what interrupted uploads of an earlier process left, and says how much. For the start of the registry. */
  sweep(): Promise<{ readonly files: number; readonly bytes: number }>
}

export function requireDigest(text: string): string {
  if (/^[0-9a-f]{64}$/.test(text)) return text
  throw new Problem(
    'invalid_input',
    `Not a SHA-256: 64 hex digits in lower case are wanted, got ${describe(text)}.`,
    {
      hint: 'Print it with `sha256sum FILE`.',
    },
  )
}

function describe(text: string): string {
  return text.length > 80 ? `${text.length} characters` : JSON.stringify(text)
}
