/** JumpCloud, January 2024: told without a path, with one, and on the day when nobody could sign in (jumpcloud-credentials.ts). */
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  aFleet,
  aPeer,
  aWorld,
  before,
  hireEverybody,
  type JumpRack,
  pastEverything,
  proper,
  root,
  setPath,
  small,
  toStable,
  type World,
} from './jumpcloud-credentials.ts'
import { aHintBook, hintsIn } from './jumpcloud-hints.ts'
import { longestLifeDays } from './secrets-backend.ts'

const patience = { timeout: 600_000 }

test(
  'without a path the small change is in production in one step, and all is well for 31 days',
  patience,
  async () => {
    const world = await aWorld()
    await world.does(root, 'channel', 'create', 'production', '--app', 'issuer')
    const [staging, prod] = [
      await world.rack('staging-1', 'unstable'),
      await world.rack('prod-1', 'production'),
    ]
    const racks = [staging, prod]
    const peer = aPeer(['staging-1', 'prod-1'], before)

    await world.publishes(root, before)
    await world.does(root, 'promote', before, '--app', 'issuer', '--to', 'production')
    for (const rack of racks) await rack.does('update', '--yes')

    // Nothing of ours is switched off: a channel that nothing feeds asks for nothing before it moves.
    await world.publishes(root, small)
    await world.does(root, 'promote', small, '--app', 'issuer', '--to', 'production')
    peer.ships(small)
    for (const rack of racks)
      expect((await rack.does('update', '--yes')).stdout).toContain(`${small} runs and is proved`)
    expect([await staging.version(), await prod.version()]).toEqual(peer.runs())

    // Staging shows nothing for as long as anybody looks at it.
    const verified: number[][] = []
    for (const days of [14, longestLifeDays - 1, longestLifeDays]) {
      await world.goesTo(days)
      const codes = [(await staging.runs('verify')).code, (await prod.runs('verify')).code]
      verified.push([days, ...codes.map((code) => code ?? -1)])
    }
    expect(verified).toEqual([
      [14, 0, 0],
      [31, 0, 0],
      [32, 1, 1],
    ])
    // What Headgate does anyway: the way back needs nobody but the rack.
    await prod.does('rollback', '--reason', 'the credentials are gone', '--yes')
    expect(await prod.version()).toBe(before)
    await prod.does('verify')
    console.log(
      `JumpCloud without a path: production after 1 act of 1 person; day, staging, production: ${JSON.stringify(verified)}`,
    )
  },
)

test('off the path it does not go, and past it only where everybody sees it', patience, async () => {
  const world = await aWorld()
  await hireEverybody(world)
  const { prod } = await aFleet(world)
  await setPath(world)
  // Staging tries something larger; the small change is made beside it, for production.
  await world.publishes('ci', proper)
  expect((await world.publishes('ci', small)).stdout).toContain('unstable does not follow')

  const refused = await world.types('ada', 'promote', small, ...toStable)
  expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining('not_in_feeder')])
  const pushed = await world.types(
    'ada',
    'promote',
    small,
    ...toStable,
    '--override',
    'path',
    '--reason',
    'it is small',
  )
  expect([pushed.code, pushed.stderr]).toEqual([
    4,
    expect.stringContaining('does not have the scope override'),
  ])
  // Whoever may pass over a gate has to name every one that is open, and say why.
  const half = await world.types(
    'zoe',
    'promote',
    small,
    ...toStable,
    '--override',
    'path',
    '--reason',
    'it is small',
  )
  expect([half.code, half.stderr]).toEqual([
    3,
    expect.stringMatching(/are open: coverage, soak, .*approvals\./),
  ])
  const mute = await world.types('zoe', 'promote', small, ...toStable, ...overriding(pastEverything))
  expect([mute.code, mute.stderr]).toEqual([2, expect.stringContaining('for a reason, which is recorded')])
  expect((await world.does('ada', 'proposal', 'list', '--app', 'issuer', '--json')).json.proposals).toEqual(
    [],
  )
  expect((await prod.does('check', '--json')).json).toMatchObject({ action: 'none', reason: 'up_to_date' })

  const past = await slipsThrough(world)
  expect(past.stdout).toMatch(/warning +path .* Passed over\./)
  expect(past.stderr).toContain('to be reviewed within a day')
  expect((await prod.does('check', '--json')).json).toMatchObject({
    action: 'update',
    target: { version: small },
  })
  await expectItShows(world, 'bob')
  const due = await world.does('bob', 'review', 'list')
  expect(due.stdout).toMatch(/R-1 +1\.5\.0 was promoted to stable of issuer past the gates path.*token:zoe/)
  const own = await world.types('zoe', 'review', 'sign', 'R-1', '--note', 'it was small')
  expect([own.code, own.stderr]).toEqual([3, expect.stringContaining('self_approval')])
  await world.does('bob', 'review', 'sign', 'R-1', '--note', 'it should have waited')
  // Past one gate of several is not past it: what waits will be asked all of them.
  const one = ['--override', 'soak', '--reason', 'it cannot wait']
  const partly = await world.types('zoe', 'promote', proper, ...toStable, ...one)
  expect([partly.code, partly.stderr]).toEqual([3, expect.stringContaining('a proposal asks soak as well')])
  await expectItShows(world, 'bob')
})

test(
  'on the path it waits for time, data and people, and goes when all of them are there',
  patience,
  async () => {
    const world = await aWorld()
    await hireEverybody(world)
    const { staging, prod } = await aFleet(world)
    await setPath(world)
    await world.publishes('ci', proper)
    staging.startAgent()

    const proposed = await world.types('ada', 'promote', proper, ...toStable)
    expect([proposed.code, proposed.stderr]).toEqual([3, expect.stringContaining('P-1 waits for it')])
    for (const gate of ['soak', 'evidence', 'checklist', 'approvals'])
      expect(proposed.stderr, gate).toMatch(new RegExp(`waiting +${gate} `))
    expect((await prod.does('check', '--json')).json.reason).toBe('up_to_date')

    const followed = world.begins('ada', 'promote', proper, ...toStable, '--when-ready', '--wait')
    const ofIt = ['--app', 'issuer', '--release', proper]
    const page = ['--report-url', 'https://ci.example.com/7']
    await world.does('ci', 'evidence', 'add', 'integration', ...ofIt, '--outcome', 'pass', ...page)
    const tick = ['checklist', 'tick', 'architects', ...ofIt, '--to', 'stable', '--note', 'read with bea']
    await world.does('bob', ...tick)
    const own = await world.types('ada', 'proposal', 'approve', 'P-1', '--app', 'issuer')
    expect([own.code, own.stderr]).toEqual([3, expect.stringContaining('self_approval')])
    // The last gate but one is time, and no word of anybody shortens it.
    await expect.poll(() => openGates(world), { timeout: 180_000, interval: 2_000 }).toEqual(['approvals'])
    expect((await prod.does('check', '--json')).json.reason).toBe('up_to_date')
    await world.does(
      'bob',
      'proposal',
      'approve',
      'P-1',
      '--app',
      'issuer',
      '--note',
      'soaked, and looked at',
    )

    const ended = await followed.ended
    expect([ended.code, ended.stderr]).toEqual([0, expect.stringContaining('P-1 was carried out')])
    const history = await world.does('ada', 'channel', 'history', 'stable', '--app', 'issuer')
    expect(history.stdout).toMatch(new RegExp(`promoted \\(proposal\\) +${proper} `))
    await prod.does('update', '--yes')
    expect(await prod.version()).toBe(proper)
    expect((await world.does('bob', 'review', 'list', '--json')).json.reviews).toEqual([])
  },
)

test(
  'on day 32 nobody can sign in: the disk opens it, one command halts all, and it is told for ever',
  patience,
  async () => {
    const world = await aWorld()
    await hireEverybody(world)
    const { staging, prod, prodWithAgent, empty } = await aFleet(world)
    await setPath(world)
    await world.publishes('ci', proper)
    await world.publishes('ci', small)
    await slipsThrough(world)
    for (const rack of [prod, prodWithAgent]) await rack.does('update', '--yes')
    await world.does(
      'everybody',
      'token',
      'revoke',
      'first-admin',
      '--reason',
      'everybody has one of their own',
    )
    // It was there to be read on the first day: the people's own tokens end like the rest.
    const ahead = await world.does('everybody', 'forecast', '--until', '40d')
    expect(ahead.stdout).toMatch(/the token everybody .*last admin token/)

    // A day later nobody has looked at what was passed over.
    await world.goesTo(1.1)
    await expect
      .poll(() => alarmsFor(world, 'everybody'), { timeout: 30_000 })
      .toContain('review_overdue R-1')

    await world.goesTo(longestLifeDays)
    expect((await prod.runs('verify')).code).toBe(1)
    const freeze = [
      'freeze',
      '--all',
      '--reason',
      'INC-42: nothing moves until we know why',
      '--confirm',
      'registry',
    ]
    const shutOut = await world.types('everybody', ...freeze)
    expect([shutOut.code, shutOut.stderr]).toEqual([
      4,
      expect.stringContaining('headgate break-glass open --data'),
    ])

    // Whoever stands at the server's disk.
    const opened = await world.does(
      null,
      'break-glass',
      'open',
      '--data',
      world.data,
      '--reason',
      'INC-42: sign-in is down',
    )
    const id = /BG-[0-9a-f]{8}/.exec(opened.stdout)?.[0] ?? ''
    const glass = join(world.data, 'break-glass', `${id}.token`)
    const copied = join(world.cwd, 'copied.token')
    copyFileSync(glass, copied)
    const yank = [
      'release',
      'yank',
      small,
      '--app',
      'issuer',
      '--severity',
      'critical',
      '--all-at-once',
      '--confirm',
      'issuer',
      '--all-at-once',
    ]
    await world.does(glass, ...yank, '--remedy', 'rollback', '--reason', 'its credentials end after 32 days')
    expect((await prod.does('check', '--json')).json).toMatchObject({ action: 'rollback', reason: 'yanked' })
    expect((await empty.does('check', '--json')).json).toMatchObject({
      action: 'update',
      motive: 'bootstrap',
    })

    // Forward, the first install, and even the remedy: one command, and every rack says whose word it is and why.
    const frozen = await world.does(glass, ...freeze)
    expect(frozen.stdout).toMatch(new RegExp(`registry +everything .*break-glass:${id}`))
    await expectFrozen(world, glass, prod, 'remedy_critical')
    await expectFrozen(world, glass, empty, 'bootstrap')
    await expectFrozen(world, glass, staging, 'rollout')
    prodWithAgent.startAgent()
    const promoted = await world.types(glass, 'promote', proper, ...toStable)
    expect([promoted.code, promoted.stderr]).toEqual([3, expect.stringContaining('INC-42: nothing moves')])
    const published = await world.publishes(glass, '1.7.0')
    expect(published.stdout).toContain('unstable does not follow: the whole registry is frozen: INC-42')
    await expect.poll(() => lastReason(prodWithAgent), { timeout: 30_000 }).toBe('frozen')
    for (const rack of [prod, prodWithAgent]) {
      expect((await rack.runs('update', '--yes')).stdout).toContain('INC-42: nothing moves')
      expect(await rack.version()).toBe(small)
    }

    // They know why, and go on: the agent by itself, the others by hand.
    await world.does(glass, 'unfreeze', '--reason', 'the system token had no end of its own')
    await expect.poll(() => prodWithAgent.version(), { timeout: 60_000 }).toBe(before)
    for (const rack of [prod, empty]) await rack.does('update', '--yes')
    for (const rack of [prod, empty]) expect(await rack.version()).toBe(before)
    expect((await prod.does('verify')).code).toBe(0)

    // People get tokens again, and what opened the door is shut: the copy that somebody kept is good for nothing.
    await world.hires(glass, 'bea', '--role', 'admin', '--expires', '90d')
    await world.hires(glass, 'zoe', '--role', 'maintainer', '--app', 'issuer')
    await world.does(null, 'break-glass', 'close', id, '--data', world.data)
    const late = await world.types(copied, 'freeze', '--list')
    expect([late.code, late.stderr]).toEqual([4, expect.stringContaining('That break-glass was closed')])

    // A second person looks at both.
    const own = await world.types('zoe', 'review', 'sign', 'R-1', '--note', 'mine')
    expect([own.code, own.stderr]).toEqual([3, expect.stringContaining('self_approval')])
    expect((await world.does('bea', 'review', 'list')).stdout).toMatch(/R-1 .*overdue/)
    await world.does(
      'bea',
      'review',
      'sign',
      'R-1',
      '--note',
      'the path would have asked how its credentials end',
    )
    await world.does('bea', 'review', 'sign', 'R-2', '--note', 'the only way in that day')
    expect((await world.does('bea', 'review', 'list')).stdout).toContain('nothing waits to be reviewed')
    expect(await alarmsFor(world, 'bea')).toEqual(
      expect.arrayContaining([`break_glass ${id}`, 'review_overdue R-1']),
    )

    // A month later, after another start: nothing of it has gone.
    await world.goesTo(2 * longestLifeDays)
    await expectItShows(world, 'bea')
    const log = await world.does('bea', 'audit', 'log', '--limit', 'all')
    for (const told of ['opened', 'used', 'closed'])
      expect(log.stdout).toMatch(new RegExp(`break_glass\\.${told} .*${id}`))
    expect(log.stdout).toMatch(/token:bea +review\.signed .*R-1 +the path would have asked/)
    await world.does('bea', 'audit', 'verify')
    console.log(
      `JumpCloud on day 32: 1 command froze 4 racks; ${world.hints.all().length} printed commands work when pasted`,
    )
  },
)

test('a printed command that does not exist is noticed', async () => {
  const printed = (stderr: string) => ({ code: 3, signal: null, stdout: '', stderr, json: {} })
  const world = await aWorld()
  const runs = (words: readonly string[]) => world.types(root, ...words)
  const lines = [
    'Try:  headgate freez --all',
    'Next:  headgate freeze --everywhere',
    'Try:  headgate proposal approve P-1',
  ]
  for (const line of lines)
    await expect(aHintBook({}).hear(printed(line), runs), line).rejects.toThrow(/a hint /)
  expect(hintsIn('An admin lists them with: headgate token list')).toEqual(['headgate token list'])
  expect(hintsIn('Next:  export A=b   # and afterwards: headgate break-glass close BG-1 --data reg')).toEqual(
    ['headgate break-glass close BG-1 --data reg'],
  )
  expect(hintsIn('{"numbers":{"verdicts":[{"hint":"headgate app list"}]},"hint":"Add: --note"}')).toEqual([
    'headgate app list',
  ])
})

function overriding(gates: readonly string[]): string[] {
  return gates.flatMap((gate) => ['--override', gate])
}

/** The small change, past everything that the path asks: what the scope `override` is for, and what it leaves behind. */
function slipsThrough(world: World) {
  const reason = ['--reason', 'it is small, and generally felt to be safe']
  return world.does('zoe', 'promote', small, ...toStable, ...overriding(pastEverything), ...reason)
}

/** Wherever somebody looks at the channel, the release or the record: which gates, who, and why. */
async function expectItShows(world: World, who: string): Promise<void> {
  const gates = `past ${pastEverything.join(', ')}`
  const history = await world.does(who, 'channel', 'history', 'stable', '--app', 'issuer')
  expect(history.stdout).toMatch(
    new RegExp(`promoted \\(promote\\) ${gates} +${small} .*token:zoe +it is small`),
  )
  const release = await world.does(who, 'release', 'show', small, '--app', 'issuer')
  expect(release.stdout).toMatch(new RegExp(`promoted to stable ${gates} by token:zoe, .*: it is small`))
  const log = await world.does(who, 'audit', 'log', '--app', 'issuer', '--type', 'channel.promoted')
  expect(log.stdout).toMatch(new RegExp(`token:zoe +channel\\.promoted .*${gates}`))
}

/** By the rack, by the registry, and from the rack's own disk. */
async function expectFrozen(world: World, who: string, rack: JumpRack, motive: string): Promise<void> {
  const words = /the whole registry is frozen for everything by break-glass:BG-\w+: INC-42: nothing moves/
  const asked = await rack.runs('check', '--exit-code', '--json')
  expect(asked.json).toMatchObject({
    action: 'wait',
    reason: 'frozen',
    motive,
    detail: expect.stringMatching(words),
  })
  const here = await rack.does('explain')
  const there = await world.does(who, 'explain', '--app', 'issuer', '--rack', rack.name)
  for (const { stdout } of [here, there])
    expect(stdout).toMatch(new RegExp(`frozen \\(${motive}\\)[^]*${words.source}`))
  expect((await rack.does('status')).stdout).toMatch(new RegExp(`wait, frozen[^]*${words.source}`))
}

async function openGates(world: World): Promise<readonly string[]> {
  const { json } = await world.does('ada', 'proposal', 'show', 'P-1', '--app', 'issuer', '--json')
  const verdicts = json.verdicts as readonly { gate: string; outcome: string }[]
  return verdicts.filter(({ outcome }) => outcome !== 'pass').map(({ gate }) => gate)
}

async function alarmsFor(world: World, who: string): Promise<readonly string[]> {
  const { json } = await world.does(who, 'alarm', 'list', '--json')
  return (json.alarms as readonly { kind: string; subject: string }[]).map(
    ({ kind, subject }) => `${kind} ${subject}`,
  )
}

async function lastReason(rack: JumpRack): Promise<unknown> {
  const { json } = await rack.does('status', '--json')
  return (json.lastDecision as { body: { reason: string } } | null)?.body.reason
}
