/** Archives built byte by byte, so that a test can say exactly what is wrong with one. */

import { gzipSync } from 'node:zlib'

export interface Entry {
  readonly name: string
  /** The kind's letter in the header; default "0", or "5" for a name that ends with "/". */
  readonly kind?: string
  readonly content?: string | Buffer
  readonly link?: string
  readonly mode?: number
  /** What the header claims, when that is not the content's length. */
  readonly size?: number
  /** The size field's raw bytes. */
  readonly rawSize?: Buffer
  readonly badChecksum?: boolean
}

const block = 512

function padded(content: Buffer): Buffer {
  return Buffer.concat([content, Buffer.alloc((block - (content.length % block)) % block)])
}

/** Writes the checksum of a header block, wrong by `error`. */
export function putChecksum(header: Buffer, error = 0): void {
  header.fill(' ', 148, 156)
  const sum = header.reduce((total, byte) => total + byte, error)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
}

export function tarEntry(entry: Entry): Buffer {
  const content = Buffer.from(entry.content ?? '')
  const header = Buffer.alloc(block)
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`
  header.write(entry.name, 0, 100, 'utf8')
  header.write(octal(entry.mode ?? 0o644, 8), 100)
  header.write(octal(0, 8), 108)
  header.write(octal(0, 8), 116)
  header.write(octal(entry.size ?? content.length, 12), 124)
  entry.rawSize?.copy(header, 124)
  header.write(octal(1_471_305_600, 12), 136)
  header.write(entry.kind ?? (entry.name.endsWith('/') ? '5' : '0'), 156)
  header.write(entry.link ?? '', 157, 100, 'utf8')
  header.write('ustar\x0000', 257, 'latin1')
  putChecksum(header, entry.badChecksum ? 1 : 0)
  return Buffer.concat([header, padded(content)])
}

/** A pax header ("x" for the next entry, "g" for all) with these records. */
export function paxEntry(records: Readonly<Record<string, string>>, kind = 'x'): Buffer {
  const lines = Object.entries(records).map(([key, value]) => {
    const rest = ` ${key}=${value}\n`
    let length = Buffer.byteLength(rest)
    while (length !== Buffer.byteLength(rest) + String(length).length) {
      length = Buffer.byteLength(rest) + String(length).length
    }
    return `${length}${rest}`
  })
  return tarEntry({ name: 'PaxHeader/entry', kind, content: lines.join('') })
}

export const tarEnd = Buffer.alloc(2 * block)

export function tarOf(...parts: readonly (Entry | Buffer)[]): Buffer {
  const entries = parts.map((part) => (Buffer.isBuffer(part) ? part : tarEntry(part)))
  return Buffer.concat([...entries, tarEnd])
}

export function tgzOf(...parts: readonly (Entry | Buffer)[]): Buffer {
  return gzipSync(tarOf(...parts))
}
