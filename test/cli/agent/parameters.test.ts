/**
 * Parameters on a real rack, by the command line: the live drift of EDGI (a certificate that somebody had changed by
 * hand) is named and refused, accepted or adopted; the masked password of 2016 never counts; nothing blocks the way back.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  aConfiguredRack,
  type ConfiguredRack,
  parametersToml,
  secret,
} from '../../support/configured-rack.ts'

const byHand = { CertificateArn: 'arn:aws:acm:certificate/2222' }
const update = ['update', '--yes', '--json'] as const

async function drifted(rack: ConfiguredRack): Promise<readonly string[]> {
  const { json } = await rack.does('check', '--json')
  return json.drifted as readonly string[]
}

/** A contract in a file, for `release publish --parameters`. */
function contractFile({ yard }: ConfiguredRack, version: string, contract: object): string {
  const file = join(yard.folder, `contract-${version}.json`)
  writeFileSync(file, JSON.stringify(contract))
  return file
}

async function serves(rack: ConfiguredRack, version: string, contract: object): Promise<void> {
  const { yard } = rack
  await yard.does(
    ...['release', 'publish', version, '--app', 'rack'],
    ...['--parameters', contractFile(rack, version, contract)],
  )
  await yard.does('promote', version, '--app', 'rack', '--to', 'stable')
}

describe('drift', () => {
  test('of a certificate that somebody changed by hand: named, refused, and nothing is touched', async () => {
    const rack = await aConfiguredRack()
    expect(await drifted(rack)).toEqual([])
    rack.configures(byHand)
    await rack.yard.serves('20')
    const before = rack.starts()

    const refused = await rack.headgate(...update)
    expect(refused.code).toBe(3)
    expect(refused.json).toMatchObject({
      code: 'drifted',
      numbers: { drifted: ['CertificateArn'], changed: ['CertificateArn'], added: [], removed: [] },
    })
    expect(refused.json.hint).toContain(`headgate update --dir ${rack.dir} --accept-drift CertificateArn`)
    expect(refused.json.hint).toContain(`headgate adopt CertificateArn --dir ${rack.dir}`)
    expect(rack.installed()).toBe('10')
    expect(rack.starts()).toEqual(before)
    expect(rack.attempts()).toHaveLength(1)
  })

  test('is shown by check, plan, status, doctor, a dry run, and to the registry', async () => {
    const rack = await aConfiguredRack()
    rack.configures({ ...byHand, Size: '3', InstanceType: undefined })
    await rack.yard.serves('20')
    const names = ['CertificateArn', 'InstanceType', 'Size']
    expect(await drifted(rack)).toEqual(names)
    expect((await rack.does('check')).stdout).toContain(names.join(', '))

    const { plan } = (await rack.does('plan', '--json')).json as {
      plan: { drifted: string[]; steps: string[] }
    }
    expect(plan.drifted).toEqual(names)
    expect(plan.steps[0]).toBe(
      'not before a person has looked: CertificateArn changed; Size is new; InstanceType is gone',
    )
    const dry = await rack.does('update', '--dry-run', '--json')
    expect(dry.json.plan).toMatchObject({ drifted: names })

    expect((await rack.does('status', '--json')).json.parameters).toEqual({
      observed: 3,
      opaque: ['Password'],
      drifted: names,
      problem: null,
    })
    expect((await rack.does('status')).stdout).toContain(`drifted: ${names.join(', ')}`)
    expect((await rack.headgate('doctor')).stdout).toContain('--accept-drift CertificateArn')

    const shown = await rack.yard.does('rack', 'show', 'prod-1', '--app', 'rack', '--json')
    expect(shown.json.drifted).toEqual(names)
    expect((await rack.yard.does('rack', 'list', '--app', 'rack')).stdout).toContain('3 drifted')
  })

  test('accepted by name holds for that update, and what it was proved with is the record', async () => {
    const rack = await aConfiguredRack()
    rack.configures({ ...byHand, InstanceType: 'm4.large' })
    await rack.yard.serves('20')
    const half = await rack.headgate(...update, '--accept-drift', 'CertificateArn')
    expect(half.json).toMatchObject({ code: 'drifted', numbers: { drifted: ['InstanceType'] } })
    await rack.does(...update, '--accept-drift', 'CertificateArn', '--accept-drift', 'InstanceType')
    expect(rack.installed()).toBe('20')
    expect(await drifted(rack)).toEqual([])
    await rack.yard.serves('30')
    await rack.does(...update)
    expect(rack.installed()).toBe('30')
  })

  test('adopted is recorded without an update; the rest stays drifted', async () => {
    const rack = await aConfiguredRack()
    rack.configures({ ...byHand, InstanceType: 'm4.large' })
    const before = rack.tree()
    const dry = await rack.does('adopt', 'CertificateArn', '--dry-run', '--json')
    expect(dry.json).toMatchObject({ kind: 'Adoption', adopted: ['CertificateArn'], dryRun: true })
    expect(rack.tree()).toEqual(before)

    const some = await rack.does('adopt', 'CertificateArn', '--json')
    expect(some.json).toMatchObject({ version: '10', adopted: ['CertificateArn'], drifted: ['InstanceType'] })
    expect(await drifted(rack)).toEqual(['InstanceType'])
    expect((await rack.does('adopt', '--all', '--json')).json).toMatchObject({ adopted: ['InstanceType'] })
    expect(await drifted(rack)).toEqual([])
    expect(rack.installed()).toBe('10')
    expect(rack.starts()).toHaveLength(1)
    const none = await rack.does('adopt', '--all')
    expect(none.stdout).toContain('nothing to adopt')
    await rack.yard.serves('20')
    await rack.does(...update)
  })

  test('what cannot be adopted is refused by name', async () => {
    const rack = await aConfiguredRack()
    const says = async (...words: string[]) => {
      const { code, json } = await rack.headgate('adopt', ...words, '--json')
      return [code, json.detail]
    }
    expect(await says('Password')).toEqual([2, expect.stringContaining('Password is opaque')])
    expect(await says('Nonsense')).toEqual([2, expect.stringContaining('no parameter Nonsense')])
    expect(await says()).toEqual([2, expect.stringContaining('one of the two')])
    expect(await says('Size', '--all')).toEqual([2, expect.stringContaining('one of the two')])
  })

  test('of a driver that cannot read them stops an update as preflight_failed, and never the way back', async () => {
    const rack = await aConfiguredRack()
    await rack.yard.serves('20')
    await rack.does(...update)
    rack.write('platform.json', `{"Token": "${secret}", broken`)
    await rack.yard.serves('30')
    const refused = await rack.headgate(...update)
    expect(refused.code).toBe(3)
    expect(refused.json).toMatchObject({ code: 'preflight_failed' })
    expect(refused.stdout + refused.stderr).not.toContain(secret)
    await rack.does('rollback', '--to', '10', '--reason', 'it is slow', '--yes')
    expect(rack.installed()).toBe('10')
  })

  test('of a hundred and more, with names of all kinds, still reaches the registry', async () => {
    const rack = await aConfiguredRack()
    const odd = [
      '',
      'a\0b',
      '\u202ename',
      '__proto__',
      'constructor',
      "it's; rm -rf",
      '😀'.repeat(300),
      'x'.repeat(5000),
    ]
    const many = Array.from({ length: 150 }, (_, index) => `n${index}`)
    rack.configures(Object.fromEntries([...odd, ...many].map((name) => [name, 'new'])))
    const shown = await drifted(rack)
    expect(shown).toHaveLength(100)
    const listed = await rack.yard.does('rack', 'show', 'prod-1', '--app', 'rack', '--json')
    expect(listed.json.drifted).toEqual(shown)
    await rack.yard.serves('20')
    const refused = await rack.headgate(...update)
    expect(refused.json).toMatchObject({ code: 'drifted' })
    expect(refused.json.detail).toMatch(/and \d+ more are new\./)
    expect(refused.json.hint).toContain('headgate adopt --all')
    expect(refused.json.numbers).toMatchObject({ drifted: expect.arrayContaining(['', 'n149', '__proto__']) })
    await rack.does('adopt', '--all')
    await rack.does(...update)

    rack.configures({ "it's; rm -rf": 'changed' })
    await rack.yard.serves('30')
    const { json } = await rack.headgate(...update)
    expect(json.hint).toContain(`--accept-drift 'it'\\''s; rm -rf'`)
  })

  test('is told by the agent, which keeps asking: a remedy must not wait for a person', async () => {
    const rack = await aConfiguredRack()
    rack.configures(byHand)
    await rack.yard.serves('20')
    const once = await rack.headgate('agent', 'once', '--json')
    expect([once.code, once.json.code]).toEqual([3, 'drifted'])
    expect(rack.attempts()).toHaveLength(1)
  })

  test('never blocks a remedy, nor a person who goes back', async () => {
    const rack = await aConfiguredRack()
    await rack.yard.serves('20')
    await rack.does(...update)
    rack.configures({ Extra: 'by hand' })
    const yank = ['release', 'yank', '20', '--app', 'rack', '--severity', 'critical', '--reason', 'it leaks']
    await rack.yard.does(...yank, '--confirm', 'rack')
    const { json } = await rack.does(...update)
    expect(rack.installed()).toBe('10')
    expect(await drifted(rack)).toEqual([])
    // What was drift is the record now: whoever looks must hear of it here, or never.
    expect(json).toMatchObject({ outcome: 'proved', remark: expect.stringContaining('Extra is new') })
    expect((await rack.does('history')).stdout).toContain('Extra is new')
  })

  test('that a person went back over is named, as a warning; without any there is no word', async () => {
    const rack = await aConfiguredRack()
    await rack.yard.serves('20')
    expect((await rack.does(...update)).json).not.toHaveProperty('remark')
    rack.configures(byHand)
    const back = await rack.does('rollback', '--to', '10', '--reason', 'it is slow', '--yes')
    expect(back.stdout).toMatch(/warning {2}over drift that nobody had accepted.*CertificateArn changed/)
  })

  test('never blocks a pin that leads back', async () => {
    const rack = await aConfiguredRack()
    await rack.yard.serves('20')
    await rack.does(...update)
    rack.configures(byHand)
    await rack.does('pin', '10', '--reason', 'audit')
    await rack.does(...update)
    expect(rack.installed()).toBe('10')

    rack.configures({ CertificateArn: 'arn:aws:acm:certificate/3333' })
    await rack.does('pin', '20', '--reason', 'audit')
    expect((await rack.headgate(...update)).json).toMatchObject({ code: 'drifted' })
  })

  test('an older proof on another kind of host is none, either', async () => {
    const rack = await aConfiguredRack()
    await rack.yard.serves('20')
    await rack.does(...update)
    const yank = ['release', 'yank', '20', '--app', 'rack', '--severity', 'critical', '--reason', 'it leaks']
    await rack.yard.does(...yank, '--confirm', 'rack')
    const why = async () => JSON.stringify((await rack.does('check', '--json')).json.trace)
    expect(await why()).toContain('proved on this rack before')
    const toml = rack.read('rack.toml') ?? ''
    rack.write('rack.toml', toml.replace(/platform = "[^"]*"/, 'platform = "plan9/mips"'))
    expect(await why()).not.toContain('proved on this rack before')
  })

  test('an older proof with other parameters is none: a remedy goes to the base of the channel instead', async () => {
    const rack = await aConfiguredRack()
    await rack.yard.serves('20')
    await rack.does(...update)
    const yank = ['release', 'yank', '20', '--app', 'rack', '--severity', 'critical', '--reason', 'it leaks']
    await rack.yard.does(...yank, '--confirm', 'rack')
    const why = async () => JSON.stringify((await rack.does('check', '--json')).json.trace)
    expect(await why()).toContain('proved on this rack before')

    rack.configures({ InstanceType: 'm4.large' })
    await rack.does('adopt', '--all')
    expect(await why()).not.toContain('proved on this rack before')
    expect(await why()).toContain('the base of the channel')
    // What only came to it does not unmake the older proof, nor does what cannot be seen.
    rack.configures({ InstanceType: 't2.small', Extra: 'new', Password: '******' })
    await rack.does('adopt', '--all')
    expect(await why()).toContain('proved on this rack before')
  })
})

describe('opaque parameters', () => {
  test('the masked password of 2016 is not seen to change, whatever it is behind its mask', async () => {
    const rack = await aConfiguredRack()
    rack.configures({ Password: '**********' })
    expect(await drifted(rack)).toEqual([])
    rack.configures({ Password: { value: 'hunter2', masked: true } })
    expect(await drifted(rack)).toEqual([])
    rack.configures({ Password: null })
    expect(await drifted(rack)).toEqual([])
    await rack.yard.serves('20')
    await rack.does(...update)
  })

  test('a release that masks a parameter hides it from then on, also for the versions before it', async () => {
    const rack = await aConfiguredRack()
    await serves(rack, '20', {
      InstanceType: {},
      CertificateArn: {},
      Token: { masked: true },
      Password: { masked: true },
    })
    // The contract of 20 masks Token: that it changed cannot be observed any more, though the platform still shows it.
    rack.configures({ Token: `${secret}-2` })
    expect(await drifted(rack)).toEqual(['Token'])
    await rack.does(...update)
    expect(rack.installed()).toBe('20')
    rack.configures({ Token: `${secret}-3` })
    expect(await drifted(rack)).toEqual([])
    expect((await rack.does('status', '--json')).json.parameters).toMatchObject({
      opaque: ['Password', 'Token'],
    })
  })

  test('what is masked stays so on every way back: by order, and after a rehearsal', async () => {
    const rack = await aConfiguredRack()
    const contract = { InstanceType: {}, CertificateArn: {}, Token: { masked: true }, Password: {} }
    await serves(rack, '20', contract)
    await rack.does(...update)
    await serves(rack, '30', { ...contract, Token: {} })
    await rack.does('rehearse', '--yes')
    rack.configures({ Token: `${secret}-2` })
    expect(await drifted(rack)).toEqual([])

    // 10 says nothing of its parameters; 20, from which it is gone back to, masks Token.
    await rack.does('rollback', '--to', '10', '--reason', 'slow', '--yes')
    rack.configures({ Token: `${secret}-3` })
    expect(await drifted(rack)).toEqual([])
  })

  test('names to ignore and placeholders are the operator’s to say', async () => {
    const toml = `${parametersToml}\n[parameters]\nplaceholders = ["^hidden$"]\nignore = ["InstanceType"]\n`
    const rack = await aConfiguredRack(toml)
    rack.configures({ InstanceType: 'm4.large', Token: 'hidden' })
    expect(await drifted(rack)).toEqual([])
    rack.configures({ Password: '*****' })
    expect(await drifted(rack)).toEqual(['Password'])
  })
})

describe('going back', () => {
  test('announces what the older version does not declare, and is not kept by it', async () => {
    const rack = await aConfiguredRack()
    const declared = { InstanceType: {}, CertificateArn: {}, Token: {}, Password: {} }
    await serves(rack, '20', declared)
    await rack.does(...update)
    await serves(rack, '30', { ...declared, Cache: { default: 'on' } })
    await rack.does(...update)
    rack.configures({ Cache: 'on' })
    await rack.does('adopt', '--all')

    const dry = await rack.does('rollback', '--to', '20', '--reason', 'slow', '--dry-run', '--json')
    expect(dry.json).toMatchObject({ to: '20', loses: ['Cache'] })
    const yank = ['release', 'yank', '30', '--app', 'rack', '--severity', 'critical', '--reason', 'it leaks']
    await rack.yard.does(...yank, '--confirm', 'rack')
    const { plan } = (await rack.does('plan', '--json')).json as {
      plan: { loses: string[]; steps: string[] }
    }
    expect(plan.loses).toEqual(['Cache'])
    expect(plan.steps.at(-1)).toBe('20 does not declare Cache: what is set there now is lost')

    rack.write('rack.toml', (rack.read('rack.toml') ?? '').replace(rack.yard.url, 'http://127.0.0.1:1'))
    const back = await rack.does('rollback', '--to', '20', '--reason', 'slow', '--yes')
    expect(back.stderr).toContain('20 does not declare Cache')
    expect(rack.installed()).toBe('20')
  })
})

describe('what counts as proved', () => {
  test('verify accepts the present version and its parameters', async () => {
    const rack = await aConfiguredRack()
    rack.configures(byHand)
    const dry = await rack.does('verify', '--dry-run', '--json')
    expect(dry.json).toMatchObject({ accepted: ['CertificateArn'] })
    expect(await drifted(rack)).toEqual(['CertificateArn'])
    expect((await rack.does('verify', '--json')).json).toMatchObject({ accepted: ['CertificateArn'] })
    expect(await drifted(rack)).toEqual([])
  })

  test('enrolling records what was found: drift is seen before the first update', async () => {
    const rack = await aConfiguredRack()
    for (const name of ['state.json', 'parameters.json', 'parameters.key', 'journal'])
      rmSync(join(rack.dir, name))
    const again = ['enroll', '--dir', rack.dir, '--app', 'rack', '--channel', 'stable', '--name', 'prod-1']
    await rack.yard.does(...again, '--driver', 'command', '--current', 'echo 0', '--apply', 'true')
    expect(await drifted(rack)).toEqual([])
    rack.configures(byHand)
    expect(await drifted(rack)).toEqual(['CertificateArn'])
    await rack.yard.serves('20')
    expect((await rack.headgate(...update)).json).toMatchObject({ code: 'drifted' })
  })

  test('a lost key is no drift: nothing can be compared until it is recorded anew', async () => {
    const rack = await aConfiguredRack()
    rmSync(join(rack.dir, 'parameters.key'))
    rack.configures(byHand)
    expect(await drifted(rack)).toEqual([])
    expect((await rack.headgate('doctor')).stdout).toContain(`headgate adopt --all --dir ${rack.dir}`)
    expect((await rack.does('adopt', '--all', '--json')).json).toMatchObject({ isFirst: true })
    rack.configures({ Size: 'new' })
    expect(await drifted(rack)).toEqual(['Size'])
  })
})

describe('a check of parameters', () => {
  const check = (more: string) => `${parametersToml}
[[check]]
name = "settings"
kind = "parameters"
healthyCount = 1
unhealthyCount = 1
intervalSeconds = 0.2
${more}
`

  test('sends an update back that changed what it should not have touched', async () => {
    const toml = check('')
      .replace(
        "apply = '''",
        `apply = '''test "$HEADGATE_VERSION" = 10 || sed -i s/t2.small/default/ platform.json; `,
      )
      .replace("rollback = '''", `rollback = '''sed -i s/default/t2.small/ platform.json; `)
    const rack = await aConfiguredRack(toml)
    await rack.yard.serves('20')
    const { code, json } = await rack.headgate(...update)
    expect(code).toBe(20)
    expect(json.detail).toContain('changed since the attempt began: InstanceType')
    expect(rack.installed()).toBe('10')
    expect(await drifted(rack)).toEqual([])
  })

  test('does not keep a drifted rack from going back, nor an accepted drift from being proved', async () => {
    const rack = await aConfiguredRack(check(''))
    rack.configures(byHand)
    await rack.yard.serves('20')
    await rack.does(...update, '--accept-drift', 'CertificateArn')
    rack.configures({ CertificateArn: 'arn:aws:acm:certificate/3333' })
    await rack.does('rollback', '--to', '10', '--reason', 'slow', '--yes')
    expect(rack.installed()).toBe('10')
  })

  test('is no obstacle to verify: what is there is what is verified', async () => {
    const rack = await aConfiguredRack(check(''))
    rack.configures(byHand)
    await rack.does('verify')
    expect(await drifted(rack)).toEqual([])
  })

  test('between attempts it is unhealthy when something has drifted', async () => {
    const rack = await aConfiguredRack(check(''))
    const health = async () => {
      await rack.headgate('agent', 'once')
      return (await rack.does('status')).stdout
    }
    expect(await health()).not.toContain('drifted')
    rack.configures(byHand)
    expect(await health()).toContain('settings: drifted: CertificateArn')
  })

  test('holds settings to what the operator requires, and tells no value', async () => {
    const rack = await aConfiguredRack(
      check(`require = { InstanceType = "t2.small", Token = "${secret}" }\npresent = ["Password"]`),
    )
    rack.configures({ Token: 'stolen-value', InstanceType: undefined, Password: undefined })
    const { code, json, stdout, stderr } = await rack.headgate('verify', '--json')
    expect(code).toBe(1)
    expect(json.detail).toContain('not set: Password; not as required: InstanceType, Token')
    expect(stdout + stderr).not.toMatch(new RegExp(`${secret}|stolen-value`))
  })
})

describe('a value', () => {
  test('is nowhere: not in a file of the rack, not in the registry, not in any output', async () => {
    const rack = await aConfiguredRack()
    const said: string[] = []
    const says = async (...words: string[]) => {
      const { stdout, stderr } = await rack.headgate(...words)
      said.push(stdout, stderr)
    }
    const other = 'a-second-secret-value'
    rack.configures({ Token: other, New: secret })
    await rack.yard.serves('20')
    for (const json of [[], ['--json']]) {
      for (const verb of ['check', 'plan', 'status', 'doctor', 'history', 'explain'])
        await says(verb, ...json)
      await says('update', '--yes', ...json)
      await says('update', '--dry-run', ...json)
      await says('verify', '--dry-run', ...json)
      await says('adopt', '--all', '--dry-run', ...json)
    }
    await says('update', '--yes', '--accept-drift', 'Token', '--accept-drift', 'New')
    rack.configures({ Token: secret, New: undefined })
    await says('adopt', '--all')
    await says('rollback', '--reason', 'slow', '--yes', '--json')
    await says('agent', 'once', '--json')
    expect(said.join('').length).toBeGreaterThan(5_000)
    expect(said.join('')).not.toContain(secret)
    expect(said.join('')).not.toContain(other)

    const holding = filesWith([rack.dir, join(rack.yard.folder, 'registry')], [secret, other])
    expect(holding).toEqual([join(rack.dir, 'platform.json')])
    const key = readFileSync(join(rack.dir, 'parameters.key'))
    expect(
      filesWith([join(rack.yard.folder, 'registry')], [key.toString('hex'), key.toString('base64url')]),
    ).toEqual([])
    const record = readFileSync(join(rack.dir, 'parameters.json'), 'utf8')
    const digests = [...record.matchAll(/"([A-Za-z0-9_-]{22})"/g)].map(([, digest]) => digest ?? '')
    expect(digests.length).toBeGreaterThan(2)
    expect(filesWith([join(rack.yard.folder, 'registry')], digests)).toEqual([])
    for (const digest of digests) expect(said.join('')).not.toContain(digest)
  })
})

function filesWith(folders: readonly string[], needles: readonly string[]): readonly string[] {
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  )
  return files.filter((file) => {
    const content = readFileSync(file)
    return needles.some((needle) => content.includes(needle))
  })
}
