/** The command driver: an operator's shell scripts, good ones and bad ones. */

import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type CommandDriverConfig, createCommandDriver } from '../../../../cli/agent/drivers/command.ts'
import type { Driver } from '../../../../cli/agent/drivers/driver.ts'
import { Problem } from '../../../../shared/domain/problem.ts'
import { fullDiskAfter } from '../../../support/full-disk.ts'
import { aMove, aPlace } from '../../../support/moves.ts'
import { scratchDirectory } from '../../../support/scratch-directory.ts'

function aDriver(change: Partial<CommandDriverConfig> = {}): { dir: string; driver: Driver } {
  const dir = scratchDirectory()
  const config: CommandDriverConfig = {
    kind: 'command',
    current: 'cat version',
    apply: 'echo $HEADGATE_VERSION > version',
    emptyMeansNothing: false,
    offlineRollback: false,
    needsArtifact: false,
    timeoutSeconds: 10,
    readTimeoutSeconds: 5,
    ...change,
  }
  return { dir, driver: createCommandDriver(config, aPlace(dir)) }
}

async function problemOf(work: Promise<unknown>): Promise<Problem> {
  const error = await work.then(
    () => new Error('it went well'),
    (reason: unknown) => reason,
  )
  if (error instanceof Problem) return error
  throw error
}

describe('current', () => {
  it('is what the command prints', async () => {
    const { dir, driver } = aDriver()
    writeFileSync(join(dir, 'version'), ' 20160816140022\n')
    expect(await driver.current()).toBe('20160816140022')
  })

  it.each([
    ['exits with an error', 'echo 1; exit 1', 'exited 1'],
    ['does not exist', 'no-such-command', 'exited 127'],
    ['is killed', 'kill -9 $$', 'was ended by SIGKILL'],
    ['takes too long', 'sleep 60', 'took longer than 0.3 s'],
    [
      'prints nothing',
      'true',
      'printed nothing (set emptyMeansNothing = true, or enrol with --empty-means-nothing,',
    ],
    ['prints only to stderr', 'echo 1 >&2', 'printed nothing'],
    ['prints more than a version', 'echo version 1', 'which is not one version alone'],
    ['prints two lines', 'printf "1\\n2\\n"', 'which is not one version alone'],
    ['prints a path', 'echo ../../etc', 'which is not one version alone'],
  ])('that %s is a problem, never "nothing installed"', async (_what, current, words) => {
    const { driver } = aDriver({ current, readTimeoutSeconds: 0.3 })
    const problem = await problemOf(driver.current())
    expect(problem.code).toBe('preflight_failed')
    expect(problem.message).toContain('Cannot tell which version is installed: the current command')
    expect(problem.message).toContain(words)
    expect(problem.hint).toContain(current)
  })

  it('that prints nothing means nothing installed only where the operator says so', async () => {
    expect(await aDriver({ current: 'true', emptyMeansNothing: true }).driver.current()).toBeNull()
    await expect(aDriver({ current: 'false', emptyMeansNothing: true }).driver.current()).rejects.toThrow(
      'exited 1',
    )
  })
})

describe('status', () => {
  it.each([
    ['echo settled', 'settled'],
    ['echo busy', 'busy'],
    ['echo Settled', 'unknown'],
    ['echo running', 'unknown'],
    ['echo settled; exit 1', 'unknown'],
    ['true', 'unknown'],
    ['sleep 60', 'unknown'],
    ['no-such-command', 'unknown'],
  ] as const)('"%s" is %s', async (status, expected) => {
    expect(await aDriver({ status, readTimeoutSeconds: 0.3 }).driver.status()).toBe(expected)
  })

  it('without a command is settled: there is nothing that could say otherwise', async () => {
    expect(await aDriver().driver.status()).toBe('settled')
  })
})

describe('a move', () => {
  const report = 'env | grep ^HEADGATE_ | sort; cat $HEADGATE_FILE'

  it('tells the command everything, in variables and in a file that only we may read', async () => {
    const { dir, driver } = aDriver({ apply: `${report}; stat -c %a $HEADGATE_FILE` })
    const move = aMove({ from: '1', to: '2', artifactFile: '/artifacts/two' })
    await driver.apply(move)
    const file = join(dir, 'command-input.json')
    const said = move.notes.slice(1).map((line) => line.replace(/^apply: /, ''))
    expect(said.slice(0, 7)).toEqual([
      'HEADGATE_ARTIFACT=/artifacts/two',
      'HEADGATE_ATTEMPT=a1',
      `HEADGATE_DIR=${dir}`,
      'HEADGATE_DIRECTION=forward',
      `HEADGATE_FILE=${file}`,
      'HEADGATE_FROM=1',
      'HEADGATE_VERSION=2',
    ])
    expect(JSON.parse(said.slice(7, -1).join('\n'))).toEqual({
      attempt: 'a1',
      version: '2',
      from: '1',
      direction: 'forward',
      artifact: '/artifacts/two',
      dir,
    })
    expect(said.at(-1)).toBe('600')
    expect(move.groups).toHaveLength(1)
  })

  it('back calls rollback, or apply with the direction where there is none', async () => {
    const withRollback = aDriver({ rollback: 'echo back to $HEADGATE_VERSION > trail' })
    await withRollback.driver.goBack(aMove({ from: '2', to: '1', direction: 'back' }))
    expect(readFileSync(join(withRollback.dir, 'trail'), 'utf8')).toBe('back to 1\n')
    const without = aDriver({ apply: 'echo $HEADGATE_DIRECTION > trail' })
    await without.driver.goBack(aMove({ from: '2', to: '1', direction: 'back' }))
    expect(readFileSync(join(without.dir, 'trail'), 'utf8')).toBe('back\n')
  })

  it('back to nothing has an empty variable and null in the file', async () => {
    const { dir, driver } = aDriver({ apply: 'set -u; test -z "$HEADGATE_VERSION"' })
    await driver.goBack(aMove({ from: null, to: null, direction: 'back' }))
    expect(JSON.parse(readFileSync(join(dir, 'command-input.json'), 'utf8'))).toMatchObject({ version: null })
  })

  it('that fails carries the last lines', async () => {
    const { dir, driver } = aDriver({ apply: 'echo trying; echo no space on device >&2; exit 4' })
    const problem = await problemOf(driver.apply(aMove({ to: '2' })))
    expect(problem.code).toBe('update_failed')
    expect(problem.message).toBe('apply exited 4 on the way to 2: no space on device')
    expect(problem.numbers).toMatchObject({ lastLines: ['trying', 'no space on device'] })
    expect(problem.hint).toContain(join(dir, 'logs', 'a1.forward.apply.log'))
  })

  it('is refused for a version that is no name, before anything runs', async () => {
    const { dir, driver } = aDriver({ apply: 'touch ran' })
    expect((await problemOf(driver.apply(aMove({ to: '$(touch ran)' })))).code).toBe('invalid_version')
    expect(existsSync(join(dir, 'ran'))).toBe(false)
  })

  it('back works on a full disk: with variables, and without a stale file', async () => {
    const dir = scratchDirectory()
    const full = { ...aPlace(dir), files: fullDiskAfter(() => true) }
    const config = {
      kind: 'command',
      current: 'true',
      apply: 'test -z "$HEADGATE_FILE" && test $HEADGATE_VERSION = 1',
      emptyMeansNothing: false,
      offlineRollback: true,
      needsArtifact: false,
      timeoutSeconds: 10,
      readTimeoutSeconds: 5,
    } as const
    await createCommandDriver(config, full).goBack(aMove({ from: '2', to: '1', direction: 'back' }))
    await expect(createCommandDriver(config, full).apply(aMove({ to: '1' }))).rejects.toThrow('ENOSPC')
  })

  it('may be an executable and its words', async () => {
    const { dir, driver } = aDriver({ apply: ['./apply', 'a b', '$HEADGATE_VERSION'] })
    writeFileSync(join(dir, 'apply'), '#!/bin/sh\nprintf "%s|" "$@" > trail\n')
    chmodSync(join(dir, 'apply'), 0o755)
    await driver.apply(aMove({ to: '2' }))
    expect(readFileSync(join(dir, 'trail'), 'utf8')).toBe('a b|$HEADGATE_VERSION|')
  })
})

describe('parameters', () => {
  it('are read with what the platform masks', async () => {
    const json = JSON.stringify({
      Key: 'value',
      Count: 3,
      On: true,
      None: null,
      Password: { value: '****', masked: true },
      Hidden: { masked: true },
      Plain: { value: 'x', masked: false },
    })
    const { driver } = aDriver({ parameters: ['printf', '%s', json] })
    expect(await driver.parameters?.()).toEqual({
      Key: { value: 'value', masked: false },
      Count: { value: '3', masked: false },
      On: { value: 'true', masked: false },
      None: { value: null, masked: false },
      Password: { value: '****', masked: true },
      Hidden: { value: null, masked: true },
      Plain: { value: 'x', masked: false },
    })
  })

  it.each([
    'true',
    'echo {',
    'echo []',
    'echo 3',
    `echo '{"a":[1]}'`,
    `echo '{"a":{"value":1}}'`,
    'echo {}; exit 1',
  ])('printed by "%s" are a problem', async (parameters) => {
    const { driver } = aDriver({ parameters })
    const problem = await problemOf(driver.parameters?.() ?? Promise.resolve())
    expect(problem.message).toContain("Cannot tell the rack's parameters: the parameters command")
  })

  it('are no question to a driver without the command', () => {
    expect(aDriver().driver.parameters).toBeUndefined()
  })
})

describe('what the operator declares', () => {
  it('is what the driver says of itself', async () => {
    const { driver } = aDriver({ offlineRollback: true, needsArtifact: true })
    expect(driver.offlineRollback).toBe(true)
    expect(driver.needsArtifact).toBe(true)
    expect(await driver.keeps('1')).toBe(true)
    expect(await aDriver().driver.keeps('1')).toBe(false)
    expect(await driver.prune([])).toEqual([])
  })
})
