/** Child processes: gated, grouped, ended as a whole, and found again after their parent was killed. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { identityOf, isSameProcess, type ProcessIdentity, statOf } from '../../../cli/agent/boot.ts'
import { systemClock } from '../../../cli/agent/clock.ts'
import { endGroup, isGroupRunning, waitForGroup } from '../../../cli/agent/process-group.ts'
import { childEnvironment, howItEnded, type RunOptions, runProcess } from '../../../cli/agent/run-process.ts'
import { Problem } from '../../../shared/domain/problem.ts'
import { scratchDirectory } from '../../support/scratch-directory.ts'
import { bundledScript, runScript } from '../../support/script.ts'

const env = { PATH: process.env.PATH ?? '' }
const run = (command: RunOptions['command'], more: Partial<RunOptions> = {}) =>
  runProcess({ command, cwd: '/', env, timeoutSeconds: 20, ...more })

async function until(what: () => boolean): Promise<void> {
  for (let tries = 0; !what(); tries += 1) {
    if (tries > 200) throw new Error('it did not happen within 10 s')
    await systemClock.sleep(50)
  }
}

describe('a command', () => {
  it('is a text for the shell or a list of words, and reports how it ended', async () => {
    const shell = await run('echo out; echo err >&2; exit 3')
    expect(shell).toMatchObject({ code: 3, signal: null, timedOut: false, stdout: 'out\n' })
    expect([...shell.lastLines].sort()).toEqual(['err', 'out'])
    expect(howItEnded(shell, 20)).toBe('exited 3')
    const words = await run(['printf', '%s|', 'a b', '$HOME', "it's"])
    expect(words.stdout).toBe("a b|$HOME|it's|")
    const killed = await run('kill -9 $$')
    expect(howItEnded(killed, 20)).toBe('was ended by SIGKILL')
  })

  it('that does not exist exits 127 and says so; a directory that does not is a problem', async () => {
    const missing = await run(['no-such-program-anywhere'])
    expect(missing.code).toBe(127)
    expect(missing.lastLines.join()).toContain('no-such-program-anywhere')
    const problem = await run('true', { cwd: '/no/such/directory' }).catch((error: unknown) => error)
    expect(problem).toBeInstanceOf(Problem)
    expect(String(problem)).toContain('in /no/such/directory')
  })

  it('has no stdin and no terminal, and leads a group of its own', async () => {
    const result = await run('cat; ps -o pgid=,sid=,tty= -p $$; echo $$')
    const [numbers = '', pid = ''] = result.stdout.trim().split('\n')
    expect(numbers.trim().split(/\s+/)).toEqual([pid, pid, '?'])
    expect(result.processGroup.pid).toBe(Number(pid))
  })

  it('gets no credential of ours', async () => {
    const parent = {
      PATH: env.PATH,
      HEADGATE_TOKEN: 'secret',
      HEADGATE_URL: 'x',
      CREDENTIALS_DIRECTORY: '/run/c',
    }
    const result = await run('env', { env: childEnvironment(parent, { HEADGATE_VERSION: '2' }) })
    expect(result.stdout).toContain('HEADGATE_VERSION=2')
    expect(result.stdout).not.toMatch(/secret|HEADGATE_TOKEN|HEADGATE_URL|CREDENTIALS/)
  })

  it('keeps only its last lines, clean, short, and without secrets', async () => {
    const result = await run('for i in $(seq 1 500); do echo line $i; done')
    expect(result.lastLines).toHaveLength(40)
    expect(result.lastLines.at(-1)).toBe('line 500')
    const odd = await run(
      `printf '10%%\\r50%%\\r100%%\\r\\n'; printf '\\033[31mred\\033[0m\\007\\n'; echo token=hunter2secret; ` +
        `head -c 5000 /dev/zero | tr '\\0' x; echo; printf 'no newline'`,
      { redact: ['hunter2secret'] },
    )
    expect(odd.lastLines.slice(0, 3)).toEqual(['100%', 'red', 'token=[redacted]'])
    expect(odd.lastLines[3]).toHaveLength(1_001)
    expect(odd.lastLines[4]).toBe('no newline')
  })

  it('may say a lot without filling memory or disk', async () => {
    const log = join(scratchDirectory(), 'log')
    const result = await run('yes | head -c 50000000; sleep 0.3; echo the end', { logFile: log })
    expect(result.lastLines.at(-1)).toBe('the end')
    expect(statSync(log).size).toBeLessThan(50_000_000)
    const piped = await run('yes | head -c 5000000')
    expect(piped.stdout).toHaveLength(1_048_576)
    expect(piped.stdoutCut).toBe(true)
  })

  it('appends to its log, and hands over lines while it runs', async () => {
    const log = join(scratchDirectory(), 'log')
    writeFileSync(log, 'from the run before\n')
    const seen: [string, number][] = []
    const result = await run('echo one; sleep 0.5; echo two', {
      logFile: log,
      onLine: (line) => seen.push([line, Date.now()]),
    })
    expect(readFileSync(log, 'utf8')).toBe('from the run before\none\ntwo\n')
    expect(seen.map(([line]) => line)).toEqual(['one', 'two'])
    expect((seen[1]?.[1] ?? 0) - (seen[0]?.[1] ?? 0)).toBeGreaterThan(200)
    expect(result.lastLines).toEqual(['one', 'two'])
    expect(result.durationMs).toBeGreaterThan(400)
  })

  it('falls back to a pipe where its log cannot be written', async () => {
    const result = await run('echo said', { logFile: '/no/such/directory/log' })
    expect(result.lastLines).toEqual(['said'])
  })

  it('does not make us wait for a daemon that it leaves behind', async () => {
    const dir = scratchDirectory()
    const startedAt = Date.now()
    const result = await run(`sleep 30 & echo $! > ${dir}/pid`)
    expect(result.code).toBe(0)
    expect(Date.now() - startedAt).toBeLessThan(5_000)
    process.kill(Number(readFileSync(`${dir}/pid`, 'utf8')), 'SIGKILL')
  })
})

describe('a command that takes too long', () => {
  it('is asked to stop, and obeys', async () => {
    const result = await run('trap "echo bye; exit 0" TERM; while :; do sleep 0.05; done', {
      timeoutSeconds: 0.3,
    })
    expect(result).toMatchObject({ timedOut: true, code: 0 })
    expect(result.lastLines.at(-1)).toBe('bye')
    expect(howItEnded(result, 0.3)).toBe('took longer than 0.3 s and was ended')
  })

  it('is killed with everything that it started when it does not', async () => {
    const result = await run('trap "" TERM; (trap "" TERM; sleep 60) & sleep 60; sleep 60', {
      timeoutSeconds: 0.3,
      graceSeconds: 0.3,
    })
    expect(result).toMatchObject({ timedOut: true, signal: 'SIGKILL' })
    await until(() => isGroupRunning(result.processGroup) === 'no')
  })

  it('can be interrupted by a signal of ours', async () => {
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 200)
    const result = await run('sleep 60', { signal: stop.signal, graceSeconds: 1 })
    expect(result).toMatchObject({ aborted: true, timedOut: false, signal: 'SIGTERM' })
    expect(howItEnded(result, 20)).toBe('was interrupted and ended')
  })
})

describe('the gate', () => {
  it('holds the command until its group is recorded', async () => {
    const dir = scratchDirectory()
    let group: ProcessIdentity | null = null
    const result = await run(`touch ${dir}/ran`, {
      async onStart(started) {
        await systemClock.sleep(300)
        group = started
        expect(isSameProcess(started)).toBe('yes')
        expect(existsSync(`${dir}/ran`)).toBe(false)
      },
    })
    expect(existsSync(`${dir}/ran`)).toBe(true)
    expect(result.processGroup).toEqual(group)
  })

  it('never opens when recording fails', async () => {
    const dir = scratchDirectory()
    const failing = run(`touch ${dir}/ran`, { onStart: () => Promise.reject(new Error('the disk died')) })
    await expect(failing).rejects.toThrow('the disk died')
    expect(existsSync(`${dir}/ran`)).toBe(false)
  })

  it('never opens when we are killed before it is recorded', async () => {
    const dir = scratchDirectory()
    const file = await bundledScript('run-command', dir)
    const script = runScript(file, [`touch ${dir}/ran`, `${dir}/log`, 'before', `${dir}/noted`])
    expect(await script.line()).toBe('before')
    script.child.kill('SIGKILL')
    await script.ended()
    const group = JSON.parse(readFileSync(`${dir}/noted`, 'utf8'))
    expect(await waitForGroup(group, 5_000, systemClock)).toBe(true)
    expect(existsSync(`${dir}/ran`)).toBe(false)
  })
})

describe('after we are killed', () => {
  async function orphan(command: string) {
    const dir = scratchDirectory()
    const file = await bundledScript('run-command', dir)
    const script = runScript(file, [command.replaceAll('DIR', dir), `${dir}/log`, 'started', `${dir}/noted`])
    expect(await script.line()).toBe('started')
    await until(() => existsSync(`${dir}/log`) && readFileSync(`${dir}/log`, 'utf8').includes('begun'))
    script.child.kill('SIGKILL')
    await script.ended()
    const group: ProcessIdentity = JSON.parse(readFileSync(`${dir}/noted`, 'utf8'))
    return { dir, group }
  }

  it('the command goes on undisturbed, though it goes on talking, and can be waited for', async () => {
    const { dir, group } = await orphan(
      'echo begun; for i in 1 2 3 4 5; do sleep 0.1; echo step $i; done; touch DIR/done',
    )
    expect(isGroupRunning(group)).toBe('yes')
    expect(await waitForGroup(group, 10_000, systemClock)).toBe(true)
    expect(existsSync(`${dir}/done`)).toBe(true)
    expect(readFileSync(`${dir}/log`, 'utf8')).toContain('step 5')
  })

  it('its group is still found when only a child of it is left', async () => {
    const { group } = await orphan('echo begun; sleep 1 & exit 0')
    await until(() => isSameProcess(group) === 'no')
    expect(isGroupRunning(group)).toBe('yes')
    expect(await waitForGroup(group, 100, systemClock)).toBe(false)
    expect(await waitForGroup(group, 10_000, systemClock)).toBe(true)
  })

  it('a group of which only the dead are left is over', async () => {
    // The leader of the group ends under a parent that never reaps it.
    const parent = spawn('sh', ['-c', "setsid sh -c 'echo $$' & exec sleep 60"])
    const [chunk] = await once(parent.stdout, 'data')
    const group = identityOf(Number(String(chunk)))
    await until(() => isSameProcess(group) === 'no')
    expect(statOf(group.pid)?.state).toBe('Z')
    expect(isGroupRunning(group)).toBe('no')
    parent.kill('SIGKILL')
  })

  it('it can be ended, even if it does not want to', async () => {
    const { dir, group } = await orphan('trap "" TERM; echo begun; sleep 3; sleep 3; touch DIR/done')
    expect(await endGroup(group, 200, systemClock)).toBe(true)
    expect(isGroupRunning(group)).toBe('no')
    expect(existsSync(`${dir}/done`)).toBe(false)
  })

  it('a group of another boot or another container is not touched', async () => {
    const { group } = await orphan('echo begun; sleep 2')
    expect(await endGroup({ ...group, bootId: 'another' }, 100, systemClock)).toBe(true)
    expect(await endGroup({ ...group, namespace: 'pid:[1]' }, 100, systemClock)).toBe(false)
    expect(await endGroup({ ...group, startTime: '1' }, 100, systemClock)).toBe(true)
    expect(isGroupRunning(group)).toBe('yes')
    expect(await endGroup(group, 1_000, systemClock)).toBe(true)
  })
})
