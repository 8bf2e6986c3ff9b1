/** One run at a time: with real processes, killed the hard way. */

import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { identityOf } from '../../../cli/agent/boot.ts'
import { realFiles } from '../../../cli/agent/files.ts'
import { acquireLock } from '../../../cli/agent/lock.ts'
import { Problem } from '../../../shared/domain/problem.ts'
import { fullDiskAfter } from '../../support/full-disk.ts'
import { scratchDirectory } from '../../support/scratch-directory.ts'
import { bundledScript, runScript } from '../../support/script.ts'

const acquire = (dir: string) => acquireLock(dir, 'check', Date.now(), realFiles)

async function refusal(dir: string): Promise<Problem> {
  const error = await acquire(dir).then(
    (lock) => lock.release(),
    (reason: unknown) => reason,
  )
  if (error instanceof Problem) return error
  throw new Error(`the lock was free: ${String(error)}`)
}

const holder = (dir: string) => bundledScript('hold-lock', dir)

describe('the lock', () => {
  it('is had by one; the other is told who has it and since when', async () => {
    const dir = scratchDirectory()
    const script = runScript(await holder(scratchDirectory()), [dir])
    expect(await script.line()).toBe('held')
    const problem = await refusal(dir)
    expect(problem.code).toBe('locked')
    expect(problem.face.exit).toBe(75)
    expect(problem.message).toMatch(
      new RegExp(`"update", process ${script.pid}, since 20\\d\\d-.*Z \\(\\d+ s\\)`),
    )
    expect(problem.hint).toContain(`ps -fp ${script.pid}`)
    expect(problem.numbers).toMatchObject({ pid: script.pid, verb: 'update' })
  })

  it('is free again when it is released, with nothing left behind', async () => {
    const dir = scratchDirectory()
    const script = runScript(await holder(scratchDirectory()), [dir])
    await script.line()
    script.child.stdin?.end()
    expect(await script.line()).toBe('released')
    expect(realFiles.list(dir)).toEqual([])
    await (await acquire(dir)).release()
  })

  it('is free at once when its owner is killed, twenty times over', async () => {
    const dir = scratchDirectory()
    const file = await holder(scratchDirectory())
    for (let time = 0; time < 20; time += 1) {
      const script = runScript(file, [dir])
      expect(await script.line()).toBe('held')
      script.child.kill('SIGKILL')
      expect(await script.ended()).toBe('SIGKILL')
    }
    expect(realFiles.list(dir)).toEqual(['lock', 'lock.sock'])
    await (await acquire(dir)).release()
  })

  it('is had by exactly one of eight that start together', async () => {
    const dir = scratchDirectory()
    const file = await holder(scratchDirectory())
    const killed = runScript(file, [dir])
    await killed.line()
    killed.child.kill('SIGKILL')
    await killed.ended()
    const scripts = Array.from({ length: 8 }, () => runScript(file, [dir]))
    const lines = await Promise.all(scripts.map((script) => script.line()))
    expect(lines.filter((line) => line === 'held')).toHaveLength(1)
    expect(lines.filter((line) => line?.startsWith('Another run holds'))).toHaveLength(7)
  })

  it('is one lock by whatever path the directory is reached, and another for another directory', async () => {
    const dir = scratchDirectory()
    mkdirSync(join(dir, 'state'))
    symlinkSync('state', join(dir, 'alias'))
    const lock = await acquire(join(dir, 'state'))
    expect((await refusal(join(dir, 'alias'))).code).toBe('locked')
    expect((await refusal(join(dir, 'state', '..', 'state'))).code).toBe('locked')
    await (await acquire(join(dir, 'other'))).release()
    await lock.release()
  })

  it('does not keep its owner from exiting', async () => {
    const dir = scratchDirectory()
    const script = runScript(await holder(scratchDirectory()), [dir, 'exit'])
    expect(await script.line()).toBe('held')
    expect(await script.ended()).toBe(0)
  })

  it('works where the path is longer than a socket may have', async () => {
    const dir = join(scratchDirectory(), 'a'.repeat(100), 'b'.repeat(100))
    const lock = await acquire(dir)
    expect(realFiles.list(dir)).toEqual(['lock', 'lock.sock'])
    expect((await refusal(dir)).code).toBe('locked')
    await lock.release()
    expect(realFiles.list(dir)).toEqual([])
  })

  it('is had on a full disk, too: a rack must be able to go back', async () => {
    const dir = scratchDirectory()
    const full = fullDiskAfter(() => true)
    const lock = await acquireLock(dir, 'update', Date.now(), full)
    const problem = await refusal(dir)
    expect(problem.message).toContain('has not said yet who it is')
    await lock.release()
  })
})

describe('a run in another container that shares the directory', () => {
  // It has other names for sockets and other numbers for processes: what both see is the directory.
  it('is seen while its socket answers, and not once it is dead', async () => {
    const dir = scratchDirectory()
    const elsewhere = createServer().listen(join(dir, 'lock.sock'))
    await new Promise((resolve) => elsewhere.once('listening', resolve))
    const process = { ...identityOf(1), namespace: 'pid:[1]' }
    writeFileSync(join(dir, 'lock'), JSON.stringify({ process, sinceAt: Date.now(), verb: 'agent' }))
    const problem = await refusal(dir)
    expect(problem.message).toContain('"agent", process 1 of another container, since')
    // Its socket file stays, as it does when a container is killed.
    await new Promise((resolve) => elsewhere.close(resolve))
    const dead = createServer().listen(join(dir, 'lock.sock'))
    await new Promise((resolve) => dead.once('listening', resolve))
    realFiles.rename(join(dir, 'lock.sock'), join(dir, 'kept'))
    await new Promise((resolve) => dead.close(resolve))
    realFiles.rename(join(dir, 'kept'), join(dir, 'lock.sock'))
    const lock = await acquire(dir)
    expect(JSON.parse(readFileSync(join(dir, 'lock'), 'utf8')).verb).toBe('check')
    await lock.release()
    expect(realFiles.list(dir)).toEqual([])
  })

  it('leaves a lock file that is garbage: nobody holds it', async () => {
    const dir = scratchDirectory()
    for (const text of ['', '{', '[]', '{"process":null}', '{"process":{"pid":"x"}}']) {
      writeFileSync(join(dir, 'lock'), text)
      await (await acquire(dir)).release()
    }
  })
})
