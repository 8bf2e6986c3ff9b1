/** No network at all: what a person at 3 a.m. needs of a rack works, and at once. Real processes, a registry that died. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type RackFiles, rackFiles } from '../support/campaign-rack.ts'
import { artifactOf, directoryToml, furnish } from '../support/campaign-yard.ts'
import {
  type Ended,
  headgate,
  type RegistryProcess,
  startHeadgate,
  startRegistry,
} from '../support/real-registry.ts'
import { scratchDirectory } from '../support/scratch-directory.ts'

interface Place {
  readonly cwd: string
  readonly rack: RackFiles
  readonly registry: RegistryProcess
  publishes(version: string, isHealthy?: boolean): Promise<void>
  /** A verb on the rack, and how long it took. */
  runs(...words: readonly string[]): Promise<Ended & { readonly ms: number }>
  /** From now on the rack looks for its registry there. */
  looksAt(url: string): void
}

/** A rack that has proved 10 and 20, and has been offered 30 while it could be asked. */
async function aRack(): Promise<Place> {
  const cwd = scratchDirectory()
  const registry = await startRegistry(cwd)
  const dir = join(cwd, 'prod-1')
  const does = async (...words: readonly string[]) => {
    const ended = await headgate(words, { cwd, env: registry.env })
    expect(ended, words.join(' ')).toMatchObject({ code: 0 })
  }
  const place: Place = {
    cwd,
    registry,
    rack: rackFiles(dir),
    async publishes(version, isHealthy = true) {
      const file = join(cwd, `${version}.tgz`)
      writeFileSync(file, artifactOf(version, { isHealthy }))
      await does('release', 'publish', version, '--app', 'rack', '--artifact', file)
      await does('promote', version, '--app', 'rack', '--to', 'stable')
    },
    async runs(...words) {
      const startedAt = performance.now()
      const ended = await headgate([...words, '--dir', dir], { cwd })
      return Object.assign(ended, { ms: performance.now() - startedAt })
    },
    looksAt(url) {
      const file = join(dir, 'rack.toml')
      writeFileSync(file, readFileSync(file, 'utf8').replace(/^url = .*$/m, `url = "${url}"`))
    },
  }
  await does('app', 'create', 'rack', '--scheme', 'timestamp')
  await does('enroll', '--dir', dir, '--app', 'rack', '--channel', 'stable', '--name', 'prod-1')
  furnish(dir, directoryToml)
  for (const version of ['10', '20']) {
    await place.publishes(version)
    await does('update', '--dir', dir, '--yes')
  }
  await place.publishes('30')
  await does('check', '--dir', dir)
  return place
}

/** Takes every connection and never says a word. */
async function blackHole(): Promise<string> {
  const server = createServer(() => undefined).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
}

const nowhere: readonly (readonly [string, () => Promise<string | undefined>])[] = [
  ['a registry that was killed', async () => undefined],
  ['a name that nobody resolves', async () => 'http://registry.invalid:4400'],
  ['an address that swallows everything', blackHole],
]

/** A person waits so long for a rack that is cut off; on a machine that does other things as well. */
const patienceMs = 8_000

test.each(nowhere)('with %s', { timeout: 120_000 }, async (_, place) => {
  const { registry, rack, runs, looksAt } = await aRack()
  await registry.stop('SIGKILL')
  const url = await place()
  if (url !== undefined) looksAt(url)

  const status = await runs('status', '--json')
  expect(status.json).toMatchObject({ current: '20', lastDecision: { body: { target: { version: '30' } } } })
  const history = await runs('history', '--json', '--lines', '3')
  expect(history.json).toMatchObject({ attempts: [{ to: '20', outcome: 'proved' }, { to: '10' }] })
  const verified = await runs('verify', '--json')
  expect(verified.json).toMatchObject({ version: '20', ok: true })
  const explained = await runs('explain', '--json')
  expect(explained.json).toMatchObject({ kind: 'Decision', action: 'update', target: { version: '30' } })
  expect(explained.json.lastAnswer).toMatchObject({ whyNotNow: expect.stringContaining('cannot be reached') })
  const words = await runs('explain')
  expect(words.stdout).toMatch(/^answered \d+s ago, and not asked now/)
  const back = await runs('rollback', '--reason', 'it leaks', '--yes', '--json')
  expect(back.json).toMatchObject({ outcome: 'proved', version: '10' })
  expect([rack.installed(), rack.running()]).toEqual(['10', '10'])
  const doctor = await runs('doctor')
  expect(doctor.code).toBe(1)
  expect(doctor.stdout).toMatch(/does the registry answer\? .*cannot be reached/)
  for (const [verb, { ms }] of Object.entries({ status, history, verified, explained, back, doctor }))
    expect(ms, verb).toBeLessThan(patienceMs)
})

test('a return needs no network: the registry dies while the update is applied', {
  timeout: 120_000,
}, async () => {
  const { cwd, registry, rack, publishes } = await aRack()
  await publishes('40', false)
  furnish(
    rack.dir,
    directoryToml.replace('kind = "directory"', `kind = "directory"\nmigrate = "touch migrating; sleep 1"`),
  )
  const updating = startHeadgate(['update', '--dir', rack.dir, '--yes', '--json'], { cwd })
  const began = join(rack.dir, 'releases', '40', 'migrating')
  for (let tries = 0; !existsSync(began) && tries < 400; tries += 1)
    await new Promise((r) => setTimeout(r, 25))
  await registry.stop('SIGKILL')
  const ended = await updating.ended
  expect(ended.json).toMatchObject({ code: 'returned', exit: 20 })
  expect([rack.installed(), rack.running()]).toEqual(['20', '20'])
  // Nobody was there to be told: that is done when somebody is.
  expect(rack.state()).toMatchObject({ failures: [{ target: '40', count: 1 }] })
})
