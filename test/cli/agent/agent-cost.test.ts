/** What an agent costs that has nothing to do: processor time while it waits, and memory after a month of rounds. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { aYard, type YardRack } from '../../support/campaign-yard.ts'
import { startHeadgate } from '../../support/real-registry.ts'
import { scratchDirectory } from '../../support/scratch-directory.ts'
import { bundledScript, runScript } from '../../support/script.ts'

async function aWebApp(): Promise<{ url: string; asked(): number }> {
  let asked = 0
  const server = createServer((_request, response) => {
    asked += 1
    response.end('{"version":"10"}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/healthz`
  return { url, asked: () => asked }
}

const toml = (url: string, more = '') => `
[driver]
kind = "directory"

[[check]]
name = "healthz"
kind = "http"
url = "${url}"
versionPointer = "/version"
healthyCount = 2
intervalSeconds = 0.2
${more}

[settle]
graceSeconds = 0
`

async function anInstalledRack(url: string, more?: string) {
  const yard = await aYard()
  const rack = await yard.rack('prod-1', { toml: toml(url, more) })
  await yard.serves('10')
  await rack.does('update', '--yes')
  return { yard, rack }
}

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

const healthIn = (rack: YardRack) => JSON.parse(rack.read('health.json') ?? '{}').state

test('waits for less than 0.2 % of a processor, a minute long, with a check that it monitors', {
  timeout: 180_000,
}, async () => {
  const web = await aWebApp()
  const { rack } = await anInstalledRack(web.url)
  const agent = startHeadgate(['agent', 'run', '--dir', rack.dir], { cwd: rack.dir })
  onTestFinished(async () => {
    agent.kill('SIGKILL')
    await agent.ended
  })
  await untilSo(() => healthIn(rack) === 'healthy')
  // Its start, and the round that tells of it, are over; the compiler is done with what they needed.
  await new Promise((resolve) => setTimeout(resolve, 15_000))
  const [before, asked, from] = [cpuMs(agent.pid), web.asked(), performance.now()]
  await new Promise((resolve) => setTimeout(resolve, 60_000))
  const [spent, elapsed] = [cpuMs(agent.pid) - before, performance.now() - from]
  const percent = (spent / elapsed) * 100
  console.log(
    `agent at rest: ${spent} ms of processor in ${Math.round(elapsed / 1000)} s = ${percent.toFixed(3)} %, ${web.asked() - asked} question(s) of the monitor`,
  )
  expect(web.asked()).toBeGreaterThan(asked)
  expect(percent).toBeLessThan(0.2)
})

test('weighs less than 80 MB after 10,000 rounds, and no more than after the first thousand', {
  timeout: 900_000,
}, async () => {
  const rounds = 10_000
  const web = await aWebApp()
  const { yard, rack } = await anInstalledRack(web.url, 'monitorSeconds = 300')
  const script = await bundledScript('fast-agent', scratchDirectory())
  const env = { PATH: process.env.PATH ?? '' }
  const [asked, checked] = [web.asked(), yard.asked.length]
  const running = runScript(script, [rack.dir, String(rounds), String(yard.clock.now())], env)
  const said: Record<string, number>[] = []
  for (let line = await running.line(); line !== null; line = await running.line())
    said.push(JSON.parse(line))
  expect(await running.ended()).toBe(0)
  const [early, late, end] = said
  const megabytes = (bytes = 0) => bytes / 1024 / 1024
  console.log(
    `agent after ${late?.round} rounds: ${megabytes(late?.rss).toFixed(1)} MB (heap ${megabytes(late?.heapUsed).toFixed(1)} MB); after ${early?.round}: ${megabytes(early?.rss).toFixed(1)} MB (heap ${megabytes(early?.heapUsed).toFixed(1)} MB); ${yard.asked.length - checked} questions to the registry, ${web.asked() - asked} of the monitor`,
  )
  expect(end).toEqual({ failed: 0 })
  expect(yard.asked.length - checked).toBeGreaterThanOrEqual(rounds)
  expect(web.asked() - asked).toBeGreaterThan(rounds / 2)
  expect(megabytes(late?.rss)).toBeLessThan(80)
  expect(megabytes(late?.rss)).toBeLessThan(megabytes(early?.rss) + 15)
})
