// A rollout that is watched: a line for each change in a pipe, redrawn in place on a terminal, and an exit code for a job.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { changesIn } from '../../cli/rollout-changes.ts'
import { shareOut, viewOf } from '../../cli/rollout-view.ts'
import { rolloutDetailBody } from '../../shared/contract/rollout.ts'
import { type BuiltProgram, buildProgram, finished } from '../support/built-program.ts'
import { scratchDirectory } from '../support/scratch-directory.ts'
import { app, aRolloutDesk, base, head, newest, type RolloutDesk, toStable } from './rollout-desk.ts'
import type { Ran } from './shell.ts'

const r1 = ['R-1', ...app]
const promote = ['promote', head, ...toStable, '--rollout', 'waves.toml']
const watch = ['rollout', 'watch', ...r1]
const look = 'GET /v1/apps/rack/rollouts/R-1'

interface Watching {
  readonly end: Promise<Ran>
  /** What happens behind it happens between two looks. */
  readonly looked: () => Promise<void>
}

/** Begins to watch, and has looked once. */
async function begun(
  desk: RolloutDesk,
  words: readonly string[] = watch,
  shell = desk.headgate,
): Promise<Watching> {
  const looks = () => desk.asked.filter((one) => one === look).length
  let isOver = false
  const end = shell(...words).finally(() => {
    isOver = true
  })
  const looked = async () => {
    const before = looks()
    await vi.waitFor(() => expect(isOver || looks() > before + 1).toBe(true), {
      interval: 1,
      timeout: 10_000,
    })
  }
  await looked()
  return { end, looked }
}

/** Without the instants before them. */
function linesOf(stdout: string): string[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^\d{4}-\S+Z {2}/, ''))
}

describe('in a pipe', () => {
  test('is a line for each change, and ends with 0 when it is through', async () => {
    const desk = await aRolloutDesk(4)
    await desk.does(...promote)
    const { end, looked } = await begun(desk, ['rollout', 'watch', '--channel', 'stable', ...app])
    for (let step = 0; step < 7; step += 1) {
      await desk.pass(5)
      await looked()
    }
    const watched = await end
    expect(watched.code).toBe(0)
    expect(watched.stdout).toMatch(/^2016-08-16T14:00:00\.000Z {2}R-1 of rack/)
    const lines = linesOf(watched.stdout)
    expect(lines).toEqual([...new Set(lines)])
    expect(lines[0]).toBe(`R-1 of rack brings ${head} to stable: running, wave 1 of 2 (canary)`)
    expect(lines).toContain('canary: 0 of 2 healthy, 2 soaking')
    expect(lines).toContain('canary: 2 of 2 healthy')
    expect(lines.join('\n')).toMatch(
      /^wave 2 \(rest\) is open: 2 of 2 racks are healthy for 10m; 2 are asked\.$/m,
    )
    expect(lines.at(-1)).toMatch(/^completed by registry$/)
    expect(watched.stderr).toBe('✓ ok  R-1 is through.\nNext:  headgate channel show stable --app rack\n')
  })

  test('with --json is an envelope for each change', async () => {
    const desk = await aRolloutDesk(3)
    await desk.does(...promote)
    const { end, looked } = await begun(desk, [...watch, '--json'])
    await desk.does('rollout', 'pause', ...r1, '--reason', 'lunch')
    await looked()
    await desk.does('rollout', 'halt', ...r1, '--reason', 'no')
    const { code, stdout, stderr } = await end
    const states = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(states.map(({ kind, id, state }) => [kind, id, state])).toEqual(
      ['running', 'paused', 'halted'].map((state) => ['Rollout', 'R-1', state]),
    )
    expect({ code, stderr }).toEqual({ code: 20, stderr: '' })
  })

  test('ends with 20 when a gate has halted it, naming who failed and where to look', async () => {
    const desk = await aRolloutDesk(4)
    await desk.does(...promote)
    const { end, looked } = await begun(desk)
    for (const verb of ['pause', 'resume']) {
      await desk.does('rollout', verb, ...r1, '--reason', `to ${verb}`)
      await looked()
    }
    for (const rack of desk.racks)
      await rack.round({ outcome: 'returned', step: 'settling', message: 'no answer' })
    await desk.registry.rollouts.tick()
    const watched = await end
    expect(linesOf(watched.stdout).slice(2, 4)).toEqual([
      'paused by token:first-admin: to pause',
      'running by token:first-admin: to resume',
    ])
    expect(watched.code).toBe(20)
    expect(watched.stdout).toMatch(/^.*Z {2}prod-\d failed: settling: no answer$/m)
    expect(linesOf(watched.stdout).at(-1)).toMatch(
      /^halted by registry: wave 1 \(canary\): 2 of 2 racks failed; 0 are tolerated\./,
    )
    expect(watched.stderr).toMatch(
      /^! warning {2}R-1 was halted by registry: .*\nNext: {2}headgate rollout show R-1 --app rack\n$/,
    )
  })

  test.each([
    ['something newer', ['promote', newest, ...toStable, '--rollout', 'canary'], 23, 'superseded'],
    ['a revert', ['channel', 'revert', 'stable', ...app, '--reason', 'slow'], 24, 'reverted'],
    ['a person', ['rollout', 'halt', ...r1, '--reason', 'stop'], 20, 'halted'],
  ])('is ended by %s with a code of its own', async (_, words, code, state) => {
    const desk = await aRolloutDesk(3)
    await desk.does(...promote)
    const { end } = await begun(desk)
    await desk.does(...words)
    const watched = await end
    expect(watched.code).toBe(code)
    expect(linesOf(watched.stdout).at(-1)).toMatch(new RegExp(`^${state} by token:first-admin`))
    expect(watched.stderr).toContain(`R-1 was ${state} by token:first-admin`)
  })

  test('ends after --timeout, and with whoever interrupts it; the rollout goes on', async () => {
    const { does, shell, headgate } = await aRolloutDesk(3)
    await does(...promote)
    const late = await headgate(...watch, '--timeout', '90s')
    expect(late.code).toBe(124)
    expect(late.stderr).toContain('R-1 still goes on after 90s; nothing was changed.')
    const interrupted = await shell({ interruption: () => AbortSignal.timeout(100) })(...watch)
    expect(interrupted).toMatchObject({ code: 130 })
    expect(interrupted.stderr).toContain('R-1 goes on without you.')
    expect(interrupted.stderr).toContain('Try:  headgate rollout watch R-1 --app rack')
    expect((await does('rollout', 'list', ...app)).stdout).toMatch(/^R-1 .* running /m)
  })

  test('of a channel without a rollout, of both and of none is refused', async () => {
    const { headgate } = await aRolloutDesk(1)
    const none = await headgate('rollout', 'watch', '--channel', 'stable', ...app)
    expect(none).toMatchObject({ code: 5, stdout: '' })
    expect(none.stderr).toContain('stable of rack has had no rollout.')
    expect((await headgate('rollout', 'watch', ...app)).stderr).toContain('Which rollout?')
    expect(await headgate(...watch, '--channel', 'stable')).toMatchObject({ code: 2, stdout: '' })
  })

  test('counts again at most each second, and waits for a registry that is started anew', async () => {
    const desk = await aRolloutDesk(3)
    const { shell, fetch, asked } = desk
    await desk.does(...promote)
    let refusals = 0
    const flaky: typeof globalThis.fetch = async (input, init) => {
      const isLook = String(input).endsWith('/rollouts/R-1')
      if (isLook && ++refusals > 2 && refusals < 6) throw new TypeError('connection refused')
      return fetch(input, init)
    }
    asked.length = 0
    const { end } = await begun(desk, watch, shell({ fetch: flaky }))
    await desk.pass(35)
    const watched = await end
    expect(watched.code).toBe(0)
    expect(watched.stderr).toContain('R-1 goes on there; asking again …')
    expect(watched.stderr).toContain('The registry answers again.')
    expect(asked.filter((one) => one === look).length).toBeLessThanOrEqual(35 * 60)
    expect(asked.filter((one) => one.startsWith('GET /v1/events')).length).toBe(1)
  })
})

/** Two of five racks have it, one failed; wave 2 of 3 is open. */
const detail = rolloutDetailBody.parse({
  app: 'rack',
  id: 'R-7',
  purpose: 'head',
  channel: 'stable',
  version: '1.4.2',
  advisory: null,
  takesBack: null,
  takenBackBy: null,
  freeze: null,
  state: 'running',
  wave: 1,
  key: '0123456789abcdef',
  orderedAt: '2016-08-16T12:00:00.000Z',
  orderedBy: 'token:ada',
  notBefore: null,
  since: { at: '2016-08-16T12:00:00.000Z', actor: 'token:ada', reason: null },
  policy: { waves: [{ share: 'rest', soakMinutes: 60 }], onFail: 'halt', silentMinutes: 60 },
  plan: {
    plannedAt: '2016-08-16T12:00:00.000Z',
    racks: 8,
    eligible: 8,
    leftOut: {},
    maxInFlight: 2,
    earliestEnd: '2016-08-16T15:00:00.000Z',
    remarks: [],
    waves: ['canary', 'early', 'rest'].map((name) => ({
      name,
      selector: {},
      cutoff: null,
      racks: 1,
      minHealthy: 1,
      failures: { maxFailed: 0, percent: 0 },
      soakMinutes: 60,
      notBefore: null,
      deadlineMinutes: null,
    })),
  },
  evidence: null,
  acknowledged: [],
  countedAt: '2016-08-16T14:00:00.000Z',
  complaint: null,
  underWay: 1,
  standing: [
    standing('canary', 'pass', { members: 1, healthy: 1 }),
    standing('early', 'waiting', { members: 4, healthy: 1, soaking: 1, underWay: 1, failed: 1 }),
    standing('rest', 'waiting', { members: 3, waiting: 3 }),
  ],
  failures: [failure('prod-3')],
  dryRun: false,
})

function standing(name: string, outcome: string, numbers: Record<string, number>) {
  const until = name === 'early' ? '2016-08-16T14:40:00.000Z' : null
  return {
    name,
    isOpen: name !== 'rest',
    outcome,
    needs: null,
    detail: `${name} so far.`,
    numbers,
    leftOut: {},
    until,
  }
}

function failure(rack: string) {
  const [cause, message] = ['settling: no answer on #', 'no answer on \u001b[2J8080']
  return { rack, at: '2016-08-16T13:58:00.000Z', cause, message, attempt: null, isDataLoss: false, log: [] }
}

describe('on a terminal', () => {
  const now = Date.UTC(2016, 7, 16, 14)

  test('is a bar for each wave with its counts in words, what is awaited, and the newest failures', () => {
    expect(viewOf(detail, { isUnicode: true, width: 100 }, now)).toEqual([
      'R-7 of rack brings 1.4.2 to stable',
      'running, wave 2 of 3 (early), since 2h ago; 1 of 2 under way',
      ' 1 canary  ████████████████████████  through  1 of 1 healthy',
      ' 2 early   ██████▓▓▓▓▓▓▒▒▒▒▒▒✗✗✗✗✗✗  open     1 of 4 healthy, 1 soaking, 1 under way, 1 failed',
      ' 3 rest    ░░░░░░░░░░░░░░░░░░░░░░░░  closed   0 of 3 healthy, 3 to come',
      'early so far. Passes in 40m if nothing happens.',
      'Failures',
      '   2m ago   prod-3 failed: settling: no answer on ?[2J8080',
    ])
    const plain = viewOf(detail, { isUnicode: false, width: 30 }, now)
    expect(plain[3]).toContain('######======------xxxxxx')
    expect(plain.slice(5, 7)).toEqual(['early so far. Passes in 40m', 'if nothing happens.'])
    expect(plain.join('')).toMatch(/^[\u0020-\u007e]*$/)
  })

  test('with a freeze fits the screen, says what lifts it, and says when it has gone', () => {
    const scope = { scope: 'channel', app: 'rack', channel: 'stable' } as const
    const why = { all: false, reason: 'looking into INC-42 '.repeat(4), actor: 'token:ada' }
    const since = { at: '2016-08-16T13:00:00.000Z', until: null }
    const frozen = { ...detail, freeze: { ...scope, ...why, ...since } }
    const lines = viewOf(frozen, { isUnicode: true, width: 100 }, now)
    expect(lines.length).toBeLessThanOrEqual(15)
    expect(lines.join(' ')).toContain('frozen is the channel stable of rack since 1h ago by token:ada')
    expect(lines.join(' ')).toContain('to lift it: headgate unfreeze --app rack --channel stable')
    expect(changesIn(frozen, detail)).toEqual([
      expect.stringMatching(/^frozen is the channel stable of rack /),
    ])
    expect(changesIn(detail, frozen)).toEqual(['frozen no more'])
  })

  test('of twenty waves shows those around the open one', () => {
    const many = Array.from({ length: 20 }, (_, index) => `w${index + 1}`)
    const [wave] = detail.plan?.waves ?? []
    if (!detail.plan || !wave) throw new Error('no plan')
    const plan = { ...detail.plan, waves: many.map((name) => ({ ...wave, name })) }
    const rollout = {
      ...detail,
      plan,
      wave: 10,
      standing: many.map((name) => ({
        ...standing(name, 'waiting', {}),
        needs: null,
        outcome: 'waiting' as const,
      })),
    }
    const lines = viewOf(rollout, { isUnicode: true, width: 100 }, now)
    expect(lines.length).toBeLessThanOrEqual(15)
    expect(lines.join('\n')).toMatch(/^10 w10 .*\n11 w11 /m)
    expect(lines.join('\n')).toMatch(/ {3}and 1\d more waves/)
  })

  test.each([
    [
      [1, 999, 0],
      [1, 23, 0],
    ],
    [
      [1, 1, 1, 1, 1, 1000],
      [1, 1, 1, 1, 1, 19],
    ],
    [
      [1, 1, 1],
      [8, 8, 8],
    ],
    [
      [5, 0, 2],
      [17, 0, 7],
    ],
  ])('one rack of a thousand is to be seen: %j is %j', (counts, cells) => {
    expect(shareOut(counts, 24)).toEqual(cells)
  })

  test('nothing changed is no line', () => {
    expect(changesIn(detail, detail)).toEqual([])
    const more = { ...detail, failures: [failure('prod-3'), failure('prod-4')] }
    expect(changesIn(more, detail)).toEqual(['prod-4 failed: settling: no answer on ?[2J8080'])
  })
})

describe('at a real terminal', () => {
  let program: BuiltProgram
  beforeAll(async () => {
    program = await buildProgram()
  })
  afterAll(() => program?.remove())
  const terminal = fileURLToPath(new URL('terminal.py', import.meta.url))

  /** A registry as a process with a rollout that waits for its time, and a person at a terminal who watches it. */
  async function watching(typed: string) {
    const cwd = scratchDirectory()
    const server = program.start(['serve', '--data', './registry', '--port', '0', '--json'], { cwd })
    const end = finished(server)
    onTestFinished(async () => {
      server.kill('SIGKILL')
      await end
    })
    const [line] = await once(server.stdout ?? server, 'data')
    const env = {
      HEADGATE_URL: String(JSON.parse(String(line)).url),
      HEADGATE_TOKEN_FILE: './registry/admin.token',
    }
    const run = async (...words: string[]) => {
      const ran = await program.run(words, { cwd, env })
      expect(ran.code, `${words.join(' ')}\n${ran.stderr}`).toBe(0)
    }
    await run('app', 'create', 'rack', '--scheme', 'timestamp')
    await run('release', 'publish', base, ...app)
    await run('promote', base, ...toStable)
    await run('release', 'publish', head, ...app)
    await run('promote', head, ...toStable, '--rollout', 'canary', '--not-before', '1h')
    const child = spawn('python3', [terminal, process.execPath, program.path, ...watch], {
      cwd,
      env: {
        ...process.env,
        ...env,
        LANG: 'C.UTF-8',
        NO_COLOR: '1',
        TERM: 'xterm',
        TYPE_BEHIND: 'Ctrl-C ends',
      },
    })
    return { run, screen: finished(child, typed) }
  }

  test('Ctrl-C ends the looking, and nothing else', async () => {
    const { screen, run } = await watching('\u0003')
    const { code, stdout } = await screen
    expect(stdout).toContain('planned, no wave of 2 open yet')
    expect(stdout).toContain('R-1 goes on without you.')
    expect(code).toBe(130)
    await run('rollout', 'pause', ...r1, '--reason', 'it was there')
  })

  test('what happens is redrawn in place, and its end stays on the screen', async () => {
    const { screen, run } = await watching('')
    await run('rollout', 'pause', ...r1, '--reason', 'lunch')
    await run('rollout', 'halt', ...r1, '--reason', 'no more')
    const { code, stdout } = await screen
    expect(code).toBe(20)
    const rows = shownBy(stdout)
    expect(rows[0]).toBe(`R-1 of rack brings ${head} to stable`)
    expect(rows.filter((row) => row.startsWith('R-1 of rack'))).toHaveLength(1)
    expect(rows).toContain('halted by token:first-admin: no more')
    expect(rows.join('\n')).not.toContain('Ctrl-C ends')
    expect(rows.at(-1)).toBe('Next:  headgate rollout show R-1 --app rack')
  })
})

/** The rows of a screen on which lines are written, gone up to, and cleared below. */
function shownBy(raw: string): string[] {
  let rows: string[] = ['']
  // biome-ignore-start lint/suspicious/noControlCharactersInRegex: what a terminal is told
  for (const part of raw.replaceAll('\r', '').split(/(\u001b\[\d+A\u001b\[J|\n)/)) {
    const [, up] = /^\u001b\[(\d+)A/.exec(part) ?? []
    if (up !== undefined) rows = [...rows.slice(0, rows.length - 1 - Number(up)), '']
    else if (part === '\n') rows.push('')
    else rows[rows.length - 1] += part
  }
  // biome-ignore-end lint/suspicious/noControlCharactersInRegex: what a terminal is told
  return rows.filter((row) => row !== '')
}
