/** `If-None-Match` (RFC 9110, 13.1.2): a list, compared weakly, for a cache on the way may have marked the tag as weak. */

export function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false
  if (ifNoneMatch === etag || ifNoneMatch === '*') return true
  return ifNoneMatch.split(',').some((one) => one.trim().replace(/^W\//, '') === etag)
}
