// Artifacts on disk: whole or not there, whatever happens on the way.
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { BlobStore } from '../../../server/blobs/blob-store.ts'
import { filesystemBlobs } from '../../../server/blobs/filesystem.ts'

const limitBytes = 10_000_000
const release = Buffer.from('#!/bin/sh\necho 20160816140022\n'.repeat(5_000))
const digest = sha256(release)

let folder: string
let blobs: BlobStore
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-blobs-'))
  blobs = filesystemBlobs(join(folder, 'artifacts'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** The bytes in chunks of 1,000, as a network gives them. */
async function* inChunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1_000) yield bytes.subarray(at, at + 1_000)
}

async function filesUnder(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

async function listed(): Promise<{ sha256: string; size: number }[]> {
  const found = []
  for await (const blob of blobs.list()) found.push(blob)
  return found
}

describe('an upload', () => {
  test('is stored under its digest, read back byte for byte, and listed', async () => {
    const stored = await blobs.put(inChunks(release), { limitBytes })
    expect(stored).toEqual({ sha256: digest, size: release.length, created: true })
    const path = join(folder, 'artifacts', digest.slice(0, 2), digest.slice(2, 4), digest)
    expect(await filesUnder(folder)).toEqual([path])
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect((await stat(join(folder, 'artifacts'))).mode & 0o777).toBe(0o700)
    expect(await readFile(path)).toEqual(release)
    expect(await buffer(await blobs.open(digest))).toEqual(release)
    expect(await blobs.stat(digest)).toEqual({ size: release.length })
    expect(await listed()).toEqual([{ sha256: digest, size: release.length }])
  })

  test('may be empty', async () => {
    const { sha256: empty, size } = await blobs.put(inChunks(Buffer.alloc(0)), {
      limitBytes,
      expected: { size: 0 },
    })
    expect([empty, size]).toEqual([sha256(Buffer.alloc(0)), 0])
    expect(await buffer(await blobs.open(empty))).toEqual(Buffer.alloc(0))
  })

  test('that is what was announced is taken, up to the limit to the byte', async () => {
    const expected = { sha256: digest, size: release.length }
    await expect(
      blobs.put(inChunks(release), { limitBytes: release.length, expected }),
    ).resolves.toMatchObject(expected)
  })

  test('of what is there already creates nothing, and mends bytes that have rotted', async () => {
    await blobs.put(inChunks(release), { limitBytes })
    const path = join(folder, 'artifacts', digest.slice(0, 2), digest.slice(2, 4), digest)
    await writeFile(path, 'rotten')
    expect(await blobs.put(inChunks(release), { limitBytes })).toEqual({
      sha256: digest,
      size: release.length,
      created: false,
    })
    expect(await filesUnder(folder)).toEqual([path])
    expect(await readFile(path)).toEqual(release)
  })

  test('of the same bytes by many at once creates them exactly once', async () => {
    const puts = await Promise.all(
      Array.from({ length: 20 }, () => blobs.put(inChunks(release), { limitBytes })),
    )
    expect(puts.filter(({ created }) => created)).toHaveLength(1)
    expect(new Set(puts.map((put) => put.sha256))).toEqual(new Set([digest]))
    expect(await filesUnder(folder)).toHaveLength(1)
  })

  test('of different bytes by many at once keeps each apart', async () => {
    const contents = Array.from({ length: 20 }, (_, number) =>
      Buffer.from(`release ${number} `.repeat(3_000)),
    )
    await Promise.all(contents.map((content) => blobs.put(inChunks(content), { limitBytes })))
    for (const content of contents) expect(await buffer(await blobs.open(sha256(content)))).toEqual(content)
    const expected = contents.map((content) => ({ sha256: sha256(content), size: content.length }))
    expect(await listed()).toEqual(expected.sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1)))
  })

  test('is never whole in memory: no chunk is asked for before the one before it is in the file', async () => {
    const onDisk: number[] = []
    async function* chunks() {
      for (let sent = 0; sent < 20; sent += 1) {
        onDisk.push((await stat(join(folder, 'artifacts', 'incoming', 'upload-1'))).size)
        yield Buffer.alloc(100_000, sent)
      }
    }
    await blobs.put(chunks(), { limitBytes })
    expect(onDisk).toEqual(Array.from({ length: 20 }, (_, sent) => sent * 100_000))
  })
})

describe('a refused upload leaves nothing', () => {
  afterEach(async () => {
    expect(await filesUnder(folder)).toEqual([])
    expect(await listed()).toEqual([])
  })

  test('when its digest is another: both are named', async () => {
    const announced = sha256(Buffer.from('something else'))
    const put = blobs.put(inChunks(release), { limitBytes, expected: { sha256: announced } })
    await expect(put).rejects.toMatchObject({
      code: 'digest_mismatch',
      message: expect.stringMatching(new RegExp(`${announced}.*${digest}`)),
      numbers: { expected: { sha256: announced }, got: { sha256: digest, size: release.length } },
    })
  })

  test('when it is shorter or longer than announced', async () => {
    for (const difference of [-1, 1]) {
      const size = release.length + difference
      const put = blobs.put(inChunks(release), { limitBytes, expected: { sha256: digest, size } })
      await expect(put).rejects.toMatchObject({ code: 'digest_mismatch', numbers: { expected: { size } } })
    }
  })

  test('when it is over the limit by one byte, and does not ask for more of it', async () => {
    let yielded = 0
    async function* endless() {
      for (;;) {
        yielded += 1
        yield Buffer.alloc(1_000)
      }
    }
    await expect(blobs.put(endless(), { limitBytes: 9_999 })).rejects.toMatchObject({
      code: 'body_too_large',
      numbers: { limitBytes: 9_999, receivedBytes: 10_000 },
    })
    expect(yielded).toBe(10)
  })

  test('when it announces more than the limit: not a byte is read', async () => {
    let yielded = 0
    async function* counted() {
      yielded += 1
      yield release
    }
    const put = blobs.put(counted(), { limitBytes: 100, expected: { size: 101 } })
    await expect(put).rejects.toMatchObject({
      code: 'body_too_large',
      numbers: { limitBytes: 100, announcedBytes: 101 },
    })
    expect(yielded).toBe(0)
  })

  test('when the client goes away in the middle', async () => {
    let isSent = false
    const request = new Readable({
      read() {
        // Asked for more: what was sent has been taken.
        if (isSent) setImmediate(() => this.destroy(new Error('socket hang up')))
        else this.push(release)
        isSent = true
      },
    })
    await expect(blobs.put(request, { limitBytes })).rejects.toMatchObject({
      code: 'interrupted',
      message: expect.stringContaining(`after ${release.length} bytes: socket hang up`),
    })
  })

  test('when the announced digest is no digest', async () => {
    for (const text of [
      '',
      'abc',
      digest.toUpperCase(),
      `${digest}0`,
      `../../${digest.slice(6)}`,
      `${digest}\n`,
    ]) {
      await expect(
        blobs.put(inChunks(release), { limitBytes, expected: { sha256: text } }),
      ).rejects.toMatchObject({
        code: 'invalid_input',
      })
    }
  })

  test('when the disk may not be written', async () => {
    await writeFile(join(folder, 'file'), '')
    const nowhere = filesystemBlobs(join(folder, 'file', 'artifacts'))
    await expect(nowhere.put(inChunks(release), { limitBytes })).rejects.toMatchObject({
      code: 'store_unavailable',
      numbers: { code: 'ENOTDIR' },
    })
    await rm(join(folder, 'file'))
  })
})

describe('reading', () => {
  beforeEach(async () => {
    await blobs.put(inChunks(release), { limitBytes })
  })

  test.each([
    [{ start: 0, end: 0 }, 0, 1],
    [{ start: 10, end: 19 }, 10, 20],
    [{ start: release.length - 1 }, release.length - 1, release.length],
    [{ start: 100, end: release.length + 1_000 }, 100, release.length],
    [{ start: 0 }, 0, release.length],
  ])('the range %o gives the bytes with both ends included', async (range, from, to) => {
    expect(await buffer(await blobs.open(digest, range))).toEqual(release.subarray(from, to))
  })

  test.each([{ start: release.length }, { start: -1 }, { start: 5, end: 4 }])(
    'the range %o does not exist, and the answer has the size',
    async (range) => {
      await expect(blobs.open(digest, range)).rejects.toMatchObject({
        code: 'not_acceptable_range',
        numbers: { size: release.length },
      })
    },
  )

  test('what is not there is not found, and has no size', async () => {
    const other = sha256(Buffer.from('other'))
    await expect(blobs.open(other)).rejects.toMatchObject({ code: 'artifact_not_found' })
    expect(await blobs.stat(other)).toBeUndefined()
  })

  test('no text but a digest becomes a path', async () => {
    await writeFile(join(folder, 'secret'), 'a secret')
    const outside = [
      '../secret',
      '../../secret',
      'incoming/upload-1',
      '',
      '.',
      digest.slice(1),
      `${digest}/..`,
    ]
    for (const text of [...outside, '\u0000'.repeat(64), `${digest.slice(0, 63)}/`]) {
      await expect(blobs.open(text)).rejects.toMatchObject({ code: 'invalid_input' })
      await expect(blobs.stat(text)).rejects.toMatchObject({ code: 'invalid_input' })
    }
  })

  test('goes on while the same bytes are put again', async () => {
    const reading = await blobs.open(digest)
    await blobs.put(inChunks(release), { limitBytes })
    expect(await buffer(reading)).toEqual(release)
  })
})

describe('sweeping', () => {
  test('of a folder that is not there finds nothing', async () => {
    expect(await blobs.sweep()).toEqual({ files: 0, bytes: 0 })
    expect(await listed()).toEqual([])
  })

  test('takes leftovers, and not the upload under way nor what is stored', async () => {
    const incoming = join(folder, 'artifacts', 'incoming')
    await mkdir(incoming, { recursive: true })
    for (const number of [1, 2]) await writeFile(join(incoming, `upload-${number}`), 'half of someth')
    await blobs.put(inChunks(release), { limitBytes })
    const request = new Readable({ read() {} })
    const upload = blobs.put(request, { limitBytes })
    request.push('first ')
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(await blobs.sweep()).toEqual({ files: 2, bytes: 28 })
    request.push('second')
    request.push(null)
    expect(await upload).toEqual({ sha256: sha256(Buffer.from('first second')), size: 12, created: true })
    expect(await readdir(incoming)).toEqual([])
    expect(await listed()).toHaveLength(2)
  })

  test('leaves no file open behind refused ranges and uploads', async () => {
    await blobs.put(inChunks(release), { limitBytes })
    const before = (await readdir('/dev/fd')).length
    for (let time = 0; time < 20; time += 1) {
      await blobs.open(digest, { start: release.length }).catch(() => {})
      await blobs.put(inChunks(release), { limitBytes: 10 }).catch(() => {})
    }
    expect((await readdir('/dev/fd')).length).toBeLessThanOrEqual(before + 1)
  })
})

test('a file that a person put among them is not taken for an artifact', async () => {
  await blobs.put(inChunks(release), { limitBytes })
  await writeFile(join(folder, 'artifacts', 'README'), 'mine')
  await mkdir(join(folder, 'artifacts', 'zz'))
  const handle = await open(
    join(folder, 'artifacts', digest.slice(0, 2), digest.slice(2, 4), 'notes.txt'),
    'w',
  )
  await handle.close()
  expect(await listed()).toEqual([{ sha256: digest, size: release.length }])
})
