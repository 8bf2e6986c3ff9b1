// SIGKILL at any instant loses nothing that was acknowledged, and leaves no half transaction.
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { verifyChain } from '../../../server/ledger/chain.ts'
import { openStore } from '../../../server/store/connection.ts'
import { emptyLedger, type LedgerHead, readRows } from '../../../server/store/ledger.ts'
import { countRows } from '../../support/open-test-store.ts'
import { bundleInto } from './bundled.ts'
import type { Line } from './writing-process.ts'

const rounds = 25

let folder: string
let program: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-kill-'))
  program = await bundleInto(folder, 'test/server/store/writing-process.ts')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Lets the program write into `data`, kills it `afterMs` after its first acknowledgement, and gives what it acknowledged. */
async function writeUntilKilled(data: string, afterMs: number): Promise<LedgerHead[]> {
  const child = spawn(process.execPath, [program, data], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (output === '') setTimeout(() => child.kill('SIGKILL'), afterMs)
    output += text
  })
  const signal = await new Promise((resolve) => child.on('close', (_, by) => resolve(by)))
  expect(signal).toBe('SIGKILL')
  // A line cut by the kill was not heard.
  const lines = output.split('\n').slice(0, -1)
  return lines.map((line): Line => JSON.parse(line)).filter((line) => 'hash' in line)
}

test(`${rounds} kills in one registry lose no acknowledged event`, { timeout: 120_000 }, async () => {
  const data = join(folder, 'registry')
  let acknowledged = 0
  let last: LedgerHead = emptyLedger
  for (let round = 0; round < rounds; round += 1) {
    const heard = await writeUntilKilled(data, (round * 37) % 90)
    acknowledged += heard.length
    const store = await openStore(data)
    const rows = await readRows(store.read, last.sequence, 1_000_000)
    const verdict = verifyChain(rows, last)
    if (!verdict.ok) throw new Error(`round ${round}, event ${verdict.atSequence}: ${verdict.why}`)
    const stored = new Map(rows.map(({ sequence, hash }) => [sequence, hash]))
    for (const { sequence, hash } of heard) expect(stored.get(sequence)).toBe(hash)
    const { ledger, idempotency } = await countRows(store)
    expect(idempotency).toBe(ledger)
    last = verdict
    await store.close()
  }
  expect(last.sequence).toBeGreaterThanOrEqual(acknowledged)
  // Per kill at most the two that were under way are there without having been heard of.
  expect(last.sequence).toBeLessThanOrEqual(acknowledged + 2 * rounds)
  expect(acknowledged).toBeGreaterThan(rounds)
})
