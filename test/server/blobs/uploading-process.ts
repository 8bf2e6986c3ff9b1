// Uploads one artifact after the other until it is killed or the disk is full, and prints each one that was acknowledged.
import { createHash } from 'node:crypto'
import { writeSync } from 'node:fs'
import { filesystemBlobs } from '../../../server/blobs/filesystem.ts'
import { Problem } from '../../../shared/domain/problem.ts'

/** One line of the output: an artifact that was acknowledged, or why no more can be stored. */
export type Line = { readonly sha256: string } | { readonly code: string; readonly detail: string }

const [folder = '', bytes = '300000'] = process.argv.slice(2)
const blobs = filesystemBlobs(folder)

function say(line: Line): void {
  writeSync(1, `${JSON.stringify(line)}\n`)
}

/** Different for every number and process, the same length for all; grows when the second argument ends with `+`. */
async function* content(number: number): AsyncGenerator<Uint8Array> {
  const seed = createHash('sha256').update(`${process.pid} ${number}`).digest()
  const length = Number.parseInt(bytes, 10) * (bytes.endsWith('+') ? number : 1)
  for (let sent = 0; sent < length; sent += 16_384) yield Buffer.alloc(Math.min(16_384, length - sent), seed)
}

try {
  for (let number = 1; ; number += 2) {
    const puts = [number, number + 1].map((each) => blobs.put(content(each), { limitBytes: 1e9 }))
    for (const { sha256 } of await Promise.all(puts)) say({ sha256 })
  }
} catch (error) {
  if (!(error instanceof Problem)) throw error
  say({ code: error.code, detail: error.message })
}
