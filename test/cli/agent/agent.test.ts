/** The agent on a rack: it takes what is offered, survives a registry that is silent, stops when told, and is alone. */
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { runAgent, type ToldRound } from '../../../cli/agent/agent.ts'
import { readAgentStatus } from '../../../cli/agent/agent-status.ts'
import { realFiles } from '../../../cli/agent/files.ts'
import type { RackPlace } from '../../../cli/agent/rack.ts'
import { sendDirectly } from '../../../cli/agent/send.ts'
import { hurriedClock } from '../../support/campaign-clock.ts'
import { aYard, type Yard, type YardRack } from '../../support/campaign-yard.ts'

const quiet: RackPlace['watch'] = {
  onState: () => undefined,
  onNote: () => undefined,
  onBytes: () => undefined,
}

/** An agent on a clock two hundred times the world's, until `isEnough` says so. */
async function agentUntil(
  rack: YardRack,
  isEnough: (told: readonly ToldRound[]) => boolean,
): Promise<ToldRound[]> {
  const told: ToldRound[] = []
  const stop = new AbortController()
  const place: RackPlace = {
    dir: rack.dir,
    files: realFiles,
    clock: hurriedClock(200),
    env: process.env,
    send: sendDirectly,
    uuid: () => crypto.randomUUID(),
    bytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    watch: quiet,
  }
  await runAgent({
    place,
    signal: stop.signal,
    chance: () => 0.5,
    onStart: () => undefined,
    onRound(round) {
      told.push(round)
      if (isEnough(told)) stop.abort()
    },
  })
  return told
}

async function aRackWithChecks(): Promise<{ yard: Yard; rack: YardRack }> {
  const yard = await aYard()
  return { yard, rack: await yard.rack('prod-1') }
}

test('takes one version after the other by itself, and says each time when it asks again', async () => {
  const { yard, rack } = await aRackWithChecks()
  await yard.serves('10')
  const first = await agentUntil(rack, (told) => told.length === 2)
  expect(first.map(({ words }) => words)).toEqual([
    'update nothing → 10: proved',
    'none, up_to_date: 10 is what stable serves',
  ])
  expect(first[1]?.nextInSeconds).toBe(315)
  expect(rack.installed()).toBe('10')

  await yard.serves('20')
  await agentUntil(rack, (told) => told.length === 1)
  expect(rack.installed()).toBe('20')
})

test('returns from what does not hold, and does not try it again at once', async () => {
  const { yard, rack } = await aRackWithChecks()
  await yard.serves('10')
  await agentUntil(rack, (told) => told.length === 1)
  await yard.serves('20', { isHealthy: false })
  const told = await agentUntil(rack, (rounds) => rounds.length === 2)
  expect(told[0]).toMatchObject({ words: 'update 10 → 20: returned', problem: { code: 'returned' } })
  expect(told[1]?.words).toMatch(/^wait, failed_here/)
  expect(rack.installed()).toBe('10')
})

test('goes on asking a registry that is gone, ever more rarely, and keeps what runs', async () => {
  const { yard, rack } = await aRackWithChecks()
  await yard.serves('10')
  await agentUntil(rack, (told) => told.length === 1)
  const toml = rack.read('rack.toml') ?? ''
  rack.write('rack.toml', toml.replace(/^url = .*$/m, 'url = "http://127.0.0.1:9"'))
  const told = await agentUntil(rack, (rounds) => rounds.length === 4)
  expect(told.map(({ problem }) => problem?.code)).toEqual(Array(4).fill('registry_unreachable'))
  expect(told.map(({ nextInSeconds }) => nextInSeconds)).toEqual([2.5, 5, 10, 20])
  expect(rack.installed()).toBe('10')

  rack.write('rack.toml', toml)
  const [back] = await agentUntil(rack, (rounds) => rounds.length === 1)
  expect(back?.words).toBe('none, up_to_date: 10 is what stable serves')
})

test('a rack with a stuck attempt is left alone, and tells', async () => {
  const { yard, rack } = await aRackWithChecks()
  await yard.serves('10')
  await agentUntil(rack, (told) => told.length === 1)
  const state = JSON.parse(rack.read('state.json') ?? '{}')
  rack.write(
    'state.json',
    JSON.stringify({ ...state, stuck: { attempt: 'a', message: 'look at me', hint: null } }),
  )
  await yard.serves('20')
  const [told] = await agentUntil(rack, (rounds) => rounds.length === 1)
  expect(told).toMatchObject({ problem: { code: 'stuck' }, nextInSeconds: 315 })
  expect(rack.installed()).toBe('10')
})

test('two agents are one too many; status says who it is, and that it has gone', async () => {
  const { yard, rack } = await aRackWithChecks()
  await yard.serves('10')
  expect((await rack.headgate('agent', 'status')).code).toBe(1)
  const started = new EventTarget()
  const stop = new AbortController()
  const place: RackPlace = {
    dir: rack.dir,
    files: realFiles,
    clock: yard.clock,
    env: process.env,
    send: sendDirectly,
    uuid: () => crypto.randomUUID(),
    bytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    watch: quiet,
  }
  const isStarted = once(started, 'start')
  const running = runAgent({
    place,
    signal: stop.signal,
    chance: () => 0,
    onStart: () => started.dispatchEvent(new Event('start')),
    onRound: () => undefined,
  })
  await isStarted
  expect((await rack.headgate('agent', 'run')).code).toBe(75)
  const status = await rack.headgate('agent', 'status', '--json')
  expect(status.code).toBe(0)
  expect(status.json).toMatchObject({ kind: 'AgentStatus', isRunning: true, pid: process.pid })
  stop.abort()
  await running
  expect(readAgentStatus(rack.dir, realFiles)).toMatchObject({
    nextRoundAt: null,
    lastWords: 'update nothing → 10: proved',
  })
})

test('agent once is one round, and says nothing while nothing happens', async () => {
  const { yard, rack } = await aRackWithChecks()
  await yard.serves('10')
  expect((await rack.headgate('agent', 'once')).code).toBe(0)
  expect(rack.installed()).toBe('10')
  const idle = await rack.headgate('agent', 'once')
  expect([idle.code, idle.stdout, idle.stderr]).toEqual([0, '', ''])
})
