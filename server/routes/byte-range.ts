/** The Range header (RFC 9110, 14.2), for one range of bytes; what is not understood is ignored, as the RFC says. */
import { Problem } from '../../shared/domain/problem.ts'

/** Both ends included, inside of the size. Raises `not_acceptable_range` when it begins behind the end. */
export function parseByteRange(
  header: string | undefined,
  size: number,
): { start: number; end: number } | undefined {
  const parts = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '')
  if (!parts || (parts[1] === '' && parts[2] === '')) return undefined
  const [, first, last] = parts
  const isSuffix = first === ''
  const start = isSuffix ? Math.max(0, size - Number(last)) : Number(first)
  const end = isSuffix || last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (!isSuffix && last !== '' && Number(last) < Number(first)) return undefined
  if (start >= size) {
    throw new Problem(
      'not_acceptable_range',
      `The artifact has ${size} bytes; a range cannot begin at ${start}.`,
      { numbers: { size, start } },
    )
  }
  return { start, end }
}
