/**
 * `npm run demo`: plays August 2016 in a temporary folder. The one place of the demo that knows the process; however
 * it ends (well, by a departure, by Ctrl-C) nothing is left running, and nothing on the disk unless --keep is said.
 */
import { existsSync } from 'node:fs'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createNarrator, type Narrator } from './narrator.ts'
import { Departure } from './run-command.ts'
import { createStage, quoted } from './stage.ts'
import { playStory } from './story.ts'

const usage = `usage: npm run demo [-- OPTIONS]

  --keep            keep the folder, and say how to go on playing in it
  --no-self-check   take the health check away from staging: it keeps the bad build, and the story ends there
  --help            print this

exit codes: 0 all was as the story says, 1 a command did something else, 2 usage, 130 interrupted`

const dist = dirname(fileURLToPath(import.meta.url))
const demo = join(dist, '..', 'demo')
const cli = join(dist, 'headgate.js')

process.exitCode = await main()

async function main(): Promise<number> {
  const options = readOptions()
  if (typeof options === 'number') return options
  const missing = [cli, join(demo, 'data'), join(demo, 'rack-program.mjs')].find((path) => !existsSync(path))
  if (missing !== undefined) {
    console.error(
      `${missing} is missing: the demo is played in the repository, after npm ci (npm run build).`,
    )
    return 1
  }
  return play(options)
}

interface Options {
  readonly keep: boolean
  readonly hasSelfCheck: boolean
}

function readOptions(): Options | number {
  try {
    const flag = { type: 'boolean', default: false } as const
    const { values } = parseArgs({ options: { keep: flag, 'no-self-check': flag, help: flag } })
    if (!values.help) return { keep: values.keep, hasSelfCheck: !values['no-self-check'] }
    console.log(usage)
    return 0
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
    return 2
  }
}

async function play({ keep, hasSelfCheck }: Options): Promise<number> {
  const startedAt = performance.now()
  const interruption = interrupted()
  // The real path: links in it would hide it from those who look for its name.
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'headgate-demo-')))
  const tell = createNarrator({
    write: (text) => {
      process.stdout.write(text)
    },
    hasColour: hasColour(),
  })
  const stage = createStage({
    ...{ folder, cli, node: process.execPath, env: process.env, signal: interruption, freePort },
  })
  let url: string | undefined
  let trouble: unknown
  try {
    url = await playStory(stage, tell, { demo, hasSelfCheck })
  } catch (error) {
    trouble = error
  }
  const running = await stage.clear()
  if (!keep) await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  const left = `${running.length} processes left running${running.length > 0 ? ` (${running.join(', ')})` : ''}`
  if (interruption.aborted) {
    console.error(`Interrupted after ${seconds} s; ${left}, ${keep ? 'kept' : 'removed'} ${folder}`)
    return 130
  }
  if (trouble !== undefined) {
    console.error(trouble instanceof Departure ? trouble.message : trouble)
    console.error(`After ${seconds} s; ${left}, ${keep ? 'kept' : 'removed'} ${folder}`)
    return 1
  }
  tell.line(`All as it should be, in ${seconds} s; ${left}, ${keep ? 'kept' : 'removed'} ${folder}`)
  if (keep) sayHowToGoOn(tell, folder, url ?? '')
  else {
    tell.line(
      'Next:  npm run demo -- --keep      the same, and the registry and the racks stay to be played with',
    )
    tell.line('       npm start                   a registry of your own; it prints the next command')
  }
  return running.length > 0 ? 1 : 0
}

function sayHowToGoOn(tell: Narrator, folder: string, url: string): void {
  for (const text of [
    'Go on:',
    `  cd ${quoted(folder)} && headgate() { node ${quoted(cli)} "$@"; }`,
    `  export HEADGATE_URL=${url} HEADGATE_TOKEN_FILE=registry/admin.token`,
    `  headgate serve --data registry --port ${new URL(url).port} &`,
    '  headgate explain --app rack --rack prod-2',
    '  headgate rollback --dir prod-1 --pin --reason "as an exercise" --yes',
    '  headgate audit log',
    // The registry takes its own files away when it ends.
    `  kill $(cat registry/serve.pid) $(cat */rack.pid); wait; rm -r ${quoted(folder)}    # when you have enough`,
  ]) {
    tell.line(text)
  }
}

/** From now on these do not end the process: they abort, and what was started is taken down in order. */
function interrupted(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => controller.abort())
  // `npm run demo | head` is an interruption too.
  process.stdout.on('error', () => controller.abort())
  return controller.signal
}

function hasColour(): boolean {
  const { FORCE_COLOR, NO_COLOR, TERM } = process.env
  if (FORCE_COLOR) return FORCE_COLOR !== '0'
  return process.stdout.isTTY === true && !NO_COLOR && TERM !== 'dumb'
}

/**
 * Below what systems hand out for outgoing connections (from 32768 on Linux, 49152 elsewhere): a rack stops and
 * starts again on its port, and nobody must slip in between.
 */
async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = 21_000 + Math.floor(Math.random() * 11_000)
    const server = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    if (!isFree) continue
    await new Promise((resolve) => server.close(resolve))
    return port
  }
  throw new Error('There is no free port from 21000 to 32000.')
}
