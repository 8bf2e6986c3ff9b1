/** Ctrl-C and `systemctl stop` in the middle of an attempt: real signals, real drivers, and the journal knows. */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type RackFiles, rackFiles } from '../support/campaign-rack.ts'
import { furnish } from '../support/campaign-yard.ts'
import { type Ended, headgate, startHeadgate, startRegistry } from '../support/real-registry.ts'
import { scratchDirectory } from '../support/scratch-directory.ts'

/** Each act says that it began, and takes its time. */
const slowly = (name: string, seconds: number) =>
  `echo "$HEADGATE_VERSION" >> "$HEADGATE_DIR/${name}"; sleep ${seconds}; echo "$HEADGATE_VERSION" > "$HEADGATE_DIR/VERSION"`

const toml = `
[driver]
kind = "command"
current = ["cat", "VERSION"]
offlineRollback = true
status = "touch asked; test -e slow-status && sleep 1; echo settled"
apply = '''${slowly('applies', 1)}'''
rollback = '''${slowly('returns', 0.5)}'''

[[check]]
name = "healthz"
kind = "command"
command = "test ! -e ill"
healthyCount = 1
unhealthyCount = 1
intervalSeconds = 0.2

[[check]]
name = "version"
kind = "version"
unhealthyCount = 2
intervalSeconds = 0.2

[settle]
graceSeconds = 0
`

interface Place {
  readonly rack: RackFiles
  readonly read: (name: string) => string
  readonly write: (name: string) => void
  readonly remove: (name: string) => void
  runs(...words: readonly string[]): Promise<Ended>
  /** Starts a verb and sends a signal as soon as `name` is there, and a second one if there is `twice`. */
  interrupts(
    words: readonly string[],
    name: string,
    how?: { signal?: NodeJS.Signals; twice?: true },
  ): Promise<Ended>
}

/** A rack that has proved 10 and is offered 20. */
async function aRack(): Promise<Place> {
  const cwd = scratchDirectory()
  const registry = await startRegistry(cwd)
  const dir = join(cwd, 'prod-1')
  const does = async (...words: readonly string[]) => {
    const ended = await headgate(words, { cwd, env: registry.env })
    expect(ended, words.join(' ')).toMatchObject({ code: 0 })
  }
  await does('app', 'create', 'rack', '--scheme', 'timestamp')
  const command = ['--driver', 'command', '--current', 'echo 10', '--apply', 'true']
  await does('enroll', '--dir', dir, '--app', 'rack', '--channel', 'stable', '--name', 'prod-1', ...command)
  const rack = rackFiles(dir)
  furnish(dir, toml)
  rack.write('VERSION', '10\n')
  await does('verify', '--dir', dir)
  await does('release', 'publish', '20', '--app', 'rack')
  await does('promote', '20', '--app', 'rack', '--to', 'stable')
  const runs: Place['runs'] = (...words) => headgate([...words, '--dir', dir], { cwd })
  return {
    rack,
    read: (name) => (existsSync(join(dir, name)) ? readFileSync(join(dir, name), 'utf8').trim() : ''),
    write: (name) => rack.write(name, ''),
    remove: (name) => rmSync(join(dir, name)),
    runs,
    async interrupts(words, name, { signal = 'SIGINT', twice } = {}) {
      const running = startHeadgate([...words, '--dir', dir], { cwd })
      for (let tries = 0; !existsSync(join(dir, name)); tries += 1) {
        if (tries > 1200) throw new Error(`${name} never came`)
        await new Promise((resolve) => setTimeout(resolve, 25))
      }
      running.kill(signal)
      if (twice) {
        await new Promise((resolve) => setTimeout(resolve, 200))
        running.kill(signal)
      }
      return running.ended
    },
  }
}

const lastOf = (rack: RackFiles) => rack.attempts().at(-1)

test('before anything acts: it stops there, exit 130, and nothing was changed', async () => {
  const { rack, read, write, interrupts, runs } = await aRack()
  write('slow-status')
  const ended = await interrupts(['update', '--yes'], 'asked')
  expect([ended.code, ended.signal], ended.stderr).toEqual([130, null])
  expect(ended.stderr).toContain('interrupted: it stops here, before anything is changed')
  expect(ended.stderr).toContain('Nothing was changed; 10 still runs.')
  expect(lastOf(rack)).toMatchObject({ state: 'aborted', trouble: { code: 'interrupted' } })
  expect([read('VERSION'), read('applies')]).toEqual(['10', ''])
  // Nothing is held against the version.
  expect((await runs('update', '--yes')).code).toBe(0)
  expect(read('VERSION')).toBe('20')
})

test('while it is applied: it says so, is finished, and ends with its own exit code', async () => {
  const { rack, read, interrupts } = await aRack()
  const ended = await interrupts(['update', '--yes'], 'applies')
  expect(ended.code, ended.stderr).toBe(0)
  expect(ended.stderr).toContain('interrupted: 20 is applying, which is finished or undone first')
  expect(lastOf(rack)?.state).toBe('proved')
  expect(read('VERSION')).toBe('20')
})

test('while it is applied, and it does not hold: it returns, exit 20', async () => {
  const { read, write, remove, interrupts } = await aRack()
  const running = interrupts(['update', '--yes'], 'applies')
  while (read('applies') === '') await new Promise((resolve) => setTimeout(resolve, 25))
  write('ill')
  while (read('returns') === '') await new Promise((resolve) => setTimeout(resolve, 25))
  remove('ill')
  const ended = await running
  expect(ended.code, ended.stderr).toBe(20)
  expect(read('VERSION')).toBe('10')
})

test('a second signal leaves it to recovery: exit 130 at once, and the next command ends it', async () => {
  const { rack, read, interrupts, runs } = await aRack()
  const startedAt = performance.now()
  const ended = await interrupts(['update', '--yes'], 'applies', { twice: true })
  expect([ended.code, ended.signal], ended.stderr).toEqual([130, null])
  expect(performance.now() - startedAt).toBeLessThan(10_000)
  expect(lastOf(rack)?.state).toBe('applying')
  const next = await runs('check')
  expect(next.code, next.stderr).toBe(0)
  expect(next.stderr).toContain('an attempt to 20 was interrupted while applying; it is ended first')
  expect(lastOf(rack)?.state).toBe('proved')
  expect(read('VERSION')).toBe('20')
})

test('an agent that is stopped in the middle ends the attempt first, and leaves no driver behind', async () => {
  const { rack, read, interrupts } = await aRack()
  const ended = await interrupts(['agent', 'run'], 'applies', { signal: 'SIGTERM' })
  expect(ended.code, ended.stderr).toBe(0)
  expect(ended.stderr).toContain('The agent has stopped.')
  expect(lastOf(rack)?.state).toBe('proved')
  expect(read('VERSION')).toBe('20')
})

test('a rehearsal that is interrupted on its way there still comes back', async () => {
  const { rack, read, interrupts } = await aRack()
  const ended = await interrupts(['rehearse', '--yes'], 'applies')
  expect(ended.code, ended.stderr).toBe(0)
  expect(read('VERSION')).toBe('10')
  expect(rack.state()).toMatchObject({ rehearsals: [{ from: '10', to: '20', outcome: 'proved' }] })
})
