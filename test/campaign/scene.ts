/**
 * Where faults happen: one rack, just before the command of a story, in a yard with a registry. Each fault gets a copy
 * of its directory. In process the clock runs fast and files can die; as real processes everything is as installed.
 */
import { cpSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { hurriedClock, machineClock } from '../support/campaign-clock.ts'
import { aYard, furnish, type Yard, type YardRack } from '../support/campaign-yard.ts'
import { program, type Running, startHeadgate, startProgram } from '../support/real-registry.ts'
import type { AtEnd } from '../support/scratch-directory.ts'
import { serveHealth } from '../support/stand-ins/hosts.ts'
import { type Chance, chanceOf } from './chance.ts'
import { type CampaignDriver, type DriverName, drivers } from './drivers.ts'
import { namesIn } from './evidence.ts'
import { type Story, type StoryName, stories } from './stories.ts'

/** Beside this file, and beside the bundle that this file is in. */
const killAtCall = join(import.meta.dirname, 'kill-at-call.mjs')

export interface Setting {
  readonly driver: DriverName
  readonly story: StoryName
  /** The program as processes of its own; else in this process. */
  readonly isReal: boolean
  readonly seed: number
  readonly atEnd: AtEnd
}

export interface Scene {
  readonly yard: Yard
  readonly driver: CampaignDriver
  readonly story: Story
  readonly isReal: boolean
  /** The rack as it is before the story's command. */
  readonly before: YardRack
  /** A copy of it, for one fault. */
  copy(mark: string): YardRack
  dispose(rack: YardRack): void
  /** The same for the same name in every run of the same seed. */
  chance(name: string): Chance
  /** The installed program, on this rack; with settings of kill-at-call.mjs, that is loaded before it. */
  start(rack: YardRack, words: readonly string[], killing?: Readonly<Record<string, string>>): Running
  /** Runs a command on the rack to its end, as this scene runs commands. */
  run(
    rack: YardRack,
    words: readonly string[],
  ): Promise<{ readonly code: number | null; readonly stderr: string }>
  /** The names that racks have in their directories when nothing disturbs them. */
  readonly usualNames: ReadonlySet<string>
}

export async function openScene({
  driver: name,
  story: title,
  isReal,
  seed,
  atEnd,
}: Setting): Promise<Scene> {
  const driver = drivers[name]
  const { proved, begin, ...story } = stories[title]
  const yard = await aYard({ clock: isReal ? machineClock() : hurriedClock(), atEnd })
  const { url: healthUrl } = await serveHealth(yard.folder, atEnd)
  const tomlOf = (rack: string) => driver.toml({ rack, isSlow: isReal, healthUrl })
  const before = await yard.rack('prod-1', { driver: driver.enrolAs, toml: tomlOf('prod-1') })
  driver.prepare(before.dir)
  for (const version of proved) {
    await yard.serves(version)
    await before.does('update', '--yes')
  }
  await begin(yard)
  if (story.ends[0] === 'returned') driver.sicken(before.dir, story.to)

  const start: Scene['start'] = (rack, words, env) => {
    const own = [...words, '--dir', rack.dir]
    if (!env) return startHeadgate(own, { cwd: yard.folder })
    return startProgram([process.execPath, '--import', killAtCall, program, ...own], {
      cwd: yard.folder,
      env,
    })
  }
  const scene: Scene = {
    yard,
    driver,
    story,
    isReal,
    before,
    copy(mark) {
      const dir = `${before.dir}-${mark}`
      cpSync(before.dir, dir, { recursive: true, verbatimSymlinks: true })
      furnish(dir, tomlOf(basename(dir)))
      return yard.rackAt(dir)
    },
    dispose: ({ dir }) => rmSync(dir, { recursive: true, force: true }),
    chance: (mark) => chanceOf(seed, `${name}/${title}/${mark}`),
    start,
    run: (rack, words) => (isReal ? start(rack, words).ended : rack.headgate(...words)),
    usualNames: new Set(),
  }
  return { ...scene, usualNames: await undisturbed(scene) }
}

/** The story as it goes when nothing happens, and what it leaves in the directory. */
async function undisturbed(scene: Scene): Promise<ReadonlySet<string>> {
  const { story, driver } = scene
  const rack = scene.copy('undisturbed')
  const { code, stderr } = await scene.run(rack, story.words)
  const runs = driver.runs(rack.dir)
  const expected = story.ends[0] === 'proved' ? story.to : story.from
  if (code !== story.exit || runs !== expected)
    throw new Error(`Undisturbed it ends with ${code}, and ${runs} runs: ${stderr}`)
  await scene.run(rack, ['agent', 'once'])
  const names = new Set([...namesIn(scene.before.dir), ...namesIn(rack.dir)])
  scene.dispose(rack)
  return names
}
