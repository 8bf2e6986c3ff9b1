/** The tour of the README, as it is written there: every line a process, every process's answer looked at. */
import { existsSync, readFileSync, readlinkSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type Ended, freePort, program, startProgram } from '../support/real-registry.ts'
import { scratchDirectory } from '../support/scratch-directory.ts'
import { tgzOf } from '../support/tar-archive.ts'

const good = '20160816140022'
const bad = '20160816160115'
const fix = '20160818013241'

/** `npx headgate` is the program that was built; nothing else about a line is changed. */
const shell = `npx() { shift; "${process.execPath}" "${program}" "$@"; }\n`

test('the tour, from the first start to the way back without a registry', { timeout: 90_000 }, async () => {
  const cwd = scratchDirectory()
  const port = await freePort()
  const env: Record<string, string> = {}
  for (const version of [good, bad, fix]) {
    writeFileSync(join(cwd, `rack-${version}.tgz`), tgzOf({ name: 'VERSION', content: `${version}\n` }))
  }
  const start = (line: string) =>
    startProgram(['/bin/sh', '-c', shell + line.replaceAll('4400', String(port))], { cwd, env })
  const types = async (line: string): Promise<Ended> => start(line).ended
  const succeeds = async (line: string): Promise<Ended> => {
    const ended = await types(line)
    expect(ended, line).toMatchObject({ code: 0, signal: null })
    return ended
  }
  const current = () => readlinkSync(join(cwd, 'prod-1', 'current'))
  const content = () => readFileSync(join(cwd, 'prod-1', 'current', 'VERSION'), 'utf8').trim()
  const mode = (path: string) => statSync(join(cwd, path)).mode & 0o777
  const artifacts = join(cwd, 'registry', 'artifacts')

  const serving = start('npx headgate serve --data ./registry --port 4400')
  onTestFinished(async () => {
    const pidFile = join(cwd, 'registry', 'serve.pid')
    if (existsSync(pidFile)) process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGKILL')
    await serving.ended
  })
  env.HEADGATE_URL = `http://127.0.0.1:${port}`
  env.HEADGATE_TOKEN_FILE = './registry/admin.token'

  // The next line finds a registry that is still starting.
  await succeeds('npx headgate app create rack --scheme timestamp')
  expect(mode('registry/admin.token')).toBe(0o600)
  expect(existsSync(join(cwd, 'registry', 'serve.pid'))).toBe(true)
  await succeeds(
    `npx headgate release publish ${good} --app rack --artifact ./rack-${good}.tgz --channel unstable`,
  )
  await succeeds(`npx headgate promote ${good} --app rack --to stable`)
  await succeeds(
    'npx headgate enroll --dir ./prod-1 --app rack --channel stable --name prod-1 --driver directory',
  )
  expect(mode('prod-1/rack.token')).toBe(0o600)

  const offered = await types('npx headgate check --dir ./prod-1 --exit-code --json')
  expect(offered.code).toBe(100)
  expect(offered.json).toMatchObject({
    apiVersion: 'headgate/v1',
    kind: 'Decision',
    action: 'update',
    reason: 'offered',
    motive: 'bootstrap',
    target: { version: good },
    until: null,
  })
  expect(offered.json.trace).toContainEqual({
    rule: 'motive bootstrap',
    outcome: 'applies',
    detail: 'nothing is installed',
  })
  await succeeds('npx headgate update --dir ./prod-1 --yes')
  expect(current()).toBe(`releases/${good}`)
  expect(content()).toBe(good)
  await succeeds('npx headgate check --dir ./prod-1 --exit-code')

  await succeeds(
    `npx headgate release publish ${bad} --app rack --artifact ./rack-${bad}.tgz --channel unstable`,
  )
  await succeeds(`npx headgate promote ${bad} --app rack --to stable`)
  await succeeds('npx headgate update --dir ./prod-1 --yes')
  expect(content()).toBe(bad)
  const yanked = await succeeds(
    `npx headgate release yank ${bad}..20160817175216 --app rack --severity critical --remedy rollback --reason "params set writes **** as the API key" --confirm rack`,
  )
  expect(yanked.stdout).toContain('prod-1')

  const withdrawn = await types('npx headgate check --dir ./prod-1 --exit-code --json')
  expect(withdrawn.code).toBe(102)
  expect(withdrawn.json).toMatchObject({
    action: 'rollback',
    reason: 'yanked',
    motive: 'remedy_critical',
    target: { version: good },
  })
  // The way back is by the kept artifact: the registry has none to give, and the rack asks for none.
  renameSync(artifacts, `${artifacts}.aside`)
  await succeeds('npx headgate update --dir ./prod-1 --yes')
  renameSync(`${artifacts}.aside`, artifacts)
  expect(current()).toBe(`releases/${good}`)
  expect(content()).toBe(good)

  const pinned = await succeeds(
    `npx headgate rollback --dir ./prod-1 --to ${good} --pin --reason "wait for the fix" --yes`,
  )
  expect(pinned.stdout).toContain('runs already, and is pinned now')
  const explained = await succeeds('npx headgate explain --app rack --rack prod-1')
  expect(explained.stdout).toMatch(/decision\s+none/)
  expect(explained.stdout).toMatch(/reason\s+pinned \(pin\)/)
  expect(explained.stdout).toMatch(/motive remedy_critical\s+passed/)
  expect(explained.stdout).toMatch(/motive pin\s+applies\s+pinned to 20160816140022 by ada/)

  await succeeds(
    `npx headgate release publish ${fix} --app rack --artifact ./rack-${fix}.tgz --channel unstable`,
  )
  await succeeds(`npx headgate promote ${fix} --app rack --to stable`)
  const stays = await succeeds('npx headgate check --dir ./prod-1 --json')
  expect(stays.json).toMatchObject({ action: 'none', reason: 'pinned', target: null })
  await succeeds('npx headgate unpin --dir ./prod-1 --yes')
  await succeeds('npx headgate update --dir ./prod-1 --yes')
  expect(current()).toBe(`releases/${fix}`)
  expect(content()).toBe(fix)

  const chain = await succeeds('npx headgate audit verify --data ./registry')
  expect(chain.stdout).toMatch(/the chain holds, \d+ events/i)

  await succeeds('kill $(cat ./registry/serve.pid)')
  const { code } = await serving.ended
  expect(code).toBe(0)
  expect(existsSync(join(cwd, 'registry', 'serve.pid'))).toBe(false)
  rmSync(artifacts, { recursive: true })
  rmSync(join(cwd, 'prod-1', 'downloads'), { recursive: true, force: true })
  await succeeds(`npx headgate rollback --dir ./prod-1 --to ${good} --pin --reason "registry down" --yes`)
  expect(current()).toBe(`releases/${good}`)
  expect(content()).toBe(good)
  expect(existsSync(join(cwd, 'prod-1', 'downloads'))).toBe(false)

  const status = await succeeds('npx headgate status --dir ./prod-1 --json')
  expect(status.json).toMatchObject({
    current: good,
    pin: { version: good, reason: 'registry down', owner: 'ada' },
    bar: { above: good, upTo: fix },
    stuck: null,
    underWay: null,
  })
})
