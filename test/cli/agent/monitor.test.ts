/** The monitor of an agent: asks between rounds, counts, tells soon, and is never in the way of an attempt. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { runAgent, type ToldRound } from '../../../cli/agent/agent.ts'
import { realFiles } from '../../../cli/agent/files.ts'
import { readHealth } from '../../../cli/agent/health.ts'
import type { RackPlace } from '../../../cli/agent/rack.ts'
import { sendDirectly } from '../../../cli/agent/send.ts'
import { hurriedClock } from '../../support/campaign-clock.ts'
import { aYard, type Yard, type YardRack } from '../../support/campaign-yard.ts'

const monitored = `
[driver]
kind = "directory"
restart = "true"

[[check]]
name = "well"
kind = "command"
command = "echo asked >> asked; if test -e ill; then cat ill; false; else echo fine; fi"
when = ["monitor"]
intervalSeconds = 5
healthyCount = 2
unhealthyCount = 3
monitorSeconds = 60
timeoutSeconds = 3600

[settle]
graceSeconds = 0
timeoutSeconds = 3600
`

async function aMonitoredRack(toml = monitored): Promise<{ yard: Yard; rack: YardRack }> {
  const yard = await aYard()
  const rack = await yard.rack('prod-1', { toml })
  await yard.serves('10')
  await rack.does('update', '--yes')
  return { yard, rack }
}

interface Agent {
  /** Resolves when it is so; the agent goes on. */
  until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void>
  readonly told: readonly ToldRound[]
  seconds(): number
  stop(): Promise<void>
}

/** An agent on a clock a hundred times the world's. */
function anAgent(rack: YardRack, chance = () => 0.5): Agent {
  const told: ToldRound[] = []
  const stop = new AbortController()
  const clock = hurriedClock(100)
  const place: RackPlace = {
    dir: rack.dir,
    files: realFiles,
    clock,
    env: process.env,
    send: sendDirectly,
    uuid: () => crypto.randomUUID(),
    bytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    watch: { onState: () => undefined, onNote: () => undefined, onBytes: () => undefined },
  }
  const running = runAgent({
    place,
    signal: stop.signal,
    chance,
    onStart: () => undefined,
    onRound: (round) => void told.push(round),
  })
  const stopped = async () => {
    stop.abort()
    await running
  }
  onTestFinished(stopped)
  return {
    told,
    seconds: () => clock.monotonic() / 1_000,
    async until(isSo, what) {
      for (let tries = 0; tries < 1_000; tries += 1) {
        if (await isSo()) return
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      throw new Error(`it never came to: ${what}; rounds: ${JSON.stringify(told)}`)
    },
    stop: stopped,
  }
}

const kept = (rack: YardRack) => {
  const text = rack.read('health.json')
  return text === null ? null : JSON.parse(text)
}
const asked = (rack: YardRack) => (rack.read('asked') ?? '').split('\n').length - 1

async function heard(yard: Yard): Promise<Record<string, unknown> | null> {
  const shown = await yard.does('rack', 'show', 'prod-1', '--app', 'rack', '--json')
  return (shown.json as { health?: Record<string, unknown> | null }).health ?? null
}

test('knows a rack as healthy within seconds, asks on once a minute, and tells the registry', async () => {
  const { yard, rack } = await aMonitoredRack()
  const agent = anAgent(rack)
  await agent.until(() => kept(rack)?.state === 'healthy', 'healthy')
  expect(kept(rack).checks).toMatchObject([{ name: 'well', state: 'healthy', detail: 'fine' }])
  await agent.until(async () => (await heard(yard))?.state === 'healthy', 'the registry knows')
  const [before, from] = [asked(rack), agent.seconds()]
  await agent.until(() => asked(rack) >= before + 5, 'five questions')
  const tookSeconds = agent.seconds() - from
  await agent.stop()
  // One a minute, give or take a tenth; the first may have been due at once. A machine may be slower than its clock.
  expect(tookSeconds).toBeGreaterThan(4 * 54)
})

test('tells what became ill and well again long before it would have asked', async () => {
  const { yard, rack } = await aMonitoredRack()
  const agent = anAgent(rack)
  await agent.until(async () => (await heard(yard))?.state === 'healthy', 'healthy')
  writeFileSync(join(rack.dir, 'ill'), 'the disk is on fire\n')
  const rounds = agent.told.length
  await agent.until(async () => (await heard(yard))?.state === 'unhealthy', 'unhealthy')
  const health = await heard(yard)
  expect(health).toMatchObject({ checks: [{ name: 'well', state: 'unhealthy', severity: 'fail' }] })
  expect(JSON.stringify(health)).toContain('the disk is on fire')
  expect(agent.told.length).toBeLessThanOrEqual(rounds + 3)
  const status = await rack.headgate('status', '--json')
  expect(status.json).toMatchObject({ health: { state: 'unhealthy' } })
  const words = await rack.headgate('agent', 'status')
  expect(words.stdout + words.stderr).toContain('well: the command exited 1: the disk is on fire')

  rmSync(join(rack.dir, 'ill'))
  await agent.until(async () => (await heard(yard))?.state === 'healthy', 'healthy again')
  await agent.stop()
})

test('one failure is not an illness: the state holds, and nothing is told', async () => {
  const { rack } = await aMonitoredRack(
    monitored.replace('test -e ill', 'test -e ill && rm ill 2>/dev/null').replace('cat ill; ', ''),
  )
  const agent = anAgent(rack)
  await agent.until(() => kept(rack)?.state === 'healthy', 'healthy')
  const { since } = kept(rack)
  const before = asked(rack)
  writeFileSync(join(rack.dir, 'ill'), 'for a moment')
  await agent.until(() => rack.read('ill') === null, 'it was asked while ill')
  await agent.until(() => asked(rack) >= before + 3, 'it was asked again')
  expect(kept(rack)).toMatchObject({ state: 'healthy', since })
  await agent.stop()
})

test('a new agent goes on from what the one before knew', async () => {
  const { rack } = await aMonitoredRack()
  const first = anAgent(rack)
  await first.until(() => kept(rack)?.state === 'healthy', 'healthy')
  await first.stop()
  const { since } = kept(rack)
  writeFileSync(
    join(rack.dir, 'health.json'),
    JSON.stringify({ ...kept(rack), goodUntil: Date.UTC(2016, 7, 16, 18) }),
  )
  const second = anAgent(rack)
  const before = asked(rack)
  await second.until(() => asked(rack) > before + 2, 'it is asked')
  expect(kept(rack)).toMatchObject({ state: 'healthy', since })
  await second.stop()
})

test('never while an attempt is under way', async () => {
  const { yard, rack } = await aMonitoredRack(
    monitored
      .replace(
        'restart = "true"',
        'restart = """cd $HEADGATE_DIR; touch moving; test ! -e slow || sleep 1; rm moving"""',
      )
      .replace('echo asked >> asked;', 'test -e moving && echo overlap >> overlaps; echo asked >> asked;')
      .replace('monitorSeconds = 60', 'monitorSeconds = 1'),
  )
  const agent = anAgent(rack)
  await agent.until(() => asked(rack) > 3, 'it is asked')
  writeFileSync(join(rack.dir, 'slow'), '')
  await yard.serves('20')
  // A person's, so that the agent's own waiting in between does not hide it.
  let moved = await rack.headgate('update', '--yes')
  for (let tries = 0; moved.code === 75 && tries < 50; tries += 1)
    moved = await rack.headgate('update', '--yes')
  // Or the agent's own, which was at it first.
  await agent.until(() => rack.installed() === '20', 'it is updated')
  const before = asked(rack)
  await agent.until(() => asked(rack) > before + 1, 'it is asked again')
  await agent.stop()
  // A question that was under way when the attempt began may still see it, and does not count.
  expect((rack.read('overlaps') ?? '').split('\n').length - 1).toBeLessThanOrEqual(1)
})

test('stops at once, though a check would take a minute', async () => {
  const { rack } = await aMonitoredRack(
    monitored.replace(/command = .*/, 'command = "touch begun; sleep 50; touch ended"'),
  )
  const agent = anAgent(rack)
  await agent.until(() => rack.read('begun') !== null, 'the check has begun')
  const from = performance.now()
  await agent.stop()
  expect(performance.now() - from).toBeLessThan(8_000)
  expect(rack.read('ended')).toBeNull()
})

test('without a monitored check there is nothing to tell, and where nothing is installed either', async () => {
  const yard = await aYard()
  const rack = await yard.rack('prod-1', { toml: monitored.replace('["monitor"]', '["settle"]') })
  await yard.serves('10')
  await rack.does('update', '--yes')
  const agent = anAgent(rack)
  await agent.until(() => agent.told.length >= 1 && agent.seconds() > 120, 'two minutes')
  await agent.stop()
  expect(kept(rack)).toBeNull()
  expect(await heard(yard)).toBeNull()
  expect((await rack.headgate('status')).stdout).toContain('not monitored')
})

test('agent once asks each once, and its question carries the answer', async () => {
  const { yard, rack } = await aMonitoredRack()
  await rack.does('agent', 'once')
  expect(await heard(yard)).toMatchObject({ state: 'healthy', checks: [{ name: 'well', detail: 'fine' }] })
  const { since } = kept(rack)
  await rack.does('agent', 'once')
  expect(kept(rack).since).toBe(since)
  expect(asked(rack)).toBe(2)
  writeFileSync(join(rack.dir, 'ill'), 'no\n')
  await rack.does('agent', 'once')
  expect(await heard(yard)).toMatchObject({ state: 'unhealthy' })
  const doctor = await rack.headgate('doctor', '--json')
  expect(doctor.code).toBe(1)
  expect(JSON.stringify(doctor.json)).toContain('well: the command exited 1: no')
  // A person's verb says the same of the rack: it does not look as if it were not monitored.
  await rack.does('check')
  expect(await heard(yard)).toMatchObject({ state: 'unhealthy' })
  expect(readHealth(rack.dir, yard.clock.now(), realFiles)?.state).toBe('unhealthy')
  expect(readFileSync(join(rack.dir, 'asked'), 'utf8')).toBe('asked\n'.repeat(3))
})

test('a person who verifies is believed: doctor and the registry hear that it is well again', async () => {
  const { yard, rack } = await aMonitoredRack()
  await rack.does('verify')
  // Nobody monitors, and one answer is no monitor.
  expect(await heard(yard)).toBeNull()
  writeFileSync(join(rack.dir, 'ill'), 'no\n')
  await rack.does('agent', 'once')
  expect((await rack.headgate('doctor')).code).toBe(1)
  rmSync(join(rack.dir, 'ill'))
  await rack.does('verify')
  expect(await heard(yard)).toMatchObject({ state: 'healthy' })
  expect((await rack.headgate('doctor')).code).toBe(0)
})
