/**
 * `npm run campaign`: every fault that a rack must survive, and kills of the registry. The one place of the campaign
 * that knows the process; exit 1 when anything was not survived.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { BuiltProgram } from '../support/built-program.ts'
import { program } from '../support/real-registry.ts'
import { chapters, idOf } from './chapters.ts'
import { beLane, playInLanes } from './lanes.ts'
import { killRegistry, type Losses, lossLine } from './registry-kills.ts'
import { chapterLine, failureLines, stuckLines, tableLines, totalsOf } from './report.ts'
import { isWithin } from './run-chapter.ts'

const usage = `usage: npm run campaign [-- OPTIONS]

  --seed N     draw other instants than the usual ones (default 20160816)
  --only ID    one fault, or all below: directory, directory/update, directory/update/killed/17; registry
  --lanes N    chapters side by side (default 4: on two cores, since they wait a lot)
  --list       print the chapters
  --help       print this

exit codes: 0 all was survived, 1 something was not, 2 usage`

if (process.argv[2] === 'lane') beLane()
else process.exitCode = await main()

interface Options {
  readonly seed: number
  readonly only: string
  readonly lanes: number
}

async function main(): Promise<number> {
  const options = readOptions()
  if (typeof options === 'number') return options
  const { seed, only, lanes } = options
  const startedAt = performance.now()
  // A fault below a chapter needs the whole of its scene; a chapter below a driver is wanted as it is.
  const wanted = chapters.filter((chapter) => isWithin(idOf(chapter), only) || isWithin(only, idOf(chapter)))
  const kills = isWithin('registry', only)
  if (wanted.length === 0 && !kills) {
    console.error(`Nothing is called ${only}; see --list.`)
    return 2
  }
  console.log(`seed ${seed}`)
  const losing = kills ? registryLosses(seed) : null
  const verdicts = await playInLanes({
    chapters: wanted,
    seed,
    only,
    lanes,
    onChapter(played) {
      console.log(chapterLine(played))
      for (const verdict of played.verdicts)
        if (verdict.end === 'not survived') console.log(failureLines(verdict, seed).join('\n'))
    },
  })
  const losses = await losing

  console.log(['', ...tableLines(verdicts), '', ...stuckLines(verdicts)].join('\n'))
  if (losses) console.log(lossLine(losses))
  const { tried, survived } = totalsOf(verdicts)
  console.log(`${Math.round((performance.now() - startedAt) / 1000)} s`)
  console.log(`faults tried ${tried}, survived ${survived}`)
  return tried === survived && (losses === null || losses.lost.length === 0) ? 0 : 1
}

async function registryLosses(seed: number): Promise<Losses> {
  const cwd = mkdtempSync(join(tmpdir(), 'headgate-campaign-'))
  const start: BuiltProgram['start'] = (words, { cwd: folder = cwd } = {}) =>
    spawn(process.execPath, [program, ...words], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder },
    })
  try {
    return await killRegistry({ program: { start }, cwd, seed, kills: 32, writes: 10_000 })
  } finally {
    rmSync(cwd, { recursive: true, force: true })
  }
}

/** An exit code when there is nothing to run. */
function readOptions(): Options | number {
  try {
    const { values } = parseArgs({
      options: {
        seed: { type: 'string', default: '20160816' },
        only: { type: 'string', default: '' },
        lanes: { type: 'string', default: '4' },
        list: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    })
    if (values.help || values.list) {
      console.log(values.help ? usage : [...chapters.map((chapter) => idOf(chapter)), 'registry'].join('\n'))
      return 0
    }
    const [seed, lanes] = [Number(values.seed), Number(values.lanes)]
    if (!Number.isSafeInteger(seed) || !(lanes >= 1 && lanes <= 64))
      throw new Error('--seed and --lanes are whole numbers')
    return { seed, only: values.only, lanes }
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`)
    return 2
  }
}
