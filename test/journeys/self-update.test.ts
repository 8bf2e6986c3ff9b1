// An agent that updates itself, in real processes: a good one is kept; one that crashes, hangs or cannot reach its registry
// is gone again without anybody's help; and what the rack runs never moves meanwhile.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isOver } from '../../cli/agent/attempt.ts'
import { version as presentVersion } from '../../shared/contract/version.ts'
import { aSelfUpdatingRack, gone, type SelfUpdatingRack, sabotages } from '../support/self-updating-rack.ts'

const patienceMs = 240_000

const lastState = (rack: SelfUpdatingRack) => rack.attempts().at(-1)?.state
const isAt = (rack: SelfUpdatingRack, ...states: readonly string[]) => states.includes(lastState(rack) ?? '')
const hasEnded = (rack: SelfUpdatingRack, count = 1) => {
  const attempts = rack.attempts()
  return attempts.length >= count && attempts.every(({ state }) => isOver(state))
}

/** As the agent says of itself in DIR/agent.json. */
function runs(rack: SelfUpdatingRack): string | undefined {
  const file = join(rack.dir, 'agent.json')
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).version : undefined
}

test(
  'a good agent passes its probation and is kept; the rack moves only afterwards',
  async () => {
    const rack = await aSelfUpdatingRack()
    expect(rack.link('current')).toBe(presentVersion)
    await rack.servesAgent('0.2.0')
    rack.supervise()
    await rack.until('the probation', () => isAt(rack, 'settling'))
    await rack.servesPayload('20')
    const refused = await rack.run('update', '--dir', rack.dir, '--yes')
    expect(refused.code, refused.stderr).toBe(75)
    expect(refused.stderr).toContain('The agent of this rack is being moved to 0.2.0')
    const status = (await rack.run('agent', 'status', '--dir', rack.dir, '--json')).json
    expect(status).toMatchObject({ self: { probation: { version: '0.2.0' }, trusted: presentVersion } })
    while (!hasEnded(rack)) {
      expect(rack.payload()).toBe('10')
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    expect(rack.attempts().map(({ state }) => state)).toEqual(['proved'])
    await rack.until('trust', () => rack.link('trusted') === '0.2.0')
    expect(runs(rack)).toBe('0.2.0')
    await rack.until('the next payload', () => rack.payload() === '20')
    const shown = (await rack.does('rack', 'show', 'prod-1', '--app', 'headgate', '--json')).json
    expect(shown).toMatchObject({ rack: 'prod-1', current: '0.2.0', proved: '0.2.0' })
  },
  patienceMs,
)

describe('an agent that is no good goes by itself, and the rack is not touched', () => {
  const cases = [
    {
      what: 'crashes at its start',
      sabotage: sabotages.crashes,
      seconds: 60,
      why: /has ended by itself 3 times/,
    },
    { what: 'hangs and does not hear', sabotage: sabotages.hangs, seconds: 14, why: /has not begun yet/ },
    { what: 'cannot check in', sabotage: sabotages.cannotCheckIn, seconds: 14, why: /0 of 3 check-ins/ },
    {
      what: 'is not what its release says',
      sabotage: sabotages.saysAnotherVersion,
      seconds: 14,
      why: /says that it is 0\.2\.9/,
    },
  ] as const

  test.each(cases)(
    'one that $what',
    async ({ sabotage, seconds, why }) => {
      const rack = await aSelfUpdatingRack()
      rack.settles(seconds)
      await rack.servesAgent('0.3.0', sabotage)
      const starts = readFileSync(join(rack.dir, 'state.json'), 'utf8')
      rack.supervise()
      await rack.until('the end', () => hasEnded(rack))
      const [attempt] = rack.attempts()
      expect(attempt?.state, JSON.stringify(attempt)).toBe('returned')
      expect(attempt?.trouble?.message).toMatch(why)
      await rack.until('the old agent', () => runs(rack) === presentVersion)
      expect([rack.link('current'), rack.link('trusted')]).toEqual([presentVersion, presentVersion])
      expect(rack.payload()).toBe('10')
      expect(JSON.parse(starts).proved).toEqual(
        JSON.parse(readFileSync(join(rack.dir, 'state.json'), 'utf8')).proved,
      )
      // The registry hears of it, and the version is not tried again.
      await rack.until('the bar', () => bar(rack) !== null)
      expect(bar(rack)).toEqual({ above: presentVersion, upTo: '0.3.0' })
      const { json } = await rack.does('agent', 'update', '--dir', rack.dir, '--json')
      expect(json).toMatchObject({ decision: { action: 'wait', reason: 'rolled_back_here' } })
      expect(rack.attempts()).toHaveLength(1)
      const shown = (await rack.does('rack', 'show', 'prod-1', '--app', 'headgate', '--json')).json
      expect(shown).toMatchObject({ failures: [{ target: '0.3.0', count: 1 }] })
    },
    patienceMs,
  )
})

function bar(rack: SelfUpdatingRack): unknown {
  return JSON.parse(readFileSync(join(rack.agentDir, 'state.json'), 'utf8')).bar
}

test(
  'what is newer than what failed is taken',
  async () => {
    const rack = await aSelfUpdatingRack()
    await rack.servesAgent('0.3.0', sabotages.crashes)
    rack.supervise()
    await rack.until('the way back', () => hasEnded(rack) && bar(rack) !== null)
    await rack.servesAgent('0.3.1')
    await rack.until('the next one', () => hasEnded(rack, 2))
    expect(rack.attempts().map(({ input, state }) => `${input.to} ${state}`)).toEqual([
      '0.3.0 returned',
      '0.3.1 proved',
    ])
    await rack.until('trust', () => rack.link('trusted') === '0.3.1')
  },
  patienceMs,
)

describe('a supervisor that is killed with SIGKILL', () => {
  test(
    'in the middle of a probation: the next one goes on from the disk, and no agent is left over',
    async () => {
      const rack = await aSelfUpdatingRack()
      await rack.servesAgent('0.2.0')
      const first = rack.supervise()
      await rack.until('the probation', () => isAt(rack, 'settling') && runs(rack) === '0.2.0')
      first.kill('SIGKILL')
      await gone(first)
      const left = JSON.parse(readFileSync(join(rack.agentDir, 'supervisor.json'), 'utf8'))
      rack.supervise()
      await rack.until('the end', () => hasEnded(rack))
      expect(rack.attempts().map(({ state }) => state)).toEqual(['proved'])
      await rack.until('trust', () => rack.link('trusted') === '0.2.0')
      expect(() => process.kill(left.agent.process.pid, 0)).toThrow('ESRCH')
      expect(rack.payload()).toBe('10')
    },
    patienceMs,
  )

  test(
    'right after any call of its start: whatever runs is noted, so that the next one finds it',
    async () => {
      const rack = await aSelfUpdatingRack()
      for (let calls = 1, both = false; !both; calls += 1) {
        const supervisor = rack.supervise(calls)
        await gone(supervisor)
        const noted = notedIn(rack)
        both = noted.length === 2
        await expect
          .poll(() => rack.working().filter((pid) => !noted.includes(pid)), { timeout: 10_000 })
          .toEqual([])
      }
    },
    patienceMs,
  )

  test(
    'again and again: an agent that was started twice without a verdict is not trusted',
    async () => {
      const rack = await aSelfUpdatingRack()
      await rack.servesAgent('0.3.0', sabotages.cannotCheckIn)
      let kills = 0
      while (!hasEnded(rack)) {
        const supervisor = rack.supervise()
        const pauseMs = kills < 6 ? 700 * kills : 90_000
        await Promise.race([
          new Promise((resolve) => setTimeout(resolve, pauseMs)),
          rack.until('the end', () => hasEnded(rack)),
        ])
        supervisor.kill('SIGKILL')
        await gone(supervisor)
        kills += 1
      }
      rack.supervise()
      await rack.until(
        'the old agent',
        () => runs(rack) === presentVersion && rack.link('current') === presentVersion,
      )
      expect(rack.attempts().every(({ state }) => state !== 'proved' && state !== 'stuck')).toBe(true)
      expect(rack.link('trusted')).toBe(presentVersion)
      expect(rack.payload()).toBe('10')
    },
    patienceMs,
  )
})

/** The numbers of what the supervisor has noted that it started. */
function notedIn(rack: SelfUpdatingRack): readonly number[] {
  const file = join(rack.agentDir, 'supervisor.json')
  if (!existsSync(file)) return []
  const { agent, updater } = JSON.parse(readFileSync(file, 'utf8'))
  return [agent, updater].flatMap((child) => child?.process.pid ?? [])
}
