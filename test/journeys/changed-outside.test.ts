/**
 * Five racks, of which somebody changes four by hand one night: every rack says so, nothing is undone, and the registry
 * alarms exactly once, although it is killed and started again in the middle.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Ended, freePort, headgate, startRegistry } from '../support/real-registry.ts'
import { scratchDirectory } from '../support/scratch-directory.ts'

const [before, after] = ['1.0.0', '2.0.0']

test('four of five racks are changed by hand: one alarm, over a restart', { timeout: 120_000 }, async () => {
  const cwd = scratchDirectory()
  const port = await freePort()
  let registry = await startRegistry(cwd, port)
  const { env } = registry
  const types = (...words: readonly string[]): Promise<Ended> => headgate(words, { cwd, env })
  const does = async (...words: readonly string[]): Promise<Ended> => {
    const ended = await types(...words)
    expect(ended, words.join(' ')).toMatchObject({ code: 0 })
    return ended
  }
  /** That racks went back as well is told apart, whenever the registry looks next: `regressed`. */
  const alarms = async () => {
    const { json } = await does('alarm', 'list', '--all', '--json')
    const all = json.alarms as readonly Record<string, unknown>[]
    return all.filter(({ kind }) => kind === 'changed_outside')
  }
  /** What is noticed in one second is raised in the next. */
  const alarmed = async (count: number): Promise<void> => {
    for (let tries = 0; tries < 100 && (await alarms()).length < count; tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 100))
  }

  await does('app', 'create', 'rack', '--scheme', 'semver')
  const racks = ['prod-1', 'prod-2', 'prod-3', 'prod-4', 'prod-5']
  const version = (rack: string) => readFileSync(join(cwd, rack, 'VERSION'), 'utf8').trim()
  for (const rack of racks) {
    mkdirSync(join(cwd, rack))
    writeFileSync(join(cwd, rack, 'VERSION'), '0.9.0\n')
    const where = ['--dir', `./${rack}`, '--app', 'rack', '--channel', 'stable', '--name', rack]
    const driver = ['--driver', 'command', '--current', 'cat VERSION']
    await does('enroll', ...where, ...driver, '--apply', 'echo "$HEADGATE_VERSION" > VERSION')
  }
  for (const release of [before, after]) {
    await does('release', 'publish', release, '--app', 'rack')
    await does('promote', release, '--app', 'rack', '--to', 'stable')
    for (const rack of racks) await does('update', '--dir', `./${rack}`, '--yes')
  }
  expect(racks.map(version)).toEqual(racks.map(() => after))
  expect(await alarms()).toEqual([])

  const changesByHand = async (rack: string): Promise<void> => {
    writeFileSync(join(cwd, rack, 'VERSION'), `${before}\n`)
    const round = await does('agent', 'once', '--dir', `./${rack}`)
    expect(round.stdout + round.stderr).toContain(`${after} ran here, and now ${before} does`)
    expect(version(rack)).toBe(before)
  }
  await changesByHand('prod-1')
  await changesByHand('prod-2')
  await registry.stop('SIGKILL')
  registry = await startRegistry(cwd, port)
  // What a check-in said in the last second may be lost with the process; the rack says it again with the next one.
  for (const rack of racks) await does('agent', 'once', '--dir', `./${rack}`)
  expect(await alarms()).toEqual([])

  await changesByHand('prod-3')
  await alarmed(1)
  const [alarm] = await alarms()
  expect(alarm).toMatchObject({
    kind: 'changed_outside',
    app: 'rack',
    count: 3,
    detail: expect.stringMatching(/^3 of 5 racks changed within .* by no attempt: 3 to 1\.0\.0$/),
    raisedBy: 'registry',
    closed: null,
  })

  const killed = await registry.stop('SIGKILL')
  expect(killed.stderr).toContain('alarm raised: 3 of 5 racks changed')
  registry = await startRegistry(cwd, port)
  await changesByHand('prod-4')
  for (const rack of racks) await does('agent', 'once', '--dir', `./${rack}`)
  // Long enough for a second one to be raised.
  await new Promise((resolve) => setTimeout(resolve, 2_500))
  expect(await alarms()).toHaveLength(1)

  const list = await does('rack', 'list', '--app', 'rack')
  expect(list.stdout.match(/changed outside/g)).toHaveLength(4)
  expect(racks.map(version)).toEqual([before, before, before, before, after])

  await does('alarm', 'close', String(alarm?.alarm), '--note', 'INC-7: a runbook that went back')
  await does('verify', '--dir', './prod-1')
  expect((await does('rack', 'show', 'prod-1', '--app', 'rack', '--json')).json.outside).toBeNull()
  expect((await registry.stop()).stderr).not.toMatch(/alarm raised: .* racks changed/)
})
