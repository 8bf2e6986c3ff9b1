/** A rack of Convox for a test: the stand-ins as programs in a folder of its own, and what they have been asked. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { scratchDirectory } from '../scratch-directory.ts'
import {
  type Call,
  readWorld,
  type Template,
  type View,
  viewOf,
  type World,
  writeWorld,
} from './convox-world.ts'

export interface StandIn {
  readonly folder: string
  readonly convox: string
  readonly aws: string
  /** What lets a program find the rack, with the password that its operator knows. */
  readonly env: Readonly<Record<string, string>>
  now(): View
  world(): World
  change(change: Partial<World>): void
  /** What was run, oldest first. */
  calls(program?: Call['program']): readonly Call[]
  /** The words of every call that changes something. */
  acts(): readonly string[]
}

export const password = 'correct-horse-battery-staple'

/** The parameters of a rack of August 2016, as far as they matter here. */
const open: Template['parameters'] = {
  Version: {},
  Password: {},
  InstanceCount: { default: '3' },
  InstanceType: { default: 't2.small' },
}
const masked: Template['parameters'] = { ...open, Password: { noEcho: true } }

/** Versions of the story: the one before, the one that was withdrawn, and the one that mended it. */
export const v0 = '20160816140022'
export const bad = '20160816160115'
export const mended = '20160818013241'

const v2: Pick<World, 'templates' | 'stack'> = {
  templates: {
    [v0]: { parameters: open },
    [bad]: { parameters: { ...masked, ApiMemory: { default: '128' } }, replaysMasks: true },
    [mended]: { parameters: masked },
    '20160901000000': { parameters: masked, fate: 'rolls back' },
    '20160902000000': { parameters: masked, fate: 'sticks' },
  },
  stack: {
    template: v0,
    status: 'UPDATE_COMPLETE',
    parameters: { Version: v0, Password: password, InstanceCount: '5', InstanceType: 'm4.large' },
  },
}

const v3Parameters = { node_type: { default: 't3.small' }, high_availability: { default: 'true' } }

const v3: Pick<World, 'templates' | 'stack'> = {
  templates: {
    '3.18.0': { parameters: { ...v3Parameters, syslog: { default: '' } } },
    '3.18.4': { parameters: { ...v3Parameters, syslog: { default: '' } } },
    '3.18.5': { parameters: v3Parameters },
    '3.18.6': { parameters: v3Parameters, fate: 'rolls back' },
    '3.19.1': { parameters: v3Parameters },
    '3.20.0': { parameters: v3Parameters },
  },
  stack: {
    template: '3.18.4',
    status: 'UPDATE_COMPLETE',
    parameters: { node_type: 't3.large', high_availability: 'true', syslog: 'tcp://logs' },
  },
}

const programs = {
  convox: new URL('./convox.ts', import.meta.url),
  aws: new URL('./aws.ts', import.meta.url),
}

/** To be called inside a test. */
export async function aConvoxRack(
  generation: World['generation'] = 'v2',
  change: Partial<World> = {},
): Promise<StandIn> {
  const folder = scratchDirectory()
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  for (const program of ['convox', 'aws'] as const) await install(program, bin)
  const world: World = {
    generation,
    name: 'prod',
    ...(generation === 'v2' ? v2 : v3),
    move: null,
    updateMs: 150,
    rollbackMs: 100,
    convergeMs: 0,
    beginMs: 0,
    ...change,
  }
  writeWorld(folder, world)
  const calls = (program?: Call['program']): readonly Call[] => {
    const file = join(folder, 'calls.jsonl')
    if (!existsSync(file)) return []
    const lines = readFileSync(file, 'utf8').trim().split('\n')
    const all: readonly Call[] = lines.map((line) => JSON.parse(line))
    return all.filter((call) => program === undefined || call.program === program)
  }
  return {
    folder,
    convox: join(bin, 'convox'),
    aws: join(bin, 'aws'),
    env: { STAND_IN_DIR: folder, CONVOX_PASSWORD: password },
    world: () => readWorld(folder),
    now: () => viewOf(readWorld(folder), Date.now()),
    change: (next) => writeWorld(folder, { ...readWorld(folder), ...next }),
    calls,
    acts: () =>
      calls()
        .filter(({ words }) => /\bupdate\b|update-stack|params set/.test(words.join(' ')))
        .map(({ program, words }) => `${program} ${words.join(' ')}`),
  }
}

/** A program that plain Node runs, found by its name as the real one is. */
async function install(program: Call['program'], bin: string): Promise<void> {
  const module = join(bin, `${program}.mjs`)
  writeFileSync(module, await bundled(program))
  writeFileSync(join(bin, program), `#!/bin/sh\nexec "${process.execPath}" "${module}" "$@"\n`, {
    mode: 0o755,
  })
}

const bundles = new Map<string, Promise<string>>()

/** Bundled once for all tests of a file. */
function bundled(program: Call['program']): Promise<string> {
  const before = bundles.get(program)
  if (before !== undefined) return before
  const bundle = build({
    entryPoints: [fileURLToPath(programs[program])],
    write: false,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    logLevel: 'silent',
  }).then(({ outputFiles }) => outputFiles[0]?.text ?? '')
  bundles.set(program, bundle)
  return bundle
}
