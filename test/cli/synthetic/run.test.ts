/**
 * A synthetic rack against a registry that runs: every lever pulled, a broken one found and named, and what a killed run
 * leaves behind cleared away by the next. Real processes, real sockets, a real disk.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { levers } from '../../../shared/domain/synthetic.ts'
import { breakingProxy } from '../../support/breaking-proxy.ts'
import { headgate, startHeadgate, startRegistry } from '../../support/real-registry.ts'
import { scratchDirectory } from '../../support/scratch-directory.ts'

const app = 'headgate-synthetic'
const patience = { timeout: 120_000 }

async function aRunningRegistry() {
  const cwd = scratchDirectory()
  const registry = await startRegistry(cwd)
  const { env, data } = registry
  const ask = (...words: readonly string[]) => headgate([...words, '--json'], { cwd, env })
  return {
    ...registry,
    cwd,
    ask,
    rehearse: (...words: readonly string[]) =>
      ask('synthetic', 'run', '--dir', join(cwd, 'synthetic'), ...words),
    withDisk: ['--data', data] as const,
    openAlarms: async () => {
      const { alarms } = (await ask('alarm', 'list')).json as { alarms: { kind: string; subject: string }[] }
      return alarms.map(({ kind, subject }) => `${kind} ${subject}`).sort()
    },
    outcomes: (json: Readonly<Record<string, unknown>>) =>
      Object.fromEntries(
        (json.steps as { lever: string; outcome: string }[]).map(({ lever, outcome }) => [lever, outcome]),
      ),
  }
}

test('every lever works, and the registry knows when', patience, async () => {
  const { rehearse, withDisk, ask, cwd, url, env, data, openAlarms, outcomes } = await aRunningRegistry()

  const dry = await rehearse(...withDisk, '--dry-run')
  expect(dry, dry.stderr).toMatchObject({ code: 0, json: { isNewApp: true, dryRun: true } })
  expect((await ask('app', 'list')).json.apps).toEqual([])

  const startedAt = performance.now()
  const run = await rehearse(...withDisk)
  const seconds = (performance.now() - startedAt) / 1000
  expect(run, run.stderr).toMatchObject({ code: 0, json: { outcome: 'passed', run: 'S-1', left: [] } })
  expect(seconds).toBeLessThan(60)
  expect(Object.values(outcomes(run.json)).every((outcome) => outcome === 'passed')).toBe(true)
  process.stdout.write(
    `synthetic: ${Object.keys(outcomes(run.json)).length} levers in ${seconds.toFixed(1)} s\n`,
  )

  // Nothing of it is left, here or there.
  expect(readdirSync(join(cwd, 'synthetic')).filter((name) => name !== 'lock.sock')).toEqual([
    'synthetic.json',
  ])
  expect((await ask('rack', 'list', '--app', app)).json.racks).toEqual([])
  expect((await ask('freeze', '--list')).json.freezes).toEqual([])
  expect(await openAlarms()).toEqual([])
  expect(readdirSync(join(data, 'break-glass')).filter((name) => name.endsWith('.token'))).toEqual([])

  const shown = await ask('synthetic', 'show')
  const rehearsed = (shown.json.levers as { lever: string; rehearsedAt: string | null }[]).filter(
    ({ rehearsedAt }) => rehearsedAt !== null,
  )
  expect(rehearsed.map(({ lever }) => lever).sort()).toEqual(Object.keys(outcomes(run.json)).sort())
  const token = readFileSync(env.HEADGATE_TOKEN_FILE ?? '', 'utf8').trim()
  const metrics = await (
    await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } })
  ).text()
  for (const lever of levers)
    expect(metrics).toContain(`headgate_lever_rehearsed_timestamp_seconds{lever="${lever}"}`)

  // A second run has versions of its own; break-glass cannot be rehearsed away from the disk, and that is said.
  const again = await rehearse('--steps', 'publish,yank-rollback,break-glass')
  expect(again, again.stderr).toMatchObject({ code: 0, json: { run: 'S-2' } })
  expect(outcomes(again.json)).toEqual({
    publish: 'passed',
    'yank-rollback': 'passed',
    'break-glass': 'not_rehearsed',
  })
})

test('it takes place in its own app and nowhere else', patience, async () => {
  const { rehearse, ask, cwd } = await aRunningRegistry()
  await ask('app', 'create', 'rack', '--scheme', 'semver')
  expect(await rehearse('--app', 'rack')).toMatchObject({ code: 3, json: { code: 'not_synthetic' } })
  expect((await ask('release', 'list', '--app', 'rack')).json.releases).toEqual([])
  const mine = join(cwd, 'mine')
  mkdirSync(mine)
  writeFileSync(join(mine, 'thesis.txt'), 'all of it')
  expect(await ask('synthetic', 'run', '--dir', mine)).toMatchObject({ code: 2 })
  expect(readFileSync(join(mine, 'thesis.txt'), 'utf8')).toBe('all of it')
})

test('a token of the app alone is enough, once the app is there', patience, async () => {
  const { rehearse, ask, cwd } = await aRunningRegistry()
  expect(await rehearse('--steps', 'publish')).toMatchObject({ code: 0 })
  const file = join(cwd, 'runner.token')
  const made = ['token', 'create', 'runner', '--role', 'maintainer', '--app', app, '--out', file]
  expect(await ask(...made)).toMatchObject({ code: 0 })
  const run = await rehearse('--token-file', file)
  expect(run, run.stderr).toMatchObject({ code: 0, json: { outcome: 'passed' } })
})

test(
  'a store that takes no artifacts is found by the first lever, and that is over when it takes them',
  patience,
  async () => {
    const { rehearse, data, openAlarms, outcomes } = await aRunningRegistry()
    expect(await rehearse('--steps', 'publish')).toMatchObject({ code: 0 })
    // Root may write where nobody may: a file in the place of the folder refuses everybody.
    const [artifacts, aside] = [join(data, 'artifacts'), join(data, 'aside')]
    renameSync(artifacts, aside)
    writeFileSync(artifacts, '')
    const run = await rehearse()
    expect(run, run.stderr).toMatchObject({ code: 22, json: { outcome: 'failed', isRecorded: true } })
    expect(outcomes(run.json)).toMatchObject({ publish: 'failed', update: 'not_reached' })
    expect(await openAlarms()).toEqual(['synthetic_failed publish'])

    rmSync(artifacts)
    renameSync(aside, artifacts)
    expect(await rehearse('--steps', 'publish')).toMatchObject({ code: 0 })
    expect(await openAlarms()).toEqual([])
  },
)

test(
  'a proxy that drops promotions breaks that lever, and the others are said to be unknown',
  patience,
  async () => {
    const { rehearse, url, openAlarms, outcomes } = await aRunningRegistry()
    expect(await rehearse('--steps', 'publish')).toMatchObject({ code: 0 })
    const proxy = await breakingProxy(url)
    proxy.breaks(({ url: asked = '' }) =>
      asked.endsWith('/promote') ? { status: 405, body: 'method not allowed here' } : undefined,
    )
    const run = await rehearse('--url', proxy.url)
    expect(run, run.stderr).toMatchObject({ code: 22 })
    expect(outcomes(run.json)).toMatchObject({ publish: 'passed', promote: 'failed', update: 'not_reached' })
    expect(await openAlarms()).toEqual(['synthetic_failed promote'])
  },
)

test('a killed run is cleared away by the next one', patience, async () => {
  const { rehearse, cwd, env, url, ask, withDisk, openAlarms } = await aRunningRegistry()
  const dir = join(cwd, 'synthetic')
  const words = ['synthetic', 'run', '--dir', dir, ...withDisk, '--steps', 'freeze,yank-forward']
  const running = startHeadgate(words, { cwd, env })
  const authorization = `Bearer ${readFileSync(env.HEADGATE_TOKEN_FILE ?? '', 'utf8').trim()}`
  const frozen = async () => {
    const answer = await fetch(`${url}/v1/freezes`, { headers: { authorization } })
    return (JSON.parse(await answer.text()) as { freezes: unknown[] }).freezes.length
  }
  await expect.poll(frozen, { timeout: 30_000, interval: 5 }).toBe(1)
  running.kill('SIGKILL')
  await running.ended
  expect(((await ask('rack', 'list', '--app', app)).json.racks as unknown[]).length).toBe(1)
  expect(readdirSync(join(dir, 'runs'))).toEqual(['s-1'])

  const next = await headgate(words, { cwd, env })
  expect(next, next.stderr).toMatchObject({ code: 0 })
  expect(next.stderr).toMatch(/an earlier run left .*the rack synthetic-s-1-1: cleared away/)
  expect(await frozen()).toBe(0)
  expect((await ask('rack', 'list', '--app', app)).json.racks).toEqual([])
  expect(existsSync(join(dir, 'runs'))).toBe(false)
  expect(await openAlarms()).toEqual([])

  // From another directory nobody knows that it is dead.
  const other = startHeadgate(words, { cwd, env })
  await expect.poll(frozen, { timeout: 30_000, interval: 5 }).toBe(1)
  other.kill('SIGSTOP')
  const elsewhere = await ask('synthetic', 'run', '--dir', join(cwd, 'other'))
  expect(elsewhere).toMatchObject({ code: 75, json: { code: 'synthetic_running' } })
  expect(await rehearse()).toMatchObject({ code: 75, json: { code: 'locked' } })
  other.kill('SIGTERM')
  other.kill('SIGCONT')
  const ended = await other.ended
  expect(ended, ended.stderr).toMatchObject({ code: 130 })
  expect(await frozen()).toBe(0)
  expect((await ask('rack', 'list', '--app', app)).json.racks).toEqual([])
})

test('again and again until it is stopped, which ends it well', patience, async () => {
  const { cwd, env, ask } = await aRunningRegistry()
  const words = ['synthetic', 'run', '--dir', join(cwd, 'synthetic'), '--steps', 'publish', '--every', '6h']
  const running = startHeadgate(words, { cwd, env })
  await expect.poll(running.stdoutSoFar, { timeout: 30_000 }).toContain('passed')
  const shown = await ask('synthetic', 'show')
  const [here] = shown.json.apps as { nextDueAt: string; lastRun: { run: string } }[]
  expect(here?.lastRun.run).toBe('S-1')
  const hours = (Date.parse(here?.nextDueAt ?? '') - Date.now()) / 3_600_000
  expect(hours).toBeGreaterThan(7)
  expect(hours).toBeLessThan(7.6)
  running.kill('SIGTERM')
  expect(await running.ended).toMatchObject({ code: 0 })
})
