/** `doctor`: one line when all is well, and otherwise what, why, and the command; `history`: step by step, with every log. */
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { aYard, directoryToml, type Yard, type YardRack } from '../../support/campaign-yard.ts'

async function aHealthyRack(toml = directoryToml): Promise<{ yard: Yard; rack: YardRack }> {
  const yard = await aYard()
  const rack = await yard.rack('prod-1', { toml })
  await yard.serves('10')
  await rack.does('update', '--yes')
  return { yard, rack }
}

interface Found {
  readonly question: string
  readonly isWell: boolean
  readonly severity: string
  readonly detail: string
  readonly command: string | null
}

async function findingOf(rack: YardRack, question: string): Promise<Found | undefined> {
  const { findings } = (await rack.headgate('doctor', '--json')).json as { findings: Found[] }
  return findings.find((one) => one.question === question)
}

describe('doctor', () => {
  test('all is well: one line, exit 0', async () => {
    const { rack } = await aHealthyRack()
    const ran = await rack.headgate('doctor')
    expect(ran.code, ran.stdout).toBe(0)
    expect(ran.stdout.trim().split('\n')).toHaveLength(1)
    expect(ran.stdout).toMatch(/prod-1 is well: \d+ questions asked/)
  })

  test.each<[string, string, (rack: YardRack) => void, RegExp]>([
    [
      'may only its owner change its files?',
      'failed',
      (rack) => chmodSync(join(rack.dir, 'rack.toml'), 0o666),
      /rack\.toml has mode 0666$/,
    ],
    [
      'is the agent at work?',
      'failed',
      (rack) => rack.write('agent.json', JSON.stringify(agentOf(1, 2_000))),
      /^it ended without being stopped/,
    ],
    [
      'is the agent at work?',
      'warning',
      (rack) => rack.write('agent.json', JSON.stringify(agentOf(1, null))),
      /^it was stopped/,
    ],
    [
      'did the last rehearsal come back?',
      'warning',
      (rack) => change(rack, { rehearsals: [{ from: '10', to: '20', outcome: 'interrupted', at: 1 }] }),
      /^10 → 20 → 10, .*: interrupted$/,
    ],
    [
      'is there a way back?',
      'warning',
      (rack) => change(rack, { proved: [...provedOf(rack), { version: '5', at: 1, floor: null }] }),
      /^5, proved before, is no longer kept here$/,
    ],
  ])('%s %s', async (question, severity, spoil, detail) => {
    const { rack } = await aHealthyRack()
    spoil(rack)
    const found = await findingOf(rack, question)
    expect(found).toMatchObject({ isWell: false, severity })
    expect(found?.detail).toMatch(detail)
    expect(found?.command).toBeTruthy()
    expect((await rack.headgate('doctor')).code).toBe(severity === 'failed' ? 1 : 0)
  })

  test('what has failed comes before what is only worth knowing', async () => {
    const { rack } = await aHealthyRack()
    change(rack, { rehearsals: [{ from: '10', to: '20', outcome: 'stuck', at: 1 }] })
    chmodSync(join(rack.dir, 'rack.toml'), 0o666)
    const { stdout } = await rack.headgate('doctor')
    expect(stdout.indexOf('failed')).toBeLessThan(stdout.indexOf('warning'))
    expect(stdout).toContain(`chmod 644 ${rack.dir}/rack.toml`)
  })
})

describe('history', () => {
  const toml = directoryToml.replace(
    'kind = "directory"',
    `kind = "directory"\nmigrate = 'for n in 1 2 3 4 5; do echo "row $n of $HEADGATE_VERSION"; done; cat "$HEADGATE_DIR/rack.token"; test "$HEADGATE_VERSION" != 20'`,
  )

  test('one attempt: its steps, its cause, and the last lines of every log, without the token', async () => {
    const { yard, rack } = await aHealthyRack(toml)
    await yard.serves('20')
    expect((await rack.headgate('update', '--yes')).code).toBe(20)
    const id = rack.attempts().at(-1)?.id ?? ''
    const { stdout } = await rack.does('history', '--attempt', id.slice(0, 12), '--lines', '2')
    expect(stdout).toMatch(/^\s*\S+Z {2}\+\S+ +applying/m)
    expect(stdout).toContain('update_failed in applying: migrate exited 1')
    expect(stdout).toMatch(/migrate, forward: .*\n {4}row 5 of 20\n {4}\[redacted\]\n/)
    expect(stdout).not.toContain('row 4 of 20')
    const token = rack.read('rack.token')?.trim() ?? ''
    expect(stdout).not.toContain(token)
    for (const name of Object.keys(rack.tree()).filter((path) => path.startsWith('logs/')))
      expect(rack.read(name)).not.toContain(token)
    const { attempts } = (await rack.does('history', '--json', '--limit', '1')).json as { attempts: object[] }
    expect(attempts).toMatchObject([
      {
        id,
        outcome: 'returned',
        trouble: { step: 'applying', code: 'update_failed' },
        logs: [{ step: 'migrate', direction: 'forward' }, { direction: 'back' }, { direction: 'back' }],
      },
    ])
  })

  test('an id that nobody has', async () => {
    const { rack } = await aHealthyRack()
    expect((await rack.headgate('history', '--attempt', 'zzz', '--json')).json).toMatchObject({
      code: 'attempt_not_found',
      exit: 5,
    })
    expect((await rack.headgate('history', '--attempt', '', '--json')).json).toMatchObject({
      code: 'attempt_not_found',
    })
  })
})

/** Of a process that is long gone. */
function agentOf(startedAt: number, nextRoundAt: number | null) {
  const process = { pid: 2 ** 22 + 1, startTime: '1', bootId: 'another boot', namespace: null }
  return { v: 1, process, startedAt, rounds: 3, lastRoundAt: 1_000, lastWords: 'none', nextRoundAt }
}

function change(rack: YardRack, changed: object): void {
  writeFileSync(join(rack.dir, 'state.json'), JSON.stringify({ ...rack.state(), ...changed }))
}

function provedOf(rack: YardRack): readonly unknown[] {
  const { proved } = rack.state()
  return Array.isArray(proved) ? proved : []
}
