// Rollouts as they are typed: planned before they begin, shown, stopped and let go on; what a halt stands on, and who may.
import { describe, expect, test } from 'vitest'
import { rolloutPolicyBody } from '../../shared/contract/rollout.ts'
import {
  app,
  aRolloutDesk,
  base,
  head,
  newest,
  type RolloutDesk,
  toStable,
  twoWaves,
} from './rollout-desk.ts'

const promote = ['promote', head, ...toStable, '--rollout', 'waves.toml']
const r1 = ['R-1', ...app]
const cause = 'settling: no answer from #'
const failing = {
  outcome: 'returned',
  step: 'settling',
  message: 'no answer from 8080',
  log: ['starting', 'listen: address in use'],
} as const

/** The canaries are through; of the others so many fail at once. */
async function failingIn(desk: RolloutDesk, racks: number): Promise<void> {
  await desk.does(...promote)
  await desk.pass(15)
  const others = desk.racks.filter(({ current }) => current === base).slice(0, racks)
  for (const rack of others) await rack.round(failing)
  await desk.registry.rollouts.tick()
}

describe('a promotion in waves', () => {
  test('is planned before it begins: who is in which wave, who is left out, and what a person should know', async () => {
    const desk = await aRolloutDesk(12)
    const { does, racks, changes } = desk
    await does('rack', 'pin', racks[0]?.name ?? '', ...app, '--reason', 'audit')
    const before = await changes()
    const dry = await does(...promote, '--dry-run')
    expect(dry.stdout).toContain('It goes out as R-1\n')
    expect(dry.stdout).toMatch(/^1 canary +2 +2 +10m +no failure +at once$/m)
    expect(dry.stdout).toMatch(/^2 rest +9 and later ones +9 +10m +10 % +behind canary$/m)
    expect(dry.stdout).toMatch(/^racks +11 of 12 can be counted on; left out until that has gone: 1 pinned$/m)
    expect(dry.stdout).toMatch(/^through +2016-08-16T14:20:00\.000Z at the earliest$/m)
    expect(dry.stdout).toContain('! warning  canary: one failure halts: 1 of 2 = 50 % > 0 %')
    expect(await changes()).toBe(before)
    const json = (await does(...promote, '--dry-run', '--json')).json
    expect(json).toMatchObject({ rollout: { id: 'R-1', plan: { racks: 12, eligible: 11 } } })
  })

  test('that may not begin before a time says so, and so does its channel', async () => {
    const { does, headgate } = await aRolloutDesk(3)
    const promoted = await does(...promote, '--not-before', '2h')
    expect(promoted.stdout).toMatch(/^1 canary .* not before 2016-08-16T16:00:00\.000Z$/m)
    expect(promoted.stderr).toContain(`${head} is on its way to stable by R-1.`)
    expect(promoted.stderr).toContain('Next:  headgate rollout watch R-1 --app rack')
    const shown = await does('rollout', 'show', ...r1)
    expect(shown.stdout).toMatch(/^state +planned, no wave of 2 open yet$/m)
    expect(shown.stdout).toMatch(/^1 canary .* closed +not before 2016-08-16T16:00:00\.000Z$/m)
    const channel = await does('channel', 'show', 'stable', ...app)
    expect(channel.stdout).toMatch(/^rollout +R-1 planned, no wave of 2 open yet$/m)
    expect(channel.stdout).toMatch(new RegExp(`^base +${base}, for racks whose wave is not open$`, 'm'))
    const past = await headgate(
      'promote',
      newest,
      ...toStable,
      '--rollout',
      'canary',
      '--not-before',
      '2016-08-01',
    )
    expect(past).toMatchObject({ code: 2, stdout: '' })
    expect(past.stderr).toContain('is not in the future')
  })

  test('by a preset needs no file, and one that cannot be says why', async () => {
    const { headgate, does, file } = await aRolloutDesk(3)
    const promoted = await does('promote', head, ...toStable, '--rollout', 'staged', '--dry-run')
    expect(promoted.stdout).toMatch(/^1 canary +1 .*\n2 early +1 .*\n3 half +1 .*\n4 rest +0 and later ones/m)
    expect(promoted.stdout).toMatch(/^at a time +1 at most$/m)
    const misspelt = await headgate('promote', head, ...toStable, '--rollout', 'canery')
    expect(misspelt).toMatchObject({ code: 2, stdout: '' })
    expect(misspelt.stderr).toContain('There is no rollout "canery"; there are: at-once, canary, staged.')
    expect(misspelt.stderr).toContain('headgate help rollouts')
    file('half.json', '{"waves":[{"share":"50%","soakMinutes":1}],"onFail":"halt","silentMinutes":60}')
    const half = await headgate('promote', head, ...toStable, '--rollout', 'half.json')
    expect(half.code).toBe(2)
    expect(half.stderr).toContain('the last wave takes 50%, so some racks would be in no wave')
    file('luck.toml', twoWaves.replace('share = 2', 'share = 2\nluck = true'))
    const luck = await headgate('promote', head, ...toStable, '--rollout', 'luck.toml')
    expect(luck.stderr).toMatch(/--rollout luck\.toml: waves\.0: .*luck/)
  })
})

describe('a rollout', () => {
  test('is shown with what each wave has shown and waits for, to its end', async () => {
    const desk = await aRolloutDesk(12)
    const { does, pass } = desk
    await does(...promote)
    await pass(5)
    const early = await does('rollout', 'show', ...r1)
    expect(early.stdout).toMatch(
      /^1 canary +2 +0\/2 +0\/0 +10m +open +0 of 2 racks are healthy for 10m; 2 soak.* Passes 2016-08-16T14:15/m,
    )
    expect(early.stdout).toMatch(/^2 rest +10 +0\/9 +0\/1 +10m +closed +canary$/m)
    await pass(10)
    const list = await does('channel', 'list', ...app)
    expect(list.stdout).toMatch(/^stable .* R-1 running, wave 2 of 2 /m)
    await pass(20)
    const through = await does('rollout', 'show', ...r1)
    expect(through.stdout).toMatch(/^state +completed, wave 2 of 2 \(rest\)$/m)
    expect(through.stdout).toMatch(/^2 rest +10 +10\/9 +0\/1 +10m +through +-$/m)
    expect(through.stderr).toBe('Next:  headgate channel show stable --app rack\n')
    expect((await does('channel', 'list', ...app)).stdout).toMatch(/^stable .* 12 +12 +- /m)
    const rollouts = await does('rollout', 'list', ...app, '--channel', 'stable', '--state', 'completed')
    expect(rollouts.stdout).toMatch(new RegExp(`^R-1 +brings ${head} to stable +completed +wave 2 of 2`, 'm'))
    expect((await does('rollout', 'list', ...app, '--state', 'halted', '--json')).json).toMatchObject({
      kind: 'RolloutList',
      rollouts: [],
      next: null,
    })
  })

  test('is paused and resumed by a reason, and a rack is told why it waits and where to look', async () => {
    const { does, racks } = await aRolloutDesk(3)
    await does(...promote)
    const dry = await does('rollout', 'pause', ...r1, '--reason', 'lunch', '--dry-run')
    expect(dry.stdout).toMatch(/^state +paused,/m)
    expect(dry.stderr).toBe('A dry run: nothing was changed.\nNext:  headgate rollout show R-1 --app rack\n')
    const paused = await does('rollout', 'pause', ...r1, '--reason', 'lunch')
    expect(paused.stderr).toContain('R-1 is paused: no further rack begins, and 0 under way go on.')
    expect(paused.stderr).toContain('Next:  headgate rollout resume R-1 --app rack --reason "…"')
    const told = await does('explain', ...app, '--rack', racks[0]?.name ?? '')
    expect(told.stdout).toMatch(/… waiting {2}R-1 was paused by token:first-admin: lunch\n/)
    expect(told.stdout).toContain('to see how far it is: headgate rollout list --app rack --channel stable\n')
    const resumed = await does('rollout', 'resume', ...r1, '--reason', 'back')
    expect(resumed.stderr).toContain('R-1 goes on: wave 1 of 2 (canary).')
    const log = await does('audit', 'log', '--type', 'rollout.paused')
    expect(log.stdout).toMatch(/rollout\.paused +rack +R-1 +lunch$/m)
  })

  test('of a rack that waits for its wave names the wave', async () => {
    const { does, pass, racks } = await aRolloutDesk(4)
    await does(...promote)
    await pass(5)
    const waits = racks.find(({ current }) => current === base)
    const told = await does('explain', ...app, '--rack', waits?.name ?? '')
    expect(told.stdout).toContain('… waiting  this rack is in wave 2 of 2 (rest) of R-1; wave 1 is open\n')
    expect(told.stdout).toContain('headgate rollout list --app rack --channel stable')
  })
})

describe('a freeze', () => {
  test('that holds a rollout is seen with it: who, since when, why, and what lifts it', async () => {
    const { does, pass } = await aRolloutDesk(3)
    await does(...promote)
    await does('freeze', ...app, '--reason', 'INC-42', '--until', '4h')
    const lift = 'to lift it: headgate unfreeze --app rack'
    const words = `frozen is the app rack since 2016-08-16T14:00:00.000Z by token:first-admin, until 2016-08-16T18:00:00.000Z: INC-42; ${lift}\n`
    expect((await does('rollout', 'show', ...r1)).stdout).toContain(`… waiting  ${words}`)
    const list = await does('rollout', 'list', ...app)
    expect(list.stdout).toMatch(/^R-1 .* running, frozen /m)
    expect(list.stdout).toContain(words)
    await does('unfreeze', ...app)
    expect((await does('rollout', 'show', ...r1)).stdout).not.toContain('frozen')
    await does('freeze', ...app, '--channel', 'stable', '--reason', 'lunch')
    await pass(60)
    const late = await does('rollout', 'show', ...r1)
    expect(late.stdout).toContain(
      ', until it is lifted: lunch; to lift it: headgate unfreeze --app rack --channel',
    )
    expect(late.stdout, 'what is past is no time to come').not.toContain('at the earliest')
  })

  test('of heads alone is none of a way back; one of everything is', async () => {
    const { does, pass } = await aRolloutDesk(3)
    await does('promote', head, ...toStable)
    await pass(5)
    await does('freeze', ...app, '--reason', 'heads only')
    await does(
      'release',
      'yank',
      head,
      ...app,
      '--severity',
      'critical',
      '--reason',
      'bad',
      '--confirm',
      'rack',
    )
    expect((await does('rollout', 'list', ...app)).stdout).not.toContain('frozen')
    await does('freeze', ...app, '--reason', 'all', '--all', '--confirm', 'rack')
    expect((await does('rollout', 'show', ...r1)).stdout).toContain('frozen is the app rack for everything')
  })
})

test('a rollout that is taken back names what takes it back', async () => {
  const desk = await aRolloutDesk(12)
  desk.file('waves.toml', twoWaves.replace('"halt"', '"halt-and-revert"'))
  await failingIn(desk, 3)
  const show = 'headgate rollout show R-2 --app rack'
  const shown = await desk.does('rollout', 'show', ...r1)
  expect(shown.stdout).toMatch(/^taken back +by R-2: headgate rollout show R-2 --app rack$/m)
  expect(shown.stderr).toBe(`Next:  ${show}\n`)
  const watched = await desk.headgate('rollout', 'watch', ...r1)
  expect(watched.code).toBe(20)
  expect(watched.stdout).toContain(`R-1 is taken back by R-2: ${show}\n`)
  expect(watched.stderr).toContain(`It is taken back by R-2: ${show}\n`)
  const resumed = await desk.does('rollout', 'resume', ...r1, '--reason', 'a port', '--acknowledge', 'all')
  expect(resumed.stdout).not.toContain('taken back')
})

describe('a halt', () => {
  test('shows the failures by cause with the command that lets it go on, and the last lines of the racks', async () => {
    const desk = await aRolloutDesk(12)
    await failingIn(desk, 3)
    const shown = await desk.does('rollout', 'show', ...r1)
    expect(shown.stdout).toMatch(/^state +halted, wave 2 of 2 \(rest\)$/m)
    expect(shown.stdout).toMatch(
      /^2 rest +10 +0\/9 +3\/1 +10m +failed +3 of 10 racks failed; 1 are tolerated\./m,
    )
    expect(shown.stdout).toContain(`✗ failed   ${cause}\n    3 racks: `)
    const resume = `headgate rollout resume R-1 --app rack --acknowledge '${cause}' --reason "…"`
    expect(shown.stdout).toContain(`to go on in spite of it: ${resume}\n`)
    expect(shown.stdout).toContain(
      'try again as soon as it goes on: headgate rollout retry R-1 --app rack --reason "…"\n',
    )
    expect(shown.stdout).toMatch(
      /\nHalted 2016-08-16T14:15:00\.000Z by registry\n.*\n {4}prod-\d+, attempt .*\n {6}\| starting\n {6}\| listen: address in use\n/,
    )
    expect(shown.stderr).toBe(`Next:  ${resume}\n`)
  })

  test('is gone on from by whoever acknowledges what failed, and by nobody else', async () => {
    const desk = await aRolloutDesk(12)
    const { headgate, does } = desk
    await failingIn(desk, 3)
    const refused = await headgate('rollout', 'resume', ...r1, '--reason', 'it is fine')
    expect(refused).toMatchObject({ code: 3, stdout: '' })
    expect(refused.stderr).toContain('failures_unacknowledged')
    const other = await headgate('rollout', 'resume', ...r1, '--reason', 'x', '--acknowledge', 'the weather')
    expect(other).toMatchObject({ code: 2 })
    expect(other.stderr).toContain('No rack of R-1 failed by "the weather"')
    const retried = await does('rollout', 'retry', ...r1, '--reason', 'the port is free')
    expect(retried.stderr).toContain(
      `may try again when it goes on (headgate rollout resume R-1 --app rack --acknowledge '${cause}' --reason "…"); until one succeeds, its failure counts`,
    )
    const resumed = await does('rollout', 'resume', ...r1, '--reason', 'a port', '--acknowledge', 'all')
    expect(resumed.stdout).toMatch(/^2 rest +10 +0\/7 +0\/1 and 3 known/m)
    expect(resumed.stdout).toContain(`! warning  ${cause} (acknowledged)`)
    const again = await does('rollout', 'resume', ...r1, '--reason', 'twice', '--acknowledge', cause)
    expect(again.stderr).toContain('R-1 goes on')
    const running = await does('rollout', 'retry', ...r1, '--reason', 'again')
    expect(running.stderr).toContain('Racks that failed in R-1 may try again at once;')
  })

  test('by a person has no failures to acknowledge', async () => {
    const { does } = await aRolloutDesk(3)
    await does(...promote)
    const halted = await does('rollout', 'halt', ...r1, '--reason', 'customers cannot sign in')
    expect(halted.stdout).toContain('by token:first-admin\n✗ failed   customers cannot sign in\n')
    expect(halted.stderr).toContain('Next:  headgate rollout resume R-1 --app rack --reason "…"')
    expect((await does('channel', 'show', 'stable', ...app)).stderr).toBe(
      'Next:  headgate rollout show R-1 --app rack\n',
    )
  })
})

describe('racks that are moved off something', () => {
  const yank = ['release', 'yank', head, ...app, '--severity', 'critical', '--reason', 'it loses data']

  test('go by a rollout that is named, and a second person lets all of them go at once', async () => {
    const { does, bea, headgate, pass } = await aRolloutDesk(12)
    await does('promote', head, ...toStable)
    await pass(5)
    const yanked = await does(...yank, '--confirm', 'rack')
    expect(yanked.stdout).toMatch(/^moved by +R-1$/m)
    expect(yanked.stderr).toContain('Next:  headgate rollout watch R-1 --app rack')
    const shown = await does('rollout', 'show', ...r1)
    expect(shown.stdout).toMatch(/^does +moves racks off what ADV-1 withdraws$/m)
    const alone = await headgate('rollout', 'open', ...r1, '--reason', 'now')
    expect(alone).toMatchObject({ code: 4 })
    const opened = await bea('rollout', 'open', ...r1, '--reason', 'all of them, now')
    expect(opened.stdout).toMatch(/^state +running, wave 3 of 3 \(rest\)$/m)
    expect(opened.stderr).toContain('R-1 is open to every rack.')
  })

  test('go at once where that was asked and they are few', async () => {
    const { does, pass, registry } = await aRolloutDesk(3)
    await does('promote', head, ...toStable)
    await pass(5)
    await does(...yank, '--confirm', 'rack', '--all-at-once')
    await registry.rollouts.tick()
    const shown = await does('rollout', 'show', ...r1)
    expect(shown.stdout).toMatch(/^1 all +3 /m)
  })

  test('go wave by wave where that was asked and they are many, until a second person says otherwise', async () => {
    const { does, pass } = await aRolloutDesk(12)
    await does('promote', head, ...toStable)
    await pass(5)
    const yanked = await does(...yank, '--confirm', 'rack', '--all-at-once')
    expect(yanked.stderr).toContain(
      'until somebody else runs: headgate rollout open R-1 --app rack --reason "…"',
    )
    expect((await does('rollout', 'show', ...r1)).stdout).toMatch(/^1 canary +1 /m)
  })

  test('by a recall go by a rollout as well', async () => {
    const { does, pass } = await aRolloutDesk(3)
    await does('promote', head, ...toStable)
    await pass(5)
    const reverted = await does('channel', 'revert', 'stable', ...app, '--recall', '--reason', 'too slow')
    expect(reverted.stdout).toContain('are called back by R-1, wave by wave')
    expect(reverted.stderr).toContain('Next:  headgate rollout watch R-1 --app rack')
    expect((await does('rollout', 'list', ...app)).stdout).toMatch(
      new RegExp(`^R-1 +takes ${head} back on stable`, 'm'),
    )
  })
})

describe('the policy of a channel', () => {
  const set = ['channel', 'policy', 'set', 'stable', ...app, '--reason', 'so']

  test('has a rollout of its own, set beside the gates or alone, and taken away again', async () => {
    const { does, file } = await aRolloutDesk(3)
    const alone = await does(...set, '--rollout', 'waves.toml')
    expect(alone.stdout).toMatch(
      /A new head goes out in waves\nWAVE .*\n1 canary +2 +all but the tolerated +10m +no failure +at once\n/,
    )
    await does(...set, '--preset', 'trial')
    const kept = await does('channel', 'policy', 'show', 'stable', ...app, '--document', 'toml')
    expect(kept.stdout).toContain('[[rollout.waves]]\nname = "canary"\n')
    file('policy.toml', kept.stdout.replace('share = 2', 'share = 1').replace('"halt"', '"halt-and-revert"'))
    const edited = await does(...set, '--file', 'policy.toml')
    expect(edited.stdout).toMatch(/^1 canary +1 /m)
    expect(edited.stdout).toMatch(/^on failure +it halts, and takes back racks that still soak$/m)
    const promoted = await does('promote', head, ...toStable, '--dry-run')
    expect(promoted.stdout).toMatch(/^1 canary +1 +1 +10m/m)
    await does(...set, '--rollout', 'none')
    const shown = await does('channel', 'policy', 'show', 'stable', ...app)
    expect(shown.stdout).toMatch(/^rollout +a new head reaches every rack at once$/m)
  })

  test('with selectors shows whom a wave takes', async () => {
    const { does, file } = await aRolloutDesk(3)
    file('labels.toml', twoWaves.replace('share = 2', 'share = "50%"\nselector = { tier = "canary" }'))
    const shown = await does(...set, '--rollout', 'labels.toml')
    expect(shown.stdout).toMatch(/^WAVE +ONLY RACKS WITH +TAKES /m)
    expect(shown.stdout).toMatch(/^1 canary +tier=canary +50 % /m)
  })
})

test.each([
  ['onFail = "halt"', '', 'onFail is missing: expected "halt" or "halt-and-revert"'],
  ['silentMinutes = 60', '', 'silentMinutes is missing: expected a number'],
  ['maxFailed = 0, percent = 10', 'maxFailed = 5', 'waves.1.failures.percent is missing: expected a number'],
  ['soakMinutes = 10', 'soakMinutes = "10"', 'waves.0.soakMinutes: expected a number, found text'],
  ['soakMinutes = 10', 'soakMinutes = 1.5', 'waves.0.soakMinutes: expected a whole number, found a number'],
  [
    'share = 2',
    'share = "10 %"',
    'waves.0.share: expected a count of racks such as 5, or a share without a blank',
  ],
  ['share = 2\n', '', 'waves.0.share is missing: expected a count of racks such as 5'],
  [
    'onFail = "halt"',
    'onFail = "halt"\nmaxInFlight = 0',
    'maxInFlight: 0 is nobody; leave it out for as many as ask',
  ],
])('a file with %s written as "%s" is refused in words: %s', async (right, wrong, says) => {
  const { headgate, file } = await aRolloutDesk(1)
  file('wrong.toml', twoWaves.replace(right, wrong))
  const refused = await headgate('promote', head, ...toStable, '--rollout', './wrong.toml', '--dry-run')
  expect(refused.code).toBe(2)
  expect(refused.stderr).toContain(says)
})

test('what the help shows as an example is one that can be set', async () => {
  const { does, file } = await aRolloutDesk(3)
  const help = await does('help', 'rollouts')
  const [, example = ''] = /as here or in JSON:\n\n((?: {2}.*\n|\n)+?)(?=\S)/.exec(help.stdout) ?? []
  expect(example).toContain('[[waves]]')
  file('example.toml', example.replaceAll(/^ {2}/gm, ''))
  await does('rack', 'label', 'prod-1', 'role=canary', ...app)
  const promoted = await does(
    'promote',
    head,
    ...toStable,
    '--rollout',
    './example.toml',
    '--dry-run',
    '--json',
  )
  const { rollout } = promoted.json
  expect(rolloutPolicyBody.parse(Reflect.get(Object(rollout), 'policy')).waves).toHaveLength(3)
})
