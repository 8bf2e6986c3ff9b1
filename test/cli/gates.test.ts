// The path to production as it is typed: policies, proposals, evidence, words of second persons, and what is shown of them.
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'smol-toml'
import { describe, expect, test } from 'vitest'
import { aRack } from './racks.ts'
import { aDesk, type Desk } from './registry-shell.ts'
import type { Ran, Shell } from './shell.ts'

const [v1, v2, v3] = ['20160816140022', '20160816160115', '20160818013241']
const app = ['--app', 'rack']
const toStable = [...app, '--to', 'stable']

interface Office extends Desk {
  readonly does: Shell
  /** A second person, who may pass over gates. */
  readonly bea: Shell
  readonly file: (name: string, content: string) => void
  /** The policy of stable, as a document. */
  readonly asks: (gates: object) => Promise<Ran>
}

/** stable serves the first; the second is next. */
async function anOffice(): Promise<Office> {
  const desk = await aDesk()
  const { headgate, folder, shell, url } = desk
  const must =
    (who: Shell): Shell =>
    async (...words) => {
      const ran = await who(...words)
      expect(ran.code, `${words.join(' ')}\n${ran.stderr}`).toBe(0)
      return ran
    }
  const does = must(headgate)
  const file = (name: string, content: string) => writeFileSync(join(folder, name), content)
  await does('app', 'create', 'rack', '--scheme', 'timestamp')
  await does('token', 'create', 'bea', '--role', 'maintainer', '--scope', 'override', '--out', 'bea.token')
  await does('release', 'publish', v1, ...app)
  await does('promote', v1, ...toStable)
  await does('release', 'publish', v2, ...app)
  const env = { HEADGATE_URL: url, HEADGATE_TOKEN_FILE: join(folder, 'bea.token') }
  return {
    ...desk,
    does,
    bea: must(shell({ env })),
    file,
    async asks(gates) {
      file('policy.json', JSON.stringify({ gates }))
      return does('channel', 'policy', 'set', 'stable', ...app, '--file', 'policy.json', '--reason', 'so')
    },
  }
}

const gatesOf = async ({ does }: Office, version: string = v2) =>
  (await does('release', 'show', version, ...app, '--gates')).stdout

describe('channel policy', () => {
  test('is shown, written down, edited and set as one document', async () => {
    const { does, file } = await anOffice()
    const shown = await does('channel', 'policy', 'show', 'stable', ...app)
    expect(shown.stdout).toContain('only path, parameters and objections')
    await does('channel', 'policy', 'set', 'stable', ...app, '--preset', 'regulated', '--reason', 'audit')
    const toml = (await does('channel', 'policy', 'show', 'stable', ...app, '--document', 'toml')).stdout
    expect(toml).toContain('[gates.soak]\nminRacks = 3\nsoakMinutes = 4320\ndwell = true\n')
    file('policy.toml', toml.replace('minRacks = 3', 'minRacks = 2'))
    const dry = await does(
      ...[
        'channel',
        'policy',
        'set',
        'stable',
        ...app,
        '--file',
        'policy.toml',
        '--reason',
        'fewer',
        '--dry-run',
      ],
    )
    expect(dry.stdout).toContain('2 racks of the feeder for 3d each; racks of the feeder can be kept')
    expect(dry.stdout).toContain('the policy in force asks for approvals')
    const proposed = await does(
      ...['channel', 'policy', 'set', 'stable', ...app, '--file', 'policy.toml', '--reason', 'fewer'],
    )
    expect(proposed.stderr).toContain('P-1 sets it with its last approval.')
    expect(proposed.stderr).toContain('Next:  headgate proposal show P-1 --app rack')
    const document = await does('channel', 'policy', 'show', 'stable', ...app, '--document', 'json')
    expect(JSON.parse(document.stdout).gates.soak.minRacks).toBe(3)
  })

  test('set by its last approval is in force', async () => {
    const { does, bea, asks, headgate } = await anOffice()
    await asks({ approvals: { count: 1, role: 'maintainer' } })
    await does('channel', 'policy', 'set', 'stable', ...app, '--preset', 'trial', '--reason', 'too much')
    const shown = await does('proposal', 'show', 'P-1', ...app)
    expect(shown.stdout).toContain('set the policy of stable')
    expect(shown.stdout).toContain('only path, parameters and objections')
    expect(shown.stderr).toContain('Next:  headgate proposal approve P-1 --app rack --note "…"')
    expect(await headgate('proposal', 'approve', 'P-1', ...app)).toMatchObject({ code: 3 })
    const approved = await bea('proposal', 'approve', 'P-1', ...app)
    expect(approved.stderr).toContain('P-1 is approved and carried out: set the policy of stable.')
    const { json } = await does('channel', 'policy', 'show', 'stable', ...app, '--json')
    expect(json).toMatchObject({ kind: 'Policy', policyRevision: 3, policy: { gates: {} } })
  })

  test('says what it would change for proposals, and for racks by what would be carried out at once', async () => {
    const office = await anOffice()
    const { does, asks } = office
    const production = await aRack(office, 'prod-1', 'stable', v1)
    await production.check()
    await asks({ checklist: [{ item: 'notes', text: 'read' }] })
    await does('promote', ...toStable, '--when-ready')
    const set = [
      'channel',
      'policy',
      'set',
      'stable',
      ...app,
      '--preset',
      'trial',
      '--reason',
      'less',
      '--dry-run',
    ]
    const dry = await does(...set)
    expect(dry.stdout).toContain(
      `P-1 (${v2}) waits for nothing, before for checklist; it carries itself out at once`,
    )
    expect(dry.stdout).toMatch(/1 of 1 racks would be told something else/)
    expect(dry.stdout).toMatch(new RegExp(`prod-1 +stable +none, up_to_date +update to ${v2}, offered`))
    expect((await does(...set, '--json')).json).toMatchObject({
      kind: 'PolicyChange',
      dryRun: true,
      proposals: [{ id: 'P-1', isCarriedOut: true }],
      decisions: { asked: 1, changed: 1, racks: [{ rack: 'prod-1' }] },
    })
    // It was a dry run: nobody is told anything else, and nothing is carried out.
    await office.registry.gateClock.tick()
    expect(await production.check()).toMatchObject({ action: 'none' })
  })

  test('is tried on what was promoted before, and says whose numbers are of today', async () => {
    const { does, asks } = await anOffice()
    await asks({ checklist: [{ item: 'notes', text: 'read' }] })
    await does('checklist', 'tick', 'notes', ...toStable, '--release', v2, '--note', 'read')
    await does('promote', ...toStable)
    const tried = await does('channel', 'policy', 'test', 'stable', ...app, '--preset', 'team')
    const lines = tried.stdout.split('\n')
    expect(lines[1]).toMatch(new RegExp(`${v2}.* waited .*soak`))
    expect(tried.stdout).toContain('2 of 2 promotions would not have passed at once.')
    expect(tried.stderr).toContain(
      '(artifacts, coverage, soak, failures) is counted today, not as it was then.',
    )
    const own = await does('channel', 'policy', 'test', 'stable', ...app, '--json')
    expect(own.json).toMatchObject({
      kind: 'PolicyTest',
      promotions: [
        { version: v2, outcome: 'pass', open: [] },
        { version: v1, outcome: 'waiting', open: [{ gate: 'checklist' }] },
      ],
    })
  })
})

describe('a promotion that waits', () => {
  test('is shown by the release and the channel, with what would change it', async () => {
    const office = await anOffice()
    const { does, asks, headgate } = office
    await asks({
      soak: { minRacks: 1, soakMinutes: 60, dwell: true },
      evidence: [{ name: 'unit', maxAgeHours: 24 }],
      lifetime: { minRemainingDays: 14 },
    })
    const staging = await aRack(office, 'staging-1', 'unstable', v1)
    await staging.tries(v2, 'proved')
    await staging.check({
      proved: [{ version: v2, at: new Date(office.now()).toISOString(), parametersHold: true }],
    })
    const refused = await headgate('promote', v2, ...toStable, '--nominate')
    expect(refused.code).toBe(3)
    const gates = await gatesOf(office)
    expect(gates).toMatch(/^20160816160115 of rack\n\nCould it go to stable\? P-1 waits for it\.\nGates\n/)
    expect(gates).toMatch(
      /… waiting {2}soak .*the next has 0s\. Needs time, since .*\n {4}passes by itself 2016-08-16T15:00:00\.000Z/,
    )
    expect(gates).toContain(
      `    to change it: headgate evidence add unit --app rack --release ${v2} --outcome pass --report-url URL\n`,
    )
    expect(gates).not.toContain('published')

    const channel = await does('channel', 'show', 'stable', ...app)
    expect(channel.stdout).toMatch(
      new RegExp(`racks of unstable stay on ${v2} until it has soaked, at the latest`),
    )
    expect(channel.stdout).toMatch(new RegExp(`P-1 +promote ${v2} to stable +soak, evidence`))
    expect(channel.stdout).toContain(`Next is ${v2}\nGates\n`)
    expect(channel.stderr).toBe('Next:  headgate proposal show P-1 --app rack\n')
    expect((await does('channel', 'show', 'unstable', ...app)).stdout).toMatch(
      new RegExp(`nominated +${v2} for stable, until `),
    )
    const ended = await does('promote', '--end-nomination', ...toStable)
    expect(ended.stdout).toContain(`${v2}, nominated for stable by token:first-admin`)
    expect((await does('promote', '--end-nomination', ...toStable)).stdout).toContain('nothing is nominated')
  })

  test('past a gate is on the record, is reviewed by a second person, and is said when it does not count', async () => {
    const { bea, asks, does, headgate, shell, url, folder } = await anOffice()
    await asks({ soak: { minRacks: 1, soakMinutes: 60 }, checklist: [{ item: 'notes', text: 'read' }] })
    const past = ['--override', 'soak', '--reason', 'INC-43: the lab is down']
    const beaAsks = shell({ env: { HEADGATE_URL: url, HEADGATE_TOKEN_FILE: join(folder, 'bea.token') } })
    const half = await beaAsks('promote', v2, ...toStable, ...past)
    expect(half.code).toBe(3)
    expect(half.stderr).toContain(
      'A gate is passed over only when no other is open: a proposal asks soak as well.',
    )
    await does('checklist', 'tick', 'notes', ...toStable, '--release', v2, '--note', 'read')
    const promoted = await bea('promote', v2, ...toStable, ...past)
    expect(promoted.stderr).toContain('past soak: it is to be reviewed within a day')
    expect(promoted.stderr).toContain('Next:  headgate review list')
    const list = await does('review', 'list')
    expect(list.stdout).toMatch(/R-1 +20160816160115 was promoted to stable of rack past the gate soak/)
    expect((await beaAsks('review', 'sign', 'R-1', '--note', 'fine')).code).toBe(3)
    await does('review', 'sign', 'R-1', '--note', 'it was right')
    expect((await does('review', 'list')).stdout).toContain('nothing waits to be reviewed')
    expect((await does('review', 'list', '--all')).stdout).toContain('token:first-admin: it was right')
    expect(await headgate('review', 'sign', 'R-1', '--note', 'again')).toMatchObject({ code: 2 })
  })

  test('followed while the registry is silent is waited for, and given up when it is gone', async () => {
    const office = await anOffice()
    const { asks, shell, fetch, registry } = office
    await asks({ checklist: [{ item: 'notes', text: 'read' }] })
    let silent = 0
    const flaky =
      (forSo: number): typeof fetch =>
      (input, init) => {
        const isLook = (init?.method ?? 'GET') === 'GET'
        if (isLook && silent++ < forSo)
          return Promise.reject(new TypeError('fetch failed', { cause: { code: 'EHOSTUNREACH' } }))
        return fetch(input, init)
      }
    const waiting = shell({ fetch: flaky(5) })('promote', ...toStable, '--wait')
    // The proposal is there, and it looks.
    await expect.poll(() => silent).toBeGreaterThan(0)
    await office.does('checklist', 'tick', 'notes', ...toStable, '--release', v2, '--note', 'read')
    await registry.gateClock.tick()
    const ended = await waiting
    expect(ended.code).toBe(0)
    expect(ended.stderr).toContain('P-1 waits there; asking again …')
    expect(ended.stderr).toContain('The registry answers again.')

    await office.does('release', 'publish', v3, ...app)
    silent = 0
    const gone = await shell({ fetch: flaky(Number.POSITIVE_INFINITY) })('promote', ...toStable, '--wait')
    expect(gone.code).toBe(6)
  })
})

describe('evidence add', () => {
  const add = (...more: readonly string[]) => ['evidence', 'add', 'unit', ...app, '--release', v2, ...more]

  test('opens the gate, and told twice is recorded once', async () => {
    const office = await anOffice()
    const { does, asks, registry } = office
    await asks({ evidence: [{ name: 'unit', maxAgeHours: 24 }] })
    const run = add('--outcome', 'pass', '--report-url', 'https://ci.example.com/7')
    const added = await does(...run)
    expect(added.stdout).toMatch(/unit +pass +.*https:\/\/ci\.example\.com\/7/)
    expect(added.stdout).toMatch(/Now at stable\n✓ ok +evidence {2}unit passed 0s ago/)
    expect(added.stderr).toBe(
      `✓ ok  unit of ${v2} is recorded: pass.\nNext:  headgate release show ${v2} --app rack --gates\n`,
    )
    const { sequence } = registry.ledger.head
    await does(...run)
    expect(registry.ledger.head.sequence).toBe(sequence)
    await does(...add('--outcome', 'fail', '--report-url', 'https://ci.example.com/8'))
    expect(await gatesOf(office)).toMatch(/✗ failed +evidence {4}unit failed/)
  })

  test('sends the report once, and in a dry run not at all', async () => {
    const { does, file, asked, changes, folder } = await anOffice()
    file('junit.xml', '<testsuite tests="7"/>\n')
    const sha256 = createHash('sha256')
      .update(readFileSync(join(folder, 'junit.xml')))
      .digest('hex')
    const before = await changes()
    const dry = await does(...add('--outcome', 'pass', '--file', 'junit.xml', '--dry-run'))
    expect(dry.stderr).toContain(`It would be sent: junit.xml, 23 B, sha256 ${sha256}`)
    expect(await changes()).toBe(before)
    await does(...add('--outcome', 'pass', '--file', 'junit.xml'))
    const { json } = await does(...add('--outcome', 'pass', '--file', 'junit.xml', '--json'))
    expect(json.evidence).toMatchObject([{ name: 'unit', file: { sha256, size: 23 } }])
    expect(asked.filter((line) => line.startsWith('PUT'))).toEqual([`PUT /v1/artifacts/${sha256}`])
    expect(await changes()).toContain(sha256)
  })

  test('about a pair names the other end, as the gate asks for it', async () => {
    const office = await anOffice()
    await office.asks({ evidence: [{ name: 'rollback-rehearsal', maxAgeHours: 24 }] })
    expect(await gatesOf(office)).toContain(
      `headgate evidence add rollback-rehearsal --app rack --release ${v2} --from ${v1}`,
    )
    const words = ['evidence', 'add', 'rollback-rehearsal', ...app, '--release', v2, '--outcome', 'pass']
    await office.does(...words)
    expect(await gatesOf(office)).toMatch(/waiting {2}evidence/)
    await office.does(...words, '--from', v1)
    expect(await gatesOf(office)).toMatch(/ok +evidence/)
  })
})

describe('words', () => {
  test('a checklist shows who has ticked what, and the next item', async () => {
    const { does, asks } = await anOffice()
    const show = ['checklist', 'show', ...toStable, '--release', v2]
    expect((await does(...show)).stdout).toContain('The policy of stable has no checklist.')
    await asks({
      checklist: [
        { item: 'notes', text: 'The notes were read.' },
        { item: 'way-back', text: 'The way back is known.' },
      ],
    })
    await does('checklist', 'tick', 'notes', ...toStable, '--release', v2, '--note', 'read by bea')
    const shown = await does(...show)
    expect(shown.stdout).toMatch(
      /✓ ok +notes {2}token:first-admin, .*: read by bea\n… waiting {2}way-back {2}The way back is known\.\n/,
    )
    expect(shown.stderr).toContain(
      `Next:  headgate checklist tick way-back --app rack --to stable --release ${v2} --note "…"`,
    )
  })

  test('an objection stops a promotion until it is answered', async () => {
    const office = await anOffice()
    const { does, bea, headgate } = office
    const objected = await bea('object', v2, ...app, '--reason', 'it loses connections')
    expect(objected.stdout).toMatch(/O-1 +token:bea .*it loses connections/)
    expect(objected.stderr).toContain('Next:  headgate objection answer O-1 --app rack --note "…"')
    const refused = await headgate('promote', v2, ...toStable)
    expect(refused.code).toBe(3)
    expect(refused.stderr.trimEnd().split('\n').at(-1)).toBe(
      'Try:  headgate objection answer O-1 --app rack --note "…"',
    )
    await does('objection', 'answer', 'O-1', ...app, '--note', 'it was the lab')
    expect((await does('release', 'show', v2, ...app)).stdout).toContain('token:first-admin: it was the lab')
    await does('promote', v2, ...toStable)
  })

  test('a known issue is named by somebody else, and no longer counted', async () => {
    const office = await anOffice()
    const { bea, asks, headgate } = office
    await asks({ failures: { maxFailed: 0, percent: 0 } })
    const staging = await aRack(office, 'staging-1', 'unstable', v1)
    await staging.tries(v2, 'returned', "the host 'mail-1' did not answer in 30 s")
    const gates = await gatesOf(office)
    // As the gate says it, it can be typed.
    const [, cause = ''] = /--cause '([^']*)'/.exec(gates) ?? []
    expect(cause).toBe('settling: the host ’mail-#’ did not answer in # s')
    const known = ['release', 'known-issue', v2, ...app, '--cause', cause, '--note', 'the lab has no mail']
    expect(await headgate(...known)).toMatchObject({ code: 3 })
    const named = await bea(...known)
    expect(named.stdout).toMatch(
      /Now at stable\n✓ ok +failures {2}0 of 1 racks failed, and 1 by known issues/,
    )
  })
})

describe('release unyank', () => {
  const yank = [
    'release',
    'yank',
    v1,
    ...app,
    '--severity',
    'moderate',
    '--reason',
    'bad',
    '--confirm',
    'rack',
  ]

  test('lifts at once where nobody asks for approvals, and lists whom it concerns', async () => {
    const office = await anOffice()
    const { does } = office
    const production = await aRack(office, 'prod-1', 'stable', v1)
    await production.check()
    await does(...yank)
    const dry = await does('release', 'unyank', 'ADV-1', ...app, '--reason', 'another build', '--dry-run')
    expect(dry.stdout).toContain('Concerns 1 rack')
    const lifted = await does('release', 'unyank', 'ADV-1', ...app, '--reason', 'another build')
    expect(lifted.stderr).toContain('ADV-1 is lifted; to serve what it withdrew is a promotion.')
    expect((await does('advisory', 'show', 'ADV-1', ...app, '--json')).json).toMatchObject({
      versions: [],
      lifted: { actor: 'token:first-admin', reason: 'another build' },
    })
  })

  test('is a proposal where a channel that served it asks for approvals', async () => {
    const { does, bea, asks } = await anOffice()
    await asks({ approvals: { count: 1, role: 'maintainer' } })
    await does(...yank)
    const proposed = await does('release', 'unyank', 'ADV-1', ...app, '--reason', 'another build')
    expect(proposed.stderr).toContain('P-1 lifts ADV-1 with its last approval.')
    expect((await does('channel', 'show', 'stable', ...app)).stdout).toMatch(/P-1 +lift ADV-1 +approvals/)
    await bea('proposal', 'approve', 'P-1', ...app)
    const { json } = await does('advisory', 'show', 'ADV-1', ...app, '--json')
    expect(json.lifted).toMatchObject({ actor: 'token:bea' })
  })
})

test('what a proposal list says fits in one line each, and its filter is taken', async () => {
  const { does, asks } = await anOffice()
  await asks({ checklist: [{ item: 'notes', text: 'read' }] })
  await does('promote', v2, ...toStable, '--when-ready', '--reason', 'the\nfix')
  const list = await does('proposal', 'list', ...app)
  expect(list.stdout.trimEnd().split('\n')).toEqual([
    expect.stringMatching(/^PROPOSAL +WISH +STANDS +WAITS FOR +BY +WHEN +REASON$/),
    expect.stringMatching(
      new RegExp(`^P-1 +promote ${v2} to stable +open +checklist +token:first-admin .* the fix$`),
    ),
  ])
  await does('proposal', 'reject', 'P-1', ...app, '--reason', 'not now')
  expect((await does('proposal', 'list', ...app)).stdout).not.toContain('P-1')
  expect((await does('proposal', 'list', ...app, '--standing', 'all')).stdout).toContain('rejected')
})

test('a document in TOML says the same as in JSON', async () => {
  const { does, file } = await anOffice()
  const gates = { soak: { minRacks: 1, soakMinutes: 60 }, evidence: [{ name: 'unit', maxAgeHours: 1 }] }
  file('a.toml', stringify({ gates }))
  file('a.json', JSON.stringify({ gates }))
  const set = (name: string) =>
    does('channel', 'policy', 'set', 'stable', ...app, '--file', name, '--reason', 'x', '--json')
  expect((await set('a.toml')).json).toMatchObject({ policyRevision: 2, policy: { gates } })
  expect((await set('a.json')).json).toMatchObject({ policyRevision: 2 })
})
