/** The real program, killed at random instants by a signal that nothing can catch; the next command recovers. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runChapter, type Verdict } from '../campaign/run-chapter.ts'
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
  readonly registry: RegistryProcess
  /** A maintainer's command; it has to succeed. */
  does(...words: readonly string[]): Promise<Ended>
  publishes(version: string, isHealthy?: boolean): Promise<void>
  serves(version: string): Promise<void>
}

async function aPlace(): Promise<Place> {
  const cwd = scratchDirectory()
  const registry = await startRegistry(cwd)
  const does = async (...words: readonly string[]) => {
    const ended = await headgate(words, { cwd, env: registry.env })
    expect(ended, words.join(' ')).toMatchObject({ code: 0 })
    return ended
  }
  await does('app', 'create', 'rack', '--scheme', 'timestamp')
  const place: Place = {
    cwd,
    registry,
    does,
    async publishes(version, isHealthy = true) {
      const file = join(cwd, `${version}.tgz`)
      writeFileSync(file, artifactOf(version, { isHealthy }))
      await does('release', 'publish', version, '--app', 'rack', '--artifact', file)
    },
    async serves(version) {
      await place.publishes(version)
      await does('promote', version, '--app', 'rack', '--to', 'stable')
    },
  }
  return place
}

async function aRack({ cwd, does }: Place, name: string): Promise<RackFiles> {
  const dir = join(cwd, name)
  await does('enroll', '--dir', dir, '--app', 'rack', '--channel', 'stable', '--name', name)
  furnish(dir, directoryToml)
  return rackFiles(dir)
}

test.each(['directory', 'command', 'rolling'] as const)(
  'a rack of the %s driver, killed at random instants and calls, always recovers',
  { timeout: 150_000 },
  async (driver) => {
    const verdicts: Verdict[] = []
    for (const kind of ['killed', 'killed-at-call', 'killed-twice'] as const) {
      const chapter = { driver, story: 'update', kind, amount: kind === 'killed' ? 10 : 4 } as const
      await runChapter({ chapter, seed: 20160816, only: '', tell: (verdict) => verdicts.push(verdict) })
    }
    expect(verdicts.filter(({ end }) => end === 'not survived')).toEqual([])
    expect(verdicts.filter(({ end }) => end === 'survived').length).toBeGreaterThanOrEqual(15)
  },
)

test('of eight updates at once one is at work, and the others end with 75', async () => {
  const place = await aPlace()
  const { cwd } = place
  const rack = await aRack(place, 'prod-1')
  await place.serves('10')
  const all = Array.from({ length: 8 }, () => startHeadgate(['update', '--yes', '--dir', rack.dir], { cwd }))
  const codes = (await Promise.all(all.map(({ ended }) => ended))).map(({ code }) => code)
  expect(codes.filter((code) => code === 0).length).toBeGreaterThanOrEqual(1)
  expect(codes.filter((code) => code !== 0 && code !== 75)).toEqual([])
  expect(codes).toContain(75)
  expect(rack.starts()).toHaveLength(1)
  expect(rack.installed()).toBe('10')
})

test.each<[string, string]>([
  [
    'the hook that starts it',
    directoryToml.replace(
      "restart = '''",
      `restart = '''\n${killWhen('"$HEADGATE_VERSION" = 20', 'starts')}\n`,
    ),
  ],
  [
    'its health check',
    directoryToml
      .replace('command = "', `command = '''${killWhen('"$HEADGATE_VERSION" = 20')} `)
      .replace('current/BROKEN"', "current/BROKEN'''"),
  ],
])('a version under which %s kills the agent is started twice, and not a third time', async (_, toml) => {
  const place = await aPlace()
  const { cwd } = place
  const rack = await aRack(place, 'prod-1')
  furnish(rack.dir, toml)
  await place.serves('10')
  await place.does('update', '--dir', rack.dir, '--yes')
  await place.serves('20')
  const [first, second, third] = [
    await headgate(['update', '--dir', rack.dir, '--yes'], { cwd }),
    await headgate(['check', '--dir', rack.dir], { cwd }),
    await headgate(['update', '--dir', rack.dir, '--yes', '--json'], { cwd }),
  ]
  expect([first.signal, second.signal]).toEqual(['SIGKILL', 'SIGKILL'])
  // The run that took it up and went back says so, though it has nothing else to do.
  expect(third.code, third.stderr).toBe(20)
  expect(third.json).toMatchObject({ code: 'returned' })
  expect(rack.attempts().at(-1)?.trouble?.message).toContain('started 2 times and never proved')
  expect([rack.installed(), rack.running()]).toEqual(['10', '10'])
  expect(rack.starts().filter((line) => line.endsWith(' 20')).length).toBeLessThanOrEqual(2)
})

/** Shell: noted as a start if `file` is said, and then the agent, which is the parent, is gone. */
function killWhen(condition: string, file?: string): string {
  const note = file ? `echo "$HEADGATE_ATTEMPT $HEADGATE_VERSION" >> "$HEADGATE_DIR/${file}"; ` : ''
  return `if test ${condition}; then ${note}kill -9 $PPID; exit 1; fi;`
}
