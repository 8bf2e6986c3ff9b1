// The drill with a small fleet: every chapter against its oracle. `npm run fleet-drill` plays it with ten thousand racks.
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import { expect, test } from 'vitest'
import { scratchDirectory } from '../support/scratch-directory.ts'
import { lineOf, runDrill } from './run-drill.ts'

const top = resolve(import.meta.dirname, '../..')

test('every chapter halts, completes and touches as its oracle says', { timeout: 180_000 }, async () => {
  // Below node_modules, where the bundle finds its dependencies.
  const beside = await mkdtemp(join(top, 'node_modules', '.headgate-drill-'))
  try {
    await mkdir(join(beside, 'drill'))
    await cp(join(top, 'server/store/migrations'), join(beside, 'drill/migrations'), { recursive: true })
    const program = join(beside, 'drill', 'registry.js')
    const shape = { bundle: true, platform: 'node', format: 'esm', packages: 'external' } as const
    await build({ ...shape, entryPoints: [join(import.meta.dirname, 'registry.ts')], outfile: program })
    const played = await runDrill({ program, folder: scratchDirectory(), seed: 7, sizeOf: () => 500 })
    expect(played.filter(({ held }) => !held).map(lineOf)).toEqual([])
    expect(played.map(({ chapter, happened }) => [chapter, happened.replace(/\d+$/, 'N')])).toEqual([
      ['plain', 'halted in wave 3 at N'],
      ['latent', 'halted in wave 3 at N'],
      ['silent', 'halted in wave 3 at N'],
      ['killed', 'completed'],
      ['killed, halts', 'halted in wave 3 at N'],
      ['yanked', 'completed'],
      ['superseded', 'halted in wave 3 at 2; completed'],
      ['clean', 'completed'],
    ])
  } finally {
    await rm(beside, { recursive: true, force: true })
  }
})
