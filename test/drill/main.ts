/**
 * `npm run fleet-drill`: thousands of racks over real HTTP against the real registry, whose clock is moved, and an oracle that
 * says where each rollout has to stop. The one place of the drill that knows the process; exit 1 when anything did not hold.
 */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { headLine, lineOf, runDrill } from './run-drill.ts'

const usage = `usage: npm run fleet-drill [-- OPTIONS]

  --seed N     let other racks fail than the usual ones (default 7)
  --only NAME  one chapter: plain, latent, silent, killed, "killed, halts", yanked, superseded, clean
  --racks N    of the first chapter (default 10000); the others have a fifth of them
  --help       print this

exit codes: 0 all held, 1 something did not, 2 usage`

process.exitCode = await main()

async function main(): Promise<number> {
  const options = readOptions()
  if (typeof options === 'number') return options
  const { seed, only, racks } = options
  const startedAt = performance.now()
  console.log(`seed ${seed}\n${headLine()}`)
  const played = await runDrill({
    program: join(import.meta.dirname, 'registry.js'),
    folder: tmpdir(),
    seed,
    sizeOf: (chapter) => (chapter === 'plain' ? racks : Math.ceil(racks / 5)),
    ...(only !== undefined && { only }),
    onChapter: (one) => console.log(lineOf(one)),
  })
  const held = played.filter((one) => one.held).length
  console.log(`${Math.round((performance.now() - startedAt) / 1000)} s`)
  console.log(`drills tried ${played.length}, held ${held}`)
  return played.length > 0 && held === played.length ? 0 : 1
}

interface Options {
  readonly seed: number
  readonly only: string | undefined
  readonly racks: number
}

/** An exit code when there is nothing to run. */
function readOptions(): Options | number {
  try {
    const { values } = parseArgs({
      options: {
        seed: { type: 'string', default: '7' },
        only: { type: 'string' },
        racks: { type: 'string', default: '10000' },
        help: { type: 'boolean' },
      },
    })
    if (values.help) {
      console.log(usage)
      return 0
    }
    const [seed, racks] = [Number(values.seed), Number(values.racks)]
    if (!Number.isSafeInteger(seed) || !(racks >= 500 && racks <= 100_000))
      throw new Error('--seed is a whole number, --racks from 500 to 100000')
    return { seed, only: values.only, racks }
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`)
    return 2
  }
}
