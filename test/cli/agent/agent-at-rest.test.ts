/** What an agent costs that has nothing to do: processor time, as the kernel counts it. */
import { readFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { aMonitoredRack } from '../../support/monitored-rack.ts'
import { startHeadgate } from '../../support/real-registry.ts'

/** User and system time of the process and of the children that it has waited for; the kernel counts 10 ms ticks. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks) * 10, 0)
}

async function untilSo(isSo: () => boolean): Promise<void> {
  for (let tries = 0; !isSo(); tries += 1) {
    if (tries > 600) throw new Error('it never came to that')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

test('waits for less than 0.2 % of a processor, a minute long, with a check that it monitors', {
  timeout: 180_000,
}, async () => {
  const { rack, asked } = await aMonitoredRack()
  const agent = startHeadgate(['agent', 'run', '--dir', rack.dir], { cwd: rack.dir })
  onTestFinished(async () => {
    agent.kill('SIGKILL')
    await agent.ended
  })
  await untilSo(() => JSON.parse(rack.read('health.json') ?? '{}').state === 'healthy')
  // Its start, and the round that tells of it, are over; the compiler is done with what they needed.
  await new Promise((resolve) => setTimeout(resolve, 15_000))
  const [cpuBefore, askedBefore, from] = [cpuMs(agent.pid), asked(), performance.now()]
  await new Promise((resolve) => setTimeout(resolve, 60_000))
  const [spent, elapsed] = [cpuMs(agent.pid) - cpuBefore, performance.now() - from]
  const percent = (spent / elapsed) * 100
  console.log(
    `agent at rest: ${spent} ms of processor in ${Math.round(elapsed / 1000)} s = ${percent.toFixed(3)} %, ${asked() - askedBefore} question(s) of the monitor`,
  )
  expect(asked()).toBeGreaterThan(askedBefore)
  expect(percent).toBeLessThan(0.2)
})
