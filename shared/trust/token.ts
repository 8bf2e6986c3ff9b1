/**
 * Tokens: `hg_<kind>_<random><checksum>`. They are made where they are used; the registry is given the digest and
 * never sees the secret before its first use. Prefix and checksum let scanners find leaked ones.
 */
import { createHash } from 'node:crypto'

export const tokenKinds = ['admin', 'maintainer', 'publisher', 'viewer', 'rack', 'join', 'break'] as const
export type TokenKind = (typeof tokenKinds)[number]

const randomLength = 43
const checksumLength = 6
const form = new RegExp(`^hg_(?:${tokenKinds.join('|')})_[A-Za-z0-9_-]{${randomLength + checksumLength}}$`)

/** `random` is 32 bytes from a source fit for secrets. */
export function mintToken(kind: TokenKind, random: Uint8Array): string {
  if (random.length !== 32) throw new Error('A token is made of 32 random bytes.')
  const body = `hg_${kind}_${Buffer.from(random).toString('base64url')}`
  return body + checksumOf(body)
}

export function isWellFormedToken(text: string): boolean {
  return form.test(text) && checksumOf(text.slice(0, -checksumLength)) === text.slice(-checksumLength)
}

/** What the registry keeps: SHA-256 as 64 hex digits. A token is 256 random bits, so no salt and no slow hash. */
export function digestOfToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

function checksumOf(body: string): string {
  return createHash('sha256').update(body).digest('base64url').slice(0, checksumLength)
}
