// Changed outside: somebody puts another version on the rack, and the rack says so until it is verified.
import { existsSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { aYard, type RackFurniture, type Yard, type YardRack } from '../../support/campaign-yard.ts'

async function aRackOn(
  versions: readonly string[],
  furnished: RackFurniture = {},
): Promise<{ yard: Yard; rack: YardRack }> {
  const yard = await aYard()
  const rack = await yard.rack('prod-1', furnished)
  for (const version of versions) {
    await yard.serves(version)
    await rack.does('update', '--yes')
  }
  return { yard, rack }
}

/** What a person in a hurry does. */
function flips(rack: YardRack, version: string): void {
  expect(existsSync(join(rack.dir, 'releases', version))).toBe(true)
  rmSync(join(rack.dir, 'current'))
  symlinkSync(`releases/${version}`, join(rack.dir, 'current'))
  rack.write('running', `${version}\n`)
}

const shown = async (yard: Yard) =>
  (await yard.does('rack', 'show', 'prod-1', '--app', 'rack', '--json')).json.outside

describe('a rack that was changed by hand', () => {
  test('backwards: says so everywhere, is not undone, and takes what is newer than what it left', async () => {
    const { yard, rack } = await aRackOn(['10', '20'])
    flips(rack, '10')
    expect((await rack.does('check', '--json')).json).toMatchObject({ reason: 'rolled_back_here' })
    await rack.does('update', '--yes')
    expect(rack.installed()).toBe('10')
    expect(rack.state()).toMatchObject({
      outside: { from: '20', to: '10' },
      bar: { above: '10', upTo: '20' },
    })
    for (const verb of ['status', 'history'])
      expect((await rack.does(verb)).stdout).toMatch(/changed outside: 20 → 10 by no attempt of headgate/)
    const at = expect.stringMatching(/^2016-08-16T.*Z$/)
    expect((await rack.does('status', '--json')).json).toMatchObject({
      outside: { from: '20', to: '10', at },
    })
    expect((await rack.does('history', '--json')).json).toMatchObject({ outside: { from: '20', to: '10' } })
    const doctor = (await rack.headgate('doctor', '--json')).json
    expect(doctor.findings).toContainEqual({
      question: 'did nobody else change the version?',
      isWell: false,
      severity: 'warning',
      detail: expect.stringMatching(/^20 became 10 \S+ ago, by no attempt of headgate$/),
      command: `headgate verify --dir ${rack.dir}`,
    })
    expect(await shown(yard)).toEqual({ from: '20', to: '10', at, saidBy: 'rack' })
    expect((await yard.does('rack', 'list', '--app', 'rack')).stdout).toContain('changed outside')

    await yard.serves('30')
    await rack.does('update', '--yes')
    expect(rack.installed()).toBe('30')
    expect(rack.state()).not.toHaveProperty('outside')
    expect(await shown(yard)).toBeNull()
  })

  test('verify accepts what runs: it is proved, and nothing is said any more', async () => {
    const { yard, rack } = await aRackOn(['10', '20'])
    flips(rack, '10')
    await rack.does('check')
    await rack.does('verify')
    expect(rack.state()).not.toHaveProperty('outside')
    expect((await rack.does('status')).stdout).not.toContain('changed outside')
    expect(await shown(yard)).toBeNull()
    // Accepted is not undone: the way forward stays barred until there is something newer.
    await rack.does('update', '--yes')
    expect(rack.installed()).toBe('10')
  })

  test('forwards, to a version that nobody published: compared by order, and kept', async () => {
    const { yard, rack } = await aRackOn(['10'], { driver: 'command' })
    rack.write('VERSION', '15\n')
    expect((await rack.does('check', '--json')).json).toMatchObject({ reason: 'ahead_of_channel' })
    expect(await shown(yard)).toMatchObject({ from: '10', to: '15' })
    await yard.serves('20')
    await rack.does('update', '--yes')
    expect(rack.installed()).toBe('20')
    expect(await shown(yard)).toBeNull()
  })

  test('that was known to run nothing says so as well', async () => {
    const { yard, rack } = await aRackOn([], { driver: 'command' })
    await rack.does('check')
    rack.write('VERSION', '10\n')
    await yard.serves('10')
    await rack.does('check')
    expect(rack.state()).toMatchObject({ outside: { from: null, to: '10' } })
  })

  test('what was found when it enrolled is adopted, not changed', async () => {
    const yard = await aYard()
    const rack = await yard.rack('prod-1', { driver: 'command' })
    rack.write('VERSION', '10\n')
    await yard.serves('10')
    await rack.does('check')
    expect(rack.state()).not.toHaveProperty('outside')
  })

  test('to something that is no version: the rack says it, and the registry refuses to guess', async () => {
    const { rack } = await aRackOn(['10'], { driver: 'command' })
    rack.write('VERSION', 'hotfix-of-friday\n')
    expect((await rack.headgate('check', '--json')).json).toMatchObject({ code: 'invalid_version' })
    expect((await rack.does('status')).stdout).toMatch(/changed outside: 10 → hotfix-of-friday/)
  })

  test('a driver that cannot tell changes nothing, neither here nor there', async () => {
    const { rack } = await aRackOn(['10'], { driver: 'command' })
    const before = rack.state()
    renameSync(join(rack.dir, 'VERSION'), join(rack.dir, 'VERSION.away'))
    rack.write('rack.toml', (rack.read('rack.toml') ?? '').replace('emptyMeansNothing = true', ''))
    for (const words of [['check'], ['update', '--yes']])
      expect((await rack.headgate(...words, '--json')).json).toMatchObject({ code: 'preflight_failed' })
    expect(rack.state()).toEqual(before)
  })
})
