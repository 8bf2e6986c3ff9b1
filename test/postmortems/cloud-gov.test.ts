/**
 * cloud.gov, April 2019: CloudFront changed what it accepts, and from then on no user could create a CDN service. What
 * existed went on working, so nothing was red. A user reported it two days later, it was taken for a single case for
 * another day, and what had been asked for could not be made again, because the request had not been kept; meanwhile
 * retries uploaded the same certificate again and again.
 *
 * Here something in front of the registry begins to refuse uploads. Told twice: with racks and maintainers only, where the
 * next person who publishes finds it, and with a synthetic rack, where the registry knows before anybody asks.
 */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { breakingProxy, refusesUploads } from '../support/breaking-proxy.ts'
import { headgate, startRegistry } from '../support/real-registry.ts'
import { scratchDirectory } from '../support/scratch-directory.ts'
import { tgzOf } from '../support/tar-archive.ts'

const patience = { timeout: 120_000 }

async function aPlatform() {
  const cwd = scratchDirectory()
  const registry = await startRegistry(cwd)
  const proxy = await breakingProxy(registry.url)
  const env = { ...registry.env, HEADGATE_URL: proxy.url }
  const types = (...words: readonly string[]) => headgate([...words, '--json'], { cwd, env })
  const does = async (...words: readonly string[]) => {
    const ended = await types(...words)
    expect(ended, ended.stderr).toMatchObject({ code: 0 })
    return ended.json
  }
  const release = (version: string) => {
    const file = `cdn-${version}.tgz`
    writeFileSync(join(cwd, file), tgzOf({ name: 'run', content: `cdn ${version}\n` }))
    return ['release', 'publish', version, '--app', 'cdn', '--artifact', file] as const
  }
  await does('app', 'create', 'cdn', '--scheme', 'semver')
  await does(...release('1.0.0'))
  await does('promote', '1.0.0', '--app', 'cdn', '--to', 'stable')
  const prod = join(cwd, 'prod-1')
  await does(
    'enroll',
    '--dir',
    prod,
    '--app',
    'cdn',
    '--channel',
    'stable',
    '--name',
    'prod-1',
    '--driver',
    'directory',
  )
  await does('update', '--dir', prod, '--yes')
  return {
    cwd,
    data: registry.data,
    prod,
    proxy,
    types,
    does,
    release,
    rehearses: () => types('synthetic', 'run', '--dir', join(cwd, 'synthetic')),
    alarms: async () => {
      const { alarms } = (await does('alarm', 'list')) as {
        alarms: { kind: string; subject: string; detail: string }[]
      }
      return alarms.map(({ kind, subject }) => `${kind} ${subject}`)
    },
    storedArtifacts: () => filesBelow(join(registry.data, 'artifacts')),
  }
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((path) => statSync(path).isFile())
}

test(
  'without a synthetic rack: what exists goes on working, and the next user finds it',
  patience,
  async () => {
    const { proxy, does, types, release, prod, alarms } = await aPlatform()
    proxy.breaks(refusesUploads)

    // Everything that anybody looks at is as it was.
    expect(await does('check', '--dir', prod)).toMatchObject({ action: 'none', reason: 'up_to_date' })
    expect(await does('verify', '--dir', prod)).toBeDefined()
    expect(await alarms()).toEqual([])

    const user = await types(...release('1.1.0'))
    expect(user.code).not.toBe(0)
    // Nor afterwards: for the registry there was no request.
    expect(await alarms()).toEqual([])
  },
)

test(
  'with one: the alarm names the lever before anybody asks, and ends when it works again',
  patience,
  async () => {
    const { proxy, does, types, release, rehearses, alarms } = await aPlatform()
    expect(await rehearses()).toMatchObject({ code: 0 })
    proxy.breaks(refusesUploads)

    const startedAt = performance.now()
    const run = await rehearses()
    const seconds = (performance.now() - startedAt) / 1000
    expect(run, run.stderr).toMatchObject({ code: 22 })
    expect(await alarms()).toEqual(['synthetic_failed publish'])
    const { levers } = (await does('synthetic', 'show')) as {
      levers: { lever: string; lastTried: { outcome: string } | null }[]
    }
    expect(levers.find(({ lever }) => lever === 'publish')?.lastTried).toMatchObject({ outcome: 'failed' })
    process.stdout.write(`cloud.gov: found in ${seconds.toFixed(1)} s, and not after two days by a user\n`)

    proxy.breaks(() => undefined)
    expect(await rehearses()).toMatchObject({ code: 0 })
    expect(await alarms()).toEqual([])
    await does(...release('1.1.0'))
    expect((await types('rack', 'list', '--app', 'cdn')).json.racks).toMatchObject([{ rack: 'prod-1' }])
  },
)

test('retries upload nothing twice: the same again is one release and one artifact', patience, async () => {
  const { does, types, release, proxy, storedArtifacts } = await aPlatform()
  const before = storedArtifacts().length
  // Answers get lost on the way, and whoever waits for one tries again.
  let lost = 0
  proxy.breaks(({ method, url = '' }) => {
    if (method !== 'POST' || !url.endsWith('/releases') || lost === 3) return undefined
    lost += 1
    return { status: 502, body: 'the upstream does not answer' }
  })
  const words = release('1.1.0')
  for (let tries = 0; tries < 3; tries += 1) expect((await types(...words)).code).not.toBe(0)
  expect(await does(...words)).toMatchObject({ isNew: true })
  expect(await does(...words)).toMatchObject({ isNew: false })
  expect(lost).toBe(3)
  expect(storedArtifacts().length).toBe(before + 1)
  const { releases } = (await does('release', 'list', '--app', 'cdn')) as { releases: { version: string }[] }
  expect(releases.map(({ version }) => version)).toEqual(['1.1.0', '1.0.0'])
})

test(
  'what was asked for is kept before it is acted on, by the rack and by the registry',
  patience,
  async () => {
    const { cwd, does, types, release, rehearses } = await aPlatform()
    await does(...release('1.1.0'))
    // What its driver finds when it begins: the whole input, on the disk.
    const rack = join(cwd, 'edge-1')
    const driver = [
      '--driver',
      'command',
      '--current',
      'cat VERSION 2>/dev/null || true',
      '--empty-means-nothing',
    ]
    const apply = 'cp journal seen && printf %s "$HEADGATE_VERSION" > VERSION && exit 1'
    const words = ['--app', 'cdn', '--channel', 'unstable', '--name', 'edge-1', ...driver, '--apply', apply]
    await does('enroll', '--dir', rack, ...words)
    await types('update', '--dir', rack, '--yes')
    expect(existsSync(join(rack, 'seen'))).toBe(true)
    const seen = readFileSync(join(rack, 'seen'), 'utf8')
    const published = (await does('release', 'show', '1.1.0', '--app', 'cdn')) as {
      artifacts: { sha256: string }[]
    }
    expect(seen).toContain('"1.1.0"')
    expect(seen).toContain(published.artifacts[0]?.sha256)

    // And a rehearsal is on the record before it has published anything.
    await rehearses()
    const { entries } = (await does('audit', 'log', '--app', 'headgate-synthetic', '--limit', '1000')) as {
      entries: { type: string; sequence: number }[]
    }
    const first = (type: string) =>
      Math.min(...entries.filter((one) => one.type === type).map((one) => one.sequence))
    expect(first('synthetic.begun')).toBeLessThan(first('release.published'))
  },
)
