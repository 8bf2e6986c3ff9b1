/** Enrolling and switching: the registry and the directory agree afterwards, or nothing has happened. */
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createDurableFiles, nodeSyscalls } from '../../../cli/agent/files.ts'
import { silence } from '../../support/campaign-registry.ts'
import { aYard, type Yard } from '../../support/campaign-yard.ts'

const directoryOf = (yard: Yard, name: string) => join(yard.folder, name)

function enrolling(yard: Yard, name: string, ...more: readonly string[]) {
  const who = ['--app', 'rack', '--channel', 'stable', '--name', name]
  return yard.headgate('enroll', '--dir', directoryOf(yard, name), ...who, '--json', ...more)
}

async function racksOf(yard: Yard): Promise<readonly string[]> {
  const { json } = await yard.does('rack', 'list', '--app', 'rack', '--json')
  return (json.racks as { rack: string }[]).map(({ rack }) => rack)
}

describe('enroll', () => {
  test('makes a directory a rack: its files, its own token for its owner only, a word about checks', async () => {
    const yard = await aYard()
    const enrolled = await enrolling(yard, 'prod-1', '--label', 'zone=a')
    expect(enrolled.code).toBe(0)
    expect(enrolled.json).toMatchObject({
      kind: 'Enrolment',
      rack: 'prod-1',
      channel: 'stable',
      current: null,
    })
    const dir = directoryOf(yard, 'prod-1')
    expect(statSync(join(dir, 'rack.token')).mode & 0o777).toBe(0o600)
    expect(readdirSync(dir).toSorted()).toEqual(['rack.token', 'rack.toml', 'state.json'])
    expect(await racksOf(yard)).toEqual(['prod-1'])

    const words = [
      '--app',
      'rack',
      '--channel',
      'stable',
      '--name',
      'prod-2',
      '--dir',
      directoryOf(yard, 'prod-2'),
    ]
    expect((await yard.does('enroll', ...words)).stderr).toContain('No check is configured')
  })

  test('again from the same directory is the same rack, and forgets nothing that it knows', async () => {
    const yard = await aYard()
    const rack = await yard.rack('prod-1')
    await yard.serves('10')
    await rack.does('update', '--yes')
    await rack.does('pin', '--reason', 'audit')
    const { seen: _, lastDecision: __, ...before } = rack.state()
    expect((await enrolling(yard, 'prod-1')).code).toBe(0)
    const { seen, lastDecision, ...after } = rack.state()
    expect(after).toEqual(before)
    // It may be another registry behind the same address now, such as one that was restored.
    expect(seen).toEqual({ channel: 'stable', revision: 0, ledgerSequence: 0 })
    expect(lastDecision).toBeNull()
    expect(await racksOf(yard)).toEqual(['prod-1'])
    expect((await rack.does('check', '--json')).json).toMatchObject({ reason: 'pinned' })
  })

  test('with commands, while nothing is installed: they may say so by saying nothing', async () => {
    const yard = await aYard()
    const commands = [
      '--driver',
      'command',
      '--current',
      'cat VERSION 2>/dev/null || true',
      '--apply',
      'true',
    ]
    const refused = await enrolling(yard, 'prod-1', ...commands)
    expect(refused.code).toBe(3)
    expect(refused.json.detail).toContain('--empty-means-nothing')
    expect((await enrolling(yard, 'prod-1', ...commands, '--empty-means-nothing')).json).toMatchObject({
      current: null,
    })
    expect(yard.rackAt(directoryOf(yard, 'prod-1')).read('rack.toml')).toMatch(/^emptyMeansNothing = true/m)
  })

  test('with a name that another directory has: refused, and nothing is left behind', async () => {
    const yard = await aYard()
    await yard.rack('prod-1')
    const elsewhere = join(yard.folder, 'elsewhere')
    const who = ['--app', 'rack', '--channel', 'stable', '--name', 'prod-1']
    const refused = await yard.headgate('enroll', '--dir', elsewhere, ...who, '--json')
    expect(refused.json).toMatchObject({ code: 'name_taken', exit: 3 })
    expect(existsSync(elsewhere)).toBe(false)
  })

  test.each<[string, readonly string[], string]>([
    ['an app that is not there', ['--app', 'rock'], 'app_not_found'],
    ['a channel that is not there', ['--channel', 'beta'], 'channel_not_found'],
    ['a name that is none', ['--name', '../etc'], 'invalid_input'],
    ['a command driver without commands', ['--driver', 'command'], 'invalid_input'],
    [
      'a command that cannot tell the version',
      ['--driver', 'command', '--current', 'exit 3', '--apply', 'true'],
      'preflight_failed',
    ],
    [
      'an installed version that is none of the scheme',
      ['--driver', 'command', '--current', 'echo friday', '--apply', 'true'],
      'invalid_version',
    ],
  ])('with %s: refused, and nothing is left behind', async (_, words, code) => {
    const yard = await aYard()
    const refused = await enrolling(yard, 'prod-1', ...words)
    expect(refused.json).toMatchObject({ kind: 'Problem', code })
    expect(existsSync(directoryOf(yard, 'prod-1'))).toBe(false)
    expect(await racksOf(yard)).toEqual([])
  })

  test('in a directory with files of somebody: they stay as they are', async () => {
    const yard = await aYard()
    const dir = directoryOf(yard, 'prod-1')
    mkdirSync(dir)
    writeFileSync(join(dir, 'notes'), 'mine')
    expect((await enrolling(yard, 'prod-1', '--channel', 'beta')).code).toBe(5)
    expect(readdirSync(dir)).toEqual(['notes'])
  })

  test('of another rack, or at another registry, in the same directory: refused, and the file stays', async () => {
    const yard = await aYard()
    const rack = await yard.rack('prod-1')
    const before = rack.tree()
    for (const change of [
      ['--name', 'prod-9'],
      ['--channel', 'unstable'],
      ['--url', 'http://localhost:1'],
    ]) {
      const refused = await enrolling(yard, 'prod-1', ...change)
      expect(refused.json, change.join(' ')).toMatchObject({ code: 'already_enrolled', exit: 3 })
    }
    expect(rack.tree()).toEqual(before)
  })

  test('not answered: the token stays, and is offered again', async () => {
    const yard = await aYard()
    yard.intercept((_, response) => {
      // The registry takes it; its answer is lost.
      response.writeHead = () => {
        response.socket?.destroy()
        return response
      }
      return false
    })
    expect((await enrolling(yard, 'prod-1')).code).toBe(6)
    yard.intercept(undefined)
    expect(await racksOf(yard)).toEqual(['prod-1'])
    const rack = yard.rackAt(directoryOf(yard, 'prod-1'))
    const token = rack.read('rack.token')
    expect(token).toMatch(/^hg_rack_/)
    expect((await enrolling(yard, 'prod-1')).code).toBe(0)
    expect(rack.read('rack.token')).toBe(token)
  })

  test('a dry run asks the registry and leaves nothing anywhere; of a rack that is there, it is the same again', async () => {
    const yard = await aYard()
    expect((await enrolling(yard, 'prod-1', '--dry-run')).json).toMatchObject({
      dryRun: true,
      rack: 'prod-1',
    })
    expect(existsSync(directoryOf(yard, 'prod-1'))).toBe(false)
    expect(await racksOf(yard)).toEqual([])
    expect((await enrolling(yard, 'prod-1')).code).toBe(0)
    expect((await enrolling(yard, 'prod-1', '--dry-run')).code).toBe(0)
    expect((await enrolling(yard, 'prod-1', '--dry-run', '--channel', 'beta')).code).not.toBe(0)
  })

  test('what it finds installed is recorded, and is a way back only once it is verified', async () => {
    const yard = await aYard()
    await yard.serves('10')
    const rack = await yard.rack('cmd-1', {
      driver: 'command',
      enrol: ['--driver', 'command', '--current', 'echo 10', '--apply', 'true'],
    })
    rack.write('VERSION', '10\n')
    const shown = await yard.does('rack', 'show', 'cmd-1', '--app', 'rack', '--json')
    expect(shown.json).toMatchObject({ adopted: '10', current: '10', proved: null })
    expect((await rack.headgate('doctor')).stdout).toContain('was not proved by headgate')
    const verified = await rack.does('verify', '--json')
    expect(verified.json).toMatchObject({ version: '10', wasProved: false })
    expect(rack.state()).toMatchObject({ proved: [{ version: '10', adopted: true }] })
    expect((await rack.does('verify', '--json')).json).toMatchObject({ wasProved: true })
    await yard.serves('20')
    await rack.does('update', '--yes')
    await rack.does('rollback', '--reason', 'it is slow')
    expect(rack.installed()).toBe('10')
  })

  test('where this user may not write: a problem, not a bug', async () => {
    const yard = await aYard()
    const mayNot = () => {
      throw Object.assign(new Error('EACCES: permission denied, mkdir'), { code: 'EACCES' })
    }
    const files = createDurableFiles({ ...nodeSyscalls, mkdir: mayNot })
    const who = [
      '--app',
      'rack',
      '--channel',
      'stable',
      '--name',
      'prod-1',
      '--dir',
      directoryOf(yard, 'prod-1'),
    ]
    const refused = await yard.with({ files })('enroll', ...who, '--json')
    expect(refused.json).toMatchObject({ code: 'preflight_failed', exit: 3 })
  })

  test('in a place that is no directory: a problem, not a bug', async () => {
    const yard = await aYard()
    writeFileSync(directoryOf(yard, 'prod-1'), 'a file')
    const refused = await enrolling(yard, 'prod-1')
    expect(refused.json).toMatchObject({ code: 'preflight_failed', exit: 3 })
  })
})

describe('switch', () => {
  test('to a channel that was listed when it enrolled, and to no other', async () => {
    const yard = await aYard()
    await yard.serves('10')
    await yard.publishes('20')
    const rack = await yard.rack('prod-1', { enrol: ['--switch-to', 'unstable'] })
    await rack.does('update', '--yes')
    const toml = rack.read('rack.toml')
    await yard.does('channel', 'create', 'beta', '--app', 'rack')
    const refused = await rack.headgate('switch', 'beta', '--yes', '--json')
    expect(refused.json).toMatchObject({ code: 'not_allowed', exit: 4 })
    expect((await rack.headgate('switch', 'gamma', '--yes', '--json')).code).toBe(4)
    expect(rack.read('rack.toml')).toBe(toml)

    const dry = await rack.does('switch', 'unstable', '--dry-run', '--json')
    expect(dry.json).toMatchObject({ dryRun: true, before: 'stable', channel: 'unstable' })
    expect((await rack.headgate('switch', 'beta', '--dry-run')).code).toBe(4)
    expect(rack.read('rack.toml')).toBe(toml)

    const switched = await rack.does('switch', 'unstable', '--yes', '--json')
    expect(switched.json).toMatchObject({
      channel: 'unstable',
      decision: { action: 'update', target: { version: '20' } },
    })
    expect(rack.read('rack.toml')).toBe(toml?.replace('channel = "stable"', 'channel = "unstable"'))
    await rack.does('update', '--yes')
    expect(rack.installed()).toBe('20')
  })

  test('back to an older channel stays ahead of it, and goes back with --align', async () => {
    const yard = await aYard()
    await yard.serves('10')
    const rack = await yard.rack('prod-1', { enrol: ['--switch-to', 'unstable', '--switch-to', 'stable'] })
    await rack.does('update', '--yes')
    await yard.publishes('20')
    await rack.does('switch', 'unstable', '--yes')
    await rack.does('update', '--yes')
    await rack.does('switch', 'stable', '--yes')
    expect((await rack.does('check', '--json')).json).toMatchObject({
      action: 'none',
      reason: 'ahead_of_channel',
    })
    const aligned = await rack.does('switch', 'stable', '--align', '--yes', '--json')
    expect(aligned.json).toMatchObject({ decision: { action: 'rollback', motive: 'recall' } })
    await rack.does('update', '--yes')
    expect(rack.installed()).toBe('10')
    // Aligned once is not aligned for ever.
    expect(rack.state()).toMatchObject({ isAligning: false })
  })

  test('without a registry nothing is switched', async () => {
    const yard = await aYard()
    const rack = await yard.rack('prod-1', { enrol: ['--switch-to', 'unstable'] })
    const before = rack.tree()
    yard.intercept(silence)
    expect((await rack.headgate('switch', 'unstable', '--yes')).code).toBe(6)
    expect(rack.tree()).toEqual(before)
  })
})
