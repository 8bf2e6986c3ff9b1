/** A person's rollback: what it goes to, what it refuses, what it leaves behind; with a registry, and without one. */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { silence } from '../../support/campaign-registry.ts'
import { aYard, type RackFurniture, type Yard, type YardRack } from '../../support/campaign-yard.ts'

const back = ['rollback', '--reason', 'it is slow'] as const

async function aRackOn(
  versions: readonly string[],
  furnished?: RackFurniture,
): Promise<{ yard: Yard; rack: YardRack }> {
  const yard = await aYard()
  const rack = await yard.rack('prod-1', furnished)
  for (const version of versions) {
    await yard.serves(version)
    await rack.does('update', '--yes')
  }
  return { yard, rack }
}

async function withdraws(yard: Yard, range: string, ...options: readonly string[]): Promise<string> {
  const words = ['--app', 'rack', '--severity', 'critical', '--reason', 'it leaks', '--confirm', 'rack']
  const yanked = await yard.does('release', 'yank', range, ...words, ...options, '--json')
  return String((yanked.json.advisory as { id?: string } | undefined)?.id ?? yanked.json.id)
}

describe('goes to', () => {
  test('what was proved before, with the kept artifact, while the registry is gone', async () => {
    const { yard, rack } = await aRackOn(['10', '20'])
    rmSync(join(rack.dir, 'downloads'), { recursive: true })
    yard.intercept(silence)
    yard.asked.length = 0
    const went = await rack.does(...back, '--json')
    expect(went.json).toMatchObject({
      kind: 'Rollback',
      outcome: 'proved',
      from: '20',
      version: '10',
      action: 'rollback',
      pin: null,
    })
    expect(rack.installed()).toBe('10')
    expect(rack.running()).toBe('10')
    expect(rack.read('downloads')).toBeNull()
    expect(yard.asked.filter((asked) => asked.includes('/artifacts/'))).toEqual([])
  })

  test('and says it later, once: the registry hears of an attempt that nobody granted', async () => {
    const { yard, rack } = await aRackOn(['10', '20'])
    yard.intercept(silence)
    await rack.does(...back)
    yard.intercept(undefined)
    yard.asked.length = 0
    for (let times = 0; times < 3; times += 1) await rack.does('check')
    const shown = await yard.does('rack', 'show', 'prod-1', '--app', 'rack', '--json')
    expect(shown.json).toMatchObject({
      current: '10',
      proved: '10',
      attempts: [
        {
          target: '10',
          from: '20',
          motive: 'person',
          origin: 'reported',
          outcome: 'proved',
          reason: 'it is slow',
        },
        { target: '20', origin: 'granted', outcome: 'proved' },
        { target: '10', origin: 'granted', outcome: 'proved' },
      ],
    })
    expect(yard.asked.filter((asked) => asked.startsWith('PUT'))).toHaveLength(1)
  })

  test('what is older, when asked twice: not forth to what it has just left', async () => {
    const { rack } = await aRackOn(['10', '20', '30'])
    await rack.does(...back)
    expect(rack.installed()).toBe('20')
    await rack.does(...back)
    expect(rack.installed()).toBe('10')
    const nowhere = await rack.headgate(...back, '--json')
    expect(nowhere.json).toMatchObject({ code: 'not_proved', exit: 3 })
    expect(rack.installed()).toBe('10')
  })

  test('past what is known to be withdrawn, also offline', async () => {
    const { yard, rack } = await aRackOn(['10', '20'])
    await withdraws(yard, '20', '--remedy', 'stay')
    expect((await rack.headgate('check', '--exit-code')).code).toBe(102)
    await yard.serves('30')
    await rack.does('update', '--yes')
    yard.intercept(silence)
    const refused = await rack.headgate(...back, '--to', '20', '--json')
    expect(refused.json).toMatchObject({ code: 'yanked', exit: 3 })
    await rack.does(...back)
    expect(rack.installed()).toBe('10')
  })

  test('from what somebody put there by hand and is no version', async () => {
    const { rack } = await aRackOn(['10'], { driver: 'command' })
    rack.write('VERSION', 'hotfix-of-friday\n')
    await rack.does(...back, '--to', '10')
    expect(rack.installed()).toBe('10')
    expect(rack.state()).toMatchObject({ bar: null })
  })

  test('with a command driver that promises nothing about networks: it is tried all the same', async () => {
    const { yard, rack } = await aRackOn(['10', '20'], { driver: 'command' })
    const toml = rack.read('rack.toml') ?? ''
    rack.write('rack.toml', toml.replace('offlineRollback = true', 'offlineRollback = false'))
    yard.intercept(silence)
    await rack.does(...back)
    expect(rack.installed()).toBe('10')
    expect(rack.read('rollbacks')?.trim().split('\n')).toHaveLength(1)
  })
})

describe('refuses', () => {
  test.each<[string, readonly string[], string, RegExp]>([
    ['what was never proved here', ['--to', '15'], 'not_proved', /15 was never proved.*30, 20, 10/],
    ['--until without --pin', ['--until', '7d'], 'invalid_input', /no --pin/],
    ['an end that has passed', ['--pin', '--until', '2016-01-01'], 'invalid_date', /before now/],
    ['a reason that says nothing', ['--reason', ' '], 'invalid_input', /1 to 2000 characters, not 0/],
    ['a novel for a reason', ['--reason', 'x'.repeat(2001)], 'invalid_input', /not 2001/],
  ])('%s', async (_, words, code, says) => {
    const { rack } = await aRackOn(['10', '20', '30'])
    const before = rack.tree()
    const refused = await rack.headgate(...back, ...words, '--json')
    expect(refused.json).toMatchObject({ code })
    expect(refused.json.detail).toMatch(says)
    expect(refused.json.hint).toEqual(expect.any(String))
    expect(rack.tree()).toEqual(before)
  })

  test('what is newer: that is no way back', async () => {
    const { rack } = await aRackOn(['10', '20'])
    await rack.does(...back)
    const refused = await rack.headgate(...back, '--to', '20', '--json')
    expect(refused.json).toMatchObject({ code: 'not_forward', exit: 3 })
    expect(rack.installed()).toBe('10')
  })

  test('what lies below the highest floor that it would cross', async () => {
    const yard = await aYard()
    const rack = await yard.rack('prod-1')
    for (const [version, floor] of [['10'], ['20'], ['30', '10'], ['40', '20'], ['50']] as const) {
      await yard.serves(version)
      if (floor)
        await yard.does(
          'release',
          'route',
          version,
          '--app',
          'rack',
          '--floor',
          floor,
          '--reason',
          'migration',
        )
      await rack.does('update', '--yes')
    }
    yard.intercept(silence)
    rack.write('rack.toml', (rack.read('rack.toml') ?? '').replace('[driver]', '[driver]\nkeep = 9'))
    const refused = await rack.headgate(...back, '--to', '10', '--json')
    expect(refused.json).toMatchObject({ code: 'below_floor', exit: 3, numbers: { floor: '20' } })
    expect(refused.json.detail).toContain('From 40 the oldest version to go back to is 20')
    expect(rack.installed()).toBe('50')
  })

  test('what was withdrawn, until its advisory is accepted; the pin carries that', async () => {
    const { yard, rack } = await aRackOn(['10', '20', '30'])
    const id = await withdraws(yard, '20')
    const refused = await rack.headgate(...back, '--to', '20', '--json')
    expect(refused.json).toMatchObject({ code: 'yanked', exit: 3, numbers: { advisory: id } })
    expect(refused.json.hint).toContain(`--accept ${id}`)
    expect(rack.installed()).toBe('30')
    await rack.does(...back, '--to', '20', '--accept', id, '--pin')
    expect(rack.installed()).toBe('20')
    // Accepted is not forgotten: it stays, and every check says why that is not well.
    const stays = await rack.headgate('check', '--exit-code', '--json')
    expect(stays.code).toBe(102)
    expect(stays.json).toMatchObject({ action: 'none', reason: 'pinned', advisories: [{ id }] })
  })

  test('what is not kept any more, with the way to fetch it', async () => {
    const { rack } = await aRackOn(['10', '20'])
    rmSync(join(rack.dir, 'releases', '10'), { recursive: true })
    const refused = await rack.headgate(...back, '--json')
    expect(refused.json).toMatchObject({ code: 'artifact_unavailable', exit: 3 })
    expect(refused.json.hint).toContain('headgate pin 10')
    expect(rack.installed()).toBe('20')
  })

  test('a dry run shows the same, and changes nothing', async () => {
    const { rack } = await aRackOn(['10', '20'])
    const before = rack.tree()
    const shown = await rack.does(...back, '--pin', '--dry-run', '--json')
    expect(shown.json).toMatchObject({
      dryRun: true,
      from: '20',
      to: '10',
      pin: { version: '10', owner: 'ada' },
    })
    expect((await rack.headgate(...back, '--to', '15', '--dry-run')).code).toBe(3)
    expect(rack.tree()).toEqual(before)
  })
})

describe('leaves', () => {
  test('a bar over what lies between, until something newer is offered', async () => {
    const { yard, rack } = await aRackOn(['10', '20', '30'])
    await rack.does(...back, '--to', '10')
    const barred = await rack.does('check', '--json')
    expect(barred.json).toMatchObject({ action: 'wait', reason: 'rolled_back_here' })
    await rack.does('update', '--yes')
    expect(rack.installed()).toBe('10')

    await yard.serves('40')
    await rack.does('update', '--yes')
    expect(rack.installed()).toBe('40')
    expect(rack.state()).toMatchObject({ bar: null })
  })

  test('one bar, when a person goes back twice', async () => {
    const { rack } = await aRackOn(['10', '20', '30'])
    await rack.does(...back, '--to', '20')
    await rack.does(...back, '--to', '10')
    expect(rack.state()).toMatchObject({ bar: { above: '10', upTo: '30' } })
    await rack.does('retry')
    await rack.does('update', '--yes')
    expect(rack.installed()).toBe('30')
  })

  test('the same when somebody goes back by hand, without headgate', async () => {
    const { rack } = await aRackOn(['10', '20'], { driver: 'command' })
    rack.write('VERSION', '10\n')
    const noticed = await rack.does('check')
    expect(noticed.stderr).toContain('20 ran here, and now 10 does')
    expect(noticed.stdout).toContain('rolled_back_here')
    await rack.does('update', '--yes')
    expect(rack.installed()).toBe('10')
    // Said once, it is an order like any other.
    await rack.does('retry')
    await rack.does('update', '--yes')
    expect(rack.installed()).toBe('20')
  })

  test('the same when its directory is lost: enrolled anew under its name, it is told what was barred', async () => {
    const { yard, rack } = await aRackOn(['10', '20'], { driver: 'command' })
    await rack.does(...back)
    await rack.does('check')
    const [file, toml] = [rack.read('VERSION') ?? '', rack.read('rack.toml') ?? '']
    rmSync(rack.dir, { recursive: true })
    await yard.does(
      'rack',
      'forget',
      'prod-1',
      '--app',
      'rack',
      '--confirm',
      'prod-1',
      '--reason',
      'its disk died',
    )
    // As it is provisioned: with its file, and with what was installed from a backup.
    mkdirSync(rack.dir)
    for (const [name, text] of Object.entries({ VERSION: file, 'rack.toml': toml, broken: '\n' }))
      rack.write(name, text)
    const who = ['--app', 'rack', '--channel', 'stable', '--name', 'prod-1']
    const driver = ['--driver', 'command', '--current', 'echo 0', '--apply', 'true']
    const anew = await yard.does('enroll', '--dir', rack.dir, ...who, ...driver)
    expect(anew.stderr).toContain('A person went back from 20 to 10 on prod-1 before')
    expect((await rack.does('check', '--json')).json).toMatchObject({ reason: 'rolled_back_here' })
    await yard.serves('30')
    await rack.does('update', '--yes')
    expect(rack.installed()).toBe('30')
  })

  test('a pin that ends by itself', async () => {
    const { yard, rack } = await aRackOn(['10', '20'])
    await rack.does(...back, '--pin', '--until', '2d')
    await yard.serves('30')
    expect((await rack.does('check', '--json')).json).toMatchObject({ reason: 'pinned' })
    yard.clock.skip(2 * 24 * 3_600_000)
    await rack.does('update', '--yes')
    expect(rack.installed()).toBe('30')
  })

  test('where it runs already, only the pin', async () => {
    const { rack } = await aRackOn(['10'])
    const starts = rack.starts()
    const pinned = await rack.does(...back, '--to', '10', '--pin', '--json')
    expect(pinned.json).toMatchObject({ outcome: 'there_already', version: '10', pin: { version: '10' } })
    expect(rack.starts()).toEqual(starts)
  })

  test('the old version, when the one before does not hold either: back forth, and 20', async () => {
    const { rack } = await aRackOn(['10', '20'], { driver: 'command' })
    rack.write('broken', '10\n')
    const failed = await rack.headgate(...back, '--pin', '--json')
    expect(failed.code).toBe(20)
    expect(rack.installed()).toBe('20')
    expect(rack.state()).toMatchObject({
      pin: null,
      bar: null,
      proved: [{ version: '20' }, { version: '10' }],
    })
  })
})
