/** What an agent weighs after a month of rounds, and that it does not grow: the one file, which is the heavier form of it. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { aMonitoredRack } from '../../support/monitored-rack.ts'
import { program, startProgram } from '../../support/real-registry.ts'

const oneFile = join(dirname(program), 'headgate-agent.mjs')
const fastClock = join(import.meta.dirname, '..', '..', 'support', 'scripts', 'fast-clock.cjs')

/** As the kernel counts it: what of the process is in memory, in megabytes. */
function weightOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}

test('weighs less than 80 MB after 10,000 rounds, and no more than after the first thousand', {
  timeout: 900_000,
}, async () => {
  const { yard, rack, asked } = await aMonitoredRack('monitorSeconds = 300')
  const askedBefore = asked()
  const command = [process.execPath, '--require', fastClock, oneFile, 'agent', 'run', '--dir', rack.dir]
  const env = { CLOCK_STARTS_AT: String(yard.clock.now()) }
  let rounds = 0
  const weights = new Map<number, number>()
  const agent = startProgram(command, { cwd: rack.dir, env })
  onTestFinished(() => agent.kill('SIGKILL'))
  yard.intercept(({ url = '' }) => {
    if (!url.includes('/check')) return false
    rounds += 1
    if (rounds === 1_000 || rounds === 10_000) weights.set(rounds, weightOf(agent.pid))
    if (rounds === 10_000) agent.kill('SIGTERM')
    return false
  })
  const { code, stdout, stderr } = await agent.ended
  expect(code, stderr).toBe(0)
  const [early = Number.NaN, late = Number.NaN] = [weights.get(1_000), weights.get(10_000)]
  const questions = asked() - askedBefore
  console.log(
    `agent after 10,000 rounds: ${late.toFixed(1)} MB; after 1,000: ${early.toFixed(1)} MB; ${questions} questions of the monitor`,
  )
  // It says what is new: nothing went wrong in between.
  expect(stdout.trim().split('\n')).toEqual([
    expect.stringContaining('none, up_to_date: 10 is what stable serves'),
  ])
  expect(questions).toBeGreaterThan(5_000)
  expect(late).toBeLessThan(80)
  expect(late).toBeLessThan(early + 15)
})
