/**
 * The world of one run: an app of its own, one rack, fresh versions, and what is known of them. What a lever needs before
 * it can be pulled is brought about here, and is not measured as the lever's.
 */
import { join } from 'node:path'
import { Problem } from '../../shared/domain/problem.ts'
import type { Deps } from '../deps.ts'
import { buildArtifact } from './build-artifact.ts'
import { expectFields, expectTrue, fieldOf, listOf } from './expect.ts'
import type { InnerShell, Said } from './inner-shell.ts'

export const syntheticChannel = 'stable'
const takesEverything = 'unstable'

export interface World {
  readonly app: string
  readonly run: string
  readonly shell: InnerShell
  /** The registry's own folder, where its disk is this machine's. */
  readonly dataDir: string | undefined
  readonly url: string
  readonly clock: Deps['clock']
  /** The same again has to be the same release. */
  publish(version: string): Promise<Said>
  nextVersion(): string
  /** Published, and the head of the channel. */
  newHead(): Promise<string>
  promote(version: string): Promise<Said>
  /** One rack first, then the rest; gives the rollout's id. */
  promoteByWaves(version: string): Promise<string>
  toRollout(rollout: string, act: 'halt' | 'resume', state: string): Promise<void>
  rolloutCompletes(rollout: string): Promise<void>
  /** The rack runs the head; returns that. */
  settled(): Promise<string>
  /** The rack runs a head, and has proved another one before it that is still good. */
  settledTwice(): Promise<{ readonly present: string; readonly before: string }>
  /** What the rack is told now. */
  asked(expected: Told): Promise<Said>
  /** One `update`; afterwards the rack runs that version, by its own word, the registry's and its disk. */
  updated(version: string): Promise<void>
  freeze(): Promise<void>
  unfreeze(): Promise<void>
  /** The head of the channel fell back, or was moved back, to this version. */
  headIs(version: string): void
  /** After a step that went wrong nothing is relied on: the next one gets another rack. */
  startAfresh(): Promise<void>
}

/** Of a decision, what a step expects. */
export interface Told extends Said {
  readonly action: string
  readonly reason: string
  readonly target?: string
}

export interface WorldOptions {
  readonly app: string
  readonly run: string
  /** By the registry's clock: two machines that rehearse in turn count on from each other. */
  readonly beganAt: number
  /** Where racks and files of this run are. */
  readonly dir: string
  readonly url: string
  readonly dataDir: string | undefined
}

interface SyntheticRack {
  readonly name: string
  readonly dir: string
  runs: string | undefined
}

export function createWorld(
  deps: Pick<Deps, 'files' | 'clock'>,
  shell: InnerShell,
  options: WorldOptions,
): World {
  const { app, run, beganAt, dir, url, dataDir } = options
  const artifact = join(dir, 'artifact.tar')
  const content = `rehearsal ${run} of ${app}\n`
  let versions = 0
  let racks = 0
  let head: string | undefined
  let rack: SyntheticRack | undefined
  let isFrozen = false

  async function publish(version: string): Promise<Said> {
    if (deps.files.kindOf(artifact) === null) {
      deps.files.makeDirectory(dir)
      deps.files.writeAtomically(artifact, buildArtifact('run.txt', content))
    }
    return shell.registry('release', 'publish', version, '--app', app, '--artifact', artifact)
  }

  async function promote(version: string): Promise<Said> {
    const said = await shell.registry('promote', version, '--app', app, '--to', syntheticChannel)
    expectFields(`promote ${version}`, said, { outcome: 'promoted', version })
    head = version
    return said
  }

  async function promoteByWaves(version: string): Promise<string> {
    const file = join(dir, 'rollout.json')
    deps.files.writeAtomically(file, JSON.stringify(byWaves))
    const way = ['--to', syntheticChannel, '--rollout', file]
    const said = await shell.registry('promote', version, '--app', app, ...way)
    expectFields(`promote ${version}`, said, { outcome: 'promoted', version })
    head = version
    const id = fieldOf(said.rollout, 'id')
    if (typeof id === 'string') return id
    throw new Problem('synthetic_failed', `promote ${version} by waves: there is no rollout`)
  }

  async function rolloutCompletes(rollout: string): Promise<void> {
    const askedAt = deps.clock.monotonic()
    for (;;) {
      const said = await shell.registry('rollout', 'show', rollout, '--app', app)
      if (said.state === 'completed') return
      if (deps.clock.monotonic() - askedAt > openingMilliseconds)
        expectFields(`the rollout ${rollout}`, said, { state: 'completed' })
      await deps.clock.sleep(200)
    }
  }

  async function newHead(): Promise<string> {
    const version = nextVersion()
    await publish(version)
    await promote(version)
    return version
  }

  function nextVersion(): string {
    versions += 1
    return versionOf(beganAt, run, versions)
  }

  async function presentRack(): Promise<SyntheticRack> {
    if (rack) return rack
    racks += 1
    const name = `${rackPrefix}${run.toLowerCase()}-${racks}`
    const made: SyntheticRack = { name, dir: join(dir, name), runs: undefined }
    const words = ['--app', app, '--channel', syntheticChannel, '--name', name, '--driver', 'directory']
    await shell.registry('enroll', '--dir', made.dir, ...words)
    rack = made
    return made
  }

  async function updated(version: string): Promise<void> {
    const present = await presentRack()
    const said = await shell.local('update', '--dir', present.dir, '--yes')
    expectFields(`update to ${version}`, said, { outcome: 'proved', version })
    present.runs = version
    const link = deps.files.readLink(join(present.dir, 'current'))
    expectTrue(`current points to ${link}, expected ${version}`, link?.endsWith(`/${version}`) === true)
    const bytes = deps.files.read(join(present.dir, 'current', 'run.txt'))?.toString('utf8')
    expectTrue(`the bytes that were published are not those that run: ${bytes}`, bytes === content)
    const known = await shell.registry('rack', 'show', present.name, '--app', app)
    expectFields(`the registry's word on ${present.name}`, known, { current: version })
  }

  async function settled(): Promise<string> {
    const wanted = head ?? (await newHead())
    if (rack?.runs === wanted) return wanted
    const present = await presentRack()
    // What is behind the rack, after a channel was moved back, it would not take.
    const target = present.runs === undefined ? wanted : await newHead()
    await updated(target)
    return target
  }

  return {
    app,
    run,
    shell,
    dataDir,
    url,
    clock: deps.clock,
    publish,
    nextVersion,
    newHead,
    promote,
    promoteByWaves,
    rolloutCompletes,
    async toRollout(rollout, act, state) {
      const why = ['--reason', `${run} rehearses`]
      const said = await shell.registry('rollout', act, rollout, '--app', app, ...why)
      expectFields(`rollout ${act} ${rollout}`, said, { state })
    },
    settled,
    async settledTwice() {
      const before = await settled()
      const present = await newHead()
      await updated(present)
      return { present, before }
    },
    async asked(expected) {
      const { dir: at } = await presentRack()
      const askedAt = deps.clock.monotonic()
      for (;;) {
        const decision = await shell.local('check', '--dir', at)
        const { action, reason } = decision
        const told = { action, reason, target: fieldOf(decision.target, 'version') ?? null }
        const isOpening = typeof reason === 'string' && opening.includes(reason) && reason !== expected.reason
        if (!isOpening || deps.clock.monotonic() - askedAt > openingMilliseconds) {
          expectFields('what the rack is told', told, expected)
          return decision
        }
        await deps.clock.sleep(200)
      }
    },
    updated,
    async freeze() {
      isFrozen = true
      const until = ['--until', '1h', '--reason', `${run} rehearses`]
      const said = await shell.registry('freeze', '--app', app, ...until)
      expectFields('the freeze', said, { app, all: false })
    },
    async unfreeze() {
      await shell.registry('unfreeze', '--app', app, '--reason', `${run} rehearsed it`)
      isFrozen = false
    },
    headIs(version) {
      head = version
    },
    async startAfresh() {
      head = undefined
      rack = undefined
      if (isFrozen) await this.unfreeze().catch(() => undefined)
    },
  }
}

const byWaves = {
  waves: [
    { name: 'first', share: 1, soakMinutes: 0 },
    { name: 'rest', share: 'rest', soakMinutes: 0 },
  ],
  onFail: 'halt',
  silentMinutes: 60,
}

/** A remedy is a rollout, whose first wave opens a moment after it was ordered. */
const opening = ['remedy_wave_not_open', 'wave_not_open']
const openingMilliseconds = 15_000

/** Racks of these names are a rehearsal's, in an app that is one. */
export const rackPrefix = 'synthetic-'

/**
 * `20261122.161501.12003`, the third of S-12: every run has versions of its own, newer than those of every run before, also
 * of one in the same second.
 */
function versionOf(beganAt: number, run: string, count: number): string {
  const [day = '', time = ''] = new Date(beganAt).toISOString().split(/[T.]/)
  const [date, clock] = [day.replaceAll('-', ''), time.replaceAll(':', '')].map(Number)
  return `${date}.${clock}.${Number(run.replace('S-', '')) * 1000 + count}`
}

/** Whether publishing moved the channel that takes every build. */
export function movedByPublishing(said: Said): boolean {
  return listOf(said.moved).some((one) => fieldOf(one, 'channel') === takesEverything)
}
