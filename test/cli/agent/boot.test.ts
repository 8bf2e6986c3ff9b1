/** Process identities: a number alone means nothing. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { bootId, identityOf, isSameProcess, parseStat } from '../../../cli/agent/boot.ts'

async function aDeadProcess() {
  const child = spawn('sleep', ['60'])
  const identity = identityOf(child.pid ?? 0)
  child.kill('SIGKILL')
  await once(child, 'exit')
  return identity
}

describe('a process that was noted', () => {
  it('is the same while it lives, and not after', async () => {
    expect(isSameProcess(identityOf(process.pid))).toBe('yes')
    expect(isSameProcess(await aDeadProcess())).toBe('no')
  })

  it('is not the one that has its number now', () => {
    const own = identityOf(process.pid)
    expect(isSameProcess({ ...own, startTime: '1' })).toBe('no')
  })

  it('is gone after a reboot, even if number and start time agree', () => {
    const own = identityOf(process.pid)
    expect(isSameProcess({ ...own, bootId: '00000000-0000-0000-0000-000000000000' })).toBe('no')
  })

  it('cannot be told when another container counted it', () => {
    const own = identityOf(process.pid)
    expect(isSameProcess({ ...own, namespace: 'pid:[1]' })).toBe('unknown')
    expect(isSameProcess({ ...own, startTime: null })).toBe('unknown')
  })

  it('is none at all for numbers that mean groups or everybody', () => {
    const own = identityOf(process.pid)
    for (const pid of [0, -1, 1.5, Number.NaN]) expect(isSameProcess({ ...own, pid })).toBe('no')
  })

  it('counts as dead when it only waits to be reaped', async () => {
    // The shell starts a child, says its number, and becomes a program that never reaps it.
    const parent = spawn('sh', ['-c', 'true & echo $!; exec sleep 60'])
    const [chunk] = await once(parent.stdout, 'data')
    const pid = Number(String(chunk))
    await expect.poll(() => isSameProcess(identityOf(pid)), { timeout: 10_000 }).toBe('no')
    parent.kill('SIGKILL')
  })
})

describe('/proc', () => {
  it('is read past names that hold spaces and parentheses', () => {
    const fields = Array.from({ length: 40 }, (_, index) => String(index + 100)).join(' ')
    expect(parseStat(`42 (a) R 1 (b) S 7 8 9 ${fields}`)).toEqual({
      pid: 42,
      state: 'S',
      group: 8,
      session: 9,
      startTime: '115',
    })
    expect(parseStat('')).toBeNull()
  })

  it('has a boot id that does not change', () => {
    expect(bootId()).toMatch(/^[0-9a-f-]{36}$/)
    expect(bootId()).toBe(bootId())
  })
})
