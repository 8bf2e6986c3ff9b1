/**
 * An archive's frame, read by us before node-tar reads it: kinds, sizes and extensions of every entry. What is not
 * a plain file or directory is refused here by name, and so is whatever two readers could take for two different
 * archives: entries after the end, sparse files, extended headers that change the kind of what follows.
 */

import { refusedArchive, shownName } from './refused-archive.ts'

export interface FramedEntry {
  readonly kind: 'file' | 'directory'
  readonly bytes: number
}

export interface TarFrames {
  /** Takes the next decompressed bytes; returns how many of them belong to the archive (the rest is padding). */
  feed(chunk: Buffer): number
  /** Call after the last byte: a stream that stops in the middle is refused. */
  end(): void
  /** The next entry not taken yet, in archive order. */
  take(): FramedEntry | undefined
}

const block = 512
const longestExtension = 65_536

const refusedKinds: Readonly<Record<string, string>> = {
  '1': 'a hard link',
  '2': 'a symbolic link',
  '3': 'a character device',
  '4': 'a block device',
  '6': 'a named pipe',
  '7': 'a contiguous file',
  D: 'a directory dump',
  K: 'a long link name',
  M: 'a part of a multi-volume archive',
  S: 'a sparse file',
  V: 'a volume label',
}

function text(header: Buffer, start: number, end: number): string {
  const raw = header.subarray(start, end)
  const zero = raw.indexOf(0)
  return raw.toString('utf8', 0, zero < 0 ? raw.length : zero)
}

/** Octal digits, or GNU's base 256 (first bit set) for what does not fit them. */
function sizeOf(header: Buffer, name: string): number {
  const field = header.subarray(124, 136)
  if ((field[0] ?? 0) & 0x80) {
    const value = (BigInt((field[0] ?? 0) & 0x7f) << 88n) | BigInt(`0x${field.toString('hex', 1)}`)
    if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value)
    throw refusedArchive(`${shownName(name)} declares a size of ${value} bytes`)
  }
  const digits = field.toString('latin1').replace(/\0.*$/s, '').trim()
  if (!/^[0-7]*$/.test(digits)) throw refusedArchive(`${shownName(name)} declares no readable size`)
  return digits === '' ? 0 : Number.parseInt(digits, 8)
}

/** The records of a pax header (POSIX.1-2001: "LENGTH KEY=VALUE\n", the length counting itself). */
function paxRecords(body: Buffer): Map<string, string> {
  const records = new Map<string, string>()
  for (let at = 0; at < body.length; ) {
    const space = body.indexOf(0x20, at)
    const length = Number(body.toString('latin1', at, space))
    const record = body.toString('utf8', space + 1, at + length)
    const equals = record.indexOf('=')
    // A value may legally hold a newline, but node-tar splits there: two readers, two archives.
    const plain = record.indexOf('\n') === record.length - 1 && at + length <= body.length
    if (space < 0 || !(length > 0) || equals < 1 || !plain) {
      throw refusedArchive('it has an extended header that cannot be read')
    }
    records.set(record.slice(0, equals), record.slice(equals + 1, -1))
    at += length
  }
  return records
}

export function createTarFrames(): TarFrames {
  const entries: FramedEntry[] = []
  let taken = 0
  let header: Buffer = Buffer.alloc(0)
  let bodyLeft = 0
  let extension: { kind: string; parts: Buffer[]; bytes: number } | null = null
  let nextSize: number | null = null
  let zeroBlocks = 0

  function readExtension(kind: string, body: Buffer): void {
    // Names end at a NUL for one reader and go on for another.
    const isCut = (name: Buffer) =>
      name.includes(0) && name.subarray(name.indexOf(0)).some((byte) => byte !== 0)
    if (kind === 'L') {
      if (isCut(body)) throw refusedArchive('it has a long name with a NUL in it')
      return
    }
    const records = paxRecords(body)
    for (const [key, value] of records) {
      if (value.includes('\0')) throw refusedArchive(`it has an extended header with a NUL in its "${key}"`)
      if (key === 'type' || key === 'linkpath' || key.startsWith('GNU.sparse')) {
        throw refusedArchive(`it has an extended header that sets "${key}"`)
      }
      if (kind === 'g' && (key === 'path' || key === 'size')) {
        throw refusedArchive(`it has a header that sets "${key}" for every entry`)
      }
    }
    const size = records.get('size')
    if (size === undefined) return
    if (!/^\d{1,15}$/.test(size)) throw refusedArchive('it has an extended header with an unreadable size')
    nextSize = Number(size)
  }

  function readHeader(bytes: Buffer): void {
    if (bytes.every((byte) => byte === 0)) {
      zeroBlocks += 1
      return
    }
    if (zeroBlocks > 0) throw refusedArchive('it goes on after a block of zeros')
    const name = text(bytes, 0, 100)
    const kind = String.fromCharCode(bytes[156] ?? 0).replace('\0', '0')
    const size = sizeOf(bytes, name)
    if (kind === 'x' || kind === 'g' || kind === 'L') {
      if (size > longestExtension) throw refusedArchive(`an extended header has ${size} bytes`)
      extension = size === 0 ? null : { kind, parts: [], bytes: size }
      bodyLeft = Math.ceil(size / block) * block
      return
    }
    const isDirectory = kind === '5' || (kind === '0' && name.endsWith('/'))
    if (!isDirectory && kind !== '0') {
      throw refusedArchive(
        `${shownName(name)} is ${refusedKinds[kind] ?? `an entry of the unknown kind "${kind}"`}`,
      )
    }
    const bytesOfBody = nextSize ?? size
    if (isDirectory && bytesOfBody > 0)
      throw refusedArchive(`${shownName(name)} is a directory of ${bytesOfBody} bytes`)
    nextSize = null
    entries.push({ kind: isDirectory ? 'directory' : 'file', bytes: bytesOfBody })
    bodyLeft = Math.ceil(bytesOfBody / block) * block
  }

  function takeBody(chunk: Buffer): void {
    bodyLeft -= chunk.length
    if (extension === null) return
    extension.parts.push(chunk)
    if (bodyLeft > 0) return
    const { kind, parts, bytes } = extension
    extension = null
    readExtension(kind, Buffer.concat(parts).subarray(0, bytes))
  }

  return {
    feed(chunk) {
      let at = 0
      while (at < chunk.length && zeroBlocks < 2) {
        const wanted = bodyLeft > 0 ? bodyLeft : block - header.length
        const part = chunk.subarray(at, at + wanted)
        at += part.length
        if (bodyLeft > 0) takeBody(part)
        else {
          header = header.length === 0 ? part : Buffer.concat([header, part])
          if (header.length === block) {
            readHeader(header)
            header = Buffer.alloc(0)
          }
        }
      }
      if (chunk.subarray(at).some((byte) => byte !== 0)) throw refusedArchive('it goes on after its end')
      return at
    },
    end() {
      if (zeroBlocks < 2) throw refusedArchive('it stops before its end')
    },
    take() {
      const entry = entries[taken]
      taken += 1
      return entry
    },
  }
}
