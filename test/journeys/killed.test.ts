/** The real program, killed at random instants by a signal that nothing can catch; the next command recovers. */
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isOver } from '../../cli/agent/attempt.ts'
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

// Hooks that take their time, so that some deaths leave one running.
const slowHooks = directoryToml.replace(
  'kind = "directory"',
  'kind = "directory"\nmigrate = "sleep 0.05"\npost = "sleep 0.05"',
)

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

async function aRack({ cwd, does }: Place, name: string, channel = 'stable'): Promise<RackFiles> {
  const dir = join(cwd, name)
  await does('enroll', '--dir', dir, '--app', 'rack', '--channel', channel, '--name', name)
  furnish(dir, slowHooks)
  return rackFiles(dir)
}

/** Repeatable when a run fails: the instants are printed with the failure. */
function randomInstants(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return state / 2 ** 32
  }
}

const rollback = ['rollback', '--reason', 'slow']

interface Ending {
  readonly words: readonly string[]
  readonly from: string
  readonly to: string
  readonly ends: readonly string[]
}

test('killed at 60 random instants, always recovered', { timeout: 150_000 }, async () => {
  const place = await aPlace()
  const { cwd } = place
  const updates = async (rack: RackFiles, version: string) => {
    const ended = await headgate(['update', '--dir', rack.dir, '--yes'], { cwd })
    expect([ended.code, rack.installed()], ended.stderr).toEqual([0, version])
  }
  await place.serves('10')
  const forth = await aRack(place, 'forth')
  const back = await aRack(place, 'back')
  for (const rack of [forth, back]) await updates(rack, '10')
  await place.serves('20')
  await updates(back, '20')
  const bad = await aRack(place, 'bad', 'unstable')
  await updates(bad, '20')
  await place.publishes('30', false)

  const endings: readonly (readonly [RackFiles, Ending])[] = [
    [forth, { words: ['update', '--yes'], from: '10', to: '20', ends: ['proved', 'aborted', 'returned'] }],
    [back, { words: rollback, from: '20', to: '10', ends: ['proved', 'aborted', 'returned'] }],
    [bad, { words: ['update', '--yes'], from: '20', to: '30', ends: ['returned', 'aborted'] }],
  ]
  const instant = randomInstants(20160816)
  const states: Record<string, number> = {}
  let killed = 0
  let lived = 0
  for (let run = 0; killed < 60 && lived < 60; run += 1) {
    const [before, ending] = endings[run % endings.length] ?? []
    if (!before || !ending) throw new Error('no ending')
    const wholeMs = await durationOf(before, ending, cwd)
    const rack = copyOf(before, `${run}`)
    const afterMs = Math.round(wholeMs * (0.2 + 0.8 * instant()))
    const running = startHeadgate([...ending.words, '--dir', rack.dir], { cwd })
    await new Promise((resolve) => setTimeout(resolve, afterMs))
    running.kill('SIGKILL')
    const { signal } = await running.ended
    if (signal) killed += 1
    else lived += 1

    const where = `${rack.dir}, killed after ${afterMs} of ${wholeMs} ms`
    const next = await headgate(['check', '--dir', rack.dir], { cwd })
    expect(next.code, `${where}: ${next.stderr}`).toBe(0)
    const end = judge(rack, before, ending, where)
    states[end] = (states[end] ?? 0) + 1
  }
  console.log(`killed ${killed} of ${killed + lived}: ${JSON.stringify(states)}`)
  expect(killed).toBe(60)
})

const durations = new Map<RackFiles, number>()

/** How long the command takes when nobody kills it, in milliseconds; tried once. */
async function durationOf(before: RackFiles, { words }: Ending, cwd: string): Promise<number> {
  const known = durations.get(before)
  if (known !== undefined) return known
  const rack = copyOf(before, 'alive')
  const startedAt = performance.now()
  await headgate([...words, '--dir', rack.dir], { cwd })
  const took = Math.round(performance.now() - startedAt)
  durations.set(before, took)
  return took
}

function copyOf({ dir }: RackFiles, mark: string): RackFiles {
  cpSync(dir, `${dir}-${mark}`, { recursive: true, verbatimSymlinks: true })
  return rackFiles(`${dir}-${mark}`)
}

/** How the attempt ended, after what was looked at is as it must be. */
function judge(rack: RackFiles, before: RackFiles, { from, to, ends }: Ending, where: string): string {
  const attempts = rack.attempts()
  expect(
    attempts.every(({ state }) => isOver(state)),
    where,
  ).toBe(true)
  const last = attempts.length > before.attempts().length ? attempts.at(-1) : undefined
  if (last) expect(ends, where).toContain(last.state)
  const installed = last?.state === 'proved' ? to : from
  expect(rack.installed(), where).toBe(installed)
  expect(rack.running(), where).toBe(installed)
  expect(rack.state(), where).toMatchObject({ stuck: null, runs: installed })
  const starts = rack.starts().filter((line) => line === `${last?.id} ${to}`)
  expect(starts.length, where).toBeLessThanOrEqual(2)
  return last?.state ?? 'not begun'
}

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
