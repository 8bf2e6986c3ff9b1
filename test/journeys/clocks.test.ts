/** A machine whose clock is wrong by a year, either way: real processes, a real registry with the right one. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { day, hour } from '../../shared/domain/instants.ts'
import { headgate, startRegistry } from '../support/real-registry.ts'
import { scratchDirectory } from '../support/scratch-directory.ts'

const preload = join(import.meta.dirname, '..', 'support', 'scripts', 'shift-clock.cjs')

async function aRack() {
  const cwd = scratchDirectory()
  const dir = join(cwd, 'prod-1')
  const registry = await startRegistry(cwd)
  const does = async (...words: readonly string[]) => {
    const ended = await headgate(words, { cwd, env: registry.env })
    expect(ended, words.join(' ')).toMatchObject({ code: 0 })
  }
  await does('app', 'create', 'rack', '--scheme', 'timestamp')
  await does('release', 'publish', '10', '--app', 'rack')
  await does('promote', '10', '--app', 'rack', '--to', 'stable')
  const driver = ['--driver', 'command', '--current', 'echo 5', '--apply', 'true']
  await does('enroll', '--dir', dir, '--app', 'rack', '--channel', 'stable', '--name', 'prod-1', ...driver)
  /** A verb on a machine whose wall clock is off by so much. */
  const off = (shiftMs: number, ...words: readonly string[]) =>
    headgate([...words, '--dir', dir, '--json'], {
      cwd,
      env: { NODE_OPTIONS: `--require=${preload}`, CLOCK_SHIFT_MS: String(shiftMs) },
    })
  return {
    registry,
    off,
    state: () => JSON.parse(readFileSync(join(dir, 'state.json'), 'utf8')),
  }
}

const years = [
  ['a year behind', -365 * day],
  ['a year ahead', 365 * day],
] as const

test.each(years)('%s: a hold for four hours is one for four hours, and held is held', async (_, shift) => {
  const { off } = await aRack()
  expect((await off(0, 'check')).json).toMatchObject({ action: 'update' })
  const held = await off(shift, 'hold', '--for', '4h', '--reason', 'audit')
  const { until } = held.json.hold as { until: string }
  expect(Math.abs(Date.parse(until) - (Date.now() + 4 * hour))).toBeLessThan(60_000)
  for (const clock of [0, shift, -shift]) {
    expect((await off(clock, 'check')).json).toMatchObject({ action: 'wait', reason: 'held', until })
  }
})

test.each(years)('%s: doctor says by how much, and what the rack dates is right', async (_, shift) => {
  const { off, state } = await aRack()
  const asked = Date.now()
  await off(shift, 'check')
  expect(Math.abs(state().lastDecision.at - asked)).toBeLessThan(60_000)
  const { findings } = (await off(shift, 'doctor')).json as {
    findings: { question: string; isWell: boolean; severity: string; detail: string }[]
  }
  const clock = findings.find(({ question }) => question === 'is the clock right?')
  expect(clock).toMatchObject({ isWell: false, severity: 'failed' })
  expect(clock?.detail).toMatch(/^it is (365d|364d 23h) (behind|ahead of) the registry's/)
})

test('without a registry a year goes by for nobody: within a boot the rack counts on', async () => {
  const { off, registry, state } = await aRack()
  await off(0, 'check')
  await registry.stop()
  const held = await off(365 * day, 'hold', '--for', '4h', '--reason', 'audit')
  expect(held.code).toBe(0)
  expect(Math.abs(state().hold.until - (Date.now() + 4 * hour))).toBeLessThan(60_000)
})
