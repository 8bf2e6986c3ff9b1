/**
 * The real program, a real registry, and racks of Convox: the stand-ins for `convox` and `aws` keep the state, and
 * go on by themselves when the agent is dead.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { furnish } from '../support/campaign-yard.ts'
import {
  type Ended,
  headgate,
  type RegistryProcess,
  startHeadgate,
  startRegistry,
} from '../support/real-registry.ts'
import { scratchDirectory } from '../support/scratch-directory.ts'
import { aConvoxRack, bad, mended, password, type StandIn, v0 } from '../support/stand-ins/a-convox-rack.ts'

const rollsBack = '20160901000000'
const sticks = '20160902000000'

/** The driver's table in a hurry; what `enroll` writes is what runs first. */
const hurried = `
[driver]
kind = "convox"
rack = "prod"
timeoutMinutes = 1
waitMinutes = 0.5
patienceSeconds = 1
pollSeconds = 0.05

[driver.stack]
name = "prod"
region = "us-east-1"
passwordFile = "../convox-password"

[settle]
graceSeconds = 0
timeoutSeconds = 60
`

/** Somebody who changes a parameter after every update, which is what showed the defect of August 2016. */
const canary = `
[[check]]
name = "write canary"
kind = "command"
command = "convox rack params set InstanceType=m4.large -r prod --wait && convox api get /system -r prod > /dev/null"
healthyCount = 1
unhealthyCount = 1
`

interface Place {
  readonly cwd: string
  readonly registry: RegistryProcess
  readonly standIn: StandIn
  readonly dir: string
  serves(version: string): Promise<void>
  /** A verb on the rack. */
  rack(...words: readonly string[]): Promise<Ended>
  start(...words: readonly string[]): ReturnType<typeof startHeadgate>
}

async function aPlace(toml = hurried): Promise<Place> {
  const cwd = scratchDirectory()
  const registry = await startRegistry(cwd)
  const standIn = await aConvoxRack()
  const dir = join(cwd, 'prod-1')
  const env = { ...standIn.env, PATH: `${join(standIn.folder, 'bin')}:${process.env.PATH}` }
  const does = async (...words: readonly string[]) => {
    const ended = await headgate(words, { cwd, env: { ...env, ...registry.env } })
    expect(ended, words.join(' ')).toMatchObject({ code: 0 })
    return ended
  }
  writeFileSync(join(cwd, 'convox-password'), `${password}\n`, { mode: 0o600 })
  await does('app', 'create', 'rack', '--scheme', 'timestamp')
  const who = ['--app', 'rack', '--channel', 'stable', '--name', 'prod-1']
  const enrolled = await does('enroll', '--dir', dir, ...who, '--driver', 'convox', '--convox-rack', 'prod')
  expect(enrolled.stdout).toContain(`it runs ${v0}`)
  expect(readFileSync(join(dir, 'rack.toml'), 'utf8')).toContain('rack = "prod"')
  furnish(dir, toml)
  return {
    cwd,
    registry,
    standIn,
    dir,
    async serves(version) {
      await does('release', 'publish', version, '--app', 'rack')
      await does('promote', version, '--app', 'rack', '--to', 'stable')
    },
    rack: (...words) => headgate([...words, '--dir', dir], { cwd, env }),
    start: (...words) => startHeadgate([...words, '--dir', dir], { cwd, env }),
  }
}

/** Everything that the rack and the registry have on their disks. */
function everythingOf({ cwd }: Place): string {
  const files = readdirSync(cwd, { recursive: true, withFileTypes: true }).filter(
    (file) => file.isFile() && file.name !== 'convox-password',
  )
  return files.map((file) => readFileSync(join(file.parentPath, file.name), 'latin1')).join('\n')
}

test('an update that holds, and one that CloudFormation rolls back behind an OK', {
  timeout: 120_000,
}, async () => {
  const { serves, rack, standIn } = await aPlace()
  await serves(mended)
  const updated = await rack('update', '--yes')
  expect([updated.code, updated.stderr]).toEqual([0, expect.any(String)])
  expect(standIn.now().template).toBe(mended)

  await serves(rollsBack)
  const returned = await rack('update', '--yes', '--json')
  expect(returned.code).toBe(20)
  expect(JSON.stringify(returned.json)).toContain(
    'it was rolled back by CloudFormation, although convox printed OK',
  )
  expect((await rack('status')).stdout).toContain(mended)
})

test('a stack that cannot be rolled back is stuck, until a person has mended it', {
  timeout: 120_000,
}, async () => {
  const { serves, rack, standIn, dir } = await aPlace()
  await serves(sticks)
  const stuck = await rack('update', '--yes')
  expect(stuck.code).toBe(21)
  expect(stuck.stderr).toContain(
    'aws cloudformation continue-update-rollback --stack-name prod --region us-east-1',
  )
  expect((await rack('update', '--yes')).code).not.toBe(0)

  const { stack } = standIn.world()
  standIn.change({ stack: { ...stack, status: 'UPDATE_ROLLBACK_COMPLETE' }, move: null })
  expect(await rack('verify')).toMatchObject({ code: 0 })
  expect(JSON.parse(readFileSync(join(dir, 'state.json'), 'utf8'))).toMatchObject({ stuck: null, runs: v0 })
})

test('August 2016: the rack that lets nobody in goes back by its stack, and no mask is written', {
  timeout: 120_000,
}, async () => {
  const place = await aPlace(hurried + canary)
  const { serves, rack, standIn } = place
  await serves(bad)
  const returned = await rack('update', '--yes')
  expect(returned.code, returned.stderr).toBe(20)
  expect(returned.stderr).toContain('the way back goes by the CloudFormation stack prod')
  expect(standIn.now()).toMatchObject({
    template: v0,
    parameters: { Password: password, InstanceCount: '5' },
  })
  const [call] = standIn.calls('aws').filter(({ words }) => words.includes('update-stack'))
  expect(call?.input).toEqual([
    { ParameterKey: 'Version', ParameterValue: v0 },
    { ParameterKey: 'Password', ParameterValue: password },
    { ParameterKey: 'InstanceCount', UsePreviousValue: true },
    { ParameterKey: 'InstanceType', UsePreviousValue: true },
  ])

  const said = [
    returned.stdout,
    returned.stderr,
    (await rack('history', '--json')).stdout,
    everythingOf(place),
  ]
  for (const text of said) {
    expect(text).not.toContain(password)
    expect(text.replaceAll('\\*{4,}', '')).not.toContain('****')
  }
})

test('a person sends it back by the same way, months later', { timeout: 120_000 }, async () => {
  const { serves, rack, standIn } = await aPlace()
  await serves(v0)
  expect(await rack('verify')).toMatchObject({ code: 0 })
  await serves(bad)
  expect(await rack('update', '--yes')).toMatchObject({ code: 0 })
  const { stack, move } = standIn.world()
  const parameters = { ...(move?.parameters ?? stack.parameters), Password: '****' }
  standIn.change({ stack: { template: bad, status: 'UPDATE_COMPLETE', parameters }, move: null })

  const status = await rack('status')
  expect([status.code, status.stdout]).toEqual([0, expect.stringContaining(bad)])
  const back = await rack('rollback', '--reason', 'locked out', '--yes')
  expect(back.code, back.stderr).toBe(0)
  expect(standIn.now()).toMatchObject({ template: v0, parameters: { Password: password } })
})

test('killed in the middle, with convox still at it: the next command waits for it', {
  timeout: 120_000,
}, async () => {
  const { serves, rack, start, standIn } = await aPlace()
  await serves(mended)
  standIn.change({ updateMs: 4_000 })
  const running = start('update', '--yes')
  for (let tries = 0; standIn.now().status !== 'UPDATE_IN_PROGRESS'; tries += 1) {
    if (tries > 400) throw new Error('it never began')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  running.kill('SIGKILL')
  expect(await running.ended).toMatchObject({ signal: 'SIGKILL' })

  const next = await rack('check')
  expect(next.code, next.stderr).toBe(0)
  expect(next.stderr).toMatch(/waiting for \d+, which an interrupted run left running/)
  expect(standIn.acts()).toEqual([`convox rack update ${mended} -r prod --wait`])
  expect(standIn.now()).toMatchObject({ status: 'UPDATE_COMPLETE', template: mended })
  const history = await rack('history', '--json')
  expect(JSON.stringify(history.json)).toContain('"proved"')
})
