// A maintainer's day, told to the real registry: publish, promote, yank, go back; and what each command says.
import { createHash } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { aDesk, type Desk } from './registry-shell.ts'

const good = '20160816140022'
const bad = '20160816160115'
const fixed = '20160818013241'
const reason = 'params set writes **** as the API key'

/** An app with two releases on unstable, of which the second masks a parameter. */
async function aDeskWithReleases(): Promise<Desk> {
  const desk = await aDesk()
  const { folder, headgate } = desk
  writeFileSync(join(folder, 'clear.json'), '{"Password":{"type":"String"}}')
  writeFileSync(join(folder, 'masked.json'), '{"Password":{"type":"String","masked":true}}')
  await headgate('app', 'create', 'rack', '--scheme', 'timestamp')
  await headgate('release', 'publish', good, '--app', 'rack', '--parameters', 'clear.json')
  await headgate('promote', good, '--app', 'rack', '--to', 'stable')
  await headgate('release', 'publish', bad, '--app', 'rack', '--parameters', 'masked.json')
  return desk
}

const yankWords = [
  'release',
  'yank',
  `${bad}..20160817175216`,
  '--app',
  'rack',
  '--severity',
  'critical',
  '--reason',
  reason,
]

test('an app has two channels, one fed by the other; making it again is no error', async () => {
  const { headgate } = await aDesk()
  const first = await headgate('app', 'create', 'rack', '--scheme', 'timestamp')
  expect(first.code).toBe(0)
  expect(first.stdout).toContain('unstable, stable (fed by unstable)')
  expect(first.stderr).toContain('Next:  headgate release publish VERSION --app rack --artifact FILE\n')
  expect((await headgate('app', 'create', 'rack', '--scheme', 'timestamp')).code).toBe(0)
  const other = await headgate('app', 'create', 'rack', '--scheme', 'semver', '--json')
  expect(other).toMatchObject({ code: 3, stdout: '', json: { kind: 'Problem', code: 'name_taken', exit: 3 } })
})

describe('publishing', () => {
  async function aDeskWithFile(): Promise<Desk & { sha256: string; path: string }> {
    const desk = await aDesk()
    const path = join(desk.folder, 'rack.tgz')
    const bytes = Buffer.alloc(700_000, 'headgate')
    writeFileSync(path, bytes)
    await desk.headgate('app', 'create', 'rack')
    return { ...desk, path, sha256: createHash('sha256').update(bytes).digest('hex') }
  }

  test('sends a file once, whoever names it again', async () => {
    const { headgate, sha256, asked } = await aDeskWithFile()
    const words = [
      'release',
      'publish',
      '1.0.0',
      '--app',
      'rack',
      '--artifact',
      './rack.tgz',
      '--notes',
      'first',
    ]
    const first = await headgate(...words, '--json')
    expect(first.json).toMatchObject({
      kind: 'Published',
      isNew: true,
      moved: [{ channel: 'unstable', revision: 1 }],
      release: { version: '1.0.0', artifacts: [{ platform: 'any', sha256, size: 700_000 }], notes: 'first' },
    })
    const second = await headgate(...words)
    expect(second.stderr).toContain('was published before; it is the same')
    await headgate('release', 'publish', '1.0.1', '--app', 'rack', '--artifact', 'linux/amd64=rack.tgz')
    expect(asked.filter((line) => line.startsWith('PUT'))).toEqual([`PUT /v1/artifacts/${sha256}`])
  })

  test('in a dry run sends nothing, records nothing, and shows what would be', async () => {
    const { headgate, sha256, changes } = await aDeskWithFile()
    const before = await changes()
    const dry = await headgate(
      'release',
      'publish',
      '1.0.0',
      '--app',
      'rack',
      '--artifact',
      'rack.tgz',
      '--dry-run',
      '--json',
    )
    expect(dry.json).toMatchObject({ kind: 'Published', dryRun: true, release: { artifacts: [{ sha256 }] } })
    expect(await changes()).toBe(before)
  })

  test('in a dry run is refused as it would be: a release that has other files', async () => {
    const { headgate } = await aDeskWithFile()
    await headgate('release', 'publish', '1.0.0', '--app', 'rack')
    const dry = await headgate(
      'release',
      'publish',
      '1.0.0',
      '--app',
      'rack',
      '--artifact',
      'rack.tgz',
      '--dry-run',
      '--json',
    )
    expect(dry).toMatchObject({ code: 3, json: { code: 'release_differs' } })
  })

  test('takes artifacts that are kept elsewhere, a source, notes of a file and an end', async () => {
    const { headgate, folder, sha256 } = await aDeskWithFile()
    writeFileSync(join(folder, 'NOTES.md'), '# New\n')
    const url = 'https://example.com/a,b=c.tgz'
    const published = await headgate(
      ...[
        'release',
        'publish',
        '1.0.0',
        '--app',
        'rack',
        '--artifact-url',
        `linux/arm64=${url},${sha256},700000`,
      ],
      ...['--repository', 'github.com/x/y', '--commit', 'abc', '--source-url', 'https://example.com/1'],
      ...['--notes-file', 'NOTES.md', '--valid-until', '30d', '--json'],
    )
    expect(published.json.release).toMatchObject({
      artifacts: [{ platform: 'linux/arm64', url, sha256, size: 700_000 }],
      notes: '# New\n',
      source: { repository: 'github.com/x/y', commit: 'abc', url: 'https://example.com/1' },
      validUntil: '2016-09-15T14:00:00.000Z',
    })
  })

  test.each([
    [['--artifact', 'missing.tgz'], 3, 'artifact_unavailable', 'there is no such file'],
    [['--artifact', '.'], 3, 'artifact_unavailable', 'it is a folder'],
    [
      ['--artifact-url', 'any=ftp://x,aa,b'],
      2,
      'invalid_input',
      '"ftp://x" is not an http or https address; "aa" is not a sha256',
    ],
    [['--artifact-url', 'nonsense'], 2, 'invalid_input', 'PLATFORM=URL,SHA256,SIZE'],
    [['--parameters', 'rack.tgz'], 2, 'invalid_input', 'is not JSON'],
    [['--parameters', 'list.json'], 2, 'invalid_input', 'is not an object'],
    [['--parameters', 'odd.json'], 2, 'invalid_input', 'Password: masked is "yes", expected true or false'],
    [
      ['--parameters', 'new.json'],
      2,
      'invalid_input',
      'Password: secret is true, expected only type, default, masked and allowed',
    ],
    [
      ['--notes-file', 'missing.md'],
      2,
      'invalid_input',
      '--notes-file missing.md cannot be read: there is no such file',
    ],
    [['--valid-until', '2016-08-01'], 2, 'invalid_date', 'it is 15d 14h before now'],
    [['--channel', 'nope'], 5, 'channel_not_found', 'nope'],
    [['--fixes', 'ADV-9'], 5, 'advisory_not_found', 'ADV-9'],
  ])('with %j is refused: exit %d, %s', async (words, code, problem, why) => {
    const { headgate, folder, changes } = await aDeskWithFile()
    writeFileSync(join(folder, 'list.json'), '[]')
    writeFileSync(join(folder, 'odd.json'), '{"Password":{"masked":"yes"}}')
    writeFileSync(join(folder, 'new.json'), '{"Password":{"secret":true}}')
    const before = await changes()
    const refused = await headgate('release', 'publish', '1.0.0', '--app', 'rack', ...words, '--json')
    expect(refused).toMatchObject({ code, stdout: '', json: { kind: 'Problem', code: problem } })
    expect(refused.json.detail).toContain(why)
    expect(await changes()).toBe(before)
  })
})

describe('promoting', () => {
  test('shows gates, changes and who follows, and says the revision', async () => {
    const { headgate } = await aDeskWithReleases()
    const acknowledged = ['--acknowledge', 'Password', '--note', 'racks write it themselves']
    const promoted = await headgate('promote', bad, '--app', 'rack', '--to', 'stable', ...acknowledged)
    expect(promoted.code).toBe(0)
    await expect(promoted.stdout).toMatchFileSnapshot('../golden/cli/promote.txt')
    expect(promoted.stderr).toBe(
      `✓ ok  stable serves ${bad} now.\nNext:  headgate channel show stable --app rack\n`,
    )
  })

  test('stops at the parameter contract, and the same list is on stderr; what is recorded is a proposal', async () => {
    const { headgate } = await aDeskWithReleases()
    const refused = await headgate('promote', bad, '--app', 'rack', '--to', 'stable')
    expect(refused).toMatchObject({ code: 3, stdout: '' })
    await expect(refused.stderr).toMatchFileSnapshot('../golden/cli/promote-refused.txt')
    expect((await headgate('channel', 'show', 'stable', '--app', 'rack', '--json')).json).toMatchObject({
      head: good,
      proposals: [{ id: 'P-1', wish: 'promote', version: bad }],
    })
  })

  test('stops in one envelope with --json, and nothing on stdout', async () => {
    const { headgate } = await aDeskWithReleases()
    const refused = await headgate('promote', bad, '--app', 'rack', '--to', 'stable', '--json')
    expect(refused.stdout).toBe('')
    expect(refused.stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(refused.json).toMatchObject({
      code: 'parameters_unacknowledged',
      exit: 3,
      numbers: { changes: [{ name: 'Password' }] },
    })
  })

  test('in a dry run judges as it would and changes nothing', async () => {
    const { headgate, changes } = await aDeskWithReleases()
    await headgate(
      'release',
      'publish',
      '20160816150000',
      '--app',
      'rack',
      '--parameters',
      'clear.json',
      '--channel',
      'unstable',
    )
    const before = await changes()
    expect((await headgate('promote', bad, '--app', 'rack', '--to', 'stable', '--dry-run')).code).toBe(3)
    const dry = await headgate(
      ...[
        'promote',
        bad,
        '--app',
        'rack',
        '--to',
        'stable',
        '--dry-run',
        '--acknowledge',
        'Password',
        '--note',
        'x',
        '--json',
      ],
    )
    expect(dry.json).toMatchObject({
      kind: 'Promotion',
      dryRun: true,
      isMove: true,
      previous: good,
      revision: 2,
    })
    expect(await changes()).toBe(before)
  })

  test.each([
    [['20160101000000'], 5, 'release_not_found'],
    [['--to', 'nope'], 5, 'channel_not_found'],
    [['--to', 'unstable'], 3, 'no_feeder'],
    [['--if-revision', '7'], 3, 'revision_conflict'],
    [['--acknowledge', 'Nobody', '--note', 'x'], 3, 'acknowledgement_without_change'],
    [['--acknowledge', 'Password'], 2, 'invalid_input'],
  ])('with %j ends with %d, %s', async (words, code, problem) => {
    const { headgate } = await aDeskWithReleases()
    const refused = await headgate('promote', '--app', 'rack', '--to', 'stable', ...words, '--json')
    expect(refused).toMatchObject({ code, json: { code: problem } })
  })
})

describe('yanking', () => {
  test('wants the name, and prints the command that confirms it', async () => {
    const { headgate, changes } = await aDeskWithReleases()
    const before = await changes()
    const refused = await headgate(...yankWords)
    expect(refused.code).toBe(3)
    expect(refused.stderr.trimEnd().split('\n').at(-1)).toBe(
      `Try:  headgate release yank ${bad}..20160817175216 --app rack --severity critical --reason '${reason}' --confirm rack`,
    )
    const wrong = await headgate(...yankWords, '--confirm', 'stable', '--json')
    expect(wrong).toMatchObject({ code: 3, json: { code: 'confirmation_required' } })
    expect(wrong.json.hint).toMatch(/--confirm rack$/)
    expect(await changes()).toBe(before)
  })

  test('withdraws a range, names the channels that fall back, and is told again by its advisory', async () => {
    const { headgate } = await aDeskWithReleases()
    const yanked = await headgate(...yankWords, '--confirm', 'rack')
    expect(yanked.code).toBe(0)
    await expect(yanked.stdout).toMatchFileSnapshot('../golden/cli/yank.txt')
    expect(yanked.stderr).toContain('Next:  headgate advisory show ADV-1 --app rack\n')
    const shown = await headgate('advisory', 'show', 'ADV-1', '--app', 'rack', '--json')
    expect(shown.json).toMatchObject({
      kind: 'Advisory',
      versions: [bad],
      fallbacks: [{ channel: 'unstable', version: good }],
    })
    expect((await headgate('advisory', 'list', '--app', 'rack')).stdout).toContain('ADV-1')
    expect((await headgate('release', 'show', bad, '--app', 'rack')).stdout).toContain('withdrawn by ADV-1')
  })

  test('by introduction and fix is the same as the range between them', async () => {
    const { headgate } = await aDeskWithReleases()
    const words = [
      'release',
      'yank',
      '--introduced',
      bad,
      '--fixed',
      fixed,
      '--app',
      'rack',
      '--severity',
      'critical',
      '--reason',
      reason,
    ]
    const yanked = await headgate(...words, '--confirm', 'rack', '--json')
    expect(yanked.json).toMatchObject({ range: `>=${bad} <${fixed}`, versions: [bad] })
  })

  test('in a dry run needs no confirmation, for it changes nothing', async () => {
    const { headgate, changes } = await aDeskWithReleases()
    const before = await changes()
    expect((await headgate(...yankWords, '--dry-run', '--json')).json).toMatchObject({
      dryRun: true,
      versions: [bad],
    })
    expect(await changes()).toBe(before)
  })

  test.each([
    [[], 'Nothing is named that would be withdrawn'],
    [['--introduced', bad], '--fixed is missing'],
    [[bad, '--introduced', bad, '--fixed', fixed], 'say the same thing twice'],
  ])('with %j is refused: %s', async (words, why) => {
    const { headgate } = await aDesk()
    const refused = await headgate(
      'release',
      'yank',
      ...words,
      '--app',
      'rack',
      '--severity',
      'critical',
      '--reason',
      'x',
    )
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain(why)
  })

  test('a release in the open range says what it is', async () => {
    const { headgate } = await aDeskWithReleases()
    await headgate(...yankWords, '--confirm', 'rack')
    const inside = ['release', 'publish', '20160816172131', '--app', 'rack']
    expect(await headgate(...inside, '--json')).toMatchObject({ code: 3, json: { code: 'inside_open_yank' } })
    expect((await headgate(...inside, '--fixes', 'ADV-1', '--json')).json).toMatchObject({
      release: { fixes: 'ADV-1' },
    })
    const withdrawn = await headgate(
      'release',
      'publish',
      '20160816172132',
      '--app',
      'rack',
      '--yanked',
      '--json',
    )
    expect(withdrawn.json).toMatchObject({ release: { yank: 'ADV-1' } })
  })
})

test('a difference is shown between two releases and over the history', async () => {
  const { headgate } = await aDeskWithReleases()
  const expected = [{ from: good, to: bad, change: 'becameMasked', name: 'Password', isBlocking: true }]
  const two = await headgate('release', 'diff', good, bad, '--app', 'rack', '--json')
  expect(two.json).toMatchObject({ kind: 'ParameterDiff', changes: expected })
  expect((await headgate('release', 'diff', '--history', '--app', 'rack', '--json')).json).toMatchObject({
    changes: expected,
  })
  const words = await headgate('release', 'diff', good, bad, '--app', 'rack')
  expect(words.stdout).toContain('becameMasked')
  expect(words.stderr).toContain('1 of 1 changes block a promotion')
  expect((await headgate('release', 'diff', good, '--app', 'rack')).code).toBe(2)
  expect((await headgate('release', 'diff', good, bad, '--history', '--app', 'rack')).code).toBe(2)
})

test('routing facts are set one by one', async () => {
  const { headgate } = await aDeskWithReleases()
  const words = ['release', 'route', good, '--app', 'rack', '--reason', 'it migrates']
  expect((await headgate(...words)).stderr).toContain('No fact is named')
  const routed = await headgate(...words, '--required', '--channel', 'stable', '--floor', good, '--json')
  expect(routed.json).toMatchObject({ kind: 'Release', routing: { required: true, floor: good } })
  expect((await headgate('release', 'list', '--app', 'rack')).stdout).toContain(`required,floor=${good}`)
  const again = await headgate(...words, '--no-required', '--json')
  expect(again.json).toMatchObject({ routing: { required: false, floor: good } })
})

describe('channels', () => {
  test('are listed, shown, made, and go back on the record', async () => {
    const { headgate } = await aDeskWithReleases()
    await headgate('promote', '--app', 'rack', '--to', 'stable', '--acknowledge', 'Password', '--note', 'ok')
    expect((await headgate('channel', 'list', '--app', 'rack', '--json')).json).toMatchObject({
      kind: 'ChannelList',
      channels: [{ channel: 'unstable' }, { channel: 'stable', head: bad, from: 'unstable' }],
    })
    expect((await headgate('channel', 'create', 'beta', '--app', 'rack', '--from', 'unstable')).code).toBe(0)
    expect((await headgate('channel', 'show', 'beta', '--app', 'rack')).stdout).toContain('nothing yet')
    const dry = await headgate(
      'channel',
      'revert',
      'stable',
      '--app',
      'rack',
      '--reason',
      'x',
      '--dry-run',
      '--json',
    )
    expect(dry.json).toMatchObject({ kind: 'Reversion', dryRun: true, version: good, previous: bad })
    const reverted = await headgate(
      'channel',
      'revert',
      'stable',
      '--app',
      'rack',
      '--reason',
      'it loses connections',
    )
    expect(reverted.stdout).toContain(`stable of rack: ${bad} → ${good}, revision 3`)
    const history = await headgate('channel', 'history', 'stable', '--app', 'rack', '--limit', '2')
    await expect(history.stdout).toMatchFileSnapshot('../golden/cli/channel-history.txt')
    expect(history.stderr).toBe('Next:  headgate channel history stable --app rack --limit 2 --after 2\n')
    const rest = await headgate('channel', 'history', 'stable', '--app', 'rack', '--after', '2', '--json')
    expect(rest.json).toMatchObject({ entries: [{ revision: 1, version: good }], next: null })
  })

  test('are frozen and freed; everything at once wants a name', async () => {
    const { headgate, changes } = await aDeskWithReleases()
    const frozen = await headgate(
      'freeze',
      '--app',
      'rack',
      '--channel',
      'stable',
      '--reason',
      'INC-42',
      '--until',
      '4h',
      '--json',
    )
    expect(frozen.json).toMatchObject({ kind: 'Freeze', scope: 'channel', until: '2016-08-16T18:00:00.000Z' })
    expect(await headgate('promote', '--app', 'rack', '--to', 'stable', '--json')).toMatchObject({
      code: 3,
      json: { code: 'frozen' },
    })
    const before = await changes()
    const all = await headgate('freeze', '--all', '--reason', 'x')
    expect(all.code).toBe(3)
    expect(all.stderr).toContain('Try:  headgate freeze --all --reason x --confirm registry')
    expect((await headgate('freeze')).stderr).toContain('A freeze wants a reason')
    expect((await headgate('freeze', '--reason', 'x', '--dry-run', '--json')).json).toMatchObject({
      scope: 'registry',
      dryRun: true,
    })
    expect(await changes()).toBe(before)
    expect((await headgate('freeze', '--list')).stdout).toContain('rack/stable')
    expect((await headgate('unfreeze', '--app', 'rack', '--channel', 'stable')).code).toBe(0)
    expect(await headgate('unfreeze', '--json')).toMatchObject({
      code: 5,
      json: { code: 'freeze_not_found' },
    })
    expect(
      (await headgate('freeze', '--all', '--app', 'rack', '--reason', 'x', '--confirm', 'rack', '--json'))
        .json,
    ).toMatchObject({ all: true })
  })
})

describe('tokens', () => {
  test('are made here, shown once, used, listed without their secret, and ended', async () => {
    const { headgate, shell, url } = await aDesk()
    const made = await headgate('token', 'create', 'look', '--role', 'viewer', '--expires', '1h')
    const secret = made.stdout.trim()
    expect(secret).toMatch(/^hg_viewer_/)
    const viewer = shell({ env: { HEADGATE_URL: url, HEADGATE_TOKEN: secret } })
    expect((await viewer('app', 'list')).code).toBe(0)
    expect(await viewer('app', 'create', 'rack', '--json')).toMatchObject({
      code: 4,
      json: { code: 'not_allowed' },
    })
    const list = await headgate('token', 'list')
    expect(list.stdout).toContain('look')
    expect(list.stdout).not.toContain(secret)
    expect((await headgate('token', 'revoke', 'look', '--reason', 'seen in a log')).code).toBe(0)
    expect(await viewer('app', 'list', '--json')).toMatchObject({ code: 4, json: { code: 'not_signed_in' } })
  })

  test('go into a file that only their owner reads, and that is never written over', async () => {
    const { headgate, shell, folder } = await aDesk()
    const made = await headgate('token', 'create', 'ci', '--role', 'publisher', '--out', 'ci.token', '--json')
    const path = join(folder, 'ci.token')
    const secret = readFileSync(path, 'utf8').trim()
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(made.stdout + made.stderr).not.toContain(secret)
    const again = await headgate('token', 'create', 'ci2', '--role', 'publisher', '--out', 'ci.token')
    expect(again.code).toBe(2)
    expect(readFileSync(path, 'utf8').trim()).toBe(secret)
    const refused = await headgate(
      'token',
      'create',
      'ci',
      '--role',
      'publisher',
      '--out',
      'other.token',
      '--json',
    )
    expect(refused).toMatchObject({ code: 3, json: { code: 'name_taken' } })
    expect(() => statSync(join(folder, 'other.token'))).toThrow(/ENOENT/)
    expect((await shell({})('app', 'list', '--token-file', 'ci.token')).code).toBe(0)
  })

  test('in a dry run are not made', async () => {
    const { headgate, changes } = await aDesk()
    const before = await changes()
    const dry = await headgate('token', 'create', 'ci', '--role', 'publisher', '--dry-run')
    expect(dry).toMatchObject({ code: 0, stdout: '' })
    expect(await changes()).toBe(before)
  })
})

describe('the record', () => {
  test('is read with its reasons and verified', async () => {
    const { headgate } = await aDeskWithReleases()
    await headgate(...yankWords, '--confirm', 'rack')
    const log = await headgate('audit', 'log', '--app', 'rack', '--type', 'release.yanked', '--json')
    expect(log.json).toMatchObject({
      kind: 'AuditLog',
      entries: [{ type: 'release.yanked', actor: 'token:first-admin', reason }],
    })
    const words = await headgate('audit', 'log', '--limit', '1')
    expect(words.stderr).toMatch(/Next: {2}headgate audit log --limit 1 --after \d+\n/)
    const chain = await headgate('audit', 'verify')
    expect(chain.stdout).toMatch(/^✓ ok +the chain holds, \d+ events\n/)
  })

  test('that does not hold is an error with the place', async () => {
    const { shell } = await aDesk()
    const verdict = {
      holds: false,
      events: 12,
      sequence: 12,
      hash: 'ab',
      why: 'event 7 was altered',
      redacted: 0,
    }
    const loadServer = async () => ({
      serve: () => Promise.reject(new Error('not here')),
      verifyLedger: async () => verdict,
      verifyExport: async () => verdict,
      exportLedger: () => {
        throw new Error('not here')
      },
    })
    const broken = await shell({ loadServer })('audit', 'verify', '--data', './registry', '--json')
    expect(broken).toMatchObject({
      code: 1,
      json: { code: 'chain_broken', detail: 'The ledger does not hold: event 7 was altered.' },
    })
  })
})
