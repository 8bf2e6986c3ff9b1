// SIGKILL of the registry, between requests and in the middle of them: what was acknowledged is there afterwards, the
// chain holds, and what was not heard of can be asked for again under its key without being done twice. In small:
// `npm run campaign` does the same for ten thousand writes.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { killRegistry, lossLine } from '../../campaign/registry-kills.ts'
import { type BuiltProgram, buildProgram } from '../../support/built-program.ts'
import { scratchDirectory } from '../../support/scratch-directory.ts'

let program: BuiltProgram
beforeAll(async () => {
  program = await buildProgram()
})
afterAll(() => program?.remove())

test('kills lose no acknowledged write', { timeout: 120_000 }, async () => {
  const losses = await killRegistry({
    program,
    cwd: scratchDirectory(),
    seed: 20160816,
    kills: 12,
    writes: 600,
  })
  console.log(lossLine(losses))
  expect(losses.lost).toEqual([])
  expect(losses.acknowledged).toBeGreaterThanOrEqual(600)
  expect(losses.cutOff).toBeGreaterThan(0)
})
