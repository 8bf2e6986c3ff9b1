// SIGKILL in the middle of uploads, and a disk that takes no more: what was acknowledged is whole, the rest is swept away.
import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BlobStore } from '../../../server/blobs/blob-store.ts'
import { filesystemBlobs } from '../../../server/blobs/filesystem.ts'
import { bundleInto } from '../store/bundled.ts'
import type { Line } from './uploading-process.ts'

const run = promisify(execFile)
const rounds = 12

let folder: string
let program: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-uploads-'))
  program = await bundleInto(folder, 'test/server/blobs/uploading-process.ts')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

function linesOf(output: string): Line[] {
  // The last line is empty, or was cut by the kill.
  return output
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
}

function acknowledgedIn(output: string): string[] {
  return linesOf(output).flatMap((line) => ('sha256' in line ? [line.sha256] : []))
}

async function uploadUntilKilled(into: string, afterMs: number): Promise<string[]> {
  const child = spawn(process.execPath, [program, into], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (output === '') setTimeout(() => child.kill('SIGKILL'), afterMs)
    output += text
  })
  const signal = await new Promise((resolve) => child.on('close', (_, by) => resolve(by)))
  expect(signal).toBe('SIGKILL')
  return acknowledgedIn(output)
}

/** Reads everything that is listed, and gives the digests of what is as it says. */
async function wholeIn(blobs: BlobStore): Promise<Set<string>> {
  const whole = new Set<string>()
  for await (const { sha256, size } of blobs.list()) {
    const hash = createHash('sha256')
    let read = 0
    for await (const chunk of await blobs.open(sha256)) {
      hash.update(chunk)
      read += chunk.length
    }
    expect([hash.digest('hex'), read]).toEqual([sha256, size])
    whole.add(sha256)
  }
  return whole
}

test(`${rounds} kills leave every acknowledged artifact whole, and leftovers that a sweep removes`, async () => {
  const into = join(folder, 'killed')
  const blobs = filesystemBlobs(into)
  const acknowledged: string[] = []
  let leftovers = 0
  for (let round = 0; round < rounds; round += 1) {
    acknowledged.push(...(await uploadUntilKilled(into, (round * 17) % 60)))
    leftovers += (await blobs.sweep()).files
    expect(await readdir(join(into, 'incoming'))).toEqual([])
  }
  const whole = await wholeIn(blobs)
  for (const sha256 of acknowledged) expect(whole).toContain(sha256)
  expect(acknowledged.length).toBeGreaterThan(rounds)
  // Otherwise no kill fell into an upload, and this has shown nothing.
  expect(leftovers).toBeGreaterThan(0)
})

test('a file that may not grow refuses the artifact and leaves nothing of it', async () => {
  const into = join(folder, 'limited')
  // The kernel's own limit: files of at most 1,024 blocks of 512 bytes; the artifacts grow by 100,000 bytes each.
  const limited = ['-c', 'ulimit -f 1024; exec "$@"', 'sh', process.execPath, program, into, '100000+']
  const { stdout } = await run('/bin/sh', limited, { timeout: 20_000 })
  expect(linesOf(stdout).at(-1)).toMatchObject({
    code: 'store_unavailable',
    detail: expect.stringContaining('EFBIG'),
  })
  const whole = await wholeIn(filesystemBlobs(into))
  expect(acknowledgedIn(stdout)).toHaveLength(4)
  expect(await readdir(join(into, 'incoming'))).toEqual([])
  for (const sha256 of acknowledgedIn(stdout)) expect(whole).toContain(sha256)
})
