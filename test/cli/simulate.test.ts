/** `headgate simulate`: suppositions as words, refused as their commands are, told as a page and as an envelope. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { aRack } from './racks.ts'
import { aDesk, type Desk } from './registry-shell.ts'

const [first, second, third] = ['20160815000000', '20160816000000', '20160816120000']

let desk: Desk
beforeEach(async () => {
  desk = await aDesk()
  await desk.headgate('app', 'create', 'rack', '--scheme', 'timestamp')
  for (const version of [first, second]) {
    await desk.headgate('release', 'publish', version, '--app', 'rack')
    await desk.headgate('promote', version, '--app', 'rack', '--to', 'stable')
  }
  await desk.headgate('release', 'publish', third, '--app', 'rack')
  for (const name of ['prod-1', 'prod-2']) await (await aRack(desk, name, 'stable', second)).check()
  await (await aRack(desk, 'old-1', 'stable', first)).check()
  await desk.headgate('rack', 'label', 'prod-1', 'tier=canary', '--app', 'rack')
})

async function simulate(...words: readonly string[]) {
  const { stdout, stderr, code } = await desk.headgate('simulate', ...words, '--app', 'rack', '--json')
  return { code, stderr, body: stdout === '' ? undefined : JSON.parse(stdout) }
}

/** `now → then` with its number of racks, as the transitions tell it. */
function transitionsOf(body: {
  transitions: { before: Answer; after: Answer; racks: number }[]
}): Record<string, number> {
  return Object.fromEntries(
    body.transitions.map(({ before, after, racks }) => [`${wordsOf(before)} → ${wordsOf(after)}`, racks]),
  )
}

interface Answer {
  readonly action: string
  readonly reason: string
  readonly target: string | null
}

function wordsOf({ action, reason, target }: Answer): string {
  return [action, reason, target].filter(Boolean).join(' ')
}

describe('a supposition', () => {
  test('to promote says who is offered what, and nothing is recorded', async () => {
    const before = await desk.changes()
    const { code, body } = await simulate('promote', third, '--to', 'stable')
    expect(code).toBe(0)
    expect(transitionsOf(body)).toEqual({
      [`none up_to_date → update offered ${third}`]: 2,
      [`update offered ${second} → update offered ${third}`]: 1,
    })
    expect(body.named.map(({ rack }: { rack: string }) => rack)).toEqual(['old-1', 'prod-1', 'prod-2'])
    expect(body.supposed).toEqual([
      { suppose: 'promote', details: [`stable moves to ${third}, from ${second}`], assumedGates: [] },
    ])
    expect(await desk.changes()).toBe(before)
  })

  test('to yank tells the racks on it to go back, and the channel to fall back', async () => {
    const { body } = await simulate('yank', second, '--severity', 'critical')
    expect(body.supposed[0].details).toEqual([
      `${second} is withdrawn by ADV-1 (critical, rollback)`,
      `stable falls back to ${first}, from ${second}`,
    ])
    expect(transitionsOf(body)).toEqual({
      [`none up_to_date → rollback yanked ${first}`]: 1,
      [`none up_to_date → wait remedy_wave_not_open ${first}`]: 1,
      [`update offered ${second} → none up_to_date`]: 1,
    })
    const atOnce = await simulate('yank', second, '--severity', 'critical', '--all-at-once')
    expect(transitionsOf(atOnce.body)).toMatchObject({ [`none up_to_date → rollback yanked ${first}`]: 2 })
  })

  test('to revert with a recall calls back who is ahead', async () => {
    const { body } = await simulate('revert', 'stable', '--recall')
    expect(transitionsOf(body)).toMatchObject({ [`none up_to_date → rollback recalled ${first}`]: 1 })
    expect(body.rollouts).toMatchObject([{ purpose: 'recall', channel: 'stable' }])
  })

  test('to promote in waves tells how many racks each has, and only the first is offered it', async () => {
    const { body } = await simulate('promote', third, '--to', 'stable', '--rollout', 'canary')
    const [{ plan, ...rollout }] = body.rollouts
    expect(rollout).toEqual({ rollout: 'R-1', purpose: 'head', channel: 'stable', version: third })
    expect(plan.waves.map(({ name, racks }: { name: string; racks: number }) => [name, racks])).toEqual([
      ['canary', 1],
      ['rest', 2],
    ])
    const offered = Object.entries(transitionsOf(body)).filter(([told]) => told.endsWith(`offered ${third}`))
    expect(offered.map(([, racks]) => racks)).toEqual([1])
  })

  test('of a label moves the racks of a wave that is planned behind it, and of none before it', async () => {
    const file = join(desk.folder, 'waves.toml')
    const canary =
      'waves = [{ name = "canary", selector = { tier = "canary" }, share = 10, soakMinutes = 5 },'
    const rest = '{ share = "rest", soakMinutes = 5 }]\nonFail = "halt"\nsilentMinutes = 60\n'
    writeFileSync(file, `${canary} ${rest}`)
    const promotion = ['promote', third, '--to', 'stable', '--rollout', file]
    const label = ['label', 'tier=canary', '--rack', 'prod-2']
    const sizes = async (...words: string[]) =>
      (await simulate(...words)).body.rollouts[0].plan.waves.map(({ racks }: { racks: number }) => racks)
    expect(await sizes(...promotion, 'then', ...label)).toEqual([1, 2])
    expect(await sizes(...label, 'then', ...promotion)).toEqual([2, 1])
  })

  test('to freeze keeps who would move', async () => {
    const { body } = await simulate('freeze', '--channel', 'stable')
    expect(transitionsOf(body)).toEqual({ [`update offered ${second} → wait frozen ${second}`]: 1 })
  })

  test('to promote what is supposed to be frozen is refused, and no real freeze is to be lifted for it', async () => {
    const freeze = ['freeze', '--channel', 'stable']
    const promotion = ['promote', third, '--to', 'stable']
    const { code, stderr } = await desk.headgate('simulate', ...freeze, 'then', ...promotion, '--app', 'rack')
    expect(code).toBe(3)
    expect(stderr).toContain('unfreeze … then promote …')
    expect(stderr).not.toContain('headgate unfreeze')
    const lift = ['unfreeze', '--channel', 'stable']
    const lifted = await simulate(...freeze, 'then', ...lift, 'then', ...promotion)
    expect(lifted.code).toBe(0)
  })

  test('of one wave is told in the singular', async () => {
    const words = ['promote', third, '--to', 'stable', '--rollout', 'at-once', '--app', 'rack']
    expect((await desk.headgate('simulate', ...words)).stdout).toContain('3 of 3 racks in 1 wave, ')
  })

  test('to freeze until then, and to wait so long, is nothing', async () => {
    const { body } = await simulate('freeze', '--until', '2h', 'then', 'time', '3h')
    expect(body.changed).toBe(0)
    expect(Date.parse(body.at) - Date.parse(body.askedAt)).toBe(3 * 3_600_000)
  })

  test('of a window holds only the racks that it is for', async () => {
    const window = ['window', '0 2 * * *', '--minutes', '60', '--zone', 'UTC']
    const promotion = ['promote', third, '--to', 'stable', 'then']
    const { body } = await simulate(...promotion, ...window, '--where', 'tier=canary')
    expect(transitionsOf(body)).toEqual({
      [`none up_to_date → update offered ${third}`]: 1,
      [`none up_to_date → wait outside_window ${third}`]: 1,
      [`update offered ${second} → update offered ${third}`]: 1,
    })
    expect(body.supposed[1].details[0]).toMatch(/^1 rack may move at 0 2/)
    const open = await simulate(...promotion, ...window, '--where', 'tier=canary', 'then', 'time', '12h10m')
    expect(transitionsOf(open.body)).toMatchObject({ [`none up_to_date → update offered ${third}`]: 2 })
  })

  test('of a label chooses the racks of the suppositions behind it', async () => {
    const { body } = await simulate(
      ...['promote', third, '--to', 'stable', 'then', 'label', 'tier=canary', '--rack', 'prod-2', 'then'],
      ...['window', '0 2 * * *', '--minutes', '60', '--zone', 'UTC', '--where', 'tier=canary'],
    )
    expect(transitionsOf(body)).toMatchObject({ [`none up_to_date → wait outside_window ${third}`]: 2 })
  })

  test('that is so already changes nothing and says so', async () => {
    const { stdout } = await desk.headgate('simulate', 'promote', second, '--to', 'stable', '--app', 'rack')
    expect(stdout).toContain('promote: it is so already')
    expect(stdout).toContain('none of 3 racks would be told anything else')
  })
})

describe('gates', () => {
  beforeEach(async () => {
    const file = join(desk.folder, 'strict.toml')
    writeFileSync(file, '[gates.approvals]\ncount = 1\nrole = "admin"\n')
    const set = ['channel', 'policy', 'set', 'stable', '--app', 'rack']
    await desk.headgate(...set, '--file', file, '--reason', 'stricter')
  })

  test('that are open refuse the supposition as they refuse the promotion', async () => {
    const real = await desk.headgate('promote', third, '--app', 'rack', '--to', 'stable', '--dry-run')
    const { code, stderr } = await simulate('promote', third, '--to', 'stable')
    expect([code, code]).toEqual([real.code, 3])
    const problem = JSON.parse(stderr)
    expect(problem.code).toBe('gates_open')
    expect(problem.hint).toContain('--assume-gates')
  })

  test('are assumed when that is asked, by name', async () => {
    const { body } = await simulate('promote', third, '--to', 'stable', '--assume-gates')
    expect(body.supposed[0].assumedGates).toEqual(['approvals'])
    expect(body.changed).toBe(3)
  })

  test('keep a policy too, and a policy that asks less lets the promotion behind it go', async () => {
    const policy = ['policy', 'stable', '--preset', 'trial', 'then', 'promote', third, '--to', 'stable']
    expect((await simulate(...policy)).code).toBe(3)
    const { body } = await simulate(...policy, '--assume-gates')
    expect(body.supposed.map(({ assumedGates }: { assumedGates: string[] }) => assumedGates)).toEqual([
      ['approvals'],
      [],
    ])
  })

  test('of what waits: a policy without them carries an armed proposal out', async () => {
    await desk.headgate('promote', third, '--app', 'rack', '--to', 'stable', '--when-ready')
    const { body } = await simulate('policy', 'stable', '--preset', 'trial', '--assume-gates')
    expect(body.supposed[0].details[1]).toMatch(/^P-1 carries itself out: stable moves to 20160816120000/)
    expect(body.changed).toBe(3)
  })
})

describe('refused as the command is', () => {
  test.each([
    ['a release that is not there', ['promote', '20200101000000', '--to', 'stable'], 'release_not_found'],
    ['a channel that is not there', ['promote', '--to', 'nowhere'], 'channel_not_found'],
    ['going back', ['promote', first, '--to', 'stable'], 'not_forward'],
    ['while frozen', ['freeze', 'then', 'promote', third, '--to', 'stable'], 'frozen'],
    [
      'what is yanked',
      ['yank', third, '--severity', 'critical', 'then', 'promote', third, '--to', 'stable'],
      'yanked',
    ],
    ['a freeze that is not there', ['unfreeze'], 'freeze_not_found'],
    ['a rack that is not there', ['label', 'a=b', '--rack', 'nobody'], 'rack_not_found'],
    ['a window that is none', ['window', 'noon', '--minutes', '5', '--zone', 'UTC'], 'invalid_input'],
    ['the past', ['time', '2016-01-01'], 'invalid_date'],
    ['a word that is none', ['hope'], 'invalid_input'],
    ['nothing behind then', ['freeze', 'then'], 'invalid_input'],
    ['an option that is none', ['freeze', '--hard'], 'invalid_input'],
  ])('%s', async (_, words, code) => {
    const before = await desk.changes()
    const { stderr, code: exit } = await simulate(...words)
    expect(exit).not.toBe(0)
    expect(JSON.parse(stderr).code).toBe(code)
    expect(await desk.changes()).toBe(before)
  })

  test('no app', async () => {
    const { stderr, code } = await desk.headgate('simulate', 'freeze')
    expect([code, stderr]).toEqual([2, expect.stringContaining('--app APP')])
  })
})

test('the page shows before and after, where it changes, and the first racks', async () => {
  const { stdout, stderr } = await desk.headgate(
    'simulate',
    'promote',
    third,
    '--to',
    'stable',
    '--app',
    'rack',
  )
  expect(stdout).toContain('3 of 3 racks would be told something else')
  expect(stdout).toMatch(/RACKS +TOLD NOW +THEN\n2 +none, up_to_date +update to 20160816120000, offered/)
  expect(stdout).toMatch(/label +tier=canary +1 +1/)
  expect(stdout).toMatch(/old-1 +stable +20160815000000 +update to 20160816000000, offered/)
  expect(stderr).toContain('A simulation: nothing was recorded.')
})
