/**
 * `npm run bench`: what is promised about speed, measured as ratios in one run. `npm run bench -- --short` for a look.
 * Numbers of different runs or machines are not comparable; the ratios nearly are.
 */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { measureHttp } from './measure-http.ts'
import { measureStart } from './measure-start.ts'
import { rawServer } from './raw-server.ts'
import { startRack } from './registry-fixture.ts'
import { measureRollouts, type RolloutCost } from './rollouts.ts'
import { measureSimulation, type SimulationCost } from './simulate.ts'
import { askSteadily } from './steady-load.ts'

const [, self, mode, ...rest] = process.argv

if (mode === 'raw') {
  const [port, body] = rest
  rawServer(body ?? '', { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }).listen(
    Number(port),
    '127.0.0.1',
  )
} else if (mode === 'simulate') {
  printSimulation(await measureSimulation(Number(rest[0] ?? 1_000_000)))
} else if (mode === 'rollouts') {
  const [few, many] = [1_000, Number(rest[0] ?? 1_000_000)]
  printRollouts(await measureRollouts(few, self ?? ''), await measureRollouts(many, self ?? ''))
} else if (mode === 'ask') {
  await askSteadily(process)
} else {
  await bench(mode === '--short')
}

async function bench(isShort: boolean): Promise<void> {
  const bundle = fileURLToPath(new URL('./headgate.js', import.meta.url))
  const { env } = process
  const http = {
    bundle,
    raw: self ?? '',
    env,
    racks: 200,
    rounds: isShort ? 3 : 7,
    milliseconds: isShort ? 1500 : 3000,
  }
  console.log('HTTP, against raw node:http that answers the same bytes (medians; CPU of the server process)')
  for (const { name, rate, rawRate, microseconds, rawMicroseconds } of await measureHttp(http)) {
    const rates = `${Math.round(rate)}/s of ${Math.round(rawRate)}/s = ${(rate / rawRate).toFixed(2)}`
    const costs = `${microseconds.toFixed(1)} µs of ${rawMicroseconds.toFixed(1)} µs CPU = ${(rawMicroseconds / microseconds).toFixed(2)}`
    console.log(`  ${name.padEnd(12)} ${rates.padEnd(36)} ${costs}`)
  }
  console.log('Whole processes, against an empty node')
  const rack = await startRack(bundle, env)
  const commands = { '--version': [bundle, '--version'], check: [bundle, 'check', '--dir', rack.dir] }
  for (const { name, milliseconds, emptyMilliseconds } of measureStart(commands, isShort ? 15 : 41, env)) {
    const ratio = (milliseconds / emptyMilliseconds).toFixed(2)
    console.log(
      `  ${name.padEnd(12)} ${milliseconds.toFixed(1)} ms of ${emptyMilliseconds.toFixed(1)} ms = ${ratio}`,
    )
  }
  await rack.stop()
  // In a process of its own: a million racks would stand in the way of everything else.
  for (const measure of ['simulate', 'rollouts'])
    execFileSync(
      process.execPath,
      ['--max-old-space-size=6144', self ?? '', measure, isShort ? '100000' : '1000000'],
      { stdio: 'inherit', env },
    )
}

function printRollouts(few: RolloutCost, many: RolloutCost): void {
  const [small, large] = [few.decisionMicroseconds, many.decisionMicroseconds]
  console.log(`A rollout under way: ${few.racks} racks and ${many.racks}`)
  console.log(
    `  ${'decision'.padEnd(12)} ${large.toFixed(2)} µs of ${small.toFixed(2)} µs = ${(large / small).toFixed(2)}`,
  )
  console.log(`What a check over HTTP waits, ${many.racks} racks, against the same checks before`)
  const { quiet } = many
  for (const name of ['quiet', 'planning', 'counting'] as const) {
    const { seconds, checks, p50Milliseconds, p99Milliseconds, mostMilliseconds } = many[name]
    const times = `p50 ${p50Milliseconds.toFixed(1)} ms, p99 ${p99Milliseconds.toFixed(1)} ms, at most ${mostMilliseconds.toFixed(1)} ms`
    const ratio = (p99Milliseconds / quiet.p99Milliseconds).toFixed(1)
    console.log(
      `  ${name.padEnd(12)} ${times}, p99 ${ratio} × quiet; ${checks} checks in ${seconds.toFixed(2)} s`,
    )
  }
}

function printSimulation({
  racks,
  changed,
  built,
  simulated,
  longestTurnMilliseconds,
}: SimulationCost): void {
  const ratio = (simulated.cpuMilliseconds / built.cpuMilliseconds).toFixed(2)
  const seconds = ({ cpuMilliseconds }: SimulationCost['built']) => (cpuMilliseconds / 1000).toFixed(2)
  console.log(
    `Simulating a promotion over ${racks} racks, ${changed} of which change, against building the same state`,
  )
  console.log(
    `  ${'simulate'.padEnd(12)} ${seconds(simulated)} s of ${seconds(built)} s CPU = ${ratio}; ${(simulated.milliseconds / 1000).toFixed(2)} s in all, longest turn ${longestTurnMilliseconds.toFixed(0)} ms`,
  )
}
