/** What an agent weighs after a month of rounds, and that it does not grow. */
import { expect, test } from 'vitest'
import { aMonitoredRack } from '../../support/monitored-rack.ts'
import { scratchDirectory } from '../../support/scratch-directory.ts'
import { bundledScript, runScript } from '../../support/script.ts'

const megabytes = (bytes = 0) => bytes / 1024 / 1024

test('weighs less than 80 MB after 10,000 rounds, and no more than after the first thousand', {
  timeout: 900_000,
}, async () => {
  const rounds = 10_000
  const { yard, rack, asked } = await aMonitoredRack('monitorSeconds = 300')
  const script = await bundledScript('fast-agent', scratchDirectory())
  const env = { PATH: process.env.PATH ?? '' }
  const [askedBefore, checkedBefore] = [asked(), yard.asked.length]
  const running = runScript(script, [rack.dir, String(rounds), String(yard.clock.now())], env)
  const said: Record<string, number>[] = []
  for (let line = await running.line(); line !== null; line = await running.line())
    said.push(JSON.parse(line))
  expect(await running.ended()).toBe(0)
  const [early, late, end] = said
  const [checked, questions] = [yard.asked.length - checkedBefore, asked() - askedBefore]
  const weight = (of = early) =>
    `${megabytes(of?.rss).toFixed(1)} MB (heap ${megabytes(of?.heapUsed).toFixed(1)} MB)`
  console.log(
    `agent after ${late?.round} rounds: ${weight(late)}; after ${early?.round}: ${weight(early)}; ${checked} questions to the registry, ${questions} of the monitor`,
  )
  expect(end).toEqual({ failed: 0 })
  expect(checked).toBeGreaterThanOrEqual(rounds)
  expect(questions).toBeGreaterThan(rounds / 2)
  expect(megabytes(late?.rss)).toBeLessThan(80)
  expect(megabytes(late?.rss)).toBeLessThan(megabytes(early?.rss) + 15)
})
