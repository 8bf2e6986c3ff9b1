/** The directory driver: real archives, real links, real hooks, and deaths in between. */

import {
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createDirectoryDriver, type DirectoryDriverConfig } from '../../../../cli/agent/drivers/directory.ts'
import { defaultLimits } from '../../../../cli/agent/drivers/unpack.ts'
import { realFiles } from '../../../../cli/agent/files.ts'
import { Problem } from '../../../../shared/domain/problem.ts'
import { dieAtEveryCall } from '../../../support/dying-files.ts'
import { aMove, aPlace, releaseDir } from '../../../support/moves.ts'
import { scratchDirectory } from '../../../support/scratch-directory.ts'
import { tgzOf } from '../../../support/tar-archive.ts'

function aConfig(change: Partial<DirectoryDriverConfig> = {}): DirectoryDriverConfig {
  return { kind: 'directory', keep: 3, hooks: {}, hookTimeoutSeconds: 10, unpack: defaultLimits, ...change }
}

/** A state directory with artifacts for versions 1 to 5, and its driver. */
function aRack(config: Partial<DirectoryDriverConfig> = {}) {
  const dir = scratchDirectory()
  const artifact = (version: string) => {
    const file = join(dir, `${version}.tgz`)
    writeFileSync(file, tgzOf({ name: 'VERSION', content: version }, { name: 'data/', mode: 0o755 }))
    return file
  }
  const driver = createDirectoryDriver(aConfig(config), aPlace(dir))
  const install = async (to: string, from: string | null = null) =>
    driver.apply(aMove({ from, to, artifactFile: artifact(to) }))
  const trail = () =>
    existsSync(join(dir, 'trail')) ? readFileSync(join(dir, 'trail'), 'utf8').trim().split('\n') : []
  return { dir, driver, artifact, install, trail }
}

const leaveTrail = (name: string) =>
  `echo "${name} $HEADGATE_HOOK $HEADGATE_DIRECTION $HEADGATE_FROM>$HEADGATE_VERSION $(basename "$PWD") ` +
  `$(readlink $HEADGATE_DIR/current)" >> $HEADGATE_DIR/trail`

const trailingHooks = {
  'pre-update': leaveTrail('p'),
  migrate: leaveTrail('m'),
  restart: leaveTrail('r'),
  post: leaveTrail('o'),
}

async function problemOf(work: Promise<unknown>): Promise<Problem> {
  const error = await work.then(
    () => new Error('it went well'),
    (reason: unknown) => reason,
  )
  if (error instanceof Problem) return error
  throw error
}

describe('a directory rack', () => {
  it('has nothing installed at first, and then what was installed', async () => {
    const { dir, driver, install } = aRack()
    expect(await driver.current()).toBeNull()
    await install('1')
    expect(await driver.current()).toBe('1')
    expect(readlinkSync(join(dir, 'current'))).toBe('releases/1')
    expect(readFileSync(join(dir, 'current', 'VERSION'), 'utf8')).toBe('1')
    expect(await driver.status()).toBe('settled')
    expect(await driver.keeps('1')).toBe(true)
    expect(await driver.keeps('2')).toBe(false)
    expect(await driver.keeps('../1')).toBe(false)
  })

  it('runs its hooks in the new release, in order, before and after the switch', async () => {
    const { install, trail } = aRack({ hooks: trailingHooks })
    await install('1')
    await install('2', '1')
    expect(trail().slice(4)).toEqual([
      'p pre-update forward 1>2 2 releases/1',
      'm migrate forward 1>2 2 releases/1',
      'r restart forward 1>2 2 releases/2',
      'o post forward 1>2 2 releases/2',
    ])
  })

  it('goes back to a kept release without any artifact, skipping pre-update', async () => {
    const { driver, install, trail } = aRack({ hooks: trailingHooks })
    await install('1')
    await install('2', '1')
    await driver.goBack(aMove({ from: '2', to: '1', direction: 'back' }))
    expect(await driver.current()).toBe('1')
    expect(trail().slice(8)).toEqual([
      'm migrate back 2>1 1 releases/2',
      'r restart back 2>1 1 releases/1',
      'o post back 2>1 1 releases/1',
    ])
  })

  it('records every process before it starts, notes what it says, and keeps a log of each', async () => {
    const { dir, driver, artifact } = aRack({
      hooks: { migrate: 'echo migrating', restart: ['echo', 'restarted'] },
    })
    const move = aMove({ artifactFile: artifact('1') })
    await driver.apply(move)
    expect(move.groups).toHaveLength(2)
    expect(move.notes).toEqual([
      'unpacking 1',
      'migrate: echo migrating',
      'migrate: migrating',
      'restart: echo restarted',
      'restart: restarted',
    ])
    expect(readFileSync(join(dir, 'logs', 'a1.forward.migrate.log'), 'utf8')).toBe('migrating\n')
  })

  it('tells hooks no secret of ours', async () => {
    const { dir, driver, artifact } = aRack({ hooks: { restart: 'env' } })
    await driver.apply(aMove({ artifactFile: artifact('1') }))
    const said = readFileSync(join(dir, 'logs', 'a1.forward.restart.log'), 'utf8')
    expect(said).toContain('HEADGATE_VERSION=1\n')
    expect(said).toContain(`HEADGATE_RELEASE_DIR=${releaseDir(dir, '1')}\n`)
    expect(said).not.toContain('not-for-hooks')
  })
})

describe('a hook that fails', () => {
  it('before the switch leaves the old version in place, and its last lines in the problem', async () => {
    const { dir, driver, install, artifact } = aRack({
      hooks: { migrate: 'test $HEADGATE_VERSION = 1 || { echo "column exists already"; exit 3; }' },
    })
    await install('1')
    const problem = await problemOf(driver.apply(aMove({ from: '1', to: '2', artifactFile: artifact('2') })))
    expect(problem.code).toBe('update_failed')
    expect(problem.message).toBe('migrate exited 3 on the way to 2: column exists already')
    expect(problem.hint).toBe(`read what it said: tail ${join(dir, 'logs', 'a1.forward.migrate.log')}`)
    expect(problem.numbers).toMatchObject({ step: 'migrate', code: 3, lastLines: ['column exists already'] })
    expect(await driver.current()).toBe('1')
  })

  it('on the way back does not keep the old version from coming up, and is told afterwards', async () => {
    const { driver, install, trail } = aRack({
      hooks: {
        migrate: 'test $HEADGATE_DIRECTION = forward',
        restart: leaveTrail('r'),
        post: leaveTrail('o'),
      },
    })
    await install('1')
    await install('2', '1')
    const problem = await problemOf(driver.goBack(aMove({ from: '2', to: '1', direction: 'back' })))
    expect(problem.message).toContain('migrate exited 1 on the way back to 1')
    expect(await driver.current()).toBe('1')
    expect(
      trail()
        .slice(-2)
        .map((line) => line.slice(0, 1)),
    ).toEqual(['r', 'o'])
  })

  it('by taking too long is ended', async () => {
    const { driver, artifact } = aRack({ hooks: { restart: 'sleep 60' }, hookTimeoutSeconds: 0.2 })
    const problem = await problemOf(driver.apply(aMove({ artifactFile: artifact('1') })))
    expect(problem.message).toContain('restart took longer than 0.2 s and was ended')
  })
})

describe('a first installation', () => {
  it('goes back to nothing, though the restart then has nothing to start', async () => {
    const { dir, driver, install } = aRack({ hooks: { restart: 'test -n "$HEADGATE_VERSION"' } })
    await install('1')
    const move = aMove({ from: null, to: null, direction: 'back' })
    await driver.goBack(move)
    expect(await driver.current()).toBeNull()
    expect(existsSync(join(dir, 'current'))).toBe(false)
    expect(move.notes.at(-1)).toContain('restart exited 1 on the way back to nothing')
    await driver.goBack(aMove({ from: null, to: null, direction: 'back' }))
  })
})

describe('a current that cannot be understood', () => {
  it.each([
    ['a directory', (dir: string) => mkdirSync(join(dir, 'current')), 'is a directory and not a link'],
    ['a file', (dir: string) => writeFileSync(join(dir, 'current'), '1'), 'is a file and not a link'],
    [
      'a link elsewhere',
      (dir: string) => symlinkSync('/etc', join(dir, 'current')),
      'points to /etc and not',
    ],
    [
      'a link out of releases',
      (dir: string) => symlinkSync('releases/../data', join(dir, 'current')),
      'and not to',
    ],
    [
      'a link to what is gone',
      (dir: string) => symlinkSync('releases/9', join(dir, 'current')),
      'which is not there',
    ],
    [
      'a link to releases itself',
      (dir: string) => symlinkSync('releases', join(dir, 'current')),
      'and not to',
    ],
  ])('%s is a problem, never "nothing installed"', async (_what, make, words) => {
    const { dir, driver } = aRack()
    make(dir)
    const problem = await problemOf(driver.current())
    expect(problem.code).toBe('preflight_failed')
    expect(problem.message).toContain(words)
    expect(problem.hint).toContain('ln -sfn')
  })

  it('may be written absolutely by an operator', async () => {
    const { dir, driver, install } = aRack()
    await install('1')
    rmSync(join(dir, 'current'))
    symlinkSync(releaseDir(dir, '1'), join(dir, 'current'))
    expect(await driver.current()).toBe('1')
  })

  it("is not replaced when it is a directory of somebody's", async () => {
    const { dir, install } = aRack()
    mkdirSync(join(dir, 'current'))
    writeFileSync(join(dir, 'current', 'precious'), '')
    await expect(install('1')).rejects.toThrow('is a directory and not a link')
    expect(existsSync(join(dir, 'current', 'precious'))).toBe(true)
  })
})

describe('what is refused', () => {
  it.each(['../evil', '', '.', '..', '.hidden', 'a/b', 'a\nb', '-rf', 'x'.repeat(129), 'a\0b'])(
    'a version named %j touches no path',
    async (to) => {
      const { dir, driver, artifact } = aRack()
      const problem = await problemOf(driver.apply(aMove({ to, artifactFile: artifact('1') })))
      expect(problem.code).toBe('invalid_version')
      expect(realFiles.list(dir)).toEqual(['1.tgz'])
    },
  )

  it('a release that is neither kept nor has an artifact', async () => {
    const { driver } = aRack()
    const problem = await problemOf(driver.apply(aMove({ to: '7' })))
    expect(problem.code).toBe('artifact_unavailable')
  })
})

describe('pruning', () => {
  it('keeps what runs, what it is told, and the newest; drops the rest by whole directories', async () => {
    const { dir, driver, install } = aRack({ keep: 2 })
    for (const version of ['1', '2', '3', '4', '5']) await install(version)
    for (const [index, version] of ['1', '2', '3', '4', '5'].entries()) {
      utimesSync(releaseDir(dir, version), 1_000 + index, 1_000 + index)
    }
    await driver.goBack(aMove({ from: '5', to: '2', direction: 'back' }))
    mkdirSync(releaseDir(dir, '.trash'))
    expect(await driver.prune(['3'])).toEqual(['4', '1'])
    expect(realFiles.list(join(dir, 'releases'))).toEqual(['2', '3', '5'])
    expect(await driver.prune([])).toEqual(['3'])
    expect(await driver.current()).toBe('2')
  })
})

describe('a driver that dies', () => {
  it('at any call, going forward, leaves the old or the new version, and comes through when called again', async () => {
    for (const how of [{}, { losesUnsynced: true }]) {
      let rack = aRack()
      const deaths = await dieAtEveryCall(
        async (files) => {
          rack = aRack()
          await rack.install('1')
          const dying = createDirectoryDriver(
            aConfig({ hooks: { migrate: 'true' } }),
            aPlace(rack.dir, files),
          )
          await dying.apply(aMove({ from: '1', to: '2', artifactFile: rack.artifact('2') }))
        },
        async () => {
          expect(['1', '2']).toContain(await rack.driver.current())
          await rack.driver.apply(aMove({ from: '1', to: '2', artifactFile: rack.artifact('2') }))
          expect(await rack.driver.current()).toBe('2')
          expect(readFileSync(join(rack.dir, 'current', 'VERSION'), 'utf8')).toBe('2')
          await rack.driver.goBack(aMove({ from: '2', to: '1', direction: 'back' }))
          expect(await rack.driver.current()).toBe('1')
          expect(realFiles.list(join(rack.dir, 'releases'))).toEqual(['1', '2'])
        },
        how,
      )
      expect(deaths).toBeGreaterThan(8)
    }
  })

  it('at any call, while it prunes, never leaves half of a release', async () => {
    let rack = aRack()
    await dieAtEveryCall(
      async (files) => {
        rack = aRack()
        for (const version of ['1', '2', '3']) await rack.install(version)
        await createDirectoryDriver(aConfig({ keep: 1 }), aPlace(rack.dir, files)).prune([])
      },
      async () => {
        for (const version of ['1', '2', '3']) {
          if (await rack.driver.keeps(version))
            expect(realFiles.list(releaseDir(rack.dir, version))).toHaveLength(2)
        }
        expect(await rack.driver.current()).toBe('3')
      },
      { tears: true },
    )
  })
})
